/* SPDX-License-Identifier: ISC */
/* Metadata of MaxMind databases, good and hostile, in buffers behind whose last octet nothing may be read. */
#include "geo/metadata.h"
#include "mmdb_writer.h"

#include <maxminddb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#define MARKER "\xab\xcd\xefMaxMind.com"

struct octets {
	const char *octets;
	size_t n;
};
/* clang-format off */
#define OCTETS(text) {text, sizeof(text) - 1}
/* clang-format on */

enum { NODES = 10, TREE = NODES * 6 + 16, KEYS = 9 };

static const struct pair {
	const char *key;
	struct octets value;
} pairs[KEYS] = {
	{"binary_format_major_version", OCTETS("\xa1\x02")},
	{"binary_format_minor_version", OCTETS("\xa0")},
	{"build_epoch", OCTETS("\x01\x02\x01")},
	{"database_type", OCTETS("\x41t")},
	{"description", OCTETS("\xe1\x42"
			       "en\x41T")},
	{"ip_version", OCTETS("\xa1\x06")},
	{"languages", OCTETS("\x01\x04\x42"
			     "en")},
	{"node_count", OCTETS("\xc1\x0a")},
	{"record_size", OCTETS("\xa1\x18")},
};

/* A file with other pairs before these, and one of these with another value. */
struct change {
	size_t n_before;
	struct octets before; /* its first key begins at offset 1 of the section */
	const char *key;
	struct octets value;
};

static struct writer_bytes file_with(const struct change *c, size_t tree)
{
	struct writer_bytes b = {0};
	for (size_t i = 0; i < tree; i++)
		bytes_put(&b, "", 1);
	bytes_put(&b, MARKER, 14);
	put_control(&b, TYPE_MAP, c->n_before + KEYS);
	bytes_put(&b, c->before.octets == NULL ? "" : c->before.octets, c->before.n);
	for (size_t i = 0; i < KEYS; i++) {
		bool changed = c->key != NULL && strcmp(c->key, pairs[i].key) == 0;
		const struct octets *value = changed ? &c->value : &pairs[i].value;
		put_string(&b, pairs[i].key, strlen(pairs[i].key));
		bytes_put(&b, value->octets, value->n);
	}
	return b;
}

/* From a copy that ends where the allocation does. */
static bool reads(const uint8_t *octets, size_t n, struct metadata *out, const char **why)
{
	uint8_t *copy = malloc(n + (n == 0));
	assert_non_null(copy);
	memcpy(copy, octets, n);
	bool ok = metadata_read(copy, n, out, why);
	free(copy);
	return ok;
}

/* What is read is what the library reads. */
static void assert_as_the_library(const struct writer_bytes *b, const struct metadata *metadata)
{
	char path[32];
	int fd = file_in_memory(b->octets, b->n, path);
	MMDB_s mmdb;
	assert_int_equal(MMDB_open(path, MMDB_MODE_MMAP, &mmdb), MMDB_SUCCESS);
	assert_int_equal(metadata->node_count, mmdb.metadata.node_count);
	assert_int_equal(metadata->record_size, mmdb.metadata.record_size);
	assert_int_equal(metadata->ip_version, mmdb.metadata.ip_version);
	MMDB_close(&mmdb);
	close(fd);
}

/* A reason of NULL: it is read. */
static void check(const char *name, const struct writer_bytes *b, uint32_t node_count, const char *reason)
{
	struct metadata metadata = {0};
	const char *why = "";
	bool ok = reads(b->octets, b->n, &metadata, &why);
	if (ok != (reason == NULL))
		fail_msg("%s: %s", name, ok ? "was read" : why);
	if (!ok && strstr(why, reason) == NULL)
		fail_msg("%s: \"%s\", not \"%s\"", name, why, reason);
	if (ok && metadata.node_count != node_count)
		fail_msg("%s: %u nodes", name, metadata.node_count);
	if (ok)
		assert_as_the_library(b, &metadata);
}

