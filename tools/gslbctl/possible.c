/* SPDX-License-Identifier: ISC */
/* Sets of records with the datacenters they are of. */
#include "possible.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy(struct json_object *o)
{
	const char *text = json_object_get_string(o);
	return text ? mem_copy_text(text, strlen(text)) : NULL;
}

static bool in(const struct possible_record *r, const char *datacenter)
{
	return r->datacenter != NULL && datacenter != NULL && strcmp(r->datacenter, datacenter) == 0;
}

/* What is behind a DNAME is only in the answer itself. */
static void add_answer(struct json_object *answer, struct possible *out)
{
	for (size_t i = 0; i < json_object_array_length(answer); i++) {
		struct json_object *record = json_object_array_get_idx(answer, i);
		bool known = false;
		for (size_t j = 0; j < out->n && !known; j++)
			known = strcmp(out->list[j].rdata, json_object_get_string(record)) == 0;
		if (!known)
			out->list[out->n++] = (struct possible_record){copy(record), NULL};
	}
}

void possible_read(struct json_object *explanation, struct possible *out)
{
	struct json_object *list = json_object_object_get(explanation, "possible");
	struct json_object *answer = json_object_object_get(explanation, "answer");
	size_t n = json_object_array_length(list);
	*out = (struct possible){0};
	out->list = mem_alloc((n + json_object_array_length(answer) + 1) * sizeof(*out->list));
	out->nothing = json_object_get_boolean(json_object_object_get(explanation, "nothing"));
	out->last_resort = json_object_get_boolean(json_object_object_get(explanation, "last_resort"));
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		out->list[out->n++] = (struct possible_record){copy(json_object_object_get(o, "record")),
							       copy(json_object_object_get(o, "datacenter"))};
	}
	add_answer(answer, out);
}

void possible_free(struct possible *possible)
{
	for (size_t i = 0; i < possible->n; i++) {
		free(possible->list[i].rdata);
		free(possible->list[i].datacenter);
	}
	free(possible->list);
	*possible = (struct possible){0};
}

static bool holds(const struct possible *possible, const char *rdata, const char *without)
{
	for (size_t i = 0; i < possible->n; i++) {
		if (!in(&possible->list[i], without) && strcmp(possible->list[i].rdata, rdata) == 0)
			return true;
	}
	return false;
}

bool possible_fits(const struct possible *possible, const struct dns_reply *reply, const char *without)
{
	for (size_t i = 0; i < reply->n; i++) {
		if (!holds(possible, reply->records[i], without))
			return false;
	}
	return true;
}

bool possible_has(const struct possible *possible, const char *datacenter)
{
	for (size_t i = 0; i < possible->n; i++) {
		if (in(&possible->list[i], datacenter))
			return true;
	}
	return false;
}

bool possible_has_other(const struct possible *possible, const char *datacenter)
{
	for (size_t i = 0; i < possible->n; i++) {
		if (!in(&possible->list[i], datacenter))
			return true;
	}
	return false;
}

bool possible_owns(const struct possible *possible, const char *rdata, const char *datacenter)
{
	for (size_t i = 0; i < possible->n; i++) {
		if (in(&possible->list[i], datacenter) && strcmp(possible->list[i].rdata, rdata) == 0)
			return true;
	}
	return false;
}

static bool within(const struct possible *a, const struct possible *b)
{
	for (size_t i = 0; i < a->n; i++) {
		if (!holds(b, a->list[i].rdata, NULL))
			return false;
	}
	return true;
}

bool possible_equal(const struct possible *a, const struct possible *b)
{
	return a->nothing == b->nothing && a->last_resort == b->last_resort && within(a, b) && within(b, a);
}

static const char *place(const struct possible_record *r)
{
	return r->datacenter ? r->datacenter : "*";
}

char *possible_datacenters(const struct possible *possible, const char *without)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool any = false;
	for (size_t i = 0; i < possible->n; i++) {
		bool told = in(&possible->list[i], without);
		for (size_t j = 0; j < i && !told; j++)
			told = strcmp(place(&possible->list[j]), place(&possible->list[i])) == 0;
		if (!told)
			fprintf(out, "%s%s", any ? "+" : "", place(&possible->list[i]));
		any |= !told;
	}
	fputs(any ? "" : "nothing", out);
	fclose(out);
	return text;
}

char *possible_text(const struct possible *possible, const char *without)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool any = false;
	for (size_t i = 0; i < possible->n; i++) {
		const struct possible_record *r = &possible->list[i];
		if (in(r, without))
			continue;
		fprintf(out, "%s%s (%s)", any ? ", " : "", r->rdata, place(r));
		any = true;
	}
	fputs(any ? "" : "nothing is left", out);
	fclose(out);
	return text;
}
