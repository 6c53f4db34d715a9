/* SPDX-License-Identifier: ISC */
/* What a latency method knew of a client. */
#include "answer/explain.h"
#include "steer/latency.h"

static const char *source_text(enum timed_by by)
{
	switch (by) {
	case TIMED_MEASURED: return "measured";
	case TIMED_TABLE: return "table";
	case TIMED_COUNTRY: return "measured in its country";
	case TIMED_CONTINENT: return "measured on its continent";
	case TIMED_DISTANCE: return "distance";
	case TIMED_CHECK: return "check";
	case TIMED_UNKNOWN: return "unknown";
	}
	return "";
}

struct json_object *explain_times(const struct steering *steering, const struct view *view,
				  const struct addr *client)
{
	const struct config *config = view->world->config;
	struct json_object *list = json_object_new_array();
	struct timed timed;
	latency_times(steering, view->board, client, &timed);
	for (unsigned i = 0; i < timed.n; i++) {
		const struct timed_to *to = &timed.list[i];
		struct json_object *o = json_object_new_object(), *ms = NULL;
		if (to->by != TIMED_UNKNOWN)
			ms = json_object_new_double((double)to->us / 1000);
		json_object_object_add(o, "datacenter",
				       json_object_new_string(config->datacenters[to->datacenter].name));
		json_object_object_add(o, "ms", ms);
		json_object_object_add(o, "by", json_object_new_string(source_text((enum timed_by)to->by)));
		json_object_array_add(list, o);
	}
	return list;
}
