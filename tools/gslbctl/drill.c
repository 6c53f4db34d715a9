/* SPDX-License-Identifier: ISC */
/* gslbctl drill: takes a datacenter away, watches the clients move, gives it back, watches them return. */
#include "drill.h"
#include "asker.h"
#include "base/memory.h"
#include "base/plural.h"
#include "config/value.h"
#include "report.h"
#include "stop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LENGTH_MS = 60000,
	BRISK_US = 1000000,     /* so long after a change answers are looked at as often as it goes */
	PAUSE_MS = 50,          /* between rounds after that */
	BACK_US = 10000000,     /* so long everybody may take to be back */
	BACK_MIXED_US = 1000000 /* and those whom dice may send elsewhere */
};
enum {
	CALL_MS = 3000,         /* so long a call of the API may take while something is drilled */
	BASELINE_US = 60000000, /* so long the first round may take */
	TOO_SLOW_US = 10000000, /* a round may go on past its phase by this much */
	LOOK_BACK_US = 60000000 /* all that is asked of the API on the way back */
};
enum { TOLD_MAX = 3, WRONGS_MAX = 1000, REFRESH_US = 1000000, DNS_PORT = 53 };

/* Notes a wrong answer; of each client only the first few are kept. */
static void note_wrong(struct drill *d, struct probe *p, enum judgement judgement,
		       const struct dns_reply *reply)
{
	d->n_wrong++;
	if (p->n_wrong++ >= TOLD_MAX || d->n_wrongs == WRONGS_MAX)
		return;
	d->wrongs = mem_grow(d->wrongs, &d->cap_wrongs, d->n_wrongs + 1, sizeof(*d->wrongs));
	d->wrongs[d->n_wrongs++] = (struct wrong){
		.probe = p,
		.phase = d->phase,
		.judgement = judgement,
		.at_us = reply->received_us - d->phase_us,
		.got = dns_reply_text(reply),
		.allowed = possible_text(d->phase == PHASE_DURING || p->refreshed_us >= 0 ? &p->during
											  : &p->before,
					 d->phase == PHASE_DURING ? d->datacenter : NULL)};
}

/* The world may have moved since the plan was made: something else went down, or a weight grows. False: it is
 * not known. */
static bool refresh(struct drill *d, struct probe *p)
{
	struct possible now;
	int64_t now_us = dns_now_us();
	if (p->refreshed_us >= 0 && now_us - p->refreshed_us < REFRESH_US)
		return false;
	p->refreshed_us = now_us;
	if (d->phase == PHASE_BEFORE)
		return plan_probe(d, p);
	if (!plan_explain(d, p, "", &now))
		return false;
	possible_free(&p->during);
	p->during = now;
	return true;
}

/* An API that does not answer ends the drill: it could not be given back later either. */
static bool on_reply(void *context, size_t question, const struct dns_reply *reply)
{
	struct drill *d = context;
	struct probe *p = &d->probes[question];
	d->n_replies++;
	enum judgement judgement = judge(p, d->datacenter, d->phase, d->phase_us, reply);
	if (judgement != JUDGEMENT_RIGHT && !reply->none && refresh(d, p))
		judgement = judge(p, d->datacenter, d->phase, d->phase_us, reply);
	if (judgement != JUDGEMENT_RIGHT)
		note_wrong(d, p, judgement, reply);
	return api_answered(d->api);
}

void drill_begin(struct drill *d, enum phase phase)
{
	d->phase = phase;
	d->phase_us = dns_now_us();
}

/* Has everybody come back for whom that is not a matter of luck? */
static bool all_back(const struct drill *d)
{
	bool lucky = dns_now_us() - d->phase_us > BACK_MIXED_US;
	for (size_t i = 0; i < d->n_probes; i++) {
		const struct probe *p = &d->probes[i];
		bool mixed = possible_has_other(&p->before, d->datacenter);
		if (p->concerned && p->had && p->back_us < 0 && !(mixed && lucky))
			return false;
	}
	return true;
}

