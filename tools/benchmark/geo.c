/* SPDX-License-Identifier: ISC */
/*
 * Where clients are, alone: what compiling a database takes, how large the result is, and lookups a second.
 * Beside them stand libmaxminddb and bare reads of memory in the same run, because machines differ.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "geo/locator.h"
#include "geo/times.h"

#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESSES = 1 << 18 };

static const char *const sites[] = {
	"50.11,8.68",    "39.04,-77.49", "1.35,103.82",   "51.51,-0.13",   "48.86,2.35",    "52.37,4.90",
	"40.42,-3.70",   "45.46,9.19",   "59.33,18.07",   "52.23,21.01",   "41.01,28.98",   "25.20,55.27",
	"19.08,72.88",   "13.08,80.27",  "22.32,114.17",  "35.68,139.69",  "37.57,126.98",  "-33.87,151.21",
	"-37.81,144.96", "-26.20,28.05", "30.04,31.24",   "6.52,3.38",     "-23.55,-46.63", "-34.60,-58.38",
	"4.71,-74.07",   "19.43,-99.13", "37.77,-122.42", "47.61,-122.33", "32.78,-96.80",  "43.65,-79.38",
};
enum { SITES = sizeof(sites) / sizeof(sites[0]) };

static const char continents[] = "AF AN AS EU NA OC SA";
static const char countries[] =
	"US CA MX BR AR CL CO PE VE EC GB FR DE ES IT PT NL BE LU CH AT PL CZ SK HU RO BG GR TR SE "
	"NO FI DK IE RU UA IN CN JP KR TW SG ID TH VN AU NZ ZA NG EG";
static const char states[] =
	"AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ "
	"NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY";

/* A line of `map` for each of the words of two letters: three datacenters that follow from which it is. */
static void lines_write(FILE *out, const char *map, const char *before, const char *words)
{
	for (size_t i = 0; i <= strlen(words) / 3; i++)
		fprintf(out, "geomap %s %s%.2s d%zu d%zu d%zu\n", map, before, words + 3 * i, i % SITES,
			(i + 1 + i / SITES) % SITES, (i + 5) % SITES);
}

static struct config *config_make(struct faults *faults)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	for (size_t i = 0; i < SITES; i++)
		fprintf(out, "datacenter d%zu location=%s\n", i, sites[i]);
	for (const char *const *map = (const char *const[]){"continents", "countries", "states", NULL}; *map;
	     map++) {
		fprintf(out, "geomap %s * d0 d1 d2\n", *map);
		lines_write(out, *map, "", continents);
		if (strcmp(*map, "continents") != 0)
			lines_write(out, *map, "*/", countries);
		if (strcmp(*map, "states") == 0)
			lines_write(out, *map, "NA/US/", states);
	}
	fclose(out);
	struct config *config = config_read_text("bench-geo", text, len, faults);
	free(text);
	return config;
}

/* Of this process, in KiB: what it uses now (VmRSS), and the most since peak_reset() (VmHWM). */
static long memory_kib(const char *what)
{
	char line[128];
	long kib = 0;
	FILE *status = fopen("/proc/self/status", "r");
	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (strncmp(line, what, strlen(what)) == 0)
			kib = strtol(line + strlen(what) + 1, NULL, 10);
	if (status != NULL)
		fclose(status);
	return kib;
}

static void peak_reset(void)
{
	FILE *refs = fopen("/proc/self/clear_refs", "w");
	if (refs == NULL)
		return;
	fputs("5", refs);
	fclose(refs);
}

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What is asked for, as one kind: the label is never looked into. */
struct subject {
	const char *name;
	const struct locator *locator;
	const struct times_locator *times;
};

struct leaves {
	size_t n;
	struct prefix *list; /* those of IPv6 clients; NULL: only counted */
};

/* 2000::/3 (RFC 4291 §2.4) without what leads to IPv4 (RFC 3056). */
static bool is_client(const struct prefix *network)
{
	const uint8_t *octets = network->addr.octets;
	return octets[0] >> 5 == 1 && !(octets[0] == 0x20 && octets[1] == 0x02);
}

static void on_leaf(void *context, const struct prefix *prefix, const struct order *order)
{
	struct leaves *leaves = context;
	(void)order;
	if (leaves->list == NULL)
		leaves->n++;
	else if (is_client(prefix))
		leaves->list[leaves->n++] = *prefix;
}

