/* SPDX-License-Identifier: ISC */
/* A stretch of octets that somebody else owns. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stddef.h>
#include <stdint.h>

struct span {
	uint8_t *octets;
	size_t len;
};

#endif
