/* SPDX-License-Identifier: ISC */
/* Explanations over DNS, for those who have dig and no more. */
#include "answer/explain.h"
#include "base/memory.h"
#include "wire/octets.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_OCTETS = 255 };

bool explain_allowed(const struct config *config, const struct addr *peer)
{
	for (size_t i = 0; i < config->n_explain_froms; i++) {
		if (prefix_holds(&config->explain_froms[i], peer))
			return true;
	}
	return false;
}

/* The type that is explained. */
static uint16_t type_of(const struct view *view, const struct query *q)
{
	struct lookup lookup = {.name = &q->name, .label_at = q->label_at};
	struct match m;
	zones_find(view->world->zones, &lookup, TYPE_A, &m);
	if (m.kind != MATCH_NODE || node_rrset(m.node, TYPE_A) != NULL)
		return TYPE_A;
	for (unsigned i = 0; i < m.node->n_sets; i++) {
		if (m.node->sets[i].steered != NULL)
			return m.node->sets[i].type;
	}
	return TYPE_A;
}

/* One TXT record of one string. */
static size_t record_write(uint8_t *p, const char *line, size_t len)
{
	octets_put16(p, 0xc000 | HEADER_OCTETS);
	octets_put16(p + RECORD_TYPE_AT, TYPE_TXT);
	octets_put16(p + RECORD_TYPE_AT + 2, CLASS_CH);
	octets_put32(p + RECORD_TTL_AT, 0);
	octets_put16(p + RECORD_RDLENGTH_AT, (unsigned)len + 1);
	p[RECORD_RDATA_AT] = (uint8_t)len;
	memcpy(p + RECORD_RDATA_AT + 1, line, len);
	return RECORD_RDATA_AT + 1 + len;
}

static void lines_write(const char *text, struct rrset *out)
{
	size_t room = strlen(text), lines = 1, octets_len = 0;
	uint16_t n = 0;
	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	uint8_t *octets = mem_alloc(room + (lines + room / LINE_MAX_OCTETS) * (RECORD_RDATA_AT + 1));
	while (*text != '\0') {
		size_t len = strcspn(text, "\n"), used = len < LINE_MAX_OCTETS ? len : LINE_MAX_OCTETS;
		octets_len += record_write(octets + octets_len, text, used);
		n++;
		text += used + (text[used] == '\n');
	}
	*out = rrset_of(TYPE_TXT, n, octets, octets_len);
}

void explain_records(const struct view *view, const struct query *q, const struct client *client,
		     struct rrset *out)
{
	struct explain_request request = {
		.name = q->name, .type = type_of(view, q), .from_subnet = client->from_subnet};
	char *text = NULL;
	size_t len = 0;
	request.client = client->from_subnet
				 ? (struct prefix){q->subnet.addr, q->subnet.source}
				 : (struct prefix){client->addr, (uint8_t)addr_bits(&client->addr)};
	struct json_object *explanation = explain(view, NULL, &request);
	FILE *stream = open_memstream(&text, &len);
	if (stream == NULL)
		abort();
	explain_print(explanation, stream);
	fclose(stream);
	lines_write(text, out);
	json_object_put(explanation);
	free(text);
}
