/* SPDX-License-Identifier: ISC */
/* Labels of one octet are read eight at a time, others one by one. */
#include "wire/labels.h"
#include "wire/name.h"

#include <stdbool.h>
#include <string.h>

enum { RUN = 8, RUN_OCTETS = 2 * RUN };

/* Eight labels of one octet each: | 1 | a | 1 | b | … */
static inline bool is_run(const uint8_t *octets)
{
	const uint64_t lengths = 0x00ff00ff00ff00ff, ones = 0x0001000100010001;
	uint64_t first, last;
	memcpy(&first, octets, 8);
	memcpy(&last, octets + 8, 8);
	return (((first ^ ones) | (last ^ ones)) & lengths) == 0;
}

/* They begin at every second octet; none of the sums is above 255. */
static inline void note_run(uint8_t *label_at, size_t begin)
{
	uint64_t begins = begin * 0x0101010101010101 + 0x0e0c0a0806040200;
	memcpy(label_at, &begins, sizeof(begins));
}

/* Not part of who reads the name, which mostly has no use for it. */
__attribute__((noinline)) uint8_t *labels_read(const uint8_t *name, size_t limit, size_t at,
					       uint8_t *label_at)
{
	while (at < limit) {
		for (; at + 2 * RUN_OCTETS < limit && is_run(name + at) && is_run(name + at + RUN_OCTETS);
		     at += 2 * RUN_OCTETS, label_at += 2 * RUN) {
			note_run(label_at, at);
			note_run(label_at + RUN, at + RUN_OCTETS);
		}
		if (at + RUN_OCTETS < limit && is_run(name + at)) {
			note_run(label_at, at);
			at += RUN_OCTETS;
			label_at += RUN;
		}
		for (size_t few = at + RUN_OCTETS < limit ? at + RUN_OCTETS : limit; at < few;) {
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
