/* SPDX-License-Identifier: ISC */
/*
 * Builds a MaxMind database from a readable text, for the demonstration and for tests. The file (MaxMind DB
 * format 2.0):
 *
 *   | search tree: a node is two records, left for bit 0, right for bit 1                          |
 *   |   a record < number of nodes is a node; = it: nothing known; > it: data at record - nodes - 16 |
 *   | 16 zero octets                                                                                 |
 *   | data: a map a distinct set of attributes                                                       |
 *   | AB CD EF "MaxMind.com", a map of metadata                                                      |
 */
#include "base/addr.h"
#include "base/fault.h"
#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_OCTETS = 1024, SEPARATOR = 16, NO_DATA = -1 };

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

struct attributes {
	char continent[3], country[3], subdivision[4];
	bool has_asn, located;
	uint32_t asn;
	double latitude, longitude;
};

struct line {
	struct prefix prefix;
	struct attributes attributes;
};

/* A leaf has children 0 (the root is nobody's child), and an index into the list of attributes, or NO_DATA.
 */
struct node {
	uint32_t child[2];
	int data;
	uint32_t number; /* in the file */
};

struct bytes {
	uint8_t *octets;
	size_t len, cap;
};

struct builder {
	bool flat, v4_only;
	struct faults faults;
	size_t n_lines, cap_lines;
	struct line *lines;
	size_t n_nodes, cap_nodes;
	struct node *nodes;
	size_t n_data, cap_data;
	struct attributes *data;
	uint32_t *offsets; /* of each data in the data section */
	struct bytes section;
};

static bool code_read(const char *value, size_t min, size_t max, char *out)
{
	size_t len = strlen(value);
	for (size_t i = 0; i < len; i++) {
		if (!isupper((unsigned char)value[i]) && !isdigit((unsigned char)value[i]))
			return false;
	}
	if (len < min || len > max)
		return false;
	memcpy(out, value, len + 1);
	return true;
}

static bool location_read(const char *value, struct attributes *a)
{
	char behind;
	a->located = true;
	return sscanf(value, "%lf,%lf%c", &a->latitude, &a->longitude, &behind) == 2 &&
	       fabs(a->latitude) <= 90 && fabs(a->longitude) <= 180;
}

static bool asn_read(const char *value, struct attributes *a)
{
	char *end;
	unsigned long asn = strtoul(value, &end, 10);
	a->has_asn = true;
	a->asn = (uint32_t)asn;
	return isdigit((unsigned char)value[0]) && *end == '\0' && asn <= UINT32_MAX;
}

/* Reads `key=value`. Returns what would be right, NULL where it is. */
static const char *attribute_read(char *word, struct attributes *a)
{
	char *equals = strchr(word, '=');
	if (equals == NULL)
		return "key=value, with continent, country, subdivision, asn or location as the key";
	*equals = '\0';
	const char *value = equals + 1;
	if (strcmp(word, "continent") == 0)
		return code_read(value, 2, 2, a->continent) ? NULL : "two capital letters";
	if (strcmp(word, "country") == 0)
		return code_read(value, 2, 2, a->country) ? NULL : "two capital letters";
	if (strcmp(word, "subdivision") == 0)
		return code_read(value, 1, 3, a->subdivision) ? NULL
							      : "one to three capital letters or digits";
	if (strcmp(word, "asn") == 0)
		return asn_read(value, a) ? NULL : "a number up to 4294967295";
	if (strcmp(word, "location") == 0)
		return location_read(value, a) ? NULL : "LATITUDE,LONGITUDE in degrees";
	return "continent, country, subdivision, asn or location as the key";
}

static bool network_read(const struct builder *b, const char *word, struct prefix *out)
{
	return prefix_parse(word, strlen(word), out) && (!b->v4_only || out->addr.family == FAMILY_V4);
}

static void line_read(struct builder *b, char *text, struct spot at)
{
	struct line line = {0};
	bool first = true;
	text[strcspn(text, ";\n")] = '\0';
	for (char *p = text, *word; p += strspn(p, " \t\r"), *p != '\0';) {
		word = p;
		p += strcspn(p, " \t\r");
		if (*p != '\0')
			*p++ = '\0';
		at.column = (unsigned)(word - text) + 1;
		const char *right = NULL;
		if (!first)
			right = attribute_read(word, &line.attributes);
		else if (!network_read(b, word, &line.prefix))
			right = b->v4_only ? "an IPv4 network without bits behind its length"
					   : "a network without bits behind its length";
		if (right != NULL)
			fault_add(&b->faults, at, "%s is expected", right);
		first = false;
	}
	if (first)
		return;
	b->lines = mem_grow(b->lines, &b->cap_lines, b->n_lines + 1, sizeof(*b->lines));
	b->lines[b->n_lines++] = line;
}

static bool source_read(struct builder *b, const char *path)
{
	char text[LINE_MAX_OCTETS];
	struct spot at = {.file = path};
	FILE *file = fopen(path, "r");
	if (file == NULL) {
		fault_add(&b->faults, at, "can't be read: %s", strerror(errno));
		return false;
	}
	while (fgets(text, sizeof(text), file) != NULL) {
		at.line++;
		if (strchr(text, '\n') == NULL && !feof(file))
			fault_add(&b->faults, at, "the line is longer than %d octets", LINE_MAX_OCTETS - 2);
		else
			line_read(b, text, at);
	}
	fclose(file);
	return b->faults.errors == 0;
}

static uint32_t node_new(struct builder *b, int data)
{
	b->nodes = mem_grow(b->nodes, &b->cap_nodes, b->n_nodes + 1, sizeof(*b->nodes));
	b->nodes[b->n_nodes] = (struct node){.data = data};
	return (uint32_t)b->n_nodes++;
}

