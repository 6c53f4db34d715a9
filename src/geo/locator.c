/* SPDX-License-Identifier: ISC */
/* Looking an address up in a compiled locator, and walking its leaves. */
#include "geo/locator.h"
#include "geo/poptrie.h"

#include <endian.h>
#include <string.h>

static inline uint64_t octets_load(const uint8_t *octets)
{
	uint64_t word;
	memcpy(&word, octets, sizeof(word));
	return be64toh(word);
}

/* What is left of an address. */
struct rest {
	uint64_t high, low;
};

static inline struct rest rest_shift(struct rest r, unsigned bits)
{
	/* in two steps, because bits may be 0 */
	return (struct rest){r.high << bits | r.low >> 1 >> (63 - bits), r.low << bits};
}

/* The leaf for an address in one table. *depth grows by the bits before the leaf's node, which are taken from
 * *rest. */
static inline uint32_t leaf_find(const struct locator *l, uint32_t table, struct rest *rest, unsigned *depth)
{
	const struct poproot *root = &l->roots[table];
	uint32_t entry = root->entries[rest->high >> (64 - root->bits)];
	if (!(entry & ROOT_NODE))
		return entry;

	const struct popnode *node = &l->nodes[entry & ~ROOT_NODE];
	*rest = rest_shift(*rest, root->bits);
	*depth += root->bits;
	uint64_t bit = (uint64_t)1 << (rest->high >> (64 - STRIDE));
	while (node->inner & bit) {
		node = &l->nodes[node->children + bits_count(node->inner & (bit - 1))];
		*rest = rest_shift(*rest, STRIDE);
		*depth += STRIDE;
		bit = (uint64_t)1 << (rest->high >> (64 - STRIDE));
	}
	return l->leaves[node->leaves + bits_count(node->runs & (bit | (bit - 1))) - 1];
}

struct located locator_find(const struct locator *l, const struct addr *client)
{
	struct rest rest = {octets_load(client->octets), octets_load(client->octets + 8)};
	unsigned depth = 0;
	uint32_t leaf = leaf_find(l, client->family, &rest, &depth);
	while (leaf >> LENGTH_BITS >= LEAF_TABLE) {
		rest = rest_shift(rest, leaf & LENGTH_MASK);
		depth += leaf & LENGTH_MASK;
		leaf = leaf_find(l, (leaf >> LENGTH_BITS) - LEAF_TABLE, &rest, &depth);
	}
	return (struct located){l->orders[leaf >> LENGTH_BITS], (uint8_t)(depth + (leaf & LENGTH_MASK))};
}

size_t locator_size(const struct locator *l)
{
	return l->size;
}

struct walk {
	const struct locator *locator;
	locator_leaf *leaf;
	void *context;
	struct addr at; /* where the walk is */
};

/* Writes `value` to the bits of the address from `from` on to `from + bits`; those beyond its end are zero
 * anyway. */
static void bits_write(struct addr *at, unsigned from, unsigned bits, uint32_t value)
{
	for (unsigned i = 0; i < bits && from + i < addr_bits(at); i++) {
		uint8_t mask = (uint8_t)(0x80 >> (from + i) % 8);
		uint8_t *octet = &at->octets[(from + i) / 8];
		*octet = (uint8_t)(value >> (bits - 1 - i) & 1 ? *octet | mask : *octet & ~mask);
	}
}

static void root_walk(struct walk *w, uint32_t table, unsigned depth);

/* Visits a leaf that is met at `depth`, and returns how many of the 1 << `bits` slots there it takes. */
static unsigned leaf_visit(struct walk *w, uint32_t leaf, unsigned depth, unsigned bits)
{
	unsigned len = leaf & LENGTH_MASK;
	if (leaf >> LENGTH_BITS >= LEAF_TABLE) {
		root_walk(w, (leaf >> LENGTH_BITS) - LEAF_TABLE, depth + len);
	} else {
		struct prefix prefix = {.addr = w->at, .len = (uint8_t)(depth + len)};
		addr_mask(&prefix.addr, prefix.len);
		w->leaf(w->context, &prefix, w->locator->orders[leaf >> LENGTH_BITS]);
	}
	return 1u << (bits - len);
}

static void node_walk(struct walk *w, const struct popnode *node, unsigned depth)
{
	uint32_t child = node->children;
	for (unsigned i = 0; i < SLOTS;) {
		uint64_t bit = (uint64_t)1 << i;
		bits_write(&w->at, depth, STRIDE, i);
		if (node->inner & bit) {
			node_walk(w, &w->locator->nodes[child++], depth + STRIDE);
			i++;
			continue;
		}
		uint32_t leaf =
			w->locator->leaves[node->leaves + bits_count(node->runs & (bit | (bit - 1))) - 1];
		i += leaf_visit(w, leaf, depth, STRIDE);
	}
	bits_write(&w->at, depth, STRIDE, 0);
}

static void root_walk(struct walk *w, uint32_t table, unsigned depth)
{
	const struct poproot *root = &w->locator->roots[table];
	for (uint32_t i = 0; i < 1u << root->bits;) {
		bits_write(&w->at, depth, root->bits, i);
		uint32_t entry = root->entries[i];
		if (entry & ROOT_NODE) {
			node_walk(w, &w->locator->nodes[entry & ~ROOT_NODE], depth + root->bits);
			i++;
		} else {
			i += leaf_visit(w, entry, depth, root->bits);
		}
	}
	bits_write(&w->at, depth, root->bits, 0);
}

void locator_walk(const struct locator *l, enum family family, locator_leaf *leaf, void *context)
{
	struct walk w = {l, leaf, context, {.family = (uint8_t)family}};
	root_walk(&w, family, 0);
}