static void on_times(void *context, const struct prefix *prefix, const struct times *times)
{
	(void)times;
	on_leaf(context, prefix, NULL);
}

static size_t leaves_count(const struct subject *s, enum family family)
{
	struct leaves leaves = {0};
	if (s->locator != NULL)
		locator_walk(s->locator, family, on_leaf, &leaves);
	else
		times_walk(s->times, family, on_times, &leaves);
	return leaves.n;
}

enum pattern { RANDOM_V4, ECS_V4, HALF_V6, HALF_NETWORKS, PATTERNS };
static const char *const pattern_names[] = {"random IPv4", "random ECS /24", "half IPv6, random in 2000::/3",
					    "half IPv6, random in random networks"};

static void octets_random(struct random *r, uint8_t *octets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		octets[i] = (uint8_t)random_next(r);
}

/* Random addresses in 2000::/3 are nearly all of no network: those in random leaves are of some. */
static void v6_make(struct random *r, const struct prefix *network, struct addr *out)
{
	struct addr host = {.family = FAMILY_V6}, above;
	octets_random(r, host.octets, 16);
	above = host;
	addr_mask(&above, network->len);
	for (unsigned octet = 0; octet < 16; octet++)
		host.octets[octet] ^= above.octets[octet] ^ network->addr.octets[octet];
	*out = host;
}

static void addresses_make(struct random *r, enum pattern pattern, const struct leaves *v6, struct addr *out)
{
	static const struct prefix clients = {{FAMILY_V6, {0x20}}, 3};
	for (size_t i = 0; i < ADDRESSES; i++) {
		out[i] = (struct addr){.family = FAMILY_V4};
		if (pattern <= ECS_V4 || random_next(r) & 1)
			octets_random(r, out[i].octets, pattern == ECS_V4 ? 3 : 4);
		else
			v6_make(r,
				pattern == HALF_V6 ? &clients : &v6->list[random_below(r, (uint32_t)v6->n)],
				&out[i]);
	}
}

static uint64_t orders_find(const void *locator, const struct addr *addresses, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		struct located found = locator_find(locator, &addresses[i % ADDRESSES]);
		sum += found.scope + (uint64_t)(uintptr_t)found.order;
	}
	return sum;
}

static uint64_t times_find_all(const void *locator, const struct addr *addresses, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		struct times_found found = times_find(locator, &addresses[i % ADDRESSES]);
		sum += found.scope + (uint64_t)(uintptr_t)found.times;
	}
	return sum;
}

static uint64_t mmdb_find_all(const void *mmdb, const struct addr *addresses, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		struct endpoint endpoint = {.addr = addresses[i % ADDRESSES]};
		struct sockaddr_storage sa;
		int status;
		endpoint_to_sockaddr(&endpoint, &sa);
		sum += MMDB_lookup_sockaddr(mmdb, (struct sockaddr *)&sa, &status).entry.offset;
	}
	return sum;
}

enum { TABLE_OCTETS = 8 << 20 };

/* One read of a random line of 8 MiB each. */
static uint64_t memory_read(const void *table, const struct addr *addresses, size_t n)
{
	uint64_t sum = 0;
	const uint32_t *words = table;
	for (size_t i = 0; i < n; i++) {
		uint32_t octets;
		memcpy(&octets, addresses[i % ADDRESSES].octets, sizeof(octets));
		sum += words[octets * 0x9e3779b9u >> 11];
	}
	return sum;
}

typedef uint64_t find_all(const void *context, const struct addr *addresses, size_t n);

/* Millions a second of CPU time: the best of three, because others use this machine too. */
static void rate_tell(const char *name, find_all *find, const void *context, const struct addr *addresses,
		      size_t n)
{
	double best = 0;
	volatile uint64_t sink = 0;
	for (int round = 0; round < 3; round++) {
		double begin = cpu_s();
		sink = find(context, addresses, n);
		(void)sink;
		double rate = (double)n / (cpu_s() - begin) / 1e6;
		best = rate > best ? rate : best;
	}
	printf("    %-37s %7.1f M/s\n", name, best);
}

static void subject_tell(const struct subject *s, struct addr *const *addresses, size_t count)
{
	size_t size = s->locator ? locator_size(s->locator) : times_size(s->times);
	printf("  %s: %zu IPv4 and %zu IPv6 leaves, %zu KiB\n", s->name, leaves_count(s, FAMILY_V4),
	       leaves_count(s, FAMILY_V6), size / 1024);
	for (int pattern = 0; pattern < PATTERNS; pattern++) {
		if (s->locator != NULL)
			rate_tell(pattern_names[pattern], orders_find, s->locator, addresses[pattern], count);
		else
			rate_tell(pattern_names[pattern], times_find_all, s->times, addresses[pattern],
				  count);
	}
}

