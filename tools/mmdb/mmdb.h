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
#ifndef MMDB_MMDB_H
#define MMDB_MMDB_H

#include "base/addr.h"
#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NO_DATA = -1 };

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

/* Reads the text into `lines`. False: it has faults. */
bool source_read(struct builder *b, const char *path);

/* Builds the tree of nodes out of the lines. */
void tree_build(struct builder *b);

/* The whole file; the caller frees its octets. */
struct bytes file_encode(struct builder *b);

#endif
