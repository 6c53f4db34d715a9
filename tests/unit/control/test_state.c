/* SPDX-License-Identifier: ISC */
/* The state file: what is written is read back, in another configuration too; what is broken is not believed.
 */
#include "control/state.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

enum { FRESH_MS = 60000 };

static const char conf[] =
	"check s http\ncheck t tcp port=25\n"
	"datacenter fra address=192.0.2.1 check=s\ndatacenter iad address=192.0.2.2 check=s\n"
	"datacenter sin address=[2001:db8::3]:80 check=t\n";
/* The same without iad, another one before them, and fra's check under another name. */
static const char later[] = "check t tcp port=25\ncheck r http\n"
			    "datacenter ams address=192.0.2.9 check=r\n"
			    "datacenter sin address=[2001:db8::3]:80 check=t\n"
			    "datacenter fra address=192.0.2.1 check=r\n";

/* A configuration with its vitals. */
struct site {
	struct config *config;
	struct roster *roster;
	struct vitals vitals;
};

static void site_open(const char *text, struct site *out)
{
	struct faults faults = {0};
	out->config = config_read_text("conf", text, strlen(text), &faults);
	assert_int_equal(faults.errors, 0);
	out->roster = roster_new(out->config);
	vitals_init(&out->vitals, out->roster);
	faults_free(&faults);
}

static void site_close(struct site *s)
{
	vitals_free(&s->vitals);
	roster_free(s->roster);
	config_free(s->config);
}

static char folder[] = "/tmp/gslbd-state-XXXXXX";

