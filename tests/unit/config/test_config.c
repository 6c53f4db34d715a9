/* SPDX-License-Identifier: ISC */
/* gslbd.conf: what is read from sound ones. */
#include "config/config.h"
#include "support/folder.h"

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
				"check port tcp\nlisten [::1]\nlisten 127.0.0.1:5353 xdp=eth0.7\n"
				"listen [::1] tls cert=a.pem key=/k\ntcp per-client=7\nworkers 7 "
				"cpus=3,8-13\ngeoip "
				"a.mmdb\nzone example z/e.zone\n");
	assert_int_equal(c->n_listens, 3);
	assert_null(config_tls(c, 0));
	const struct tls_listen *tls = config_tls(c, 2);
	assert_non_null(tls);
	assert_int_equal(c->listens[2].port, 853);
	assert_int_equal(c->tcp.connections, 0);
	assert_int_equal(c->tcp.per_client, 7);
	assert_int_equal(c->tcp.idle_ms, 10000);
	assert_int_equal(c->tcp.transfers, 100);
	assert_string_equal(tls->cert_file, "a.pem");
	assert_string_equal(tls->key_file, "/k");
	assert_int_equal(tls->key_at.column, 29);
	assert_int_equal(c->listens[0].port, 53);
	assert_int_equal(c->n_bypasses, 1);
	assert_int_equal(c->bypasses[0].listen, 1);
	assert_string_equal(c->bypasses[0].interface, "eth0.7");
	assert_int_equal(c->workers, 7);
	assert_int_equal(c->cpus.n, 2);
	assert_int_equal(c->cpus.list[1].first, 8);
	assert_int_equal(c->cpus.list[1].last, 13);
	const struct check *site = &c->checks[config_check(c, "site", 4)];
	assert_int_equal(site->port, 80);
	assert_string_equal(site->path, "/h");
	assert_string_equal(site->host, "a.example:81");
	assert_string_equal(site->body, "o k");
	assert_int_equal(site->interval_ms, 60000);
	assert_int_equal(site->rise, 4);
	assert_int_equal(site->fall, 5);
	assert_int_equal(site->expect.n, 2);
	assert_int_equal(site->expect.list[1].first, 301);
	assert_int_equal(site->expect.list[1].last, 302);
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

static void options_of_checks_are_read(void **state)
{
	(void)state;
	struct config *c = read(
		"check h https path=/h host=a.example method=HEAD header=\"X-A: b c\" header=X-D:e "
		"user-agent=me "
		"redirects=3 body-limit=2k connect-timeout=250ms return=after:1m slow-start=30s "
		"load=header:X-Load verify=no ca-file=ca.pem\n"
		"check j http expect-json=/a:b/c:true body-limit=1M load=JSON:/n/0 return=manual\n"
		"check t tcp port=7 send=\"a\\013\\010\" expect=PONG load=agent\n"
		"check e exec command=\" /bin/probe -v\tx \"\n"
		"check g grpc service=a.B tls=yes port=9\n"
		"check some calc min=2 slow-start=1s of late h t\ncheck all calc of h t\ncheck late http\n");
	const struct check *h = &c->checks[config_check(c, "h", 1)], *j = &c->checks[config_check(c, "j", 1)];
	const struct check *t = &c->checks[config_check(c, "t", 1)], *e = &c->checks[config_check(c, "e", 1)];
	const struct check *g = &c->checks[config_check(c, "g", 1)];
	assert_int_equal(h->port, 443);
	assert_string_equal(h->method, "HEAD");
	assert_int_equal(h->headers.n, 2);
	assert_string_equal(h->headers.list[0], "X-A: b c");
	assert_string_equal(h->headers.list[1], "X-D:e");
	assert_string_equal(h->user_agent, "me");
	assert_int_equal(h->redirects, 3);
	assert_int_equal(h->body_limit, 2048);
	assert_int_equal(h->connect_timeout_ms, 250);
	assert_int_equal(h->comeback.when, COMEBACK_AFTER);
	assert_int_equal(h->comeback.after_ms, 60000);
	assert_int_equal(h->slow_start_ms, 30000);
	assert_int_equal(h->load.source, LOAD_HEADER);
	assert_string_equal(h->load.name, "X-Load");
	assert_true(h->tls && !h->verify);
	assert_string_equal(h->ca_file, "ca.pem");
	assert_string_equal(j->expect_json.path, "/a:b/c");
	assert_string_equal(j->expect_json.value, "true");
	assert_int_equal(j->body_limit, 1048576);
	assert_int_equal(j->load.source, LOAD_JSON);
	assert_string_equal(j->load.name, "/n/0");
	assert_int_equal(j->comeback.when, COMEBACK_MANUAL);
	assert_string_equal(t->send, "a\r\n");
	assert_string_equal(t->reply, "PONG");
	assert_int_equal(t->load.source, LOAD_AGENT);
	assert_int_equal(e->command.n, 3);
	assert_string_equal(e->command.list[0], "/bin/probe");
	assert_string_equal(e->command.list[2], "x");
	assert_true(g->tls && g->verify);
	assert_string_equal(g->service, "a.B");
	const struct check *some = &c->checks[config_check(c, "some", 4)];
	assert_int_equal(some->min, 2);
	assert_int_equal(some->n_parts, 3);
	assert_int_equal(some->parts[0], config_check(c, "late", 4));
	assert_int_equal(c->checks[config_check(c, "all", 3)].min, 2);
	config_free(c);
}

