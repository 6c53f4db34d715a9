/* SPDX-License-Identifier: ISC */
/* Lines found by what they name. This is where it is written which of two lines is more specific. */
#include "geo/lines.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/*
 * The attributes that a line names, as a number that is the higher the more specific they are: its key, and
 * these. A country may be named with its continent or without.
 */
enum { KIND_CONTINENT = 1, KIND_COUNTRY = 2, KIND_KEY = 4, KINDS = GEOMAP_NETWORK * KIND_KEY };

_Static_assert(KINDS <= 32, "a set of kinds is a word");

struct region {
	uint32_t kind;
	char continent[4], country[4], subdivision[4];
	uint32_t asn;
};

static unsigned kind_of(const struct geomap_line *line)
{
	return (unsigned)line->key * KIND_KEY + (line->country[0] != '\0' ? KIND_COUNTRY : 0) +
	       (line->continent[0] != '\0' ? KIND_CONTINENT : 0);
}

/* Of a line: what it names; of a place: what a line of that kind names that holds for it. */
static struct region region_of(unsigned kind, const struct place *place)
{
	struct region region = {.kind = kind};
	if (kind & KIND_CONTINENT)
		strcpy(region.continent, place->continent);
	if (kind & KIND_COUNTRY)
		strcpy(region.country, place->country);
	if (kind / KIND_KEY == GEOMAP_SUBDIVISION)
		strcpy(region.subdivision, place->subdivision);
	if (kind / KIND_KEY == GEOMAP_ASN)
		region.asn = place->asn;
	return region;
}

static uint32_t step_add(struct lines *lines)
{
	lines->steps = mem_grow(lines->steps, &lines->cap_steps, lines->n_steps + 1, sizeof(*lines->steps));
	lines->steps[lines->n_steps] = (struct step){0};
	return lines->n_steps++;
}

static unsigned bit_at(const struct addr *addr, unsigned bit)
{
	return addr->octets[bit / 8] >> (7 - bit % 8) & 1;
}

static uint32_t step_to(struct lines *lines, const struct prefix *network)
{
	uint32_t at = network->addr.family;
	for (unsigned bit = 0; bit < network->len; bit++) {
		unsigned side = bit_at(&network->addr, bit);
		if (lines->steps[at].children[side] == 0) {
			uint32_t child = step_add(lines);
			lines->steps[at].children[side] = child;
		}
		at = lines->steps[at].children[side];
	}
	return at;
}

/* Puts a line before those that name the same. */
static void line_add(struct lines *lines, const struct geomap_line *line, uint32_t number)
{
	uint32_t *first;
	if (line->key == GEOMAP_NETWORK) {
		uint32_t step = step_to(lines, &line->network);
		first = &lines->steps[step].line;
	} else {
		struct place named = {.asn = line->asn};
		memcpy(named.continent, line->continent, sizeof(named.continent));
		memcpy(named.country, line->country, sizeof(named.country));
		memcpy(named.subdivision, line->subdivision, sizeof(named.subdivision));
		struct region region = region_of(kind_of(line), &named);
		lines->kinds |= 1u << region.kind;
		first = memo_at(&lines->regions, &region);
		if (*first == MEMO_NONE)
			*first = 0;
	}
	lines->next[number] = *first;
	*first = number + 1;
}

void lines_init(struct lines *lines, const struct geomap_line *const *list, size_t n)
{
	*lines = (struct lines){.n = n};
	lines->next = mem_alloc(n * sizeof(*lines->next));
	memo_init(&lines->regions, sizeof(struct region));
	while (lines->n_steps <= FAMILY_V6)
		step_add(lines);
	for (size_t i = n; i-- > 0;)
		line_add(lines, list[i], (uint32_t)i);
	/* a child's number is higher than its parent's */
	for (uint32_t i = 1; i < lines->n_steps; i++) {
		const struct step *step = &lines->steps[i];
		for (int side = 0; side < 2; side++)
			if (step->children[side] != 0)
				lines->steps[step->children[side]].around = step->line ? i : step->around;
	}
}

void lines_free(struct lines *lines)
{
	free(lines->next);
	free(lines->steps);
	memo_free(&lines->regions);
	*lines = (struct lines){0};
}

uint32_t lines_mark(const struct lines *lines, const struct addr *addr)
{
	uint32_t at = addr->family, mark = 0;
	for (unsigned bit = 0; at != 0; bit++) {
		mark = lines->steps[at].line ? at : mark;
		at = bit < addr_bits(addr) ? lines->steps[at].children[bit_at(addr, bit)] : 0;
	}
	return mark;
}

static size_t chain_append(const struct lines *lines, uint32_t first, uint32_t *out, size_t n)
{
	for (; first != 0; first = lines->next[first - 1])
		out[n++] = first - 1;
	return n;
}

size_t lines_find(const struct lines *lines, uint32_t mark, const struct place *place, uint32_t *out)
{
	size_t n = 0;
	for (; mark != 0; mark = lines->steps[mark].around)
		n = chain_append(lines, lines->steps[mark].line, out, n);
	for (unsigned kind = KINDS; kind-- > 0;) {
		if (lines->kinds >> kind & 1) {
			struct region region = region_of(kind, place);
			n = chain_append(lines, memo_get(&lines->regions, &region), out, n);
		}
	}
	return n;
}
