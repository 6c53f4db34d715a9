/* SPDX-License-Identifier: ISC */
/* The time, for those who may read it: nothing pure does, nor the packet path. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/*
 * Milliseconds of a clock that never goes back, and goes on while the machine sleeps. It begins far above 0,
 * so that moments before the machine was started are above 0 too.
 */
#define CLOCK_BEGIN_MS 1000000000000
static inline int64_t clock_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_BOOTTIME, &t);
	return CLOCK_BEGIN_MS + (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Nanoseconds, and microseconds, of a clock that never goes back, to measure how long something takes. */
static inline uint64_t clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t clock_us(void)
{
	return clock_ns() / 1000;
}

/* Milliseconds of a clock that never goes back, to within some: it costs a few loads. */
static inline uint64_t clock_coarse_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Nanoseconds, and milliseconds, since 1970, as people count; may jump. */
static inline uint64_t clock_wall_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline int64_t clock_wall_ms(void)
{
	return (int64_t)(clock_wall_ns() / 1000000);
}

/* Seconds since 1970, as of the kernel's last tick: cheap enough to ask once a batch of queries. */
static inline uint32_t clock_wall_coarse_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	return (uint32_t)t.tv_sec;
}

#endif
