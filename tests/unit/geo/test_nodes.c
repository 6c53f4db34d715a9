/* SPDX-License-Identifier: ISC */
/* Nodes against the slots they were made of, and the length of a leaf against the trie of bits it stands for.
 */
#include "geo/nodes.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { ROUNDS = 3000 };

/* Few labels in blocks of all sizes: equal neighbours that are no halves of one block are frequent. */
static void random_slots(struct random *r, uint32_t *slots, unsigned n)
{
	if (n > 1 && random_below(r, 8) > 0) {
		random_slots(r, slots, n / 2);
		random_slots(r, slots + n / 2, n / 2);
		return;
	}
	uint32_t label = random_below(r, 3) << LENGTH_BITS;
	for (unsigned i = 0; i < n; i++)
		slots[i] = label;
}

/* The bits of the shortest prefix around a slot in which all slots are equal. */
static unsigned slow_length(const uint32_t *slots, unsigned slot)
{
	unsigned n = SLOTS, first = 0, length = 0;
	for (;; length++) {
		unsigned i = first;
		while (i < first + n && slots[i] == slots[slot])
			i++;
		if (i == first + n)
			return length;
		n /= 2;
		first += slot >= first + n ? n : 0;
	}
}

static void every_slot_is_found_with_its_length(void **state)
{
	(void)state;
	struct random r;
	struct nodes nodes;
	random_seed_with(&r, 6);
	nodes_init(&nodes);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint32_t slots[SLOTS];
		random_slots(&r, slots, SLOTS);
		uint32_t entry = nodes_add(&nodes, slots);
		if (slow_length(slots, 0) == 0) {
			assert_int_equal(entry, slots[0]);
			continue;
		}
		assert_true(entry & ENTRY_NODE);
		const uint32_t *node = nodes.words + (entry & ~ENTRY_NODE);
		uint64_t runs = node_runs(node);
		for (unsigned slot = 0; slot < SLOTS; slot++) {
			assert_int_equal(node_entry(node, runs, slot), slots[slot]);
			assert_int_equal(run_length(runs, slot), slow_length(slots, slot));
		}
	}
	nodes_free(&nodes);
}

static void equal_nodes_are_stored_once(void **state)
{
	(void)state;
	struct nodes nodes;
	uint32_t slots[SLOTS] = {0}, entries[SLOTS];
	nodes_init(&nodes);
	for (unsigned round = 0; round < 2; round++) {
		for (uint32_t i = 1; i < SLOTS; i++) {
			slots[i] = i << LENGTH_BITS;
			uint32_t entry = nodes_add(&nodes, slots);
			assert_true(round == 0 || entry == entries[i]);
			entries[i] = entry;
			slots[i] = 0;
		}
	}
	assert_int_equal(nodes.held, SLOTS - 1);
	size_t n = 0;
	for (size_t at = 0; at < nodes.n; at += node_size(nodes.words + at))
		n++;
	assert_int_equal(n, nodes.held);
	nodes_free(&nodes);
}

/* Two halves that lead to one table begin it at different addresses: they don't become a leaf. */
static void only_labels_are_joined(void **state)
{
	(void)state;
	struct nodes nodes;
	uint32_t slots[SLOTS];
	nodes_init(&nodes);
	for (unsigned i = 0; i < SLOTS; i++)
		slots[i] = LEAF_TABLE << LENGTH_BITS | 1;
	assert_true(nodes_add(&nodes, slots) & ENTRY_NODE);
	nodes_free(&nodes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_is_found_with_its_length),
		cmocka_unit_test(equal_nodes_are_stored_once),
		cmocka_unit_test(only_labels_are_joined),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
