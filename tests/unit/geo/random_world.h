/* SPDX-License-Identifier: ISC */
/* Random datacenters, databases and lines for the proofs of compiled locators; which line is how specific, by
 * the rules as they are written down; and what holds for the leaves of any trie. */
#ifndef TESTS_GEO_RANDOM_WORLD_H
#define TESTS_GEO_RANDOM_WORLD_H

#include "base/random.h"
#include "config/config.h"
#include "geo/place.h"
#include "mmdb_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { N_DATACENTERS = 4, DATABASES_MAX = 3 };

/* 0: it does not hold for this address, which is at this place; else the higher the more specific. */
static inline unsigned line_rank(const struct geomap_line *line, const struct place *place,
				 const struct addr *addr)
{
	bool continent = line->continent[0] != '\0', country = line->country[0] != '\0';
	if (line->key == GEOMAP_NETWORK)
		return prefix_holds(&line->network, addr) ? 100u + line->network.len : 0;
	if ((continent && strcmp(line->continent, place->continent) != 0) ||
	    (country && strcmp(line->country, place->country) != 0) ||
	    (line->key == GEOMAP_SUBDIVISION && strcmp(line->subdivision, place->subdivision) != 0) ||
	    (line->key == GEOMAP_ASN && line->asn != place->asn))
		return 0;
	return 1 + (unsigned)line->key * 4 + country * 2 + continent;
}