static void node_split(struct builder *b, uint32_t at)
{
	uint32_t left = node_new(b, b->nodes[at].data), right = node_new(b, b->nodes[at].data);
	b->nodes[at].child[0] = left;
	b->nodes[at].child[1] = right;
}

static void inherit(struct attributes *a, const struct attributes *from)
{
	if (a->continent[0] == '\0')
		memcpy(a->continent, from->continent, sizeof(a->continent));
	if (a->country[0] == '\0')
		memcpy(a->country, from->country, sizeof(a->country));
	if (a->subdivision[0] == '\0')
		memcpy(a->subdivision, from->subdivision, sizeof(a->subdivision));
	if (!a->has_asn) {
		a->has_asn = from->has_asn;
		a->asn = from->asn;
	}
	if (!a->located) {
		a->located = from->located;
		a->latitude = from->latitude;
		a->longitude = from->longitude;
	}
}

static bool attributes_equal(const struct attributes *a, const struct attributes *b)
{
	return strcmp(a->continent, b->continent) == 0 && strcmp(a->country, b->country) == 0 &&
	       strcmp(a->subdivision, b->subdivision) == 0 && a->has_asn == b->has_asn && a->asn == b->asn &&
	       a->located == b->located && a->latitude == b->latitude && a->longitude == b->longitude;
}

static int data_index(struct builder *b, const struct attributes *a)
{
	for (size_t i = 0; i < b->n_data; i++) {
		if (attributes_equal(&b->data[i], a))
			return (int)i;
	}
	b->data = mem_grow(b->data, &b->cap_data, b->n_data + 1, sizeof(*b->data));
	b->data[b->n_data] = *a;
	return (int)b->n_data++;
}

/* The lines come shortest prefix first, so what is found at a line's place is what it inherits from. */
static void insert(struct builder *b, const struct line *line)
{
	unsigned skip = !b->v4_only && line->prefix.addr.family == FAMILY_V4 ? 96 : 0;
	uint32_t at = 0;
	for (unsigned depth = 0; depth < skip + line->prefix.len; depth++) {
		unsigned bit = depth - skip;
		if (b->nodes[at].child[0] == 0)
			node_split(b, at);
		at = b->nodes[at]
			     .child[depth < skip ? 0
						 : line->prefix.addr.octets[bit / 8] >> (7 - bit % 8) & 1];
	}
	struct attributes a = line->attributes;
	if (b->nodes[at].data != NO_DATA)
		inherit(&a, &b->data[b->nodes[at].data]);
	b->nodes[at].data = data_index(b, &a);
}

static int length_compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	unsigned x_len = x->prefix.len + (x->prefix.addr.family == FAMILY_V4 ? 96u : 0);
	unsigned y_len = y->prefix.len + (y->prefix.addr.family == FAMILY_V4 ? 96u : 0);
	return x_len < y_len ? -1 : x_len > y_len;
}

static void tree_build(struct builder *b)
{
	node_new(b, NO_DATA);
	if (b->n_lines > 0)
		qsort(b->lines, b->n_lines, sizeof(*b->lines), length_compare);
	for (size_t i = 0; i < b->n_lines; i++)
		insert(b, &b->lines[i]);
	if (b->nodes[0].child[0] == 0)
		node_split(b, 0);
}

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

static struct bytes file_encode(struct builder *b)
{
	struct bytes file = {0};
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

/* Writes beside the target and renames, so that nobody ever opens half a database. */
static bool file_write(const struct bytes *file, const char *path)
{
	size_t len = strlen(path);
	char *temporary = mem_alloc(len + 8);
	memcpy(temporary, path, len);
	memcpy(temporary + len, ".XXXXXX", 8);
	int fd = mkstemp(temporary);
	FILE *out = fd >= 0 ? fdopen(fd, "wb") : NULL;
	bool ok =
		out != NULL && fchmod(fd, 0644) == 0 && fwrite(file->octets, 1, file->len, out) == file->len;
	if (out != NULL)
		ok &= fclose(out) == 0;
	ok = ok && rename(temporary, path) == 0;
	if (!ok) {
		fprintf(stderr, "mmdb-build: %s: %s\n", path, strerror(errno));
		unlink(temporary);
	}
	free(temporary);
	return ok;
}

static void builder_free(struct builder *b)
{
	faults_free(&b->faults);
	free(b->lines);
	free(b->nodes);
	free(b->data);
	free(b->offsets);
	free(b->section.octets);
}

int main(int argc, char **argv)
{
	struct builder b = {0};
	int at = 1;
	for (; at < argc && argv[at][0] == '-'; at++) {
		if (strcmp(argv[at], "--flat") == 0)
			b.flat = true;
		else if (strcmp(argv[at], "--ipv4") == 0)
			b.v4_only = true;
		else
			break;
	}
	if (argc - at != 2 || argv[at][0] == '-') {
		fputs("usage: mmdb-build [--flat] [--ipv4] SOURCE.txt OUT.mmdb\n"
		      "a line of the source is a network and what is known of it, such as\n"
		      "  203.0.113.0/24  continent=EU country=DE subdivision=BE asn=64500 "
		      "location=52.52,13.40\n"
		      "a more specific network inherits what it does not say; `;` begins a comment\n",
		      stderr);
		return 2;
	}
	bool ok = source_read(&b, argv[at]);
	faults_print(&b.faults, stderr);
	if (ok) {
		tree_build(&b);
		data_encode(&b);
		struct bytes file = file_encode(&b);
		ok = file_write(&file, argv[at + 1]);
		free(file.octets);
	}
	builder_free(&b);
	return ok ? 0 : 1;
}
