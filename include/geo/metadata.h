/* SPDX-License-Identifier: ISC */
/*
 * The metadata of a MaxMind database, checked before libmaxminddb sees the file: MMDB_open() of 1.7.1
 * believes sizes there that make it read outside of its map, or fill the memory.
 */
#ifndef GEO_METADATA_H
#define GEO_METADATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct metadata {
	uint32_t node_count;
	unsigned record_size; /* bits: 24, 28 or 32; a node has two records */
	unsigned ip_version;  /* 4 or 6 */
};

/*
 * Reads the metadata of a whole file, as the library does: what follows the last marker in the last 128 KiB
 * of the file is a map; of equal keys the first counts; pointers, counted from the map, are followed once.
 * False, with *why as the end of a sentence, where anything that the library asks for is not there or of
 * another type, where the search tree does not fit before the metadata, or where the file is larger than
 * offsets of 32 bits reach.
 *
 * A file that the library would open, too, is refused where
 * - the tree overlaps the metadata, or its size passes 32 bits (the library's check wraps around there);
 * - a key in a map that is passed over is neither a string nor a pointer;
 * - maps and arrays are nested more than SECTION_NESTING_MAX deep (the library's recursion has no end);
 * - the languages and the description, which the library copies, have more than METADATA_TEXTS_MAX octets in
 *   all: many pointers to one text multiply it.
 */
#define METADATA_TEXTS_MAX (1u << 20)
bool metadata_read(const uint8_t *file, size_t size, struct metadata *out, const char **why);

#endif
