/* SPDX-License-Identifier: ISC */
/* Any two lines as the name and client of an explanation: refused with a word, or told in all its parts. */
#include "answer/explain.h"
#include "answer/possible.h"
#include "quiet.h"
#include "served.h"

#include <json-c/json.h>

static const char conf[] =
	"datacenter fra location=50,8\ndatacenter iad location=39,-77\ndatacenter sin state=down\n"
	"geomap world * iad fra sin\ngeomap world 10.0.0.0/8 fra ...\ngeomap world 2001:db8::/32 nearest\n"
	"zone example z.zone\n";
static struct view view;
static struct databases *places;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	char *zone = served_long_zone();
	served_load(conf, zone, &view);
	free(zone);
	places = databases_peek(NULL, 0);
	return 0;
}

static struct json_object *member(struct json_object *o, const char *name, enum json_type type)
{
	struct json_object *value = NULL;
	require(json_object_object_get_ex(o, name, &value) && json_object_is_type(value, type));
	return value;
}

static void check_steps(struct json_object *told)
{
	struct json_object *steps = member(told, "steps", json_type_array);
	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);
		member(step, "step", json_type_string);
		member(step, "removed", json_type_array);
	}
}

static void check_told(const struct explain_request *question)
{
	struct json_object *told = explain(&view, places, question);
	require(json_object_is_type(told, json_type_object));
	member(told, "name", json_type_string);
	member(member(told, "client", json_type_object), "address", json_type_string);
	member(told, "answer", json_type_array);
	check_steps(told);
	explain_possible(&view, question, told);
	require(json_object_to_json_string(told) != NULL);
	json_object_put(told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct explain_request question;
	const char *why = NULL;
	char *text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	char *client = strchr(text, '\n');
	if (client != NULL)
		*client++ = '\0';
	if (explain_parse(text, client != NULL ? client : "192.0.2.1", &question, &why))
		check_told(&question);
	else
		require(why != NULL && why[0] != '\0');
	free(text);
	return 0;
}
