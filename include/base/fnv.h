/* SPDX-License-Identifier: ISC */
/* A plain hash, for texts of which nobody aims for collisions: the operator's own. */
#ifndef BASE_FNV_H
#define BASE_FNV_H

#include <stdint.h>

/* FNV-1a (Fowler, Noll and Vo), its halves folded so that the lower bits have all of it. */
static inline uint32_t fnv_text(const char *text)
{
	uint64_t hash = 14695981039346656037u;
	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * 1099511628211u;
	return (uint32_t)(hash ^ hash >> 32);
}

#endif
