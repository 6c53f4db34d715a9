/* SPDX-License-Identifier: ISC */
/* The file: tree, data and metadata as octets. */
#include "base/memory.h"
#include "mmdb.h"

#include <string.h>

enum { SEPARATOR = 16 };

/* The data section's types that are written here. */
enum type {
	TYPE_STRING = 2,
	TYPE_DOUBLE = 3,
	TYPE_UINT16 = 5,
	TYPE_UINT32 = 6,
	TYPE_MAP = 7,
	TYPE_UINT64 = 9,
	TYPE_ARRAY = 11
};
static void put(struct bytes *to, const void *octets, size_t len)
{
	to->octets = mem_grow(to->octets, &to->cap, to->len + len, 1);
	memcpy(to->octets + to->len, octets, len);
	to->len += len;
}

static void put_octet(struct bytes *to, unsigned octet)
{
	put(to, &(uint8_t){(uint8_t)octet}, 1);
}

/* The control octet: three bits of type (0: it is in the next octet, less 7), five of size (29: one more
 * octet). */
static void put_control(struct bytes *to, enum type type, size_t size)
{
	unsigned low = size < 29 ? (unsigned)size : 29;
	put_octet(to, (type > TYPE_MAP ? 0u : (unsigned)type) << 5 | low);
	if (type > TYPE_MAP)
		put_octet(to, (unsigned)type - TYPE_MAP);
	if (low == 29)
		put_octet(to, (unsigned)size - 29);
}

static void put_string(struct bytes *to, const char *text)
{
	put_control(to, TYPE_STRING, strlen(text));
	put(to, text, strlen(text));
}

/* Unsigned numbers are written without their leading zero octets. */
static void put_number(struct bytes *to, enum type type, uint64_t value)
{
	unsigned size = 0;
	while (size < 8 && value >> 8 * size != 0)
		size++;
	put_control(to, type, size);
	while (size-- > 0)
		put_octet(to, value >> 8 * size & 0xff);
}

static void put_double(struct bytes *to, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof(bits));
	put_control(to, TYPE_DOUBLE, 8);
	for (int i = 7; i >= 0; i--)
		put_octet(to, bits >> 8 * i & 0xff);
}

static void put_pair(struct bytes *to, const char *key, const char *value)
{
	put_string(to, key);
	put_string(to, value);
}

static void put_location(struct bytes *to, const struct attributes *a)
{
	put_string(to, "latitude");
	put_double(to, a->latitude);
	put_string(to, "longitude");
	put_double(to, a->longitude);
}

static size_t has(const char *code)
{
	return code[0] != '\0';
}

/* The flat schema: one map of plain values. */
static void put_flat(struct bytes *to, const struct attributes *a)
{
	put_control(to, TYPE_MAP,
		    has(a->continent) + has(a->country) + has(a->subdivision) + a->has_asn + 2u * a->located);
	if (has(a->continent))
		put_pair(to, "continent_code", a->continent);
	if (has(a->country))
		put_pair(to, "country_code", a->country);
	if (has(a->subdivision))
		put_pair(to, "subdivision_code", a->subdivision);
	if (a->has_asn) {
		put_string(to, "asn");
		put_number(to, TYPE_UINT32, a->asn);
	}
	if (a->located)
		put_location(to, a);
}

/* A key whose value is a map of one code. */
static void put_nested(struct bytes *to, const char *outer, const char *inner, const char *value)
{
	put_string(to, outer);
	put_control(to, TYPE_MAP, 1);
	put_pair(to, inner, value);
}

/* MaxMind's schema of GeoIP2 and GeoLite2. */
static void put_geoip2(struct bytes *to, const struct attributes *a)
{
	put_control(to, TYPE_MAP,
		    has(a->continent) + has(a->country) + has(a->subdivision) + a->has_asn + a->located);
	if (has(a->continent))
		put_nested(to, "continent", "code", a->continent);
	if (has(a->country))
		put_nested(to, "country", "iso_code", a->country);
	if (has(a->subdivision)) {
		put_string(to, "subdivisions");
		put_control(to, TYPE_ARRAY, 1);
		put_control(to, TYPE_MAP, 1);
		put_pair(to, "iso_code", a->subdivision);
	}
	if (a->has_asn) {
		put_string(to, "autonomous_system_number");
		put_number(to, TYPE_UINT32, a->asn);
	}
	if (a->located) {
		put_string(to, "location");
		put_control(to, TYPE_MAP, 2);
		put_location(to, a);
	}
}

