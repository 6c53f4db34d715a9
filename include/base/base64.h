/* SPDX-License-Identifier: ISC */
/* Base64 (RFC 4648 §4). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes `len` digits with their padding and nothing else into `out`, which has room for len / 4 * 3 octets.
 * Sets *n to how many there are. An empty text is none.
 */
bool base64_decode(const char *text, size_t len, uint8_t *out, size_t *n);

#endif