/* False: the drill ends here. */
static bool ask_round(struct drill *d, struct asker *asker, int64_t until_us)
{
	static const enum ending endings[] = {
		[ROUND_WHOLE] = ENDING_WHOLE, [ROUND_STOPPED] = ENDING_STOPPED, [ROUND_LOST] = ENDING_LOST};
	d->ending = endings[asker_round(asker, d->asked, d->n_probes, until_us, d->stop_fd)];
	if (d->ending == ENDING_LOST)
		fputs("gslbctl: the server answers no more, or too slowly\n", stderr);
	return d->ending == ENDING_WHOLE;
}

/* Asks everybody again and again. False: the drill ends here. */
static bool ask_on(struct drill *d, struct asker *asker, int64_t length_us,
		   bool (*enough)(const struct drill *d))
{
	int64_t passed_us;
	do {
		if (!ask_round(d, asker, d->phase_us + length_us + TOO_SLOW_US))
			return false;
		passed_us = dns_now_us() - d->phase_us;
		if (stop_wait(d->stop_fd, passed_us < BRISK_US ? 1 : PAUSE_MS)) {
			d->ending = ENDING_STOPPED;
			return false;
		}
	} while (passed_us < length_us && !(enough != NULL && enough(d)));
	return true;
}

/* Those who never moved, where a drill is too short for that to have been noticed before. */
static void look_for_unmoved(struct drill *d)
{
	for (size_t i = 0; i < d->n_probes; i++) {
		struct probe *p = &d->probes[i];
		struct dns_reply as_ever = {.received_us = dns_now_us()};
		if (p->drilled && p->had && p->moved_us < 0 && p->n_wrong == 0)
			note_wrong(d, p, JUDGEMENT_DRILLED, &as_ever);
	}
}

static bool is_slow_starting(struct drill *d)
{
	struct json_object *status = api_get(d->api, "/v1/status");
	const char *text = member_text(plan_datacenter(status, d->datacenter), "why");
	bool slow = text != NULL && strncmp(text, "slow start", strlen("slow start")) == 0;
	json_object_put(status);
	return slow;
}

/* Those that were not seen to come back: is it the dice, or are they really not? False: it can't be found
 * out.
 */
static bool look_for_missing(struct drill *d)
{
	for (size_t i = 0; i < d->n_probes; i++) {
		struct probe *p = &d->probes[i];
		struct possible now;
		if (!p->concerned || !p->had || p->back_us >= 0)
			continue;
		if (!plan_explain(d, p, "", &now))
			return false;
		bool mixed = possible_has(&now, d->datacenter) && possible_has_other(&now, d->datacenter);
		p->away = p->drilled ? !mixed : !possible_equal(&now, &p->before);
		d->n_away += p->away;
		possible_free(&now);
	}
	return true;
}

/* Who is not back soon is waited for, unless a slow start makes that a matter of minutes. */
static void watch_return(struct drill *d, struct asker *asker)
{
	api_hurry(d->api, CALL_MS, dns_now_us() + LOOK_BACK_US);
	if (!ask_on(d, asker, BACK_MIXED_US, all_back))
		return;
	bool slow = !all_back(d) && is_slow_starting(d);
	if (!slow && !all_back(d) && !ask_on(d, asker, BACK_US, all_back))
		return;
	if (!slow && !look_for_missing(d))
		d->ending = ENDING_LOST;
}

/* What every drill needs, or it would not be one. */
static bool baseline(struct drill *d, struct asker *asker)
{
	char address[ADDR_TEXT_MAX];
	drill_begin(d, PHASE_BEFORE);
	if (ask_round(d, asker, d->phase_us + BASELINE_US))
		return true;
	if (d->ending == ENDING_LOST && d->n_wrong == d->n_replies)
		fprintf(stderr, "gslbctl: nothing answers DNS at %s; --server says where to ask\n",
			endpoint_format(&d->server, address));
	return false;
}

static int report(struct drill *d, bool dry)
{
	if (!dry && d->ending == ENDING_WHOLE)
		d->after = api_get(d->api, "/v1/status");
	return d->o->json ? report_json(d, dry, stdout) : report_print(d, dry, stdout);
}

