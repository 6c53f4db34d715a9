/* SPDX-License-Identifier: ISC */
/* gslbd.conf, STEER and AT: what is read from sound ones; and the faults of STEER and AT. */
#include "config/config.h"
#include "config/steering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct config *read(const char *text)
{
	struct faults faults = {0};
	struct config *config = config_read_text("c", text, strlen(text), &faults);
	faults_print(&faults, stderr);
	assert_int_equal(faults.n, 0);
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
		{"STEER geo m all-down=all PICK=random answers=64 min-up=100",
		 "geo map=0 n=0 rest=0 random answers=64 min=100 max=0 all"},
		{"STEER failover", "failover map=-1 n=0 rest=0 weighted answers=1 min=0 max=0 first"},
		{"STEER nearest b a max-latency=1h",
		 "nearest map=-1 n=2 rest=0 weighted answers=1 min=0 max=3600000000 first"},
		{"STEER nearest b", "!7 nearest needs location=, which none of its datacenters has"},
		{"STEER latency", "!7 method \"latency\" is not supported yet"},
		{"STEER geo n", "!11 unknown geomap \"n\""},
		{"STEER failover a a", "!18 datacenter \"a\" is named twice"},
		{"STEER pool pick=all a", "!21 \"a\" is not of the form key=value"},
		{"STEER pool pick=hash", "!12 pick \"hash\" is not supported yet"},
		{"STEER pool pick=least-connections", "!12 pick \"least-connections\" is not supported yet"},
		{"STEER pool pick=best",
		 "!17 \"best\" is not right for pick: weighted, round-robin, random or all is expected"},
		{"STEER pool hash-prefix=24,56", "!12 option \"hash-prefix\" is not supported yet"},
		{"STEER pool group=g", "!12 option \"group\" is not supported yet"},
		{"STEER pool margin=20%", "!12 option \"margin\" is not supported yet"},
		{"STEER pool answers=0",
		 "!20 \"0\" is not right for answers: a number from 1 to 64, or all is expected"},
		{"STEER pool all-down=none",
		 "!21 \"none\" is not right for all-down: first, all, nodata or servfail is expected"},
		{"STEER pool wieght=1 pick=all", "!12 unknown option of STEER \"wieght\""},
		{"STEER pool pick=all pick=all", "!21 option \"pick\" is given twice"},
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
		{"AT a weight=65535 state=drain AAAA ::1",
		 "dc=0 w=65535 check=-1 addr=0 backup=0 state=1 type=4"},
		{"AT a backup=no type=1 A", "!16 unknown option of AT \"type\""},
		{"AT a check=t A 1", "!12 unknown check \"t\""},
		{"AT a address=x A 1",
		 "!14 \"x\" is not right for address: an address, with or without a port is expected"},
		{"AT a weight=1 weight=1 A 1", "!15 option \"weight\" is given twice"},
		{"AT a wait=1 A 1", "!6 unknown option of AT \"wait\""},
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

/* Faults of an entry's method do not hide those of its options. */
static void all_faults_of_an_entry(void **state)
{
	(void)state;
	static const char text[] = "STEER pol pick=hash answers=0";
	struct config *c = read("datacenter a\n");
	struct faults faults = {0};
	struct lexer *lexer = lexer_open_text("z", text, strlen(text), &faults);
	struct entry e;
	struct steer_entry s;
	assert_true(lexer_next(lexer, &e));
	assert_false(steer_parse(&e, 1, c, c->arena, &faults, &s));
	assert_int_equal(faults.n, 3);
	lexer_close(lexer);
	faults_free(&faults);
	config_free(c);
}

/* So many that a search through all before, for each, would not end in a test's time. */
static void a_large_file(void **state)
{
	(void)state;
	enum { MANY = 200000 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	fputs("datacenter a\ngeomap m * a\n", out);
	for (unsigned i = 0; i < MANY; i++)
		fprintf(out, "zone z%u.example f\ngeomap m 10.%u.%u.%u a\ncheck c%u tcp\n", i, i >> 16,
			i >> 8 & 255, i & 255, i);
	fclose(out);
	struct config *c = read(text);
	assert_int_equal(c->n_zones, MANY);
	assert_int_equal(c->zones[MANY - 1].at.line, 3 * MANY);
	assert_string_equal(c->zones[MANY - 1].at.file, "c");
	assert_int_equal(c->geomaps[0].n, MANY + 1);
	assert_int_equal(c->geomaps[0].lines[MANY].network.addr.octets[1], (MANY - 1) >> 16);
	assert_int_equal(config_check(c, "c199999", 7), MANY - 1);
	config_free(c);
	free(text);
}

static void put(const char *folder, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Paths are those beside the file that names them, and a first definition may be in another file. */
static void paths_are_relative_to_the_file_that_names_them(void **state)
{
	(void)state;
	char folder[] = "/tmp/gslbd-config-XXXXXX", path[300], expected[600];
	struct faults faults = {0};
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sub", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	put(folder, "main", "geoip a.mmdb\n$INCLUDE sub/inner\ngeoip /abs.mmdb\n");
	put(folder, "sub/inner", "geoip b.mmdb\nzone example. ../z\ndatacenter a\n");
	put(folder, "twice", "datacenter a\n$INCLUDE sub/inner\n");

	snprintf(path, sizeof(path), "%s/main", folder);
	struct config *c = config_read(path, &faults);
	assert_non_null(c);
	static const char *const geoips[] = {"a.mmdb", "sub/b.mmdb"};
	for (size_t i = 0; i < 2; i++) {
		snprintf(expected, sizeof(expected), "%s/%s", folder, geoips[i]);
		assert_string_equal(c->geoips[i], expected);
	}
	assert_string_equal(c->geoips[2], "/abs.mmdb");
	snprintf(expected, sizeof(expected), "%s/sub/../z", folder);
	assert_string_equal(c->zones[0].path, expected);
	config_free(c);

	snprintf(path, sizeof(path), "%s/twice", folder);
	config_free(config_read(path, &faults));
	snprintf(expected, sizeof(expected), "datacenter \"a\" is already defined at line 1 of %s", path);
	assert_int_equal(faults.n, 1);
	assert_string_equal(faults.list[0].text, expected);
	assert_null(config_read("/nonexistent/gslbd.conf", &faults));
	assert_string_equal(faults.list[1].text, "can't be read: No such file or directory");
	faults_free(&faults);
	snprintf(path, sizeof(path), "rm -r %s", folder);
	assert_int_equal(system(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read_whatever_the_order),
		cmocka_unit_test(defaults),
		cmocka_unit_test(steer_and_at),
		cmocka_unit_test(all_faults_of_an_entry),
		cmocka_unit_test(a_large_file),
		cmocka_unit_test(paths_are_relative_to_the_file_that_names_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
