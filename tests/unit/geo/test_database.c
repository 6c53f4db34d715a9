/* SPDX-License-Identifier: ISC */
/* Files that can't be trusted: a clear fault or right answers, never a crash. */
#include "geo/locator.h"
#include "base/random.h"
#include "mmdb_writer.h"
#include "support/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void small_database(struct writer *w)
{
	writer_init(w, 6, 24);
	writer_add_text(
		w, "192.0.2.0/24",
		"{country:{iso_code:'DE',names:{en:'Germany'}},location:{latitude:50.5,longitude:9.5}}");
	writer_add_text(w, "198.51.100.0/23", "{country:{iso_code:'US'},subdivisions:[{iso_code:'CA'}]}");
	writer_add_text(w, "2001:db8::/32", "{country_code:'SE',asn:'AS64500'}");
	writer_alias(w, "2002::/16");
}

/* Opens the octets as a database; if that is refused there is one fault that says so. Else everything is
 * asked for. */
static bool opens(const void *octets, size_t n, const char *why)
{
	char path[32];
	struct faults faults = {0};
	int fd = file_in_memory(octets, n, path);
	struct databases *dbs = databases_open((const char *[]){path}, NULL, 1, &faults);
	close(fd);
	bool ok = dbs != NULL;
	assert_int_equal(faults.n, !ok);
	if (!ok) {
		assert_string_equal(faults.list[0].file, path);
		assert_non_null(strstr(faults.list[0].text, "not a usable MaxMind database: "));
		if (why != NULL)
			if (strstr(faults.list[0].text, why) == NULL)
				fail_msg("%s: not %s", faults.list[0].text, why);
	} else {
		struct datacenter dc = {.name = "fra", .located = true};
		struct config config = {.n_datacenters = 1, .datacenters = &dc};
		atlas_free(atlas_new(&config, NULL, dbs));
		for (int i = 0; i < 256; i += 5) {
			struct addr a = {FAMILY_V4, {(uint8_t)i, (uint8_t)(i * 3)}};
			struct place p;
			databases_find(dbs, &a, &p, NULL);
		}
	}
	databases_close(dbs);
	faults_free(&faults);
	return ok;
}

static void a_truncated_file_is_refused_at_any_length(void **state)
{
	(void)state;
	struct writer w;
	small_database(&w);
	struct writer_bytes whole = writer_bytes(&w);
	assert_true(opens(whole.octets, whole.n, NULL));
	for (size_t n = 0; n < whole.n; n++)
		assert_false(opens(whole.octets, n, n == 0 ? "empty" : NULL));
	free(whole.octets);
	writer_free(&w);
}

static void flipped_bits_never_crash(void **state)
{
	(void)state;
	struct writer w;
	small_database(&w);
	struct writer_bytes whole = writer_bytes(&w);
	size_t refused = 0;
	for (size_t bit = 0; bit < whole.n * 8; bit++) {
		whole.octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		refused += !opens(whole.octets, whole.n, NULL);
		whole.octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	struct random r;
	random_seed_with(&r, 1);
	for (int i = 0; i < 2000; i++) {
		struct writer_bytes copy = {0};
		bytes_put(&copy, whole.octets, whole.n);
		for (uint32_t flips = 1 + random_below(&r, 8); flips > 0; flips--)
			copy.octets[random_below(&r, (uint32_t)copy.n)] = (uint8_t)random_next(&r);
		refused += !opens(copy.octets, copy.n, NULL);
		free(copy.octets);
	}
	assert_true(refused > 100);
	free(whole.octets);
	writer_free(&w);
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	struct writer w;
	struct writer_bytes b;
	assert_false(opens("; gslbd.conf\n", 13, "metadata"));

	small_database(&w);
	b = writer_bytes(&w);
	uint8_t *count = memmem(b.octets, b.n, "node_count", 10);
	memset(count + 11, 0xff, 4); /* 6 octets each: the library's 32 bits wrap around */
	assert_false(opens(b.octets, b.n, "its search tree is larger than the file"));
	free(b.octets);
	w.nodes[w.n - 1][1] = 1; /* back up */
	b = writer_bytes(&w);
	assert_false(opens(b.octets, b.n, "circle"));
	free(b.octets);
	w.nodes[w.n - 1][1] = WRITER_DATA | (uint32_t)(w.data.n + 2000);
	b = writer_bytes(&w);
	assert_false(opens(b.octets, b.n, "outside of the file"));
	free(b.octets);
	w.nodes[w.n - 1][1] = WRITER_DATA | (uint32_t)-8; /* between the tree and the data */
	b = writer_bytes(&w);
	assert_false(opens(b.octets, b.n, NULL));
	free(b.octets);
	writer_free(&w);

	writer_init(&w, 4, 24);
	writer_add_text(&w, "192.0.2.0/24", "{city:'Springfield',postal:'12345'}");
	b = writer_bytes(&w);
	assert_false(opens(b.octets, b.n, "no record has a country"));
	free(b.octets);
	writer_free(&w);
}

/* A database of one record, which begins the data. */
static struct writer_bytes database_of(const struct writer_bytes *data)
{
	struct writer w;
	struct prefix p = prefix_of("192.0.2.0/24");
	writer_init(&w, 4, 24);
	bytes_put(&w.data, data->octets, data->n);
	*writer_slot(&w, &p) = WRITER_DATA;
	struct writer_bytes b = writer_bytes(&w);
	writer_free(&w);
	return b;
}

static void a_record_that_contains_itself_is_refused(void **state)
{
	(void)state;
	static const struct {
		char octets[8];
		size_t n;
	} records[] = {
		{"\x02\x04\x20\x00\x20\x00", 6}, /* twice */
		{"\xe1\x41x\x20\x00", 5},
		{"\xe1\x20\x00\x41x", 5},
		{"\x20\x00", 2},
	};
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct writer_bytes data = {0};
		bytes_put(&data, records[i].octets, records[i].n);
		struct writer_bytes b = database_of(&data);
		assert_false(opens(b.octets, b.n, "can't be decoded"));
		free(data.octets);
		free(b.octets);
	}
}

