/* SPDX-License-Identifier: ISC */
/* Where clients are alike: prefixes, countries and continents as keys, and a table of them of bounded size.
 */
#ifndef HEALTH_AREA_H
#define HEALTH_AREA_H

#include "base/addr.h"
#include "wire/name.h"

#include <stdbool.h>
#include <stdint.h>

enum area_kind {
	AREA_FREE,
	AREA_V4 = FAMILY_V4,
	AREA_V6 = FAMILY_V6,
	AREA_COUNTRY,
	AREA_CONTINENT,
};

struct area_key {
	uint64_t bits; /* the first 32 or 64 bits of the prefix, or the number */
	uint32_t kind; /* enum area_kind */
};

/* Lengths of the prefixes in bits: 1..32 and 1..64. */
struct area_grain {
	uint8_t v4;
	uint8_t v6;
};

/* The key of the client's prefix; an IPv4-mapped address is that IPv4 address. False where it has no family.
 */
bool area_of_client(const struct addr *client, struct area_grain grain, struct area_key *out);

static inline struct area_key area_of_number(enum area_kind kind, uint16_t number)
{
	return (struct area_key){number, kind};
}

static inline bool area_key_equal(const struct area_key *a, const struct area_key *b)
{
	return a->bits == b->bits && a->kind == b->kind;
}

/* With a secret seed nobody outside can aim for collisions. */
static inline uint64_t area_hash(const struct area_key *key, const uint64_t seed[2])
{
	uint64_t h = name_hash_mix(key->bits ^ seed[0], 0xa0761d6478bd642fu);
	return name_hash_mix(h ^ key->kind ^ seed[1], 0xe7037ed1a0b428dbu);
}

/* As a file has them: `192.0.2.0/24`, `country:17`, `continent:3`. The first writes into `out`, of
 * ADDR_TEXT_MAX, and returns it; a prefix that is read must have the length of the grain. */
char *area_format(const struct area_key *key, struct area_grain grain, char *out);
bool area_parse(const char *text, size_t len, struct area_grain grain, struct area_key *out);

struct area {
	struct area_key key;
	uint32_t first_figure; /* the owner's */
	bool published;        /* one of its figures is, or was */
	int64_t touched;       /* the owner's count of samples when it was last fed */
};

enum { AREA_NONE = UINT32_MAX };

/* Areas stand in no order and without gaps; `slots` holds index + 1, linear probing, 0 where free. */
struct areas {
	struct area *list;
	uint32_t n, cap;
	uint32_t *slots;
	uint32_t mask;
	uint64_t seed[2];
};

void areas_init(struct areas *areas, uint32_t cap);
void areas_free(struct areas *areas);

/* The index of the area, or AREA_NONE. */
uint32_t areas_find(const struct areas *areas, const struct area_key *key);

/* Adds an area that is not there; there must be room. Returns its index. */
uint32_t areas_add(struct areas *areas, const struct area_key *key);

/* Removes the area at an index, which the last area then has. */
void areas_remove(struct areas *areas, uint32_t index);

#endif
