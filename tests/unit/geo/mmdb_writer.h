/* SPDX-License-Identifier: ISC */
/* Builds small MaxMind databases in memory, from prefixes and records written as text, for the tests of geo/.
 */
#ifndef TESTS_GEO_MMDB_WRITER_H
#define TESTS_GEO_MMDB_WRITER_H

#include "base/addr.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A record of a node is a node, or WRITER_DATA | offset, or WRITER_EMPTY. */
#define WRITER_DATA  0x80000000u
#define WRITER_EMPTY 0xffffffffu

struct writer_bytes {
	uint8_t *octets;
	size_t n, cap;
};

struct writer {
	unsigned ip_version, record_size;
	uint32_t (*nodes)[2];
	size_t n, cap;
	struct writer_bytes data;
	int fd;
	char path[32];
};

static inline void bytes_put(struct writer_bytes *b, const void *octets, size_t n)
{
	b->octets = mem_grow(b->octets, &b->cap, b->n + n + 1, 1);
	memcpy(b->octets + b->n, octets, n);
	b->n += n;
}

/* `n` octets of a number in network order. */
static inline void bytes_put_number(struct writer_bytes *b, uint64_t value, unsigned n)
{
	for (unsigned i = n; i-- > 0;)
		bytes_put(b, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

enum {
	TYPE_STRING = 2,
	TYPE_DOUBLE,
	TYPE_UINT16 = 5,
	TYPE_UINT32,
	TYPE_MAP,
	TYPE_UINT64 = 9,
	TYPE_ARRAY = 11,
	TYPE_FLOAT = 15
};

static inline void put_control(struct writer_bytes *b, unsigned type, size_t size)
{
	bytes_put_number(b, (type < 8 ? type << 5 : 0) | (size < 29 ? size : 29), 1);
	if (type >= 8)
		bytes_put_number(b, type - 7, 1);
	if (size >= 29)
		bytes_put_number(b, size - 29, 1);
}

static inline void put_string(struct writer_bytes *b, const char *text, size_t len)
{
	put_control(b, TYPE_STRING, len);
	bytes_put(b, text, len);
}

static inline void put_number(struct writer_bytes *b, unsigned type, uint64_t value, unsigned n)
{
	put_control(b, type, n);
	bytes_put_number(b, value, n);
}

/* How many values are between the brackets that begin before `text`. */
static inline size_t count_values(const char *text)
{
	size_t n = *text != '}' && *text != ']', depth = 0;
	for (; depth > 0 || (*text != '}' && *text != ']'); text++) {
		n += depth == 0 && *text == ',';
		depth += *text == '{' || *text == '[';
		depth -= *text == '}' || *text == ']';
	}
	return n;
}

/*
 * One value: {key:value,…} [value,…] 'text' 12 (uint32) 1.5 (double) f1.5 (float). No blanks, no escapes, no
 * brackets or commas in texts. Returns what follows it.
 */
static inline const char *put_value(struct writer_bytes *b, const char *text)
{
	if (*text == '{' || *text == '[') {
		bool map = *text++ == '{';
		put_control(b, map ? TYPE_MAP : TYPE_ARRAY, count_values(text));
		while (*text != '}' && *text != ']') {
			if (map) {
				size_t len = strcspn(text, ":");
				put_string(b, text, len);
				text += len + 1;
			}
			text = put_value(b, text);
			text += *text == ',';
		}
		return text + 1;
	}
	if (*text == '\'') {
		size_t len = strcspn(text + 1, "'");
		put_string(b, text + 1, len);
		return text + len + 2;
	}
	char *end;
	bool single = *text == 'f';
	double value = strtod(text + single, &end);
	if (single) {
		union {
			float f;
			uint32_t bits;
		} u = {(float)value};
		put_number(b, TYPE_FLOAT, u.bits, 4);
	} else if (memchr(text, '.', (size_t)(end - text)) != NULL) {
		union {
			double d;
			uint64_t bits;
		} u = {value};
		put_number(b, TYPE_DOUBLE, u.bits, 8);
	} else {
		put_number(b, TYPE_UINT32, (uint64_t)value, 4);
	}
	return end;
}

static inline uint32_t writer_node(struct writer *w, uint32_t both)
{
	w->nodes = mem_grow(w->nodes, &w->cap, w->n + 1, sizeof(*w->nodes));
	w->nodes[w->n][0] = w->nodes[w->n][1] = both;
	return (uint32_t)w->n++;
}

static inline void writer_init(struct writer *w, unsigned ip_version, unsigned record_size)
{
	*w = (struct writer){.ip_version = ip_version, .record_size = record_size, .fd = -1};
	writer_node(w, WRITER_EMPTY);
}

/* The record that a prefix ends in; what was there is split on the way. */
static inline uint32_t *writer_slot(struct writer *w, const struct prefix *prefix)
{
	unsigned skip = w->ip_version == 6 && prefix->addr.family == FAMILY_V4 ? 96 : 0,
		 len = skip + prefix->len;
	uint32_t node = 0;
	for (unsigned bit = 0;; bit++) {
		unsigned at = bit - skip;
		unsigned octet = bit < skip ? 0u : prefix->addr.octets[at / 8];
		unsigned side = octet >> (7 - at % 8) & 1;
		if (bit + 1 >= len)
			return &w->nodes[node][side];
		uint32_t next = w->nodes[node][side];
		if (next & WRITER_DATA) {
			next = writer_node(w, next);
			w->nodes[node][side] = next;
		}
		node = next;
	}
}

static inline struct prefix prefix_of(const char *text)
{
	struct prefix p;
	if (!prefix_parse(text, strlen(text), &p))
		abort();
	return p;
}

/* The prefix must be of 1 bit at least, and of IPv4 if the database is. */
static inline void writer_add(struct writer *w, const struct prefix *prefix, const char *record)
{
	uint32_t offset = (uint32_t)w->data.n;
	put_value(&w->data, record);
	*writer_slot(w, prefix) = WRITER_DATA | offset;
}

static inline void writer_add_text(struct writer *w, const char *prefix, const char *record)
{
	struct prefix p = prefix_of(prefix);
	writer_add(w, &p, record);
}

/* Makes an IPv6 prefix lead to the IPv4 addresses. To be done last. */
static inline void writer_alias(struct writer *w, const char *prefix)
{
	struct prefix from = prefix_of(prefix), ipv4 = prefix_of("::/96");
	uint32_t target = *writer_slot(w, &ipv4);
	*writer_slot(w, &from) = target;
}

static inline void put_record(struct writer_bytes *b, const struct writer *w, size_t node)
{
	uint64_t values[2];
	for (int side = 0; side < 2; side++) {
		uint32_t record = w->nodes[node][side];
		values[side] = record == WRITER_EMPTY ? w->n
			       : record & WRITER_DATA ? w->n + 16 + (record & ~WRITER_DATA)
						      : record;
	}
	if (w->record_size == 28) {
		bytes_put_number(b, values[0] & 0xffffff, 3);
		bytes_put_number(b, (values[0] >> 24 << 4) | values[1] >> 24, 1);
		bytes_put_number(b, values[1] & 0xffffff, 3);
	} else {
		bytes_put_number(b, values[0], w->record_size / 8);
		bytes_put_number(b, values[1], w->record_size / 8);
	}
}

static inline struct writer_bytes writer_bytes(const struct writer *w)
{
	struct writer_bytes b = {0};
	for (size_t i = 0; i < w->n; i++)
		put_record(&b, w, i);
	bytes_put(&b, (uint8_t[16]){0}, 16);
	if (w->data.n > 0)
		bytes_put(&b, w->data.octets, w->data.n);
	bytes_put(&b, "\xab\xcd\xefMaxMind.com", 14);
	put_control(&b, TYPE_MAP, 9);
	const struct {
		const char *key;
		unsigned type, size;
		uint64_t value;
	} numbers[] = {
		{"binary_format_major_version", TYPE_UINT16, 2, 2},
		{"binary_format_minor_version", TYPE_UINT16, 2, 0},
		{"build_epoch", TYPE_UINT64, 8, 1700000000},
		{"ip_version", TYPE_UINT16, 2, w->ip_version},
		{"node_count", TYPE_UINT32, 4, w->n},
		{"record_size", TYPE_UINT16, 2, w->record_size},
	};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		put_string(&b, numbers[i].key, strlen(numbers[i].key));
		put_number(&b, numbers[i].type, numbers[i].value, numbers[i].size);
	}
	put_string(&b, "database_type", 13);
	put_string(&b, "Test", 4);
	put_string(&b, "description", 11);
	put_control(&b, TYPE_MAP, 0);
	put_string(&b, "languages", 9);
	put_control(&b, TYPE_ARRAY, 0);
	return b;
}

/* A file in memory; its path is that of the descriptor. */
static inline int file_in_memory(const void *octets, size_t n, char path[32])
{
	int fd = memfd_create("mmdb", 0);
	if (fd < 0 || write(fd, octets, n) != (ssize_t)n)
		abort();
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

/* The path of the finished database, until writer_free(). */
static inline const char *writer_path(struct writer *w)
{
	if (w->fd >= 0)
		return w->path;
	struct writer_bytes b = writer_bytes(w);
	w->fd = file_in_memory(b.octets, b.n, w->path);
	free(b.octets);
	return w->path;
}

static inline void writer_free(struct writer *w)
{
	free(w->nodes);
	free(w->data.octets);
	if (w->fd >= 0)
		close(w->fd);
}

#endif
