/* SPDX-License-Identifier: ISC */
/* Labels of one octet are read sixteen or eight at a time, others one by one. */
#include "wire/labels.h"
#include "wire/name.h"

#include <string.h>

enum { RUN = 16, RUN_OCTETS = 2 * RUN, HALF = RUN / 2, HALF_OCTETS = 2 * HALF };

typedef uint8_t octets16 __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

/* Sixteen labels of one octet each: | 1 | a | 1 | b | … Anything but 0: they are not. */
static inline uint64_t no_run(const uint8_t *octets)
{
	const octets16 lengths = {255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0};
	octets16 first, last;
	memcpy(&first, octets, 16);
	memcpy(&last, octets + 16, 16);
	halves wrong = (halves)(((first ^ 1) | (last ^ 1)) & lengths);
	return wrong[0] | wrong[1];
}

static inline uint64_t no_half_run(const uint8_t *octets)
{
	const uint64_t lengths = 0x00ff00ff00ff00ff, ones = 0x0001000100010001;
	uint64_t first, last;
	memcpy(&first, octets, 8);
	memcpy(&last, octets + 8, 8);
	return ((first ^ ones) | (last ^ ones)) & lengths;
}

/* Not part of who reads the name, which mostly has no use for it. */
__attribute__((noinline)) uint8_t *labels_read(const uint8_t *name, size_t limit, size_t at,
					       uint8_t *label_at)
{
	while (at < limit) {
		octets16 begins = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
		begins += (uint8_t)at;
		for (; at + RUN_OCTETS < limit && no_run(name + at) == 0; at += RUN_OCTETS) {
			memcpy(label_at, &begins, RUN);
			begins += RUN_OCTETS;
			label_at += RUN;
		}
		if (at + HALF_OCTETS < limit && no_half_run(name + at) == 0) {
			memcpy(label_at, &begins, HALF);
			at += HALF_OCTETS;
			label_at += HALF;
		}
		for (size_t few = at + HALF_OCTETS < limit ? at + HALF_OCTETS : limit; at < few;) {
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
