/* SPDX-License-Identifier: ISC */
/* The orders that a trie has at its leaves. */
#include "geo/locator.h"
#include "geo/poptrie.h"

struct located locator_find(const struct locator *l, const struct addr *client)
{
	struct popfound found = poptrie_find(&l->trie, client);
	return (struct located){found.label, found.scope};
}

void locator_expect(const struct locator *l, const struct addr *client)
{
	poptrie_expect(&l->trie, client);
}

size_t locator_size(const struct locator *l)
{
	return l->trie.size;
}

struct walk {
	locator_leaf *leaf;
	void *context;
};

static void on_leaf(void *context, const struct prefix *prefix, const void *label)
{
	const struct walk *w = context;
	w->leaf(w->context, prefix, label);
}

void locator_walk(const struct locator *l, enum family family, locator_leaf *leaf, void *context)
{
	poptrie_walk(&l->trie, family, on_leaf, &(struct walk){leaf, context});
}
