/* SPDX-License-Identifier: ISC */
/* Distances as a textbook has them: the oracle for whatever compares and estimates them in other ways. */
#ifndef TESTS_UNIT_GLOBE_H
#define TESTS_UNIT_GLOBE_H

#include <math.h>

/* Great-circle distance in kilometres (haversine; the Earth as a sphere of 6371 km). Degrees in. */
static inline double distance_km(double latitude1, double longitude1, double latitude2, double longitude2)
{
	const double earth_km = 6371, radians = M_PI / 180;
	double north = sin((latitude2 - latitude1) * radians / 2);
	double east = sin((longitude2 - longitude1) * radians / 2);
	double h = north * north + cos(latitude1 * radians) * cos(latitude2 * radians) * east * east;
	return 2 * earth_km * asin(sqrt(h < 1 ? h : 1));
}

#endif
