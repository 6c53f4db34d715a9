/* SPDX-License-Identifier: ISC */
/* Coming back after an outage. */
#include "health/comeback.h"

enum { STEP_MIN_MS = 100, STEPS = 64 };

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

bool comeback_held(const struct comeback_case *c, int64_t now_ms, int64_t *until_ms)
{
	*until_ms = INT64_MAX;
	if (c->down_ms == 0 || c->released_ms >= c->up_ms)
		return false;
	switch (c->rule.when) {
	case COMEBACK_AUTO: return false;
	case COMEBACK_MANUAL: return true;
	case COMEBACK_AFTER: break;
	}
	*until_ms = c->up_ms + c->rule.after_ms;
	return now_ms < *until_ms;
}

/* When it began to be answered with again. */
static int64_t returned_ms(const struct comeback_case *c)
{
	int64_t up_ms = c->down_ms > 0 ? c->up_ms : 0;
	if (up_ms > 0 && c->rule.when == COMEBACK_AFTER && c->released_ms < up_ms)
		up_ms += c->rule.after_ms;
	if (up_ms > 0)
		up_ms = later(up_ms, c->released_ms);
	return later(up_ms, c->returned_ms);
}

uint16_t comeback_share(const struct comeback_case *c, int64_t now_ms, int64_t *next_ms)
{
	int64_t since_ms = returned_ms(c), passed_ms = now_ms - since_ms;
	*next_ms = INT64_MAX;
	if (since_ms == 0 || passed_ms >= c->slow_start_ms)
		return SHARE_WHOLE;
	*next_ms = now_ms + later(c->slow_start_ms / STEPS, STEP_MIN_MS);
	int64_t share = passed_ms > 0 ? passed_ms * SHARE_WHOLE / c->slow_start_ms : 0;
	return (uint16_t)later(share, 1);
}
