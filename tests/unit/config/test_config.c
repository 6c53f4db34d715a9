/* SPDX-License-Identifier: ISC */
/* gslbd.conf, STEER and AT: what is read from sound ones. The faults of others are a functional story. */
#include "config/config.h"
#include "config/steering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct config *read(const char *text)
{
	struct faults faults = {0};
	struct config *config = config_read_text("c", text, strlen(text), &faults);
	faults_print(&faults, stderr);
	faults_free(&faults);
	assert_non_null(config);
	return config;
}

static void everything_is_read_whatever_the_order(void **state)
{
	(void)state;
	struct config *c = read("geomap m EU/de/be fra ...\ngeomap m 10.0.0.0/8 nearest\ngeomap m AS64500 "
				"iad fra\ngeomap m * iad\n"
				"datacenter fra address=192.0.2.1 check=site location=50.11,-8.68 "
				"max-latency=250ms state=drain\n"
				"datacenter iad address=[2001:db8::1]:99 check=port\n"
				"CHECK site http PATH=/h host=a.example:81 expect=200,301-302 body=\"o k\" "
				"interval=1m timeout=1s rise=4 fall=5\n"
				"check port tcp\nlisten [::1]\nlisten 127.0.0.1:5353\nworkers 7\ngeoip "
				"a.mmdb\nzone example z/e.zone\n");
	assert_int_equal(c->n_listens, 2);
	assert_int_equal(c->listens[0].port, 53);
	assert_int_equal(c->workers, 7);
	const struct check *site = &c->checks[config_check(c, "site", 4)];
	assert_int_equal(site->port, 80);
	assert_string_equal(site->path, "/h");
	assert_string_equal(site->host, "a.example:81");
	assert_string_equal(site->body, "o k");
	assert_int_equal(site->interval_ms, 60000);
	assert_int_equal(site->rise, 4);
	assert_int_equal(site->fall, 5);
	assert_int_equal(site->n_expect, 2);
	assert_int_equal(site->expect[1].first, 301);
	assert_int_equal(site->expect[1].last, 302);
	const struct datacenter *fra = &c->datacenters[config_datacenter(c, "fra", 3)];
	assert_true(fra->located && fra->latitude == 50.11 && fra->longitude == -8.68);
	assert_int_equal(fra->max_latency_us, 250000);
	assert_int_equal(fra->state, ADMIN_DRAIN);
	assert_int_equal(c->datacenters[1].address.port, 99);
	const struct geomap *map = &c->geomaps[0];
	assert_int_equal(map->n, 4);
	assert_int_equal(map->lines[0].key, GEOMAP_SUBDIVISION);
	assert_string_equal(map->lines[0].country, "DE");
	assert_string_equal(map->lines[0].subdivision, "BE");
	assert_true(map->lines[0].rest);
	assert_true(map->lines[1].nearest);
	assert_int_equal(map->lines[2].asn, 64500);
	assert_int_equal(map->lines[2].n, 2);
	assert_int_equal(map->lines[2].datacenters[0], 1);
	assert_string_equal(c->zones[0].path, "z/e.zone");
	config_free(c);
}

static void defaults(void **state)
{
	(void)state;
	struct config *c = read("check s http\ndatacenter d\n");
	assert_int_equal(c->n_listens, 2);
	assert_int_equal(c->listens[0].port, 53);
	assert_int_equal(c->workers, 0);
	const struct check *s = &c->checks[0];
	assert_int_equal(s->interval_ms, 5000);
	assert_int_equal(s->timeout_ms, 2000);
	assert_int_equal(s->rise, 2);
	assert_int_equal(s->fall, 3);
	assert_string_equal(s->path, "/");
	assert_null(s->host);
	assert_null(s->body);
	assert_int_equal(s->expect[0].first, 200);
	assert_int_equal(s->expect[0].last, 299);
	assert_int_equal(c->datacenters[0].check, CONFIG_NONE);
	config_free(c);
}

