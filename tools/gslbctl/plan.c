/* SPDX-License-Identifier: ISC */
/* Before a drill: the clients, the names, and what each client may be answered. */
#include "base/memory.h"
#include "drill.h"
#include "question.h"
#include "zone/rdata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { AGAIN_MS = 100, AGAIN_MAX = 600, PROBES_MAX = 20000, LEN_V4 = 24, LEN_V6 = 56 };

static bool give_up(const char *what)
{
	fprintf(stderr, "gslbctl: %s\n", what);
	return false;
}

struct json_object *plan_datacenter(struct json_object *status, const char *name)
{
	struct json_object *list = member(status, "datacenters");
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct json_object *datacenter = json_object_array_get_idx(list, i);
		if (strcmp(member_text(datacenter, "name"), name) == 0)
			return datacenter;
	}
	return NULL;
}

/* The clients are found out on the server while it says 202. */
static bool get_clients(struct drill *d)
{
	int status = 202;
	for (int i = 0; status == 202 && i < AGAIN_MAX; i++) {
		if (i > 0)
			nanosleep(&(struct timespec){.tv_nsec = AGAIN_MS * 1000000L}, NULL);
		json_object_put(d->clients);
		status = api_call(d->api, "GET", "/v1/clients", NULL, &d->clients);
	}
	if (status == 202)
		return give_up("the server takes too long to find out its clients");
	if (status != 200)
		api_complain(status, d->clients);
	return status == 200;
}

/* A client has an address of the network: as a resolver would send it, and of one mind for pick=hash. */
static bool sample_read(struct json_object *o, struct sample *out)
{
	const char *network = member_text(o, "client");
	*out = (struct sample){.map = member_text(o, "map"), .line = member_text(o, "line")};
	out->share = json_object_get_double(member(o, "share"));
	if (network == NULL || !prefix_parse(network, strlen(network), &out->prefix))
		return false;
	uint8_t least = out->prefix.addr.family == FAMILY_V4 ? LEN_V4 : LEN_V6;
	if (out->prefix.len < least)
		out->prefix.len = least;
	prefix_format(&out->prefix, out->network);
	return true;
}

static bool read_samples(struct drill *d)
{
	struct json_object *list = member(d->clients, "clients");
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	d->samples = mem_alloc((n + 1) * sizeof(*d->samples));
	for (size_t i = 0; i < n; i++)
		d->n_samples += sample_read(json_object_array_get_idx(list, i), &d->samples[d->n_samples]);
	if (d->n_samples > 0)
		return true;
	struct sample *anyone = &d->samples[d->n_samples++];
	*anyone = (struct sample){.map = "", .line = "", .share = 1, .network = "192.0.2.0/24"};
	return prefix_parse(anyone->network, strlen(anyone->network), &anyone->prefix);
}

/* A CNAME stands for all types; a wildcard for a name that nobody would have. */
static void question_add(struct drill *d, struct json_object *o)
{
	struct question q = {
		member_text(o, "name"), member_text(o, "type"), member_text(o, "map"), NULL, NULL, 0};
	bool wildcard = strncmp(q.name, "*.", 2) == 0;
	q.asked_type = strcmp(q.type, "CNAME") == 0 ? "A" : q.type;
	struct token token = {.text = q.asked_type, .len = strlen(q.asked_type)};
	q.number = rdata_type(&token);
	if (asprintf(&q.asked, "%s%s", wildcard ? "gslbctl-drill" : "", q.name + wildcard) < 0)
		abort();
	d->questions = mem_grow(d->questions, &d->cap_questions, d->n_questions + 1, sizeof(*d->questions));
	d->questions[d->n_questions++] = q;
}

static bool get_names_at(struct drill *d, const char *path, const char *name)
{
	struct json_object *reply = api_get(d->api, path), *list = member(reply, "names");
	if (reply == NULL)
		return false;
	json_object_array_add(d->names, reply);
	d->n_names += member_number(reply, "total");
	for (size_t i = 0; i < json_object_array_length(list); i++)
		question_add(d, json_object_array_get_idx(list, i));
	if (name == NULL || json_object_array_length(list) > 0)
		return true;
	fprintf(stderr, "gslbctl: %s is not steered\n", name);
	return false;
}

