/* SPDX-License-Identifier: ISC */
/*
 * Round-trip times from distances, in steps of an eighth of an octave, so that neighbouring places agree. In
 * whole numbers throughout: the same on every machine, whatever its mathematics library.
 */
#ifndef GEO_ESTIMATE_H
#define GEO_ESTIMATE_H

#include <stdint.h>

/* On the sphere of radius 1 << 30. */
struct point {
	int64_t x, y, z;
};

/* Of degrees. */
struct point point_at(double latitude, double longitude);

/* The furthest that each step reaches. */
enum { LADDER_STEPS = 49 };
struct ladder {
	int64_t reach[LADDER_STEPS]; /* the square of the chord */
};

void ladder_init(struct ladder *ladder);

/* That of 1000 × (5 + km / 66) µs nearest to it, of the steps 5000 × 2^(k/8) µs; the Earth as a sphere of
 * 6371 km. */
uint32_t estimate_us(const struct ladder *ladder, const struct point *a, const struct point *b);

#endif
