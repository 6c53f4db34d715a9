/* SPDX-License-Identifier: ISC */
/*
 * Any octets as a database: refused, or what is compiled of it says of addresses what libmaxminddb and the
 * lines of the map say, in bounded time and memory. Of the metadata we read what libmaxminddb reads.
 */
#include "base/random.h"
#include "geo/locator.h"
#include "geo/metadata.h"
#include "geo/place.h"
#include "memory_file.h"

#include <maxminddb.h>

static const char conf[] =
	"datacenter a location=50,8\ndatacenter b location=39,-77\ndatacenter c location=1,103\n"
	"geomap m * a\ngeomap m EU b\ngeomap m NA c\ngeomap m AS a b\ngeomap m AF b a\ngeomap m */DE a c\n"
	"geomap m */US c a\ngeomap m NA/US/CA b c\ngeomap m AS64500 c b\ngeomap m 203.0.113.0/24 a b c\n"
	"geomap m 2001:db8::/32 c b a\n";
static struct config *config;

enum { ADDRESSES = 64, OCTETS = 16 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	struct faults faults = {0};
	config = config_read_text("conf", conf, sizeof(conf) - 1, &faults);
	faults_print(&faults, stderr);
	require(config != NULL && faults.errors == 0);
	return 0;
}

/* The order that the map's lines give an address, in the databases' words. */
static void check_address(const struct databases *databases, const struct locator *locator,
			  const struct addr *addr)
{
	struct place place;
	databases_find(databases, addr, &place, NULL);
	const struct geomap *map = &config->geomaps[0];
	const struct geomap_line *line = &map->lines[geomap_line_find(map, &place, addr)];
	struct located located = locator_find(locator, addr);
	require(located.scope <= (addr->family == FAMILY_V4 ? 32 : 128));
	require(located.order->n == line->n);
	require(memcmp(located.order->datacenters, line->datacenters, line->n * sizeof(*line->datacenters)) ==
		0);
}

/* Addresses anywhere, and in the networks that the seeds and the map have, with the same random ends. */
static void check_addresses(const struct databases *databases, const struct locator *locator, uint64_t seed)
{
	static const struct prefix bases[] = {
		{{.family = FAMILY_V4}, 0},
		{{.family = FAMILY_V4, .octets = {203, 0, 113}}, 24},
		{{.family = FAMILY_V4, .octets = {198, 51, 100}}, 24},
		{{.family = FAMILY_V6}, 0},
		{{.family = FAMILY_V6, .octets = {0x20, 1, 0xd, 0xb8}}, 32},
		{{.family = FAMILY_V6}, 96},
	};
	struct random random;
	random_seed_with(&random, seed);
	for (size_t i = 0; i < ADDRESSES; i++) {
		const struct prefix *base = &bases[i % (sizeof(bases) / sizeof(bases[0]))];
		struct addr addr = base->addr;
		for (size_t at = base->len / 8; at < (addr.family == FAMILY_V4 ? 4 : OCTETS); at++)
			addr.octets[at] = (uint8_t)random_next(&random);
		check_address(databases, locator, &addr);
	}
}

/* Returns whether the library may see the file. */
static bool check_metadata(const char *path, const uint8_t *data, size_t size)
{
	struct metadata metadata;
	const char *why;
	MMDB_s mmdb;
	if (!metadata_read(data, size, &metadata, &why))
		return false;
	if (MMDB_open(path, MMDB_MODE_MMAP, &mmdb) != MMDB_SUCCESS)
		return true;
	require(mmdb.metadata.node_count == metadata.node_count);
	require(mmdb.metadata.record_size == metadata.record_size);
	require(mmdb.metadata.ip_version == metadata.ip_version);
	MMDB_close(&mmdb);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_file file = memory_file_open(data, size);
	const char *path = file.path;
	bool sound = check_metadata(path, data, size);
	struct faults faults = {0};
	struct databases *databases = databases_open(&path, NULL, 1, &faults);
	require((databases == NULL) == (faults.errors > 0));
	require(sound || databases == NULL);
	if (databases != NULL) {
		static const uint16_t all[] = {0, 1, 2};
		struct arena *arena = arena_new();
		struct atlas *atlas = atlas_new(config, &config->geomaps[0], databases);
		check_addresses(databases, atlas_locator(atlas, all, 3, arena), size);
		atlas_free(atlas);
		arena_free(arena);
		databases_close(databases);
	}
	faults_free(&faults);
	memory_file_close(&file);
	return 0;
}
