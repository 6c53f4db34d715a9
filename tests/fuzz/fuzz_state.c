/* SPDX-License-Identifier: ISC */
/* Any text as a state file: what is taken from it is in range, and what is written of it is taken again. */
#include "base/clock.h"
#include "control/state.h"
#include "memory_file.h"

static const char conf[] =
	"check s http\ncheck t tcp port=25\ncheck c calc min=1 of s t\n"
	"datacenter fra address=192.0.2.1 check=s\ndatacenter iad address=192.0.2.2:80 check=c\n"
	"datacenter sin address=[2001:db8::3]:80 check=t return=after:1h\n";
static struct config *config;
static struct roster *roster;

enum { FRESH_MS = 60000 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	struct faults faults = {0};
	config = config_read_text("conf", conf, sizeof(conf) - 1, &faults);
	faults_print(&faults, stderr);
	require(config != NULL && faults.errors == 0);
	roster = roster_new(config);
	return 0;
}

/* 0: never. */
static void check_moment(int64_t moment_ms, int64_t now_ms)
{
	require(moment_ms == 0 || (moment_ms >= 1 && moment_ms <= now_ms));
}

static void check_vitals(const struct vitals *vitals)
{
	int64_t now_ms = clock_ms();
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		const struct vital *v = &vitals->targets[i];
		require(memchr(v->why, '\0', sizeof(v->why)) != NULL);
		require(v->health.state <= HEALTH_DOWN);
		check_moment(v->result_ms, now_ms);
		check_moment(v->since_ms, now_ms);
		check_moment(v->down_ms, now_ms);
		check_moment(v->up_ms, now_ms);
	}
	for (size_t i = 0; i < config->n_datacenters; i++) {
		const struct datacenter_vital *v = &vitals->datacenters[i];
		check_moment(v->released_ms, now_ms);
		check_moment(v->returned_ms, now_ms);
		check_moment(v->override.since_ms, now_ms);
		require(v->override.state <= OVERRIDE_DOWN);
		require(memchr(v->override.who, '\0', sizeof(v->override.who)) != NULL);
		require(memchr(v->override.why, '\0', sizeof(v->override.why)) != NULL);
	}
	check_moment(vitals->loose_released_ms, now_ms);
}

/* Takes a text into blank vitals. False: with a warning, and nothing is taken. */
static bool take(const uint8_t *text, size_t len, struct vitals *out)
{
	struct memory_file file = memory_file_open(text, len);
	struct faults faults = {0};
	vitals_init(out, roster);
	state_read_file(file.path, FRESH_MS, roster, out, &faults);
	bool taken = faults.n == 0;
	require(faults.errors == 0);
	check_vitals(out);
	faults_free(&faults);
	memory_file_close(&file);
	return taken;
}

static void check_again(const struct vitals *vitals)
{
	size_t len;
	char *text = state_write(roster, vitals, &len);
	struct vitals again;
	require(take((const uint8_t *)text, len, &again));
	for (size_t i = 0; i < config->n_datacenters; i++) {
		const struct override *a = &vitals->datacenters[i].override,
				      *b = &again.datacenters[i].override;
		if (a->until_ms > clock_ms() + FRESH_MS) /* it has not ended meanwhile */
			require(a->state == b->state && strcmp(a->who, b->who) == 0 &&
				strcmp(a->why, b->why) == 0);
	}
	vitals_free(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vitals vitals;
	if (take(data, size, &vitals))
		check_again(&vitals);
	vitals_free(&vitals);
	return 0;
}
