/* SPDX-License-Identifier: ISC */
/* The state machine of health: one result in, one state out. */
#include "health/machine.h"

static uint16_t count_up(uint16_t n)
{
	return n < UINT16_MAX ? (uint16_t)(n + 1) : n;
}

static struct health step_up(struct health h, bool ok, const struct thresholds *t)
{
	if (ok) {
		h.good = count_up(h.good);
		if (h.good >= t->rise)
			h.bad = 0;
		return h;
	}
	h.good = 0;
	h.bad = count_up(h.bad);
	return h.bad >= t->fall ? (struct health){.state = HEALTH_DOWN} : h;
}

static struct health step_down(struct health h, bool ok, const struct thresholds *t)
{
	h.good = ok ? count_up(h.good) : 0;
	if (h.good >= t->rise)
		h = (struct health){.state = HEALTH_UP, .good = h.good};
	return h;
}

struct health health_step(struct health h, bool ok, const struct thresholds *t)
{
	switch (h.state) {
	case HEALTH_UP: return step_up(h, ok, t);
	case HEALTH_DOWN: return step_down(h, ok, t);
	case HEALTH_UNKNOWN: break;
	}
	return (struct health){.state = ok ? HEALTH_UP : HEALTH_DOWN, .good = ok};
}

bool pace_ok(const struct health *pace, uint32_t latency_us, uint32_t limit_us)
{
	if (pace->state == HEALTH_DOWN)
		return (uint64_t)latency_us * 5 < (uint64_t)limit_us * 4;
	return latency_us <= limit_us;
}

uint32_t latency_fold(uint32_t average_us, uint32_t sample_us)
{
	if (average_us == 0)
		return sample_us ? sample_us : 1;
	uint32_t folded = (uint32_t)(((uint64_t)average_us * 3 + sample_us + 2) / 4);
	return folded ? folded : 1;
}
