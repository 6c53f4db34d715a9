/* SPDX-License-Identifier: ISC */
/* The limiter over reloads, and what the log says of those that it limits. */
#include "answer/limiter.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "control/server.h"

#include <stdio.h>
#include <string.h>

/* A second has few lines. Who hammers in waves is told of once: a limit has ended after so long without. */
enum { TOLD_MAX = 64, LINES_MAX = 4, QUIET_S = 10 };

struct told {
	struct limit_event event;
	uint64_t begin_s, last_s; /* of control's seconds */
};

struct limits_told {
	size_t n;
	struct told list[TOLD_MAX];
};

struct limiter *control_limit(struct control *c)
{
	struct limiter *before = c->limiter;
	c->limiter = limiter_new(&control_world(c)->config->rate_limit, before);
	return before;
}

/* "answers to 192.0.2.0/24" */
static char *subject(const struct limit_event *event, char *out, size_t room)
{
	static const char *const kinds[] = {[LIMIT_ANSWERS] = "answers",
					    [LIMIT_REFERRALS] = "referrals",
					    [LIMIT_NODATA] = "answers without data",
					    [LIMIT_NXDOMAINS] = "NXDOMAINs",
					    [LIMIT_ERRORS] = "errors"};
	char client[ADDR_TEXT_MAX];
	snprintf(out, room, "%s to %s", kinds[event->kind], prefix_format(&event->client, client));
	return out;
}

static void tell_begin(const struct limit_event *event, const struct rate_limit *rules)
{
	char what[128], name[NAME_TEXT_MAX] = "a malformed query";
	if (event->type != 0)
		name_format(event->name.octets, name);
	log_warn("rate-limit: %s %s over %u a second, the first for %s", subject(event, what, sizeof(what)),
		 rules->mode == LIMIT_LOG ? "would be limited: they are" : "are limited: they are",
		 rules->rates[event->kind], name);
}

static bool same(const struct limit_event *a, const struct limit_event *b)
{
	return a->cell == b->cell && a->tag == b->tag;
}

static void begin(struct control *c, const struct limit_event *event)
{
	struct limits_told *told = c->limits;
	for (size_t i = 0; i < told->n; i++) {
		if (same(&told->list[i].event, event))
			return;
	}
	if (told->n == TOLD_MAX)
		return;
	tell_begin(event, limiter_rules(c->limiter));
	told->list[told->n++] = (struct told){*event, c->seconds, c->seconds};
}

/* The list without those that are not limited any more. */
static void end(struct control *c)
{
	struct limits_told *told = c->limits;
	size_t n = 0, ends = 0;
	for (size_t i = 0; i < told->n; i++) {
		struct told *t = &told->list[i];
		char what[128];
		if (c->limiter != NULL && limiter_holds(c->limiter, &t->event, clock_coarse_ms()))
			t->last_s = c->seconds;
		bool ended = c->seconds - t->last_s >= QUIET_S && ends < LINES_MAX;
		if (ended)
			log_info("rate-limit: %s are no longer limited, after %llu s",
				 subject(&t->event, what, sizeof(what)),
				 (unsigned long long)(t->last_s - t->begin_s + 1));
		ends += ended;
		if (!ended)
			told->list[n++] = *t;
	}
	told->n = n;
}

void control_tell_limits(struct control *c)
{
	struct limit_event event;
	if (c->limiter == NULL && c->limits == NULL)
		return;
	if (c->limits == NULL)
		c->limits = mem_alloc(sizeof(*c->limits));
	for (unsigned i = 0; i < LINES_MAX && c->limiter != NULL && limiter_event(c->limiter, &event); i++)
		begin(c, &event);
	end(c);
}
