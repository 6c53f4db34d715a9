/* SPDX-License-Identifier: ISC */
/* The two changes that a drill makes: it takes the datacenter away, and gives it back. */
#include "drill.h"
#include "override.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	SLACK_MS = 30000,      /* an override outlives its drill by this much, should gslbctl die */
	RESTORE_US = 15000000, /* so long the way back is tried */
	CALL_MS = 3000,
	NAP_MS = 1000
};

static const char why[] = "drill";

int drill_take(struct drill *d)
{
	char length[32];
	struct json_object *reply;
	snprintf(length, sizeof(length), "%lldms", (long long)d->length_ms + SLACK_MS);
	struct override_wish wish = {d->datacenter, d->o->fail ? "down" : "drain", length, why, d->o->force};
	drill_begin(d, PHASE_DURING);
	int status = override_put(d->api, &wish, &reply);
	if (status != 200)
		api_complain(status, reply);
	if (status == 409)
		override_refused(reply);
	json_object_put(reply);
	return status == 200 ? RESULT_GOOD : status == 409 ? RESULT_BAD : RESULT_TROUBLE;
}

/* What somebody else has said since is not the drill's to clear. */
static bool is_other(struct drill *d, struct json_object *status)
{
	char who[WHO_MAX];
	struct json_object *override = member(plan_datacenter(status, d->datacenter), "override");
	return override != NULL && (strcmp(member_text(override, "why"), why) != 0 ||
				    strcmp(member_text(override, "who"), override_who(who)) != 0);
}

enum attempt { ATTEMPT_DONE, ATTEMPT_OTHER, ATTEMPT_FAILED };

static enum attempt attempt(struct drill *d)
{
	struct json_object *reply, *status = api_get(d->api, "/v1/status");
	if (status == NULL)
		return ATTEMPT_FAILED;
	bool other = is_other(d, status);
	bool none = member(plan_datacenter(status, d->datacenter), "override") == NULL;
	json_object_put(status);
	if (other)
		return ATTEMPT_OTHER;
	drill_begin(d, PHASE_BACK);
	if (none) /* it has ended by itself, or has never begun: clearing would end more than the drill's */
		return ATTEMPT_DONE;
	int code = override_delete(d->api, d->datacenter, true, &reply);
	if (code != 200)
		api_complain(code, reply);
	json_object_put(reply);
	return code == 200 ? ATTEMPT_DONE : ATTEMPT_FAILED;
}

/* An end that is asked for again does not shorten this: it is short. */
bool drill_give_back(struct drill *d)
{
	enum attempt came;
	int64_t until_us = dns_now_us() + RESTORE_US;
	api_hurry(d->api, CALL_MS, until_us);
	while ((came = attempt(d)) == ATTEMPT_FAILED && dns_now_us() + NAP_MS * 1000 < until_us)
		nanosleep(&(struct timespec){.tv_sec = NAP_MS / 1000}, NULL);
	if (came == ATTEMPT_OTHER)
		fprintf(stderr,
			"gslbctl: somebody else has changed the override of %s meanwhile; it is left as it "
			"is\n",
			d->datacenter);
	if (came == ATTEMPT_FAILED)
		fprintf(stderr,
			"gslbctl: the override of %s could not be cleared; it ends by itself %d s after the "
			"drill, or with: gslbctl clear %s\n",
			d->datacenter, SLACK_MS / 1000, d->datacenter);
	d->kept_away = came != ATTEMPT_DONE;
	return came == ATTEMPT_DONE;
}
