/* SPDX-License-Identifier: ISC */
/*
 * Which of a list of lines hold for a client: those whose network its address is in, and those that name its
 * system, its region or everyone. Networks are a trie with a step for each bit:
 *
 *            o           the family's root
 *            :
 *            o  10.0/9   line 2             the mark of 10.1.1.1
 *           / \
 *          :   :                            (only steps on the way to a network exist)
 *              o  10.9/16  lines 5 and 7    the mark of 10.9.9.9; `around` leads from here to 10.0/9
 *
 * Of two lines that name the same, as 5 and 7 do, each leads to the next in the order of the list.
 * The others are found by what they name: "*", "EU", "EU/DE", "AS64500" …
 */
#ifndef GEO_LINES_H
#define GEO_LINES_H

#include "config/config.h"
#include "geo/intern.h"
#include "geo/place.h"

/* Step 0 is nowhere: all ways from there lead there. The number of a family is that of its root. */
struct step {
	uint32_t children[2];
	uint32_t line;   /* the first whose network ends here + 1; 0: none does */
	uint32_t around; /* the next step above where a network ends; 0: there is none */
};

struct lines {
	size_t n;
	uint32_t *next; /* by line: the next that names the same + 1, or 0 */
	struct step *steps;
	uint32_t n_steps;
	size_t cap_steps;
	struct memo regions; /* what lines other than of networks name -> the first that does + 1 */
	uint32_t kinds;      /* bits: which attributes are named together by any line */
};

/* Only the attributes of the lines are looked at, and only now: `list` points to `n` of them. */
void lines_init(struct lines *lines, const struct geomap_line *const *list, size_t n);
void lines_free(struct lines *lines);

/* The last step on the way to the address where a network ends, or 0. */
uint32_t lines_mark(const struct lines *lines, const struct addr *addr);

/*
 * Writes the indexes of all lines that hold to `out`, which has room for all, and returns how many: the most
 * specific first (network by length, then system, subdivision, country, continent, everyone), and of equal
 * ones that listed first.
 */
size_t lines_find(const struct lines *lines, uint32_t mark, const struct place *place, uint32_t *out);

#endif
