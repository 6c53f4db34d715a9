/* SPDX-License-Identifier: ISC */
/* Telling a network that is lost from targets that are dead. */
#include "health/silence.h"
#include "health/calc.h"

enum { SLACK_MS = 1000 }; /* what checks may wait in the queue */

void silence_note(struct vital *v, bool silent, int64_t now_ms)
{
	if (silent && !v->silent)
		v->before_silence = (struct state_before){v->health, v->since_ms,    v->down_ms,
							  v->up_ms,  v->transitions, now_ms};
	v->silent = silent;
}

bool vitals_isolated(const struct vitals *vitals, const struct roster *roster)
{
	uint32_t polled = 0;
	bool several = false;
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		if (roster->targets[i].parts != NULL)
			continue;
		if (!vitals->targets[i].silent)
			return false;
		several |= !addr_equal(&roster->targets[i].address.addr, &roster->targets[0].address.addr);
		polled++;
	}
	return polled > 1 && several;
}

/* The time in which a loss of the network shows at every target. */
static int64_t round_ms(const struct roster *roster)
{
	int64_t longest_ms = 0;
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		const struct check *check = roster->targets[i].check;
		int64_t ms = (int64_t)check->interval_ms + check->timeout_ms;
		longest_ms = ms > longest_ms ? ms : longest_ms;
	}
	return longest_ms + SLACK_MS;
}

void silence_forgive(struct vitals *vitals, const struct roster *roster, int64_t now_ms)
{
	int64_t after_ms = now_ms - round_ms(roster);
	for (uint32_t i = 0; i < roster->n_targets; i++) {
		struct vital *v = &vitals->targets[i];
		if (!v->silent || v->before_silence.until_ms < after_ms)
			continue;
		v->health = v->before_silence.health;
		v->since_ms = v->before_silence.since_ms;
		v->down_ms = v->before_silence.down_ms;
		v->up_ms = v->before_silence.up_ms;
		v->transitions = v->before_silence.transitions;
	}
	calcs_derive(vitals, roster, now_ms);
}