#define LONG_KEY "a key of more than 28 octets.."

static const struct row {
	const char *name;
	struct change change;
	uint32_t node_count;
	const char *reason;
} rows[] = {
	{"as it should be", {0}, 10, NULL},
	{"the first of equal keys", {1, OCTETS("\x4anode_count\xc1\x07"), NULL, {0}}, 7, NULL},
	{"a pointer as value", {1, OCTETS("\x41x\xc1\x05"), "node_count", OCTETS("\x20\x03")}, 5, NULL},
	{"a pointer as key", {2, OCTETS("\x41x\x4anode_count\x20\x03\xc1\x04"), NULL, {0}}, 4, NULL},
	{"a pointer of 2 octets is counted from 2048",
	 {1, OCTETS("\x41x\xc1\x05"), "node_count", OCTETS("\x28\x00\x03")},
	 0,
	 "node_count"},
	{"a pointer of 4 octets",
	 {1, OCTETS("\x41x\xc1\x05"), "node_count", OCTETS("\x38\0\0\0\x03")},
	 5,
	 NULL},
	{"a pointer far outside", {0, {0}, "node_count", OCTETS("\x3f\xff\xff\xff\xff")}, 0, "node_count"},
	{"a pointer to a pointer",
	 {2, OCTETS("\x41x\xc1\x05\x41y\x20\x03"), "node_count", OCTETS("\x20\x07")},
	 0,
	 "node_count"},
	{"a pointer to itself",
	 {1, OCTETS("\x41x\x20\x03"), "node_count", OCTETS("\x20\x03")},
	 0,
	 "node_count"},
	{"pointers that are passed over point anywhere", {1, OCTETS("\x41x\x27\xff"), NULL, {0}}, 10, NULL},
	{"a long key", {1, OCTETS("\x5d\x01" LONG_KEY "\xc0"), NULL, {0}}, 10, NULL},
	{"a boolean and a double are passed over",
	 {2, OCTETS("\x41x\x01\x07\x41y\x68\0\0\0\0\0\0\0\0"), NULL, {0}},
	 10,
	 NULL},
	{"maps and arrays are passed over",
	 {1, OCTETS("\x41x\xe2\x41y\x02\x04\xa0\xe0\x20\x01\x01\x04\x41z"), NULL, {0}},
	 10,
	 NULL},
	{"a key of another type", {1, OCTETS("\xa0\xa0"), NULL, {0}}, 0, "node_count"},
	{"a key of another type in what is passed over",
	 {1, OCTETS("\x41x\xe1\xe0\xa0"), NULL, {0}},
	 0,
	 "node_count"},
	{"a map that says it has 16 million pairs",
	 {1, OCTETS("\x41x\xff\xff\xff\xff"), NULL, {0}},
	 0,
	 "node_count"},
	{"a number of another type", {0, {0}, "node_count", OCTETS("\xa1\x0a")}, 0, "node_count"},
	{"a number that is too long", {0, {0}, "node_count", OCTETS("\xc5\0\0\0\0\x0a")}, 0, "node_count"},
	{"a record size that is too long", {0, {0}, "record_size", OCTETS("\xa3\0\0\x18")}, 0, "record_size"},
	{"no node", {0, {0}, "node_count", OCTETS("\xc0")}, 0, "empty"},
	{"records of 16 bits", {0, {0}, "record_size", OCTETS("\xa1\x10")}, 0, "24, 28 nor 32"},
	{"records of 280 bits", {0, {0}, "record_size", OCTETS("\xa2\x01\x18")}, 0, "24, 28 nor 32"},
	{"version 5", {0, {0}, "ip_version", OCTETS("\xa1\x05")}, 0, "neither IPv4 nor IPv6"},
	{"version 4", {0, {0}, "ip_version", OCTETS("\xa1\x04")}, 10, NULL},
	{"no languages", {0, {0}, "languages", OCTETS("\x00\x04")}, 10, NULL},
	{"an empty language", {0, {0}, "languages", OCTETS("\x01\x04\x40")}, 10, NULL},
	{"16 million languages", {0, {0}, "languages", OCTETS("\x1f\x04\xff\xff\xff")}, 0, "node_count"},
	{"16 million languages elsewhere",
	 {1, OCTETS("\x41x\x45\x1f\x04\xff\xff\xff"), "languages", OCTETS("\x20\x04")},
	 0,
	 "languages"},
	{"a language that is a list", {0, {0}, "languages", OCTETS("\x01\x04\x00\x04")}, 0, "languages"},
	{"languages that are pointers to lists",
	 {1, OCTETS("\x41x\x02\x04\x20\x03\x20\x03"), "languages", OCTETS("\x20\x03")},
	 0,
	 "languages"},
	{"languages that are a map", {0, {0}, "languages", OCTETS("\xe0")}, 0, "languages"},
	{"no description", {0, {0}, "description", OCTETS("\xe0")}, 10, NULL},
	{"a description that is a text", {0, {0}, "description", OCTETS("\x41x")}, 0, "description"},
	{"a description of a number", {0, {0}, "description", OCTETS("\xe1\x41x\xc0")}, 0, "description"},
	{"a description of 16 million texts",
	 {0, {0}, "description", OCTETS("\xff\xff\xff\xff")},
	 0,
	 "node_count"},
	{"a description of 16 million texts elsewhere",
	 {1, OCTETS("\x41x\x44\xff\xff\xff\xff"), "description", OCTETS("\x20\x04")},
	 0,
	 "description"},
	{"a type that is a number", {0, {0}, "database_type", OCTETS("\xc0")}, 0, "database_type"},
	{"no type to be read", {0, {0}, "database_type", OCTETS("\x5e\xff\xff")}, 0, "node_count"},
};

