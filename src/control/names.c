/* SPDX-License-Identifier: ISC */
/* All that is steered, as JSON: GET /v1/names. */
#include "control/server.h"

#include <string.h>

enum { NAMES_MAX = 1000 };

static struct json_object *datacenters_json(const struct config *config, const struct steering *s)
{
	struct json_object *list = json_object_new_array();
	for (unsigned i = 0; i < s->n_datacenters; i++)
		json_object_array_add(list,
				      json_object_new_string(config->datacenters[s->datacenters[i]].name));
	return list;
}

/* The set's name for people is the owner and the type. */
static struct json_object *steered_json(const struct world *world, const struct steered *steered)
{
	const struct steering *s = steered->how;
	const char *set = world->roster->sets[steered->set].name, *type = strrchr(set, ' ');
	struct json_object *o = json_object_new_object();
	const char *map =
		s->policy.method == METHOD_GEO ? world->config->geomaps[s->policy.geomap].name : NULL;
	json_object_object_add(o, "name", json_object_new_string_len(set, (int)(type - set)));
	json_object_object_add(o, "type", json_object_new_string(type + 1));
	json_object_object_add(o, "method", json_object_new_string(method_word(s->policy.method)));
	json_object_object_add(o, "map", map ? json_object_new_string(map) : NULL);
	json_object_object_add(o, "datacenters", datacenters_json(world->config, s));
	return o;
}

static bool is_named(const struct world *world, const struct steered *s, const struct name *only)
{
	char name[NAME_TEXT_MAX];
	size_t len = strlen(name_format(only->octets, name));
	const char *set = world->roster->sets[s->set].name;
	return strncmp(set, name, len) == 0 && set[len] == ' ';
}

struct json_object *names_json(struct control *c, const struct name *only)
{
	const struct world *world = control_world(c);
	struct json_object *o = json_object_new_object(), *names = json_object_new_array();
	int64_t total = 0;
	for (size_t i = 0; i < world->zones->n; i++) {
		const struct zone *zone = world->zones->list[i];
		for (size_t j = 0; j < zone->n_steered; j++) {
			const struct steered *s = zone->steered[j]->steered;
			if (only != NULL && !is_named(world, s, only))
				continue;
			if (total++ < NAMES_MAX)
				json_object_array_add(names, steered_json(world, s));
		}
	}
	json_object_object_add(o, "total", json_object_new_int64(total));
	json_object_object_add(o, "names", names);
	return o;
}