static int run(struct drill *d, struct asker *asker)
{
	if (!baseline(d, asker))
		return RESULT_TROUBLE;
	if (d->n_wrong > 0) {
		fprintf(stderr, "gslbctl: answers are wrong already; %s is left as it is\n", d->datacenter);
		return report(d, false);
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "asking %zu question%s again and again for %u s; ^C gives %s back at once\n",
			d->n_probes, plural(d->n_probes), d->length_ms / 1000, d->datacenter);
	int result = drill_take(d);
	if (result == RESULT_TROUBLE)
		drill_give_back(d); /* it may have arrived all the same */
	if (result != RESULT_GOOD)
		return result;
	if (ask_on(d, asker, (int64_t)d->length_ms * 1000, NULL))
		look_for_unmoved(d);
	if (!drill_give_back(d)) {
		report(d, false);
		return RESULT_TROUBLE;
	}
	if (d->ending == ENDING_WHOLE)
		watch_return(d, asker);
	return report(d, false);
}

/* Where to ask: as told, or where the server listens, everywhere being here. */
static bool find_server(struct drill *d)
{
	static const uint8_t none[16];
	struct json_object *listens = member(d->status, "listens");
	const char *text = d->o->dns_server;
	if (text == NULL && listens != NULL && json_object_array_length(listens) > 0)
		text = json_object_get_string(json_object_array_get_idx(listens, 0));
	if (text == NULL || !endpoint_parse(text, strlen(text), &d->server)) {
		fprintf(stderr, "gslbctl: --server: \"%s\" is no address, such as 127.0.0.1:53\n",
			text ? text : "");
		return false;
	}
	if (d->server.port == 0)
		d->server.port = DNS_PORT;
	if (memcmp(d->server.addr.octets, none, sizeof(none)) == 0) {
		const char *here = d->server.addr.family == FAMILY_V4 ? "127.0.0.1" : "::1";
		return addr_parse(here, strlen(here), &d->server.addr);
	}
	return true;
}

/* Is there something to drill? */
static bool check_datacenter(struct drill *d)
{
	struct json_object *datacenter = plan_datacenter(d->status, d->datacenter);
	if (datacenter == NULL) {
		fprintf(stderr, "gslbctl: no datacenter is named \"%s\"\n", d->datacenter);
		return false;
	}
	const char *state = member_text(datacenter, "state");
	if (strcmp(state, "up") == 0 && member(datacenter, "override") == NULL)
		return true;
	fprintf(stderr, "gslbctl: %s can't be drilled: it is %s%s%s\n", d->datacenter, state,
		member(datacenter, "override") ? " by an operator, " : "; ",
		member_text(datacenter, "why") ? member_text(datacenter, "why") : "");
	return false;
}

static int drill_with(struct drill *d)
{
	d->status = api_get(d->api, "/v1/status");
	if (d->status == NULL || !check_datacenter(d) || !find_server(d) || !plan_make(d))
		return RESULT_TROUBLE;
	if (d->o->dry_run)
		return report(d, true);
	struct asker *asker = asker_open(&d->server, on_reply, d);
	if (asker == NULL)
		return RESULT_TROUBLE;
	d->stop_fd = stop_open();
	api_hurry(d->api, CALL_MS, INT64_MAX);
	signal(SIGPIPE, SIG_IGN); /* nothing may end this before the datacenter is given back */
	int result = run(d, asker);
	close(d->stop_fd);
	asker_close(asker);
	return result;
}

int command_drill(const struct options *o)
{
	struct drill d = {.o = o, .datacenter = o->words[0], .length_ms = LENGTH_MS};
	if (o->fail && o->drain) {
		fputs("gslbctl: --fail and --drain exclude each other\n", stderr);
		return RESULT_TROUBLE;
	}
	if (o->length != NULL &&
	    (!value_duration_ms(o->length, strlen(o->length), &d.length_ms) || d.length_ms == 0)) {
		fprintf(stderr, "gslbctl: --for: \"%s\" is no duration from 1ms to 24d, such as 60s\n",
			o->length);
		return RESULT_TROUBLE;
	}
	d.api = api_open(o);
	if (d.api == NULL)
		return RESULT_TROUBLE;
	int result = drill_with(&d);
	plan_free(&d);
	api_close(d.api);
	return result;
}