/* Parses one entry's tokens behind its first, and prints them in short. */
static void steering(const char *text, char *out, size_t room)
{
	struct config *c = read("check s http\ndatacenter a location=1,2\ndatacenter b\ngeomap m * a b\n");
	struct faults faults = {0};
	struct lexer *lexer = lexer_open_text("z", text, strlen(text), &faults);
	struct entry e;
	struct steer_entry s;
	struct at_entry at;
	size_t type = 0;
	assert_true(lexer_next(lexer, &e));
	if (token_is(&e.tokens[0], "STEER") && steer_parse(&e, 1, c, c->arena, &faults, &s))
		snprintf(out, room, "%s map=%d n=%u rest=%d %s answers=%u min=%u max=%u %s",
			 method_word(s.method), s.geomap, s.n, s.rest, pick_word(s.pick), s.answers,
			 s.min_up_percent, s.max_latency_us, all_down_word(s.all_down));
	else if (token_is(&e.tokens[0], "AT") && at_parse(&e, 1, c, &faults, &at, &type))
		snprintf(out, room, "dc=%d w=%u check=%d addr=%d backup=%d state=%d type=%zu", at.datacenter,
			 at.weight, at.check, at.has_address, at.backup, at.state, type);
	else
		snprintf(out, room, "!%u %s", faults.list[0].column, faults.list[0].text);
	lexer_close(lexer);
	faults_free(&faults);
	config_free(c);
}

static void steer_and_at(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"STEER geo m", "geo map=0 n=0 rest=0 weighted answers=1 min=0 max=0 first"},
		{"STEER pool b a pick=round-robin answers=all",
		 "pool map=-1 n=2 rest=0 round-robin answers=65535 min=0 max=0 first"},
		{"STEER failover b ... min-up=50% max-latency=1s all-down=servfail",
		 "failover map=-1 n=1 rest=1 weighted answers=1 min=50 max=1000000 servfail"},
		{"STEER nearest pick=all all-down=nodata",
		 "nearest map=-1 n=0 rest=0 all answers=1 min=0 max=0 nodata"},
		{"AT a A 1", "dc=0 w=1 check=-1 addr=0 backup=0 state=0 type=2"},
		{"AT * weight=0 backup=yes state=down check=s address=192.0.2.1:8080 A 1",
		 "dc=-1 w=0 check=0 addr=1 backup=1 state=2 type=7"},
		{"AT b TXT key=value", "dc=1 w=1 check=-1 addr=0 backup=0 state=0 type=2"},
		{"STEER", "!1 STEER needs a method behind it: geo, nearest, failover or pool"},
		{"STEER geo", "!7 geo needs the name of a geomap behind it"},
		{"STEER geo m a", "!13 geo takes its datacenters from the geomap; none are listed here"},
		{"STEER pool a ...", "!14 ... has a meaning for failover only"},
		{"STEER failover ... a", "!16 ... stands at the end of a list"},
		{"STEER pool pick=all answers=2",
		 "!21 answers= has no meaning beside pick=all, which answers all"},
		{"STEER pool pick=least-time", "!12 pick \"least-time\" is not supported yet"},
		{"STEER pool ttl=1..2", "!12 option \"ttl\" is not supported yet"},
		{"STEER poll", "!7 unknown method \"poll\", did you mean \"pool\"?"},
		{"STEER pool answers=65",
		 "!20 \"65\" is not right for answers: a number from 1 to 64, or all is expected"},
		{"STEER pool min-up=101%",
		 "!19 \"101%\" is not right for min-up: a share from 0% to 100% is expected"},
		{"AT", "!1 AT needs a datacenter, or *, behind it"},
		{"AT a weight=1", "!6 the entry ends before a record type"},
		{"AT c A 1", "!4 unknown datacenter \"c\""},
		{"AT a capacity=5 A 1", "!6 option \"capacity\" is not supported yet"},
		{"AT a backup=maybe A 1", "!13 \"maybe\" is not right for backup: yes or no is expected"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[256];
		steering(rows[i].text, got, sizeof(got));
		if (strcmp(got, rows[i].expected) != 0)
			fail_msg("%s: %s", rows[i].text, got);
	}
}

static void the_help_has_every_word(void **state)
{
	(void)state;
	static const char *const words[] = {"listen", "workers", "geoip",    "check",    "datacenter",
					    "geomap", "zone",    "interval", "timeout",  "rise",
					    "fall",   "expect",  "body",     "location", "max-latency",
					    "pick",   "answers", "min-up",   "all-down", "weight",
					    "backup", "state",   "admin",    "ttl"};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	config_help(out);
	fclose(out);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_non_null(strstr(text, words[i]));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read_whatever_the_order),
		cmocka_unit_test(defaults),
		cmocka_unit_test(steer_and_at),
		cmocka_unit_test(the_help_has_every_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
