/* SPDX-License-Identifier: ISC */
/* The server's identity and version. */
#include "answer/chaos.h"
#include "wire/octets.h"
#include "wire/types.h"

#include <string.h>

bool chaos_name(const struct config *config, const struct name *name, const char **text)
{
	static const struct {
		const char *octets;
		bool version;
	} rows[] = {{"\2id\6server", false},
		    {"\10hostname\4bind", false},
		    {"\7version\6server", true},
		    {"\7version\4bind", true}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (name->len != strlen(rows[i].octets) + 1 ||
		    memcmp(name->octets, rows[i].octets, name->len) != 0)
			continue;
		*text = rows[i].version ? config->version : config->identity;
		return true;
	}
	return false;
}

size_t chaos_record(uint8_t *at, const char *string, size_t len)
{
	octets_put16(at, 0xc000 | HEADER_OCTETS);
	octets_put16(at + RECORD_TYPE_AT, TYPE_TXT);
	octets_put16(at + RECORD_TYPE_AT + 2, CLASS_CH);
	octets_put32(at + RECORD_TTL_AT, 0);
	octets_put16(at + RECORD_RDLENGTH_AT, (unsigned)len + 1);
	at[RECORD_RDATA_AT] = (uint8_t)len;
	memcpy(at + RECORD_RDATA_AT + 1, string, len);
	return RECORD_RDATA_AT + 1 + len;
}
