/* SPDX-License-Identifier: ISC */
/* The additional section: the addresses of the names that an answer points at. */
#include "answer/answer.h"

static bool present(const struct answer *a, const struct rrset *set)
{
	for (unsigned i = 0; i < a->n; i++) {
		if (a->pieces[i].records.set == set)
			return true;
	}
	return false;
}

static void add_type(struct answer *a, const struct node *node, uint16_t type, bool glue)
{
	const struct rrset *set = node_plain(node, type);
	if (set != NULL && !present(a, set)) {
		const struct reply_records records = {.set = set, .owner = node->name};
		answer_add(a, SECTION_ADDITIONAL, &records)->glue = glue;
	}
}

static void add_host(struct answer *a, const struct match *m, const uint8_t *octets)
{
	const struct node *node = zone_host(m->zone, octets);
	if (node == NULL)
		return;
	bool glue = m->kind == MATCH_DELEGATION && zone_cut(m->zone, node) == m->node;
	add_type(a, node, TYPE_A, glue);
	add_type(a, node, TYPE_AAAA, glue);
}

__attribute__((cold, noinline)) void answer_add_addresses(struct answer *a, const struct match *m,
							  const struct reply_records *records)
{
	const struct rrset *set = records->set;
	const uint8_t *first = set->octets + RECORD_RDATA_AT + rdata_host(set->type);
	for (unsigned i = 0; i < records->n; i++)
		add_host(a, m, first + records->picked[i]);
	for (size_t at = 0; records->picked == NULL && at < set->octets_len;
	     at += record_len(set->octets + at))
		add_host(a, m, first + at);
}
