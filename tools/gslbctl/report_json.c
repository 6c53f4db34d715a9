/* SPDX-License-Identifier: ISC */
/* What came of a drill, for programs. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

static void put(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static void put_text(struct json_object *o, const char *key, const char *text)
{
	put(o, key, text ? json_object_new_string(text) : NULL);
}

static void put_ms(struct json_object *o, const char *key, int64_t us)
{
	put(o, key, us >= 0 ? json_object_new_double((double)us / 1000) : NULL);
}

static struct json_object *possible_json(const struct possible *possible, const char *without)
{
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; i < possible->n; i++) {
		const struct possible_record *r = &possible->list[i];
		if (r->datacenter != NULL && without != NULL && strcmp(r->datacenter, without) == 0)
			continue;
		struct json_object *o = json_object_new_object();
		put_text(o, "record", r->rdata);
		put_text(o, "datacenter", r->datacenter);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *question_json(const struct probe *p)
{
	struct json_object *o = json_object_new_object();
	put_text(o, "map", p->sample->map[0] ? p->sample->map : NULL);
	put_text(o, "line", p->sample->line[0] ? p->sample->line : NULL);
	put_text(o, "client", p->sample->network);
	put(o, "share", json_object_new_double(p->sample->share));
	put_text(o, "name", p->question->name);
	put_text(o, "type", p->question->type);
	return o;
}

static struct json_object *moves_json(const struct drill *d)
{
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; i < d->n_probes; i++) {
		const struct probe *p = &d->probes[i];
		if (!p->concerned)
			continue;
		struct json_object *o = question_json(p);
		put(o, "from", possible_json(&p->before, NULL));
		put(o, "to", possible_json(&p->during, d->datacenter));
		put(o, "nothing_left", json_object_new_boolean(probe_emptied(p, d->datacenter)));
		put_ms(o, "moved_ms", p->moved_us);
		put_ms(o, "back_ms", p->back_us);
		put(o, "not_back", json_object_new_boolean(p->away));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *times_json(const struct drill *d, bool back)
{
	size_t n;
	int64_t *times = report_times(d, back, &n);
	struct json_object *o = json_object_new_object();
	put(o, "n", json_object_new_int64((int64_t)n));
	put(o, "of", json_object_new_int64((int64_t)report_concerned(d)));
	put_ms(o, "min_ms", n > 0 ? times[0] : -1);
	put_ms(o, "median_ms", n > 0 ? times[n / 2] : -1);
	put_ms(o, "max_ms", n > 0 ? times[n - 1] : -1);
	free(times);
	return o;
}

static struct json_object *wrong_json(const struct drill *d)
{
	static const char *const phases[] = {
		[PHASE_BEFORE] = "before", [PHASE_DURING] = "during", [PHASE_BACK] = "back"};
	static const char *const kinds[] = {[JUDGEMENT_RIGHT] = "",
					    [JUDGEMENT_NOTHING] = "nothing",
					    [JUDGEMENT_DRILLED] = "drilled",
					    [JUDGEMENT_LAST] = "last_resort",
					    [JUDGEMENT_STRANGE] = "strange"};
	struct json_object *wrong = json_object_new_object(), *list = json_object_new_array();
	for (size_t i = 0; i < d->n_wrongs; i++) {
		const struct wrong *w = &d->wrongs[i];
		struct json_object *o = question_json(w->probe);
		put_text(o, "phase", phases[w->phase]);
		put_ms(o, "at_ms", w->at_us);
		put_text(o, "kind", kinds[w->judgement]);
		put_text(o, "got", w->got);
		put_text(o, "allowed", w->allowed);
		json_object_array_add(list, o);
	}
	put(wrong, "total", json_object_new_int64((int64_t)d->n_wrong));
	put(wrong, "list", list);
	return wrong;
}

int report_json(const struct drill *d, bool dry, FILE *out)
{
	struct json_object *o = json_object_new_object();
	char address[ADDR_TEXT_MAX];
	int result = report_result(d, dry);
	put(o, "good", json_object_new_boolean(result == RESULT_GOOD));
	put_text(o, "datacenter", d->datacenter);
	put_text(o, "state", d->o->fail ? "down" : "drain");
	put(o, "dry_run", json_object_new_boolean(dry));
	put(o, "interrupted", json_object_new_boolean(d->ending == ENDING_STOPPED));
	put(o, "server_lost", json_object_new_boolean(d->ending == ENDING_LOST));
	put(o, "given_back", json_object_new_boolean(!d->kept_away));
	put_text(o, "server", endpoint_format(&d->server, address));
	put_ms(o, "for_ms", (int64_t)d->length_ms * 1000);
	put(o, "clients", json_object_new_int64((int64_t)d->n_samples));
	put(o, "questions", json_object_new_int64((int64_t)d->n_probes));
	put(o, "asked", json_object_new_int64((int64_t)d->n_replies));
	put(o, "moves", moves_json(d));
	put(o, "moved", times_json(d, false));
	put(o, "back", times_json(d, true));
	put(o, "wrong", wrong_json(d));
	fprintf(out, "%s\n",
		json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return result;
}
