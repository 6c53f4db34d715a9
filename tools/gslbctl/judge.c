/* SPDX-License-Identifier: ISC */
/* Right or wrong: what an answer is held against. No I/O, and no clock. */
#include "drill.h"

#include <string.h>

enum { GRACE_US = 1000000 }; /* until an override must have reached everybody; it takes a hundredth of it */

/* Somebody who was answered is not. */
static bool is_nothing(const struct probe *p, const struct dns_reply *reply)
{
	if (reply->none)
		return true;
	if (p->before.nothing)
		return false;
	return reply->rcode != 0 || reply->n == 0 || (!reply->typed && p->during.nothing);
}

static bool is_drilled(const struct probe *p, const char *datacenter, const struct dns_reply *reply)
{
	for (size_t i = 0; i < reply->n; i++) {
		if (possible_owns(&p->before, reply->records[i], datacenter) ||
		    possible_owns(&p->during, reply->records[i], datacenter))
			return true;
	}
	return false;
}

static enum judgement judge_before(struct probe *p, const struct dns_reply *reply)
{
	p->had = !reply->none && reply->rcode == 0 && reply->n > 0 && !p->before.last_resort;
	if (reply->none)
		return JUDGEMENT_NOTHING;
	return possible_fits(&p->before, reply, NULL) || possible_fits(&p->during, reply, NULL)
		       ? JUDGEMENT_RIGHT
		       : JUDGEMENT_STRANGE;
}

/* Where answers are drawn from several datacenters, one of the others says nothing of when the drilled one
 * was gone: what counts is the first after its last. */
static enum judgement judge_during(struct probe *p, const char *datacenter, int64_t phase_us,
				   const struct dns_reply *reply)
{
	if (is_nothing(p, reply)) {
		p->lost = true;
		return JUDGEMENT_NOTHING;
	}
	if (possible_fits(&p->during, reply, datacenter)) {
		if (p->during.last_resort)
			return JUDGEMENT_LAST;
		if (p->moved_us < 0)
			p->moved_us = reply->received_us - phase_us;
		if (p->certain_us < 0 && !possible_fits(&p->before, reply, NULL))
			p->certain_us = reply->received_us;
		return JUDGEMENT_RIGHT;
	}
	bool late = reply->sent_us - phase_us > GRACE_US ||
		    (p->certain_us >= 0 && reply->sent_us > p->certain_us);
	if (!late && possible_fits(&p->before, reply, NULL)) {
		p->moved_us = -1;
		return JUDGEMENT_RIGHT;
	}
	return is_drilled(p, datacenter, reply) ? JUDGEMENT_DRILLED : JUDGEMENT_STRANGE;
}

static enum judgement judge_back(struct probe *p, const char *datacenter, int64_t phase_us,
				 const struct dns_reply *reply)
{
	if (is_nothing(p, reply))
		return p->lost && reply->sent_us - phase_us <= GRACE_US ? JUDGEMENT_RIGHT : JUDGEMENT_NOTHING;
	bool as_before = possible_fits(&p->before, reply, NULL);
	if (p->back_us < 0 && as_before && (!p->drilled || is_drilled(p, datacenter, reply)))
		p->back_us = reply->received_us - phase_us;
	return as_before || possible_fits(&p->during, reply, NULL) ? JUDGEMENT_RIGHT : JUDGEMENT_STRANGE;
}

enum judgement judge(struct probe *p, const char *datacenter, enum phase phase, int64_t phase_us,
		     const struct dns_reply *reply)
{
	if (phase == PHASE_BEFORE)
		return judge_before(p, reply);
	if (!p->had)
		return JUDGEMENT_RIGHT;
	return phase == PHASE_DURING ? judge_during(p, datacenter, phase_us, reply)
				     : judge_back(p, datacenter, phase_us, reply);
}

bool probe_emptied(const struct probe *p, const char *datacenter)
{
	return p->before.n > 0 && !p->before.nothing && !p->before.last_resort &&
	       (p->during.nothing || p->during.last_resort || !possible_has_other(&p->during, datacenter));
}