/* The last address of a prefix, or with random bits behind it. */
static inline void last_address(const struct prefix *p, struct random *random, struct addr *out)
{
	*out = p->addr;
	for (unsigned bit = p->len; bit < addr_bits(out); bit++) {
		if (random == NULL || random_next(random) & 1)
			out->octets[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	}
}

/* Does this leaf begin where that one ended? */
static inline bool follows(const struct prefix *before, const struct prefix *p)
{
	struct addr next;
	last_address(before, NULL, &next);
	for (unsigned i = addr_bits(&next) / 8; i-- > 0 && ++next.octets[i] == 0;)
		;
	return addr_equal(&next, &p->addr);
}

static inline bool siblings(const struct prefix *a, const struct prefix *b)
{
	struct addr parent = b->addr;
	if (a->len != b->len || a->len == 0)
		return false;
	addr_mask(&parent, a->len - 1u);
	return addr_equal(&a->addr, &parent);
}

/* Leaves as they are met: they cover all addresses, and neighbours differ. */
struct coverage {
	size_t leaves;
	struct prefix before; /* the leaf before this one */
	const void *before_label;
	size_t before_size;
};

static inline void coverage_leaf(struct coverage *c, const struct prefix *prefix, const void *label,
				 size_t size)
{
	char text[ADDR_TEXT_MAX];
	static const struct addr zero;
	if (c->leaves++ == 0)
		assert_memory_equal(prefix->addr.octets, zero.octets, sizeof(zero.octets));
	else if (!follows(&c->before, prefix))
		fail_msg("%s does not follow the leaf before it", prefix_format(prefix, text));
	else if (siblings(&c->before, prefix) && size == c->before_size &&
		 memcmp(label, c->before_label, size) == 0)
		fail_msg("%s agrees with its neighbour", prefix_format(prefix, text));
	c->before = *prefix;
	c->before_label = label;
	c->before_size = size;
}

/* The last leaf ends where addresses end. */
static inline void coverage_end(const struct coverage *c)
{
	struct addr end;
	last_address(&c->before, NULL, &end);
	for (unsigned i = 0; i < addr_bits(&end) / 8; i++)
		assert_int_equal(end.octets[i], 0xff);
}

static inline const char *random_country(struct random *r)
{
	static const char *const countries[] = {"DE", "FR", "US", "CA", "SG", "JP", "ZA", "BR"};
	return countries[random_below(r, 8)];
}

/* The attributes of a line, out of those that random databases have. */
static inline void random_line(struct random *r, enum geomap_key key, struct geomap_line *line)
{
	static const char *const continents[] = {"EU", "NA", "AS", "AF"};
	*line = (struct geomap_line){.key = key, .asn = 64500 + random_below(r, 4)};
	if (key >= GEOMAP_CONTINENT && key <= GEOMAP_SUBDIVISION && random_below(r, 3) > 0)
		strcpy(line->continent, continents[random_below(r, 4)]);
	if (key == GEOMAP_CONTINENT && line->continent[0] == '\0')
		strcpy(line->continent, "EU");
	if (key == GEOMAP_COUNTRY || key == GEOMAP_SUBDIVISION)
		strcpy(line->country, random_country(r));
	if (key == GEOMAP_SUBDIVISION)
		strcpy(line->subdivision, random_next(r) & 1 ? "AA" : "BB");
	if (key == GEOMAP_NETWORK) {
		bool v6 = random_next(r) & 1;
		line->network = prefix_of(v6 ? "2001:db8::/32" : "10.0.0.0/8");
		line->network.len = (uint8_t)(line->network.len - 4 + random_below(r, 20));
		for (unsigned octet = v6 ? 3 : 0; octet < 8; octet++)
			line->network.addr.octets[octet] ^= (uint8_t)(random_next(r) & 0x13);
		addr_mask(&line->network.addr, line->network.len);
	}
}

/* Returns of so many leaves how many are worth looking up. */
static inline size_t random_database(struct random *r, struct writer *w)
{
	static const char *const formats[] = {
		"{country:{iso_code:'%s'},subdivisions:[{iso_code:'%s'}],x:%u}",
		"{country_code:'%s',y:'%s',x:%u}",
		"{z:'%s',y:'%s',asn:%u}",
		"{country_code:'%s',state:'%s',asn:%u,latitude:%d.5,longitude:%d.5}",
	};
	unsigned version = random_next(r) & 1 ? 6 : 4;
	const char *format = formats[random_below(r, 4)];
	/* some so large that the served form has larger tables */
	bool large = random_below(r, 8) == 0;
	uint32_t n = large ? 6000 : 1 + random_below(r, 40);
	writer_init(w, version, 24 + 4 * random_below(r, 3));
	for (; n > 0; n--) {
		bool v6 = version == 6 && random_next(r) & 1;
		struct prefix p = prefix_of(!v6                      ? "10.0.0.0/8"
					    : random_below(r, 8) > 0 ? "2001:db8::/32"
								     : "fc01:db8::/32");
		p.len = (uint8_t)(v6 ? 24 + random_below(r, 40) : 4 + random_below(r, 28));
		for (unsigned octet = v6 ? 2 : 0; octet < 8; octet++)
			p.addr.octets[octet] ^= (uint8_t)(random_next(r) & (large ? 0x77 : 0x13));
		addr_mask(&p.addr, p.len);
		if (!v6)
			memset(p.addr.octets + 4, 0, 12);
		char record[160];
		snprintf(record, sizeof(record), format, random_country(r), random_next(r) & 1 ? "AA" : "BB",
			 64500 + random_below(r, 4), (int)random_below(r, 3) * 20 - 10,
			 (int)random_below(r, 4) * 40 - 80);
		writer_add(w, &p, record);
	}
	/* the first two are halves of one network, and in both is the same */
	for (const char *const *alias = (const char *const[]){"2002::/16", "2003::/16", "64:ff9b::/96", NULL};
	     version == 6 && *alias != NULL; alias++)
		if (random_next(r) & 1)
			writer_alias(w, *alias);
	return large ? 61 : 1;
}

struct random_world {
	struct datacenter datacenters[N_DATACENTERS];
	struct config config;
	struct writer writers[DATABASES_MAX];
	unsigned n;
	struct databases *databases;
	size_t every; /* of so many leaves one is to be looked up */
};

/* Borrows from itself: not to be moved. */
static inline void random_world_open(struct random *r, struct random_world *w)
{
	static const char *const names[N_DATACENTERS] = {"a", "b", "c", "d"};
	*w = (struct random_world){.config = {.n_datacenters = N_DATACENTERS, .datacenters = w->datacenters}};
	for (unsigned i = 0; i < N_DATACENTERS; i++)
		w->datacenters[i] = (struct datacenter){
			.name = names[i],
			.located = random_below(r, 4) > 0,
			.latitude = (double)random_below(r, 140) - 70,
			.longitude = (double)random_below(r, 360) - 180,
		};
	const char *paths[DATABASES_MAX];
	w->n = random_below(r, DATABASES_MAX + 1);
	w->every = 1;
	for (unsigned i = 0; i < w->n; i++) {
		size_t every = random_database(r, &w->writers[i]);
		w->every = every > w->every ? every : w->every;
		paths[i] = writer_path(&w->writers[i]);
	}
	struct faults faults = {0};
	w->databases = databases_open(paths, NULL, w->n, &faults);
	faults_print(&faults, stderr);
	assert_non_null(w->databases);
}

static inline void random_world_close(struct random_world *w)
{
	databases_close(w->databases);
	for (unsigned i = 0; i < w->n; i++)
		writer_free(&w->writers[i]);
}

#endif
