/* SPDX-License-Identifier: ISC */
/* Times to datacenters, out of what was compiled and what was measured. */
#include "steer/latency.h"

/* What clients have measured that bears on this one; each may be NULL. */
struct learned {
	const uint32_t *prefix, *country, *continent; /* by datacenter */
};

static struct learned learn(const struct board *board, const struct addr *client, const struct times *times)
{
	const struct measurements *m = board->learned;
	if (m == NULL)
		return (struct learned){0};
	return (struct learned){measurements_find(m, client), measurements_country(m, times->country),
				measurements_continent(m, times->continent)};
}

/* Takes a time where there is one. */
static bool take(struct timed_to *to, const uint32_t *list, enum timed_by by)
{
	if (list == NULL || list[to->datacenter] == 0)
		return false;
	to->us = list[to->datacenter];
	to->by = (uint8_t)by;
	return true;
}

static struct timed_to time_to(const struct time_to *compiled, const struct learned *l,
			       const struct board *board)
{
	struct timed_to to = {compiled->datacenter, TIMED_UNKNOWN, UINT32_MAX};
	if (take(&to, l->prefix, TIMED_MEASURED))
		return to;
	if (compiled->source == TIME_TABLE) {
		to.us = compiled->us;
		to.by = TIMED_TABLE;
	} else if (!take(&to, l->country, TIMED_COUNTRY) && !take(&to, l->continent, TIMED_CONTINENT)) {
		if (compiled->source == TIME_DISTANCE) {
			to.us = compiled->us;
			to.by = TIMED_DISTANCE;
		} else {
			take(&to, board->latencies_us, TIMED_CHECK);
		}
	}
	return to;
}

static void insert(struct timed *timed, const struct timed_to *to)
{
	unsigned at = timed->n++;
	for (; at > 0 && timed->list[at - 1].us > to->us; at--)
		timed->list[at] = timed->list[at - 1];
	timed->list[at] = *to;
}

void latency_times(const struct steering *s, const struct board *board, const struct addr *client,
		   struct timed *out)
{
	struct times_found found = times_find(s->times, client);
	struct learned learned = learn(board, client, found.times);
	out->n = 0;
	out->scope = found.scope;
	if (board->learned != NULL && measurements_prefixes(board->learned) > 0) {
		uint8_t grain = measurements_grain(board->learned, (enum family)client->family);
		out->scope = grain > out->scope ? grain : out->scope;
	}
	for (unsigned i = 0; i < found.times->n && out->n < CANDIDATES_MAX; i++) {
		const struct time_to *compiled = &found.times->list[i];
		if (steering_in(s, compiled->datacenter) == 0)
			continue;
		struct timed_to to = time_to(compiled, &learned, board);
		insert(out, &to);
	}
}