static void metadata_is_read_as_the_library_does_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct writer_bytes b = file_with(&rows[i].change, TREE);
		check(rows[i].name, &b, rows[i].node_count, rows[i].reason);
		free(b.octets);
	}
}

static void each_key_is_asked_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++) {
		struct writer_bytes b = file_with(&(struct change){0}, TREE);
		uint8_t *key = memmem(b.octets, b.n, pairs[i].key, strlen(pairs[i].key));
		key[0] ^= 1;
		check(pairs[i].key, &b, 0, pairs[i].key);
		free(b.octets);
	}
}

static void a_truncated_section_is_refused_at_any_length(void **state)
{
	(void)state;
	struct writer_bytes b = file_with(&(struct change){0}, TREE);
	for (size_t n = 0; n < b.n; n++) {
		struct metadata metadata;
		const char *why = NULL;
		assert_false(reads(b.octets, n, &metadata, &why));
		assert_non_null(why);
	}
	free(b.octets);
}

static void a_tree_must_fit_before_the_metadata(void **state)
{
	static const struct {
		const char *name;
		struct octets record_size;
		uint32_t nodes;
		size_t before;
		bool fits;
	} trees[] = {
		{"24 bits", OCTETS("\xa1\x18"), 10, 76, true},
		{"24 bits, an octet less", OCTETS("\xa1\x18"), 10, 75, false},
		{"28 bits", OCTETS("\xa1\x1c"), 10, 86, true},
		{"28 bits, an octet less", OCTETS("\xa1\x1c"), 10, 85, false},
		{"32 bits", OCTETS("\xa1\x20"), 10, 96, true},
		{"32 bits, an octet less", OCTETS("\xa1\x20"), 10, 95, false},
		{"all ones", OCTETS("\xa1\x18"), 0xffffffff, 1000, false},
		{"2 octets beyond 32 bits", OCTETS("\xa1\x18"), 0x2aaaaaab, 1000, false},
		{"3 octets beyond 32 bits", OCTETS("\xa1\x1c"), 0x24924925, 1000, false},
		{"32 bits of octets", OCTETS("\xa1\x20"), 0x20000000, 1000, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		struct writer_bytes count = {0};
		put_string(&count, "node_count", 10);
		put_number(&count, TYPE_UINT32, trees[i].nodes, 4);
		struct change change = {
			1, {(char *)count.octets, count.n}, "record_size", trees[i].record_size};
		struct writer_bytes b = file_with(&change, trees[i].before);
		check(trees[i].name, &b, trees[i].nodes, trees[i].fits ? NULL : "larger than the file");
		free(b.octets);
		free(count.octets);
	}
}

static void the_last_marker_in_the_last_128_kib_counts(void **state)
{
	(void)state;
	struct writer_bytes b = file_with(&(struct change){0}, TREE);
	bytes_put(&b, MARKER, 14);
	check("a marker at the end", &b, 0, "no metadata");
	b.n -= 1;
	check("nearly one", &b, 10, NULL);
	size_t most = (128 << 10) + TREE;
	while (b.n < most)
		bytes_put(&b, "", 1);
	check("just in", &b, 10, NULL);
	bytes_put(&b, "", 1);
	check("too far away", &b, 0, "no metadata");
	free(b.octets);

	b = file_with(&(struct change){1, OCTETS("\x4anode_count\xc1\x07"), NULL, {0}}, TREE);
	struct writer_bytes second = file_with(&(struct change){0}, 0);
	bytes_put(&b, second.octets, second.n);
	check("the second of two", &b, 10, NULL);
	free(second.octets);
	free(b.octets);
}

static void maps_and_arrays_are_nested_64_deep_at_most(void **state)
{
	(void)state;
	for (unsigned depth = 63; depth <= 66; depth++) {
		struct writer_bytes nested = {0};
		put_string(&nested, "x", 1);
		for (unsigned i = 1; i < depth; i++)
			put_control(&nested, TYPE_ARRAY, 1);
		put_control(&nested, TYPE_MAP, 0);
		struct change change = {1, {(char *)nested.octets, nested.n}, NULL, {0}};
		struct writer_bytes b = file_with(&change, TREE);
		check("nested", &b, 10, depth <= 64 ? NULL : "node_count");
		free(b.octets);
		free(nested.octets);
	}
}

static void pointers_to_one_text_do_not_multiply_it_beyond_a_mebibyte(void **state)
{
	(void)state;
	enum { TEXT = 65821 };
	struct writer_bytes text = {0};
	put_string(&text, "x", 1);
	bytes_put(&text, "\x5f\0\0\0", 4); /* at offset 3 */
	for (size_t i = 0; i < TEXT; i++)
		bytes_put(&text, "y", 1);
	for (size_t n = 14; n <= 17; n++) {
		struct writer_bytes list = {0};
		put_control(&list, TYPE_ARRAY, n);
		for (size_t i = 0; i < n; i++)
			bytes_put(&list, "\x20\x03", 2);
		struct change change = {
			1, {(char *)text.octets, text.n}, "languages", {(char *)list.octets, list.n}};
		struct writer_bytes b = file_with(&change, TREE);
		check("texts", &b, 10, n * TEXT < METADATA_TEXTS_MAX ? NULL : "too long");
		free(b.octets);
		free(list.octets);
	}
	free(text.octets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metadata_is_read_as_the_library_does_or_refused),
		cmocka_unit_test(each_key_is_asked_for),
		cmocka_unit_test(a_truncated_section_is_refused_at_any_length),
		cmocka_unit_test(a_tree_must_fit_before_the_metadata),
		cmocka_unit_test(the_last_marker_in_the_last_128_kib_counts),
		cmocka_unit_test(maps_and_arrays_are_nested_64_deep_at_most),
		cmocka_unit_test(pointers_to_one_text_do_not_multiply_it_beyond_a_mebibyte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
