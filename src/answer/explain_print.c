/* SPDX-License-Identifier: ISC */
/* An explanation for people: the same object, laid out in lines. */
#include "answer/explain.h"

#include <string.h>

static const char *get(struct json_object *o, const char *key)
{
	struct json_object *value = json_object_object_get(o, key);
	return value ? json_object_get_string(value) : NULL;
}

static void print_place(struct json_object *place, FILE *out)
{
	if (place == NULL) {
		fputc('\n', out);
		return;
	}
	static const char *const keys[] = {"continent", "country", "subdivision", "asn", "location"};
	bool any = false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = get(place, keys[i]);
		if (value != NULL)
			fprintf(out, "%s%s %s", any ? ", " : " (", keys[i], value);
		any |= value != NULL;
	}
	fputs(any ? ")\n" : " (in no database)\n", out);
}

static void print_time(struct json_object *time, FILE *out)
{
	struct json_object *ms = json_object_object_get(time, "ms");
	if (ms != NULL)
		fprintf(out, " %.4g ms (%s)", json_object_get_double(ms), get(time, "by"));
	else
		fputs(" unknown", out);
}

static void print_order(struct json_object *order, FILE *out)
{
	struct json_object *list = json_object_object_get(order, "datacenters");
	struct json_object *times = json_object_object_get(order, "times");
	size_t n = json_object_array_length(list);
	const char *by = get(order, "by");
	fprintf(out, "order       %s%s", by ? by : "", n > 0 ? ":" : "");
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%s %s", i > 0 && times != NULL ? "," : "",
			json_object_get_string(json_object_array_get_idx(list, i)));
		if (times != NULL)
			print_time(json_object_array_get_idx(times, i), out);
	}
	fputc('\n', out);
}

static void print_step(struct json_object *step, FILE *out)
{
	struct json_object *removed = json_object_object_get(step, "removed");
	fprintf(out, "%-11s %s left\n", get(step, "step"), get(step, "left"));
	for (size_t i = 0; i < json_object_array_length(removed); i++) {
		struct json_object *r = json_object_array_get_idx(removed, i);
		fprintf(out, "            - %s %s: %s\n", get(r, "datacenter"), get(r, "record"),
			get(r, "why"));
	}
}

/* Each choice: what it is made of, where that is not the only one, its order, and its steps. */
static void print_choices(struct json_object *orders, struct json_object *steps, FILE *out)
{
	size_t n = 0;
	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);
		if (strcmp(get(step, "step"), "candidates") == 0) {
			struct json_object *order = json_object_array_get_idx(orders, n++);
			if (json_object_array_length(orders) > 1)
				fprintf(out, "of          %s\n", get(order, "of"));
			print_order(order, out);
		}
		print_step(step, out);
	}
}

void explain_print(struct json_object *explanation, FILE *out)
{
	struct json_object *client = json_object_object_get(explanation, "client");
	struct json_object *answer = json_object_object_get(explanation, "answer");
	fprintf(out, "question    %s %s\n", get(explanation, "name"), get(explanation, "type"));
	fprintf(out, "client      %s from %s", get(client, "address"), get(client, "from"));
	print_place(json_object_object_get(client, "place"), out);
	print_choices(json_object_object_get(explanation, "orders"),
		      json_object_object_get(explanation, "steps"), out);
	fprintf(out, "answer      %s", get(explanation, "status"));
	for (size_t i = 0; i < json_object_array_length(answer); i++)
		fprintf(out, "%s%s", i ? ", " : " ",
			json_object_get_string(json_object_array_get_idx(answer, i)));
	if (json_object_array_length(answer) > 0)
		fprintf(out, "  ttl %s", get(explanation, "ttl"));
	fprintf(out, "  scope /%s\n", get(explanation, "scope"));
}