static void admin_state_and_explain_from_are_read(void **state)
{
	(void)state;
	struct config *c =
		read("admin 127.0.0.1:8053 token-file=t\nstate keep fresh=90s\n"
		     "explain-from 127.0.0.0/8 ::1\n"
		     "datacenter a capacity=10 return=auto slow-start=0\ndatacenter b capacity=5..9\n");
	assert_true(c->admin.given && c->admin.path == NULL);
	assert_int_equal(c->admin.endpoint.port, 8053);
	assert_string_equal(c->admin.token_file, "t");
	assert_string_equal(c->state_dir, "keep");
	assert_int_equal(c->state_fresh_ms, 90000);
	assert_int_equal(c->n_explain_froms, 2);
	assert_int_equal(c->explain_froms[0].len, 8);
	assert_int_equal(c->explain_froms[1].len, 128);
	assert_int_equal(c->datacenters[0].capacity.low, 8);
	assert_int_equal(c->datacenters[0].capacity.high, 10);
	assert_true(c->datacenters[0].has_comeback && c->datacenters[0].has_slow_start);
	assert_int_equal(c->datacenters[1].capacity.low, 5);
	assert_false(c->datacenters[1].has_comeback || c->datacenters[1].has_slow_start);
	config_free(c);

	c = read("admin /run/gslbd.sock\nstate /keep\n");
	assert_string_equal(c->admin.path, "/run/gslbd.sock");
	assert_null(c->admin.token_file);
	assert_int_equal(c->state_fresh_ms, 60000);
	config_free(c);
}

/* What a reload takes for the same check keeps its state. */
static void checks_are_equal_where_they_find_out_the_same(void **state)
{
	(void)state;
	static const struct {
		const char *options;
		bool equal;
	} rows[] = {
		{"http", true},
		{"http path=/ method=GET expect=200-299", true},
		{"https", false},
		{"http port=81", false},
		{"http path=/x", false},
		{"http header=a:b", false},
		{"http expect=200", false},
		{"http body=x", false},
		{"http expect-json=a:b", false},
		{"http load=agent", false},
		{"http return=manual", false},
		{"http return=after:1s", false},
		{"http slow-start=1s", false},
		{"http interval=6s", false},
		{"http user-agent=x", false},
		{"http body-limit=1k", false},
		{"calc of a", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];
		snprintf(text, sizeof(text), "check b %s\ncheck a http\n", rows[i].options);
		struct config *x = read("check a http\ncheck c calc of a\n"), *y = read(text);
		const struct check *b = &y->checks[config_check(y, "b", 1)];
		if (check_equal(x, &x->checks[0], y, b) != rows[i].equal)
			fail_msg("%s", rows[i].options);
		assert_int_equal(check_equal(x, &x->checks[1], y, b), b->kind == CHECK_CALC);
		config_free(x);
		config_free(y);
	}
}

static void what_is_not_given_has_its_default(void **state)
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
	assert_int_equal(s->expect.list[0].first, 200);
	assert_int_equal(s->expect.list[0].last, 299);
	assert_int_equal(c->datacenters[0].check, CONFIG_NONE);
	config_free(c);
}

/* So many that a search through all before, for each, would not end in a test's time. */
static void a_large_file_is_read_in_linear_time(void **state)
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

/* Paths are those beside the file that names them, and a first definition may be in another file. */
static void paths_are_relative_to_the_file_that_names_them(void **state)
{
	(void)state;
	char path[FOLDER_PATH_ROOM], expected[600];
	struct faults faults = {0};
	struct folder folder;
	folder_make(&folder);
	folder_make_inner(&folder, "sub");
	folder_write(&folder, "main", "geoip a.mmdb\n$INCLUDE sub/inner\ngeoip /abs.mmdb\n");
	folder_write(&folder, "sub/inner", "geoip b.mmdb\nzone example. ../z\ndatacenter a\n");
	folder_write(&folder, "twice", "datacenter a\n$INCLUDE sub/inner\n");

	struct config *c = config_read(folder_path(&folder, "main", path), &faults);
	assert_non_null(c);
	static const char *const geoips[] = {"a.mmdb", "sub/b.mmdb"};
	for (size_t i = 0; i < 2; i++) {
		snprintf(expected, sizeof(expected), "%s/%s", folder.path, geoips[i]);
		assert_string_equal(c->geoips[i], expected);
	}
	assert_string_equal(c->geoips[2], "/abs.mmdb");
	snprintf(expected, sizeof(expected), "%s/sub/../z", folder.path);
	assert_string_equal(c->zones[0].path, expected);
	config_free(c);

	config_free(config_read(folder_path(&folder, "twice", path), &faults));
	snprintf(expected, sizeof(expected), "datacenter \"a\" is already defined at line 1 of %s", path);
	assert_int_equal(faults.n, 1);
	assert_string_equal(faults.list[0].text, expected);
	assert_null(config_read("/nonexistent/gslbd.conf", &faults));
	assert_string_equal(faults.list[1].text, "can't be read: No such file or directory");
	faults_free(&faults);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read_whatever_the_order),
		cmocka_unit_test(options_of_checks_are_read),
		cmocka_unit_test(admin_state_and_explain_from_are_read),
		cmocka_unit_test(checks_are_equal_where_they_find_out_the_same),
		cmocka_unit_test(what_is_not_given_has_its_default),
		cmocka_unit_test(a_large_file_is_read_in_linear_time),
		cmocka_unit_test(paths_are_relative_to_the_file_that_names_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
