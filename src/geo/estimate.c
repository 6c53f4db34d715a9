/* SPDX-License-Identifier: ISC */
/* Fixed-point geometry: the chord between two points is longer where the great circle is. */
#include "geo/estimate.h"

#include <math.h>

#define ONE    ((int64_t)1 << 30)
#define DEGREE ((int64_t)1000000)

/* The angle is in millionths of a degree. */
static int64_t sine(int64_t angle)
{
	/* (pi/2)^n / n! for n = 1, 3 … 13, in turn added and subtracted */
	static const int64_t taylor[] = {1686629713, -693598668, 85569306, -5026995, 172272, -3864, 61};
	angle = (angle % (360 * DEGREE) + 360 * DEGREE) % (360 * DEGREE);
	if (angle >= 180 * DEGREE)
		return -sine(angle - 180 * DEGREE);
	if (angle > 90 * DEGREE)
		angle = 180 * DEGREE - angle;
	int64_t x = angle * ONE / (90 * DEGREE), x2 = x * x / ONE, sum = 0;
	for (unsigned i = sizeof(taylor) / sizeof(taylor[0]); i-- > 0;)
		sum = taylor[i] + sum * x2 / ONE;
	return sum * x / ONE;
}

struct point point_at(double latitude, double longitude)
{
	int64_t phi = llround(latitude * (double)DEGREE), lambda = llround(longitude * (double)DEGREE);
	int64_t across = sine(phi + 90 * DEGREE);
	return (struct point){
		across * sine(lambda + 90 * DEGREE) / ONE,
		across * sine(lambda) / ONE,
		sine(phi),
	};
}

/* 5000 × 2^(n/16): the steps are the even ones, and between two of them is where the lower one ends. */
static int64_t sixteenth(unsigned n)
{
	static const int64_t octave[] = {5000, 5221, 5453, 5694, 5946, 6209, 6484, 6771,
					 7071, 7384, 7711, 8052, 8409, 8781, 9170, 9576};
	return octave[n % 16] << n / 16;
}

void ladder_init(struct ladder *ladder)
{
	const int64_t angle_of_1000_km = 8993216; /* 180 / pi / 6.371 degrees */
	for (unsigned i = 0; i < LADDER_STEPS; i++) {
		int64_t m = (sixteenth(2 * i + 1) - 5000) * 66;
		int64_t angle = m * angle_of_1000_km / 1000000;
		int64_t half = angle < 180 * DEGREE ? sine(angle / 2) : ONE;
		ladder->reach[i] = 4 * half * half;
	}
}

uint32_t estimate_us(const struct ladder *ladder, const struct point *a, const struct point *b)
{
	int64_t x = a->x - b->x, y = a->y - b->y, z = a->z - b->z, chord = x * x + y * y + z * z;
	unsigned step = 0;
	while (step + 1 < LADDER_STEPS && chord > ladder->reach[step])
		step++;
	return (uint32_t)sixteenth(2 * step);
}
