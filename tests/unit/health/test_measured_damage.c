/* SPDX-License-Identifier: ISC */
/* A file of measured round trips that somebody broke: refused whole, with the place. */
#include "measured_disk.h"
#include "base/random.h"

#define HEAD "gslbd-measured 1 0 24 48\n"
#define GOOD "192.0.2.0/24 fra 20000 20000 5 0\n"
#define LONG "0123456789012345678901234567890123456789012345678901234567890123"

static void what_is_broken_is_refused_with_its_place(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text;
		unsigned line, column; /* 0: it is sound */
	} rows[] = {
		{HEAD "end 0\n", 0, 0},
		{HEAD GOOD "end 1\n", 0, 0},
		{HEAD "2001:db8::/48 fra 1 0 1 0\nend 1\n", 0, 0},
		{HEAD "country:65535 fra 60000000 60000000 65535 315360000000\nend 1\n", 0, 0},
		{HEAD "continent:255 a-_Z9 1 0 1 0\nend 1\n", 0, 0},
		{"", 1, 1},
		{"\n", 1, 1},
		{"end 0\n", 1, 1},
		{"gslbd-state 1 0 24 48\nend 0\n", 1, 1},
		{"gslbd-measured 2 0 24 48\nend 0\n", 1, 16},
		{"gslbd-measured 1 -1 24 48\nend 0\n", 1, 18},
		{"gslbd-measured 1 9223372036854775808 24 48\nend 0\n", 1, 18},
		{"gslbd-measured 1 99999999999999999999999 24 48\nend 0\n", 1, 18},
		{"gslbd-measured 1 0 0 48\nend 0\n", 1, 20},
		{"gslbd-measured 1 0 33 48\nend 0\n", 1, 20},
		{"gslbd-measured 1 0 24 0\nend 0\n", 1, 23},
		{"gslbd-measured 1 0 24 65\nend 0\n", 1, 23},
		{"gslbd-measured 1 0 24\nend 0\n", 1, 1},
		{"gslbd-measured 1 0 24 48 0\nend 0\n", 1, 1},
		{HEAD, 2, 1},
		{HEAD GOOD, 3, 1},
		{HEAD GOOD "end 1", 3, 1},
		{HEAD GOOD "end 0\n", 3, 5},
		{HEAD GOOD "end 2\n", 3, 5},
		{HEAD GOOD "end\n", 3, 1},
		{HEAD "end 0\n\n", 2, 1},
		{HEAD "end 0\n" GOOD, 2, 1},
		{HEAD "\nend 0\n", 2, 1},
		{HEAD GOOD GOOD "end 2\n", 3, 1},
		{HEAD "country:7 fra 1 0 1 0\ncountry:07 fra 1 0 1 0\nend 2\n", 3, 1},
		{HEAD " 192.0.2.0/24 fra 20000 20000 5 0\nend 1\n", 2, 1},
		{HEAD "192.0.2.0/24  fra 20000 20000 5 0\nend 1\n", 2, 14},
		{HEAD "192.0.2.0/24 fra 20000 20000 5 0 \nend 1\n", 2, 34},
		{HEAD "192.0.2.0/24 fra 20000 20000 5 0 0\nend 1\n", 2, 34},
		{HEAD "192.0.2.0/24 fra 20000 20000 5\nend 1\n", 2, 1},
		{HEAD "192.0.2.0/24\tfra 20000 20000 5 0\nend 1\n", 2, 13},
		{HEAD "192.0.2.0/24 fra 20000 20000 5 0\r\nend 1\n", 2, 33},
		{HEAD "192.0.2.1/24 fra 20000 20000 5 0\nend 1\n", 2, 1},
		{HEAD "192.0.2.0/25 fra 20000 20000 5 0\nend 1\n", 2, 1},
		{HEAD "192.0.2.0 fra 20000 20000 5 0\nend 1\n", 2, 1},
		{HEAD "2001:db8::/64 fra 20000 20000 5 0\nend 1\n", 2, 1},
		{HEAD "country: fra 20000 20000 5 0\nend 1\n", 2, 1},
		{HEAD "country:0 fra 20000 20000 5 0\nend 1\n", 2, 1},
		{HEAD "country:65536 fra 20000 20000 5 0\nend 1\n", 2, 1},
		{HEAD "country:DE fra 20000 20000 5 0\nend 1\n", 2, 1},
		{HEAD "continent:256 fra 20000 20000 5 0\nend 1\n", 2, 1},
		{HEAD "planet:1 fra 20000 20000 5 0\nend 1\n", 2, 1},
		{HEAD "192.0.2.0/24 f.a 20000 20000 5 0\nend 1\n", 2, 14},
		{HEAD "192.0.2.0/24 " LONG " 20000 20000 5 0\nend 1\n", 2, 14},
		{HEAD "192.0.2.0/24 fra 0 20000 5 0\nend 1\n", 2, 18},
		{HEAD "192.0.2.0/24 fra 60000001 20000 5 0\nend 1\n", 2, 18},
		{HEAD "192.0.2.0/24 fra 2e4 20000 5 0\nend 1\n", 2, 18},
		{HEAD "192.0.2.0/24 fra 20000 60000001 5 0\nend 1\n", 2, 24},
		{HEAD "192.0.2.0/24 fra 20000 20000 0 0\nend 1\n", 2, 30},
		{HEAD "192.0.2.0/24 fra 20000 20000 65536 0\nend 1\n", 2, 30},
		{HEAD "192.0.2.0/24 fra 20000 20000 5 -1\nend 1\n", 2, 32},
		{HEAD "192.0.2.0/24 fra 20000 20000 5 315360000001\nend 1\n", 2, 32},
		{HEAD LONG LONG LONG LONG "\nend 1\n", 2, 1},
		{HEAD "192.0.2.0/24 fr\xc3\xa4 20000 20000 5 0\nend 1\n", 2, 16},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct faults faults = {0};
		struct measured *m = measured_new(&(struct measured_limits){.prefixes = 100});
		file_put(f, rows[i].text, strlen(rows[i].text));
		bool ok = measured_load(m, f->path, (struct measured_time){0, 0}, &faults);
		unsigned line = faults.n > 0 ? faults.list[0].line : 0;
		unsigned column = faults.n > 0 ? faults.list[0].column : 0;
		if (ok != (rows[i].line == 0) || line != rows[i].line || column != rows[i].column ||
		    faults.n != !ok || (!ok && measured_prefixes(m) != 0)) {
			faults_print(&faults, stderr);
			fail_msg("row %zu: %s at %u:%u, expected %u:%u\n%s", i, ok ? "sound" : "refused",
				 line, column, rows[i].line, rows[i].column, rows[i].text);
		}
		faults_free(&faults);
		measured_free(m);
	}
}