static void built_tell(const char *name, double begin_s, long before_kib)
{
	printf("  %s: built in %.2f s, peak %+.1f MiB\n", name, cpu_s() - begin_s,
	       (double)(memory_kib("VmHWM:") - before_kib) / 1024);
}

static struct subject subject_make(const struct config *config, size_t map, const struct databases *databases,
				   struct arena *arena)
{
	uint16_t all[SITES];
	for (uint16_t i = 0; i < SITES; i++)
		all[i] = i;
	peak_reset();
	long before = memory_kib("VmRSS:");
	double begin = cpu_s();
	struct subject s = {.name = map < config->n_geomaps ? config->geomaps[map].name : "nearest"};
	if (map <= config->n_geomaps) {
		struct atlas *atlas =
			atlas_new(config, map < config->n_geomaps ? &config->geomaps[map] : NULL, databases);
		s.locator = atlas_locator(atlas, all, SITES, arena);
		atlas_free(atlas);
	} else {
		s.name = "latency";
		struct times_atlas *atlas = times_atlas_new(config, databases);
		s.times = times_atlas_locator(atlas, all, SITES, false, arena);
		times_atlas_free(atlas);
	}
	built_tell(s.name, begin, before);
	return s;
}

static void yardsticks_tell(const char *path, struct addr *const *addresses, size_t count)
{
	MMDB_s mmdb;
	uint8_t *table = mem_alloc(TABLE_OCTETS);
	memset(table, 1, TABLE_OCTETS);
	printf("  yardsticks\n");
	rate_tell("one read of 8 MiB at random", memory_read, table, addresses[RANDOM_V4], count);
	if (MMDB_open(path, MMDB_MODE_MMAP, &mmdb) == MMDB_SUCCESS) {
		rate_tell("libmaxminddb, random IPv4", mmdb_find_all, &mmdb, addresses[RANDOM_V4],
			  count / 10);
		rate_tell("libmaxminddb, half IPv6 in networks", mmdb_find_all, &mmdb,
			  addresses[HALF_NETWORKS], count / 10);
		MMDB_close(&mmdb);
	}
	free(table);
}

static void addresses_all(const struct subject *s, struct addr **addresses)
{
	struct random random;
	struct leaves v6 = {.list = mem_alloc((leaves_count(s, FAMILY_V6) + 1) * sizeof(struct prefix))};
	random_seed_with(&random, 1);
	locator_walk(s->locator, FAMILY_V6, on_leaf, &v6);
	for (int pattern = 0; pattern < PATTERNS; pattern++) {
		addresses[pattern] = mem_alloc(ADDRESSES * sizeof(struct addr));
		addresses_make(&random, (enum pattern)pattern, &v6, addresses[pattern]);
	}
	free(v6.list);
}

int main(int argc, char **argv)
{
	struct faults faults = {0};
	if (argc < 2) {
		fputs("usage: bench-geo MMDB [LOOKUPS]\n", stderr);
		return 2;
	}
	size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 40000000;
	struct config *config = config_make(&faults);
	printf("%s\n", argv[1]);
	long before = memory_kib("VmRSS:");
	double begin = cpu_s();
	struct databases *databases = databases_open((const char *const *)&argv[1], NULL, 1, &faults);
	faults_print(&faults, stderr);
	if (config == NULL || databases == NULL)
		return 1;
	built_tell("opening", begin, before);

	struct arena *arena = arena_new();
	struct addr *addresses[PATTERNS];
	struct subject subjects[8];
	size_t n = config->n_geomaps + 2; /* behind the maps `nearest` and `latency` */
	for (size_t i = 0; i < n; i++)
		subjects[i] = subject_make(config, i, databases, arena);
	databases_close(databases);
	addresses_all(&subjects[0], addresses);
	for (size_t i = 0; i < n; i++)
		subject_tell(&subjects[i], addresses, count);
	yardsticks_tell(argv[1], addresses, count);

	for (int pattern = 0; pattern < PATTERNS; pattern++)
		free(addresses[pattern]);
	arena_free(arena);
	config_free(config);
	faults_free(&faults);
	return 0;
}
