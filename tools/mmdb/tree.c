/* SPDX-License-Identifier: ISC */
/* The tree of networks, in which the more specific inherit from the less. */
#include "base/memory.h"
#include "mmdb.h"

#include <stdlib.h>
#include <string.h>

static uint32_t node_new(struct builder *b, int data)
{
	b->nodes = mem_grow(b->nodes, &b->cap_nodes, b->n_nodes + 1, sizeof(*b->nodes));
	b->nodes[b->n_nodes] = (struct node){.data = data};
	return (uint32_t)b->n_nodes++;
}

static void node_split(struct builder *b, uint32_t at)
{
	uint32_t left = node_new(b, b->nodes[at].data), right = node_new(b, b->nodes[at].data);
	b->nodes[at].child[0] = left;
	b->nodes[at].child[1] = right;
}

static void inherit(struct attributes *a, const struct attributes *from)
{
	if (a->continent[0] == '\0')
		memcpy(a->continent, from->continent, sizeof(a->continent));
	if (a->country[0] == '\0')
		memcpy(a->country, from->country, sizeof(a->country));
	if (a->subdivision[0] == '\0')
		memcpy(a->subdivision, from->subdivision, sizeof(a->subdivision));
	if (!a->has_asn) {
		a->has_asn = from->has_asn;
		a->asn = from->asn;
	}
	if (!a->located) {
		a->located = from->located;
		a->latitude = from->latitude;
		a->longitude = from->longitude;
	}
}

static bool attributes_equal(const struct attributes *a, const struct attributes *b)
{
	return strcmp(a->continent, b->continent) == 0 && strcmp(a->country, b->country) == 0 &&
	       strcmp(a->subdivision, b->subdivision) == 0 && a->has_asn == b->has_asn && a->asn == b->asn &&
	       a->located == b->located && a->latitude == b->latitude && a->longitude == b->longitude;
}

static int data_index(struct builder *b, const struct attributes *a)
{
	for (size_t i = 0; i < b->n_data; i++) {
		if (attributes_equal(&b->data[i], a))
			return (int)i;
	}
	b->data = mem_grow(b->data, &b->cap_data, b->n_data + 1, sizeof(*b->data));
	b->data[b->n_data] = *a;
	return (int)b->n_data++;
}

/* The lines come shortest prefix first, so what is found at a line's place is what it inherits from. */
static void insert(struct builder *b, const struct line *line)
{
	unsigned skip = !b->v4_only && line->prefix.addr.family == FAMILY_V4 ? 96 : 0;
	uint32_t at = 0;
	for (unsigned depth = 0; depth < skip + line->prefix.len; depth++) {
		unsigned bit = depth - skip;
		if (b->nodes[at].child[0] == 0)
			node_split(b, at);
		at = b->nodes[at]
			     .child[depth < skip ? 0
						 : line->prefix.addr.octets[bit / 8] >> (7 - bit % 8) & 1];
	}
	struct attributes a = line->attributes;
	if (b->nodes[at].data != NO_DATA)
		inherit(&a, &b->data[b->nodes[at].data]);
	b->nodes[at].data = data_index(b, &a);
}

static int length_compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	unsigned x_len = x->prefix.len + (x->prefix.addr.family == FAMILY_V4 ? 96u : 0);
	unsigned y_len = y->prefix.len + (y->prefix.addr.family == FAMILY_V4 ? 96u : 0);
	return x_len < y_len ? -1 : x_len > y_len;
}

void tree_build(struct builder *b)
{
	node_new(b, NO_DATA);
	if (b->n_lines > 0)
		qsort(b->lines, b->n_lines, sizeof(*b->lines), length_compare);
	for (size_t i = 0; i < b->n_lines; i++)
		insert(b, &b->lines[i]);
	if (b->nodes[0].child[0] == 0)
		node_split(b, 0);
}