static void a_nul_is_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = {HEAD "end 0@\n", HEAD "@end 0\n", "@" HEAD "end 0\n",
					    HEAD "end 0\n@"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct faults faults = {0};
		struct measured *m = measured_new(&(struct measured_limits){.prefixes = 100});
		char *text = strdup(texts[i]);
		size_t len = strlen(text);
		*strchr(text, '@') = '\0';
		file_put(f, text, len);
		assert_false(measured_load(m, f->path, (struct measured_time){0, 0}, &faults));
		assert_int_equal(faults.errors, 1);
		faults_free(&faults);
		measured_free(m);
		free(text);
	}
}

/* More regions, and more names, than there are. */
static void what_does_not_fit_is_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const formats[] = {"country:%u fra 1 0 1 0\n", "192.0.2.0/24 dc-%u 1 0 1 0\n"};
	for (int i = 0; i < 2; i++) {
		for (unsigned n = 1024; n <= 1025; n++) {
			struct faults faults = {0};
			struct measured *m = measured_new(&(struct measured_limits){.prefixes = 100});
			FILE *out = fopen(f->path, "w");
			fputs(HEAD, out);
			for (unsigned j = 1; j <= n; j++)
				fprintf(out, formats[i], j);
			fprintf(out, "end %u\n", n);
			fclose(out);
			assert_int_equal(measured_load(m, f->path, (struct measured_time){0, 0}, &faults),
					 n == 1024);
			assert_int_equal(faults.errors, n > 1024);
			if (n > 1024)
				assert_int_equal(faults.list[0].line, 1026);
			faults_free(&faults);
			measured_free(m);
		}
	}
}

/* Damages a text in a few places, and cuts it off in one run of eight. Returns what is left of it. */
static size_t damage(struct random *r, char *text, size_t len)
{
	static const char letters[] = "0123456789 \n/:.-aend\0\xff";
	for (uint32_t i = random_below(r, 4); i > 0; i--)
		text[random_below(r, (uint32_t)len)] = letters[random_below(r, sizeof(letters) - 1)];
	return random_below(r, 8) ? len : random_below(r, (uint32_t)len);
}

/* Either a store that can be saved and loaded again, or one fault and nothing. */
static void random_damage_is_refused_or_harmless(void **state)
{
	enum { RUNS = 2000 };
	struct fixture *f = *state;
	struct random r;
	random_seed_with(&r, 20261121);
	struct measured_limits limits = {.prefixes = 64};
	struct measured_time at = {1000000, 5000000};
	unsigned refused = 0;
	for (int run = 0; run < RUNS; run++) {
		struct faults faults = {0};
		struct measured *m = measured_new(&limits);
		char text[] = "gslbd-measured 1 5000000 24 48\ncountry:17 fra 51000 50000 2000 20\n"
			      "continent:1 iad 51000 0 2 20\n" GOOD "2001:db8::/48 sin 7000 7000 99 100000\n"
			      "198.51.100.0/24 fra 100 3000 5 0\n198.51.100.0/24 iad 100 3000 5 0\nend 6\n";
		file_put(f, text, damage(&r, text, strlen(text)));
		bool ok = measured_load(m, f->path, at, &faults);
		assert_int_equal(faults.errors, !ok);
		faults_free(&faults);
		if (ok) {
			save(f, m, at);
			measured_free(load(f, &limits, at));
		} else {
			assert_int_equal(measured_prefixes(m), 0);
			refused++;
		}
		struct addr client = addr_of("198.51.100.1");
		feed_all(m, &client, "fra", 5000, at.now_ms);
		measured_free(m);
	}
	assert_in_range(refused, RUNS / 4, RUNS * 3 / 4);
}

static void a_folder_is_no_file(void **state)
{
	struct fixture *f = *state;
	struct faults faults = {0};
	struct measured *m = measured_new(&defaults);
	assert_false(measured_load(m, f->folder, (struct measured_time){0, 0}, &faults));
	assert_int_equal(faults.errors, 1);
	assert_non_null(strstr(faults.list[0].text, "directory"));
	faults_free(&faults);
	measured_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_broken_is_refused_with_its_place),
		TEST(a_nul_is_refused),
		TEST(what_does_not_fit_is_refused),
		TEST(random_damage_is_refused_or_harmless),
		TEST(a_folder_is_no_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