static void pointers_multiply_a_record_only_so_far(void **state)
{
	(void)state;
	enum { WIDTH = 16, LEVEL = 2 + 2 * WIDTH };
	for (unsigned levels = 3; levels <= 6; levels++) {
		struct writer_bytes data = {0};
		for (unsigned level = 0; level < levels; level++) {
			put_control(&data, TYPE_ARRAY, WIDTH);
			for (unsigned i = 0; i < WIDTH; i++)
				bytes_put_number(&data, 0x2000 | (level + 1) * LEVEL, 2);
		}
		put_string(&data, "x", 1);
		struct writer_bytes b = database_of(&data);
		assert_false(opens(b.octets, b.n, levels < 4 ? "no record has" : "can't be decoded"));
		free(data.octets);
		free(b.octets);
	}
}

static void a_deep_tree_is_refused_and_a_shared_one_is_fast(void **state)
{
	(void)state;
	struct writer w;
	writer_init(&w, 4, 24);
	put_value(&w.data, "{country_code:'DE'}");
	for (uint32_t i = 0; i < 31; i++) { /* 2^32 ways to the leaf, 32 nodes */
		uint32_t next = writer_node(&w, WRITER_DATA);
		w.nodes[next - 1][0] = w.nodes[next - 1][1] = next;
	}
	struct writer_bytes b = writer_bytes(&w);
	assert_true(opens(b.octets, b.n, NULL));
	free(b.octets);
	uint32_t last = writer_node(&w, WRITER_DATA);
	w.nodes[last - 1][0] = last;
	b = writer_bytes(&w);
	assert_false(opens(b.octets, b.n, "too deep"));
	free(b.octets);
	writer_free(&w);
}

static void files_that_are_none_are_faults_each(void **state)
{
	(void)state;
	struct faults faults = {0};
	const char *paths[] = {"no/such.mmdb", SOURCE_DIR, SOURCE_DIR "/CMakeLists.txt"};
	assert_null(databases_open(paths, NULL, 3, &faults));
	assert_int_equal(faults.n, 3);
	assert_string_equal(faults.list[0].file, "no/such.mmdb");
	assert_non_null(strstr(faults.list[0].text, "No such file"));
	assert_non_null(strstr(faults.list[1].text, "no regular file"));
	faults_free(&faults);

	static const struct spot named[] = {{"gslbd.conf", 7, 7}};
	assert_null(databases_open(paths, named, 1, &faults));
	assert_string_equal(faults.list[0].file, "gslbd.conf");
	assert_int_equal(faults.list[0].line, 7);
	assert_string_equal(faults.list[0].text,
			    "no/such.mmdb is not a usable MaxMind database: No such file or directory");
	faults_free(&faults);
}

/* It is seen before any of it is copied. */
static void a_file_for_which_there_is_no_room_is_not_read(void **state)
{
	(void)state;
	static const struct spot named[] = {{"gslbd.conf", 7, 7}};
	const struct addr client = {FAMILY_V4, {192, 0, 2, 1}};
	struct faults faults = {0};
	struct folder folder;
	struct place place;
	char path[FOLDER_PATH_ROOM];
	const char *paths[] = {path};
	folder_make(&folder);
	folder_write(&folder, "huge.mmdb", "x");
	folder_path(&folder, "huge.mmdb", path);
	assert_int_equal(truncate(path, (off_t)1 << 43), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_null(databases_open(paths, i == 0 ? NULL : named, 1, &faults));
		assert_non_null(
			strstr(faults.list[0].text, "can't be read: there is too little memory for it: "));
		assert_non_null(strstr(faults.list[0].text, " MiB are left by "));
		assert_int_equal(strstr(faults.list[0].text, path) != NULL, i == 1);
		faults_free(&faults);
	}
	struct databases *none = databases_peek(paths, 1);
	databases_find(none, &client, &place, NULL);
	assert_string_equal(place.country, "");
	databases_close(none);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_for_which_there_is_no_room_is_not_read),
		cmocka_unit_test(a_truncated_file_is_refused_at_any_length),
		cmocka_unit_test(flipped_bits_never_crash),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(a_record_that_contains_itself_is_refused),
		cmocka_unit_test(pointers_multiply_a_record_only_so_far),
		cmocka_unit_test(a_deep_tree_is_refused_and_a_shared_one_is_fast),
		cmocka_unit_test(files_that_are_none_are_faults_each),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
