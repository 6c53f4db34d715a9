/* SPDX-License-Identifier: ISC */
/* Values as the dialect writes them: numbers, durations, TTLs, and the nearest word to a misspelt one. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal number, nothing before or after it. False where it is none or does not fit. */
bool value_number(const char *text, size_t len, uint64_t *out);

/*
 * A TTL in seconds: `30`, `90s`, `1h30m`, `2w`; units w d h m s in either case. At most 2^31-1 (RFC 2181 §8).
 */
bool value_ttl(const char *text, size_t len, uint32_t *out);

/* A duration in milliseconds: as a TTL, and with `250ms`; a bare number is seconds. At most 2^31-1 ms. */
bool value_duration_ms(const char *text, size_t len, uint32_t *out);

/* The word of `words` nearest to `text` by edit distance, or NULL where none is near (over a third of its
 * letters wrong). */
const char *value_nearest(const char *text, size_t len, const char *const *words, size_t n);

#endif
