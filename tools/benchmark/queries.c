/* SPDX-License-Identifier: ISC */
/* Reading queries, and checking replies. */
#include "queries.h"
#include "base/addr.h"
#include "base/memory.h"
#include "wire/name.h"
#include "wire/octets.h"
#include "wire/types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_OCTETS = 10, A_OCTETS = 4 };

static bool type_read(const char *text, uint16_t *out)
{
	static const struct {
		const char *text;
		uint16_t type;
	} rows[] = {{"A", TYPE_A},   {"AAAA", TYPE_AAAA},   {"TXT", TYPE_TXT},
		    {"MX", TYPE_MX}, {"HTTPS", TYPE_HTTPS}, {"NS", TYPE_NS}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		*out = rows[i].type;
		if (strcmp(rows[i].text, text) == 0)
			return true;
	}
	return false;
}

/* An OPT record with a client-subnet option (RFC 6891 §6.1, RFC 7871 §6). */
static size_t subnet_write(uint8_t *p, const struct prefix *subnet)
{
	unsigned octets = (subnet->len + 7u) / 8;
	p[0] = 0;
	octets_put16(p + 1, TYPE_OPT);
	octets_put16(p + 3, 1232);
	octets_put32(p + 5, 0);
	octets_put16(p + 9, 8 + octets);
	octets_put16(p + 11, EDNS_OPTION_SUBNET);
	octets_put16(p + 13, 4 + octets);
	octets_put16(p + 15, subnet->addr.family);
	p[17] = subnet->len;
	p[18] = 0;
	memcpy(p + 19, subnet->addr.octets, octets);
	return 19 + octets;
}

static void query_write(struct query_bytes *q, const struct name *name, uint16_t type,
			const struct prefix *subnet)
{
	uint8_t *p = q->octets;
	memset(p, 0, HEADER_OCTETS);
	octets_put16(p + 4, 1);
	memcpy(p + HEADER_OCTETS, name->octets, name->len);
	size_t at = HEADER_OCTETS + (size_t)name->len;
	octets_put16(p + at, type);
	octets_put16(p + at + 2, CLASS_IN);
	at += 4;
	q->question_len = (uint16_t)(at - HEADER_OCTETS);
	if (subnet != NULL) {
		octets_put16(p + 10, 1);
		at += subnet_write(p + at, subnet);
	}
	q->len = (uint16_t)at;
}

/* One line; in a field, `-` is the same as nothing. */
static bool line_read(const char *line, struct query_bytes *q)
{
	enum { FIELDS = 4, FIELD_MAX = 64 };
	char name_text[1040], field[FIELDS][FIELD_MAX] = {"A", "-", "0", "-"};
	struct name name;
	struct prefix subnet, network;
	uint16_t type;
	const char *why;
	if (sscanf(line, "%1039s %63s %63s %63s %63s", name_text, field[0], field[1], field[2], field[3]) < 1)
		return false;
	if (!name_parse(name_text, strlen(name_text), NULL, &name, &why) || !type_read(field[0], &type))
		return false;
	bool edns = strcmp(field[1], "-") != 0, records = strcmp(field[3], "-") != 0;
	if (edns && !prefix_parse(field[1], strlen(field[1]), &subnet))
		return false;
	if (records && (!prefix_parse(field[3], strlen(field[3]), &network) ||
			network.addr.family != FAMILY_V4 || network.len == 0))
		return false;
	*q = (struct query_bytes){.rcode = (uint8_t)atoi(field[2])};
	if (records) {
		q->mask = UINT32_MAX << (32 - network.len);
		q->network = octets_get32(network.addr.octets);
	}
	query_write(q, &name, type, edns ? &subnet : NULL);
	return true;
}

bool queries_read(struct queries *q, const char *path)
{
	FILE *in = fopen(path, "r");
	size_t cap = 0;
	char line[1400];
	bool ok = in != NULL;
	*q = (struct queries){0};
	if (in == NULL)
		perror(path);
	while (ok && fgets(line, sizeof(line), in) != NULL) {
		q->list = mem_grow(q->list, &cap, q->n + 1, sizeof(*q->list));
		ok = line_read(line, &q->list[q->n]);
		if (!ok)
			fprintf(stderr, "%s:%zu: wrong: %s", path, q->n + 1, line);
		q->n++;
	}
	if (in != NULL)
		fclose(in);
	if (ok && q->n == 0)
		fprintf(stderr, "%s: no query\n", path);
	return ok && q->n > 0;
}

/* Are the answer's records, of which there must be some, all A records of the network? */
static bool records_right(const struct query_bytes *q, const uint8_t *reply, size_t len)
{
	const uint8_t *p = reply + HEADER_OCTETS + q->question_len, *end = reply + len;
	unsigned n = octets_get16(reply + 6);
	for (unsigned i = 0; i < n; i++) {
		while (p < end && *p != 0 && *p < 0xc0)
			p += *p + 1u;
		p += p < end && *p != 0 ? 2 : 1;
		if (end - p < RECORD_OCTETS + A_OCTETS || octets_get16(p) != TYPE_A ||
		    octets_get16(p + 8) != A_OCTETS)
			return false;
		if ((octets_get32(p + RECORD_OCTETS) & q->mask) != q->network)
			return false;
		p += RECORD_OCTETS + A_OCTETS;
	}
	return n > 0;
}

bool query_answered(const struct query_bytes *q, const uint8_t *reply, size_t len)
{
	if (len < HEADER_OCTETS + (size_t)q->question_len || (reply[2] & 0x80) == 0)
		return false;
	if (memcmp(reply + HEADER_OCTETS, q->octets + HEADER_OCTETS, q->question_len) != 0)
		return false;
	return (reply[3] & 15) == q->rcode && (q->mask == 0 || records_right(q, reply, len));
}
