/* SPDX-License-Identifier: ISC */
/* Labels of one octet are read 32, 16 or 4 at a time, others one by one. */
#include "wire/labels.h"
#include "wire/name.h"

#include <string.h>

enum {
	RUN = 32, /* labels of one octet each: | 1 | a | 1 | b | … */
	HALF = 16,
	FEW = 4,
	MIXED = 32, /* octets that are read label by label before others are tried again */
};

typedef uint8_t octets16 __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

/* Each octet against 1. */
static inline octets16 differ(const uint8_t *octets)
{
	octets16 v;
	memcpy(&v, octets, sizeof(v));
	return v ^ 1;
}

/* Whether there is anything but 1 where the lengths are, in any of those. */
static inline bool are_labels(octets16 differences)
{
	const octets16 lengths = {255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0};
	halves wrong = (halves)(differences & lengths);
	return (wrong[0] | wrong[1]) == 0;
}

static inline bool is_half(const uint8_t *octets)
{
	return are_labels(differ(octets) | differ(octets + 16));
}

static inline bool is_run(const uint8_t *octets)
{
	return are_labels(differ(octets) | differ(octets + 16) | differ(octets + 32) | differ(octets + 48));
}

/* How many of the next four are labels of one octet. */
static inline unsigned few_labels(const uint8_t *octets)
{
	const uint64_t lengths = 0x00ff00ff00ff00ff, ones = 0x0001000100010001;
	uint64_t v;
	memcpy(&v, octets, sizeof(v));
	uint64_t wrong = (v ^ ones) & lengths;
	return wrong == 0 ? FEW : (unsigned)__builtin_ctzll(wrong) / 16;
}

/* Where they begin. */
static inline void note_few(uint8_t *label_at, size_t at)
{
	uint32_t begins = (uint32_t)at * 0x01010101 + 0x06040200;
	memcpy(label_at, &begins, sizeof(begins));
}

/* Not part of who reads the name, which mostly has no use for it. */
__attribute__((noinline)) uint8_t *labels_read(const uint8_t *name, size_t limit, size_t at,
					       uint8_t *label_at)
{
	octets16 begins = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
	begins += (uint8_t)at;
	for (; at + 2 * RUN < limit && is_run(name + at); at += 2 * RUN, label_at += RUN) {
		octets16 second = begins + 2 * HALF;
		memcpy(label_at, &begins, HALF);
		memcpy(label_at + HALF, &second, HALF);
		begins += 2 * RUN;
	}
	if (at + 2 * HALF < limit && is_half(name + at)) {
		memcpy(label_at, &begins, HALF);
		at += 2 * HALF;
		label_at += HALF;
	}
	while (at < limit) {
		for (unsigned n = FEW; n == FEW && at + 2 * FEW <= limit + LABELS_BEHIND;
		     at += 2 * n, label_at += n) {
			n = few_labels(name + at);
			note_few(label_at, at);
		}
		for (size_t end = at + MIXED < limit ? at + MIXED : limit; at < end;) {
			size_t len = name[at];
			*label_at = (uint8_t)at;
			if (len - 1 >= LABEL_OCTETS_MAX)
				return len == 0 ? label_at : NULL;
			label_at++;
			at += len + 1;
		}
	}
	return NULL;
}
