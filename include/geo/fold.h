/* SPDX-License-Identifier: ISC */
/* All databases and the lines of a labeller folded to one trie a family, whose leaves are labels. */
#ifndef GEO_FOLD_H
#define GEO_FOLD_H

#include "geo/databases.h"
#include "geo/labeller.h"
#include "geo/trie.h"

struct folded {
	const struct labeller *labeller; /* borrowed */
	struct trie trie;                /* leaves: numbers of labels */
	struct intern labels;
	uint32_t roots[3]; /* by enum family */
};

void fold(struct labeller *labeller, const struct databases *databases, struct folded *out);

/* The same with all that isn't wanted left out of every label. */
void folded_project(const struct folded *from, const struct wanted *wanted, struct folded *out);

void folded_free(struct folded *folded);

#endif
