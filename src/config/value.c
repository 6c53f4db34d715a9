/* SPDX-License-Identifier: ISC */
/* Numbers, durations, and the nearest word. */
#include "config/value.h"

#include <ctype.h>
#include <string.h>

bool value_number(const char *text, size_t len, uint64_t *out)
{
	uint64_t value = 0;
	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned char)text[i] - '0';
		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

/* Milliseconds in the unit that `text` begins with, and how many letters name it; 0: none. */
static uint64_t unit_ms(const char *text, size_t len, bool milliseconds, size_t *letters)
{
	static const struct {
		char letter;
		uint32_t ms;
	} units[] = {{'w', 604800000}, {'d', 86400000}, {'h', 3600000}, {'m', 60000}, {'s', 1000}};
	if (milliseconds && len >= 2 && tolower((unsigned char)text[0]) == 'm' &&
	    tolower((unsigned char)text[1]) == 's') {
		*letters = 2;
		return 1;
	}
	*letters = 1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (len > 0 && tolower((unsigned char)text[0]) == units[i].letter)
			return units[i].ms;
	}
	return 0;
}

/* A sum of numbers with units, the larger units first; a bare number stands alone and is seconds. */
static bool parse_ms(const char *text, size_t len, bool milliseconds, uint64_t *out)
{
	uint64_t before = UINT64_MAX;
	*out = 0;
	for (size_t at = 0; at < len || at == 0;) {
		size_t digits = at, letters;
		uint64_t number;
		while (digits < len && isdigit((unsigned char)text[digits]))
			digits++;
		if (digits - at > 10 || !value_number(text + at, digits - at, &number))
			return false;
		if (digits == len && at == 0) {
			*out = number * 1000;
			return true;
		}
		uint64_t unit = unit_ms(text + digits, len - digits, milliseconds, &letters);
		if (unit == 0 || unit >= before)
			return false;
		before = unit;
		*out += number * unit;
		at = digits + letters;
	}
	return true;
}

bool value_ttl(const char *text, size_t len, uint32_t *out)
{
	uint64_t ms;
	if (!parse_ms(text, len, false, &ms) || ms / 1000 > INT32_MAX)
		return false;
	*out = (uint32_t)(ms / 1000);
	return true;
}

bool value_duration_ms(const char *text, size_t len, uint32_t *out)
{
	uint64_t ms;
	if (!parse_ms(text, len, true, &ms) || ms > INT32_MAX)
		return false;
	*out = (uint32_t)ms;
	return true;
}

enum { WORD_MAX = 32, BEGINNING_MIN = 3 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edit distance (Levenshtein 1966) with swaps of neighbours as one edit; both at most WORD_MAX long. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_MAX + 1];
	for (unsigned j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
		row[0] = i;
		for (unsigned j = 1; j <= b_len; j++) {
			int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
			row[j] = least(least(row[j - 1], above[j]) + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				row[j] = least(row[j], above2[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

/* Where one is the beginning of the other, as in "cert" and "certificate". */
static const char *beginning_of(const char *text, size_t len, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t word_len = strlen(words[i]), shorter = len < word_len ? len : word_len;
		if (shorter >= BEGINNING_MIN && strncasecmp(text, words[i], shorter) == 0)
			return words[i];
	}
	return NULL;
}

const char *value_nearest(const char *text, size_t len, const char *const *words, size_t n)
{
	const char *best = NULL;
	unsigned best_distance = 0;
	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t word_len = strlen(words[i]);
		if (word_len > WORD_MAX)
			continue;
		unsigned d = distance(text, len, words[i], word_len);
		if (best == NULL || d < best_distance) {
			best = words[i];
			best_distance = d;
		}
	}
	size_t longer = best && strlen(best) > len ? strlen(best) : len;
	return best != NULL && best_distance * 3 <= longer ? best : beginning_of(text, len, words, n);
}
