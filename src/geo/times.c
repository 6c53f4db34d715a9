/* SPDX-License-Identifier: ISC */
/* The times that a trie has at its leaves. */
#include "geo/times.h"
#include "geo/poptrie.h"

struct times_found times_find(const struct times_locator *l, const struct addr *client)
{
	struct popfound found = poptrie_find(&l->trie, client);
	return (struct times_found){found.label, found.scope};
}

size_t times_size(const struct times_locator *l)
{
	return l->trie.size;
}

struct walk {
	times_leaf *leaf;
	void *context;
};

static void on_leaf(void *context, const struct prefix *prefix, const void *label)
{
	const struct walk *w = context;
	w->leaf(w->context, prefix, label);
}

void times_walk(const struct times_locator *l, enum family family, times_leaf *leaf, void *context)
{
	poptrie_walk(&l->trie, family, on_leaf, &(struct walk){leaf, context});
}
