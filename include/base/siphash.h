/* SPDX-License-Identifier: ISC */
/* SipHash-2-4 (Aumasson and Bernstein 2012): a keyed hash of short texts, for what others must not foresee.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

enum { SIPHASH_KEY_OCTETS = 16 };

/* The reference's 8 octets of output are those of the number, the lowest first. */
uint64_t siphash(const uint8_t key[SIPHASH_KEY_OCTETS], const uint8_t *octets, size_t len);

#endif
