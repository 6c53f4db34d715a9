/* SPDX-License-Identifier: ISC */
/* Any text as saved round trips: refused whole, or saved and loaded again without a difference. */
#include "health/measured.h"
#include "memory_file.h"

enum { PREFIXES = 64 };

static const struct measured_limits limits = {.prefixes = PREFIXES};
static const struct measured_time at = {.now_ms = 1000000000000, .wall_ms = 1763711999000};
static char folder[] = "/tmp/gslbd-fuzz-XXXXXX", saved[64];

static void clean(void)
{
	unlink(saved);
	rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	require(mkdtemp(folder) != NULL);
	snprintf(saved, sizeof(saved), "%s/latency", folder);
	atexit(clean);
	return 0;
}

static void check_published(struct measured *m)
{
	static const char *const names[] = {"fra", "iad"};
	static const struct addr clients[] = {{.family = FAMILY_V4, .octets = {192, 0, 2}},
					      {.family = FAMILY_V6, .octets = {0x20, 1, 0xd, 0xb8}}};
	struct measurements *s = measurements_snapshot(m, names, 2);
	for (int i = 0; i < 2; i++) {
		const uint32_t *row = measurements_find(s, &clients[i]);
		require(row == NULL || (row[0] <= MEASURED_US_MAX && row[1] <= MEASURED_US_MAX));
	}
	measurements_free(s);
}

static struct measured *load(const char *path, bool *ok)
{
	struct faults faults = {0};
	struct measured *m = measured_new(&limits);
	*ok = measured_load(m, path, at, &faults);
	require(*ok == (faults.errors == 0));
	require(measured_prefixes(m) <= PREFIXES);
	require(*ok || measured_prefixes(m) == 0);
	faults_free(&faults);
	return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_file file = memory_file_open(data, size);
	struct faults faults = {0};
	bool ok;
	struct measured *m = load(file.path, &ok);
	if (ok) {
		check_published(m);
		require(measured_save(m, saved, at, &faults));
		struct measured *again = load(saved, &ok);
		require(ok && measured_prefixes(again) == measured_prefixes(m));
		measured_free(again);
	}
	measured_free(m);
	memory_file_close(&file);
	return 0;
}