static bool get_names(struct drill *d)
{
	const struct words *names = &d->o->names;
	bool ok = true;
	d->names = json_object_new_array();
	for (size_t i = 0; ok && i < names->n; i++) {
		char *path = NULL, *name = api_escape(names->list[i]);
		if (asprintf(&path, "/v1/names?name=%s", name) < 0)
			abort();
		ok = get_names_at(d, path, names->list[i]);
		free(path);
		free(name);
	}
	if (names->n == 0)
		ok = get_names_at(d, "/v1/names", NULL);
	if (ok && d->n_names > (int64_t)d->n_questions)
		fprintf(stderr,
			"gslbctl: %lld names and types are steered, the drill is of the first %zu; --name "
			"chooses\n",
			(long long)d->n_names, d->n_questions);
	return ok && (d->n_questions > 0 || give_up("no name is steered, so a drill could show nothing"));
}

bool plan_explain(struct drill *d, const struct probe *probe, const char *down, struct possible *out)
{
	char *path = explain_path(&(struct asked){.name = probe->question->asked,
						  .type = probe->question->asked_type,
						  .client = probe->sample->network,
						  .down = down,
						  .possible = true});
	struct json_object *explanation = api_get(d->api, path);
	free(path);
	if (explanation == NULL)
		return false;
	possible_read(explanation, out);
	json_object_put(explanation);
	return true;
}

bool plan_probe(struct drill *d, struct probe *p)
{
	possible_free(&p->before);
	possible_free(&p->during);
	if (!plan_explain(d, p, "", &p->before) || !plan_explain(d, p, d->datacenter, &p->during))
		return false;
	p->drilled = possible_has(&p->before, d->datacenter) && !p->before.last_resort;
	p->concerned = p->drilled || !possible_equal(&p->before, &p->during);
	return true;
}

static bool probe_add(struct drill *d, const struct sample *sample, const struct question *question)
{
	const char *why;
	struct probe *p = &d->probes[d->n_probes];
	struct dns_question *asked = &d->asked[d->n_probes];
	*p = (struct probe){.sample = sample, .question = question};
	p->moved_us = p->back_us = p->certain_us = p->refreshed_us = -1;
	asked->type = question->number;
	asked->client = sample->prefix;
	d->n_probes++;
	if (!name_parse(question->asked, strlen(question->asked), NULL, &asked->name, &why))
		return give_up(why);
	return plan_probe(d, p);
}

static bool make_probes(struct drill *d)
{
	size_t most = d->n_samples * d->n_questions;
	if (most > PROBES_MAX) {
		fprintf(stderr, "gslbctl: %zu clients asking %zu questions are too many; --name chooses\n",
			d->n_samples, d->n_questions);
		return false;
	}
	d->probes = mem_alloc(most * sizeof(*d->probes));
	d->asked = mem_alloc(most * sizeof(*d->asked));
	for (size_t i = 0; i < most; i++) {
		const struct sample *sample = &d->samples[i / d->n_questions];
		const struct question *question = &d->questions[i % d->n_questions];
		if (question->map != NULL && strcmp(question->map, sample->map) != 0)
			continue;
		if (!probe_add(d, sample, question))
			return false;
	}
	return d->n_probes > 0 || give_up("no client is known for any of the names");
}

bool plan_make(struct drill *d)
{
	return get_clients(d) && read_samples(d) && get_names(d) && make_probes(d);
}

void plan_free(struct drill *d)
{
	for (size_t i = 0; i < d->n_probes; i++) {
		possible_free(&d->probes[i].before);
		possible_free(&d->probes[i].during);
	}
	for (size_t i = 0; i < d->n_questions; i++)
		free(d->questions[i].asked);
	for (size_t i = 0; i < d->n_wrongs; i++) {
		free(d->wrongs[i].got);
		free(d->wrongs[i].allowed);
	}
	free(d->probes);
	free(d->asked);
	free(d->questions);
	free(d->samples);
	free(d->wrongs);
	json_object_put(d->status);
	json_object_put(d->after);
	json_object_put(d->clients);
	json_object_put(d->names);
}
