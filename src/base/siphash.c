/* SPDX-License-Identifier: ISC */
/* SipHash-2-4. */
#include "base/siphash.h"

#include <string.h>

enum { ROUNDS_A_WORD = 2, ROUNDS_LAST = 4 };

struct sip {
	uint64_t a, b, c, d;
};

static uint64_t turned(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static void mix(struct sip *s, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		s->a += s->b;
		s->c += s->d;
		s->b = turned(s->b, 13) ^ s->a;
		s->d = turned(s->d, 16) ^ s->c;
		s->a = turned(s->a, 32) + s->d;
		s->c += s->b;
		s->d = turned(s->d, 21) ^ s->a;
		s->b = turned(s->b, 17) ^ s->c;
		s->c = turned(s->c, 32);
	}
}

static void take(struct sip *s, uint64_t word)
{
	s->d ^= word;
	mix(s, ROUNDS_A_WORD);
	s->a ^= word;
}

uint64_t siphash(const uint8_t key[SIPHASH_KEY_OCTETS], const uint8_t *octets, size_t len)
{
	uint64_t k[2], word;
	memcpy(k, key, sizeof(k));
	struct sip s = {0x736f6d6570736575 ^ k[0], 0x646f72616e646f6d ^ k[1], 0x6c7967656e657261 ^ k[0],
			0x7465646279746573 ^ k[1]};
	size_t at = 0;
	for (; len - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, octets + at, sizeof(word));
		take(&s, word);
	}
	word = (uint64_t)len << 56; /* beside the octets that are left, fewer than 8 */
	for (unsigned shift = 0; at < len; at++, shift += 8)
		word |= (uint64_t)octets[at] << shift;
	take(&s, word);
	s.c ^= 0xff;
	mix(&s, ROUNDS_LAST);
	return s.a ^ s.b ^ s.c ^ s.d;
}
