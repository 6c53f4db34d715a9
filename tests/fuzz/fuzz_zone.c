/* SPDX-License-Identifier: ISC */
/* Any text as a zone file: faults or a zone, in which every name that was read is found. */
#include "zone/zone.h"

#include <stdio.h>
#include <strings.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool includes(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 8 <= size; i++) {
		if (strncasecmp((const char *)data + i, "$INCLUDE", 8) == 0)
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char conf[] =
		"check c http\ndatacenter a address=192.0.2.1 check=c location=1,2\ndatacenter b\n"
		"geomap m * a b\nzone example z\n";
	struct faults faults = {0};
	if (includes(data, size))
		return 0;
	struct config *config = config_read_text("conf", conf, sizeof(conf) - 1, &faults);
	struct arena *arena = arena_new();
	struct roster *roster = roster_new(config);
	struct zone_context context = {config, roster, arena, &faults, 42};
	struct zone *zone = zone_load_text(&context, &config->zones[0], (const char *)data, size);
	if ((zone == NULL) != (faults.errors > 0))
		__builtin_trap();
	if (zone != NULL && zone_node(zone, &config->zones[0].apex) != zone->apex_node)
		__builtin_trap();
	roster_free(roster);
	arena_free(arena);
	config_free(config);
	faults_free(&faults);
	return 0;
}
