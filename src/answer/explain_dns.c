/* SPDX-License-Identifier: ISC */
/* Explanations over DNS, for those who have dig and no more. */
#include "answer/chaos.h"
#include "answer/explain.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

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

static void lines_write(const char *text, struct rrset *out)
{
	size_t room = strlen(text), lines = 1, octets_len = 0;
	uint16_t n = 0;
	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	uint8_t *octets = mem_alloc(room + (lines + room / CHAOS_STRING_MAX) * (RECORD_RDATA_AT + 1));
	while (*text != '\0') {
		size_t len = strcspn(text, "\n"), used = len < CHAOS_STRING_MAX ? len : CHAOS_STRING_MAX;
		octets_len += chaos_record(octets + octets_len, text, used);
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
				 : (struct prefix){*client->addr, (uint8_t)addr_bits(client->addr)};
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