static void data_encode(struct builder *b)
{
	b->offsets = mem_alloc(b->n_data * sizeof(*b->offsets));
	for (size_t i = 0; i < b->n_data; i++) {
		b->offsets[i] = (uint32_t)b->section.len;
		if (b->flat)
			put_flat(&b->section, &b->data[i]);
		else
			put_geoip2(&b->section, &b->data[i]);
	}
}

/* Numbers the nodes that have children, in the order they were made, in which the root is the first. */
static uint32_t nodes_number(struct builder *b)
{
	uint32_t n = 0;
	for (size_t i = 0; i < b->n_nodes; i++) {
		if (b->nodes[i].child[0] != 0)
			b->nodes[i].number = n++;
	}
	return n;
}

static uint32_t record_of(const struct builder *b, uint32_t child, uint32_t n_nodes)
{
	const struct node *node = &b->nodes[child];
	if (node->child[0] != 0)
		return node->number;
	return node->data == NO_DATA ? n_nodes : n_nodes + SEPARATOR + b->offsets[node->data];
}

static void put_node(struct bytes *to, uint32_t left, uint32_t right, unsigned record_size)
{
	unsigned whole = record_size / 8;
	for (unsigned i = whole; i-- > 0;)
		put_octet(to, left >> 8 * i & 0xff);
	if (record_size == 28) /* the middle octet has the top four bits of both */
		put_octet(to, (left >> 24) << 4 | right >> 24);
	for (unsigned i = whole; i-- > 0;)
		put_octet(to, right >> 8 * i & 0xff);
}

static void put_metadata(const struct builder *b, struct bytes *to, uint32_t n_nodes, unsigned record_size)
{
	static const uint8_t marker[] = "\xab\xcd\xefMaxMind.com";
	put(to, marker, sizeof(marker) - 1);
	put_control(to, TYPE_MAP, 9);
	put_string(to, "node_count");
	put_number(to, TYPE_UINT32, n_nodes);
	put_string(to, "record_size");
	put_number(to, TYPE_UINT16, record_size);
	put_string(to, "ip_version");
	put_number(to, TYPE_UINT16, b->v4_only ? 4 : 6);
	put_pair(to, "database_type", b->flat ? "gslbd-flat" : "gslbd-City");
	put_string(to, "languages");
	put_control(to, TYPE_ARRAY, 0);
	put_string(to, "binary_format_major_version");
	put_number(to, TYPE_UINT16, 2);
	put_string(to, "binary_format_minor_version");
	put_number(to, TYPE_UINT16, 0);
	put_string(to, "build_epoch"); /* of no meaning here, and the same text shall give the same file */
	put_number(to, TYPE_UINT64, 1);
	put_string(to, "description");
	put_control(to, TYPE_MAP, 1);
	put_pair(to, "en", "built from text");
}

struct bytes file_encode(struct builder *b)
{
	struct bytes file = {0};
	data_encode(b);
	uint32_t n = nodes_number(b);
	uint64_t largest = (uint64_t)n + SEPARATOR + b->section.len;
	unsigned record_size = largest < 1u << 24 ? 24 : largest < 1u << 28 ? 28 : 32;
	for (size_t i = 0; i < b->n_nodes; i++) {
		const struct node *node = &b->nodes[i];
		if (node->child[0] != 0)
			put_node(&file, record_of(b, node->child[0], n), record_of(b, node->child[1], n),
				 record_size);
	}
	put(&file, (uint8_t[SEPARATOR]){0}, SEPARATOR);
	put(&file, b->section.octets, b->section.len);
	put_metadata(b, &file, n, record_size);
	return file;
}