static int folder_make(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static char *state_path(char *out)
{
	sprintf(out, "%s/state.json", folder);
	return out;
}

static int folder_remove(void **state)
{
	(void)state;
	char path[64];
	unlink(state_path(path));
	return rmdir(folder);
}

static void put(const char *text, size_t len)
{
	char path[64];
	FILE *out = fopen(state_path(path), "w");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static void save(const struct site *s)
{
	size_t len;
	char *text = state_write(s->roster, &s->vitals, &len);
	put(text, len);
	free(text);
}

/* Reads the file; the text of the first warning, or "". */
static char *load(struct site *s, uint32_t fresh_ms, char *out, size_t room)
{
	struct faults faults = {0};
	state_read(folder, fresh_ms, s->roster, &s->vitals, &faults);
	assert_int_equal(faults.errors, 0);
	snprintf(out, room, "%s", faults.n > 0 ? faults.list[0].text : "");
	faults_free(&faults);
	return out;
}

/* Moments are kept as ages, so they may be off by what passed between. */
static void assert_near(int64_t a, int64_t b)
{
	if (a - b > 5000 || b - a > 5000)
		fail_msg("%lld and %lld", (long long)a, (long long)b);
}

static void fill(struct site *s, int64_t now_ms)
{
	struct vital *fra = &s->vitals.targets[s->roster->datacenter_targets[0]];
	struct vital *sin = &s->vitals.targets[s->roster->datacenter_targets[2]];
	fra->health = (struct health){.state = HEALTH_DOWN, .good = 1, .bad = 3};
	fra->latency_us = 12345;
	fra->transitions = 7;
	fra->result_ms = now_ms - 1000;
	fra->since_ms = fra->down_ms = now_ms - 20000;
	strcpy(fra->why, "status 503 \"\\\" \xc3\xa9");
	sin->health = (struct health){.state = HEALTH_UP};
	sin->result_ms = now_ms - 50;
	s->vitals.datacenters[0].override = (struct override){OVERRIDE_DRAIN, now_ms - 500, now_ms + 3600000,
							      "anna", "switches \xe2\x98\x83"};
	s->vitals.datacenters[1].override =
		(struct override){OVERRIDE_DOWN, now_ms - 500, INT64_MAX, "bob", ""};
	s->vitals.datacenters[2].released_ms = now_ms - 70000;
}

static void what_is_written_is_read(void **state)
{
	(void)state;
	struct site before, after;
	char warning[256];
	int64_t now_ms = clock_ms();
	site_open(conf, &before);
	fill(&before, now_ms);
	save(&before);
	site_open(conf, &after);
	assert_string_equal(load(&after, FRESH_MS, warning, sizeof(warning)), "");
	const struct vital *fra = &after.vitals.targets[after.roster->datacenter_targets[0]];
	assert_int_equal(fra->health.state, HEALTH_DOWN);
	assert_int_equal(fra->health.good, 1);
	assert_int_equal(fra->health.bad, 3);
	assert_int_equal(fra->latency_us, 12345);
	assert_int_equal(fra->shown_latency_us, 12345);
	assert_int_equal(fra->transitions, 7);
	assert_near(fra->result_ms, now_ms - 1000);
	assert_near(fra->since_ms, now_ms - 20000);
	assert_near(fra->down_ms, now_ms - 20000);
	assert_int_equal(fra->up_ms, 0);
	assert_string_equal(fra->why, "status 503 \"\\\" \xc3\xa9");
	assert_int_equal(after.vitals.targets[after.roster->datacenter_targets[1]].health.state,
			 HEALTH_UNKNOWN);
	assert_int_equal(after.vitals.targets[after.roster->datacenter_targets[2]].health.state, HEALTH_UP);
	const struct override *o = &after.vitals.datacenters[0].override;
	assert_int_equal(o->state, OVERRIDE_DRAIN);
	assert_near(o->since_ms, now_ms - 500);
	assert_near(o->until_ms, now_ms + 3600000);
	assert_string_equal(o->who, "anna");
	assert_string_equal(o->why, "switches \xe2\x98\x83");
	o = &after.vitals.datacenters[1].override;
	assert_int_equal(o->state, OVERRIDE_DOWN);
	assert_true(o->until_ms == INT64_MAX);
	assert_near(after.vitals.datacenters[2].released_ms, now_ms - 70000);
	assert_int_equal(after.vitals.datacenters[2].override.state, OVERRIDE_NONE);
	site_close(&before);
	site_close(&after);
}

static void it_is_read_by_name_into_another_configuration(void **state)
{
	(void)state;
	struct site before, after;
	char warning[256];
	site_open(conf, &before);
	fill(&before, clock_ms());
	save(&before);
	site_open(later, &after);
	assert_string_equal(load(&after, FRESH_MS, warning, sizeof(warning)), "");
	assert_int_equal(after.vitals.datacenters[0].override.state, OVERRIDE_NONE);
	assert_int_equal(after.vitals.datacenters[2].override.state, OVERRIDE_DRAIN);
	assert_int_equal(after.vitals.targets[after.roster->datacenter_targets[1]].health.state, HEALTH_UP);
	assert_int_equal(after.vitals.targets[after.roster->datacenter_targets[2]].health.state,
			 HEALTH_UNKNOWN);
	site_close(&before);
	site_close(&after);
}

static void what_is_not_fresh_is_not_known(void **state)
{
	(void)state;
	struct site before, after;
	char warning[256];
	site_open(conf, &before);
	fill(&before, clock_ms());
	save(&before);
	site_open(conf, &after);
	assert_string_equal(load(&after, 500, warning, sizeof(warning)), "");
	assert_int_equal(after.vitals.targets[after.roster->datacenter_targets[0]].health.state,
			 HEALTH_UNKNOWN);
	assert_int_equal(after.vitals.datacenters[0].override.state, OVERRIDE_DRAIN);
	site_close(&before);
	site_close(&after);
}

/* @NOW@ is this moment on the calendar, @MINUTE@ one minute before it. */
static void files_by_hand(void **state)
{
	(void)state;
	static const struct {
		const char *name, *text, *warning;
		enum override_state fra;
	} rows[] = {
		{"an override whose time is over",
		 "{\"version\":1,\"saved_ms\":@MINUTE@,\"datacenters\":[{\"datacenter\":\"fra\",\"state\":"
		 "\"drain\","
		 "\"left_ms\":59000}]}",
		 "", OVERRIDE_NONE},
		{"one that has a second left",
		 "{\"version\":1,\"saved_ms\":@MINUTE@,\"datacenters\":[{\"datacenter\":\"fra\",\"state\":"
		 "\"up\","
		 "\"left_ms\":600000}]}",
		 "", OVERRIDE_UP},
		{"a clock that went back",
		 "{\"version\":1,\"saved_ms\":9999999999999,\"datacenters\":[{\"datacenter\":\"fra\","
		 "\"state\":"
		 "\"down\",\"left_ms\":1000000}]}",
		 "", OVERRIDE_DOWN},
		{"members of other types",
		 "{\"version\":1,\"saved_ms\":@NOW@,\"datacenters\":[7,null,{\"datacenter\":3},{"
		 "\"datacenter\":\"fra\","
		 "\"state\":[]},{\"datacenter\":\"fra\",\"state\":\"sideways\"}],\"targets\":{}}",
		 "", OVERRIDE_NONE},
		{"targets that are none",
		 "{\"version\":1,\"saved_ms\":@NOW@,\"targets\":[1,{},{\"check\":\"s\"},{\"check\":\"s\","
		 "\"address\":"
		 "\"203.0.113.1:80\",\"state\":\"up\"}]}",
		 "", OVERRIDE_NONE},
		{"another version", "{\"version\":2}", "its version is not 1, nothing is taken from it",
		 OVERRIDE_NONE},
		{"half of it", "{\"version\":1,\"datacenters\":[{\"datacenter\":\"fra\",\"state\":\"drain\"}",
		 "not a state file, nothing is taken from it: ", OVERRIDE_NONE},
		{"nothing", "", "not a state file, nothing is taken from it: ", OVERRIDE_NONE},
		{"octets", "\x01\x02", "not a state file, nothing is taken from it: ", OVERRIDE_NONE},
	};
	for (size_t i = 0; i < N(rows); i++) {
		struct site s;
		char text[1024] = "", warning[256], number[32];
		const char *from = rows[i].text, *at;
		while ((at = strchr(from, '@')) != NULL) {
			const char *end = strchr(at + 1, '@') + 1;
			snprintf(number, sizeof(number), "%lld",
				 (long long)(clock_wall_ms() - (at[1] == 'M' ? 60000 : 0)));
			strncat(text, from, (size_t)(at - from));
			strcat(text, number);
			from = end;
		}
		strcat(text, from);
		put(text, strlen(text));
		site_open(conf, &s);
		load(&s, FRESH_MS, warning, sizeof(warning));
		if (strncmp(warning, rows[i].warning, strlen(rows[i].warning)) != 0 ||
		    (rows[i].warning[0] == '\0') != (warning[0] == '\0'))
			fail_msg("%s: \"%s\"", rows[i].name, warning);
		if (s.vitals.datacenters[0].override.state != rows[i].fra)
			fail_msg("%s: state %d", rows[i].name, (int)s.vitals.datacenters[0].override.state);
		site_close(&s);
	}
}

static void no_file_is_nothing_to_take(void **state)
{
	(void)state;
	struct site s;
	char path[64], warning[256];
	unlink(state_path(path));
	site_open(conf, &s);
	assert_string_equal(load(&s, FRESH_MS, warning, sizeof(warning)), "");
	assert_int_equal(s.vitals.targets[0].health.state, HEALTH_UNKNOWN);
	site_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(it_is_read_by_name_into_another_configuration),
		cmocka_unit_test(what_is_not_fresh_is_not_known),
		cmocka_unit_test(files_by_hand),
		cmocka_unit_test(no_file_is_nothing_to_take),
	};
	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
