/* SPDX-License-Identifier: ISC */
/* POST /v1/latency: round-trip times that clients have measured. */
#include "base/clock.h"
#include "control/server.h"
#include "geo/times.h"

#include <string.h>

/* One measurement as it was sent. */
struct sent {
	struct addr client;
	struct measurement m; /* of that client */
};

/* Reads one of "measurements". False, with the reply's error, where it is not right. */
static bool sent_read(struct control *c, struct json_object *list, size_t i, struct sent *out,
		      struct http_reply *reply)
{
	struct json_object *o = json_object_array_get_idx(list, i);
	struct json_object *client = json_object_object_get(o, "client"),
			   *ms = json_object_object_get(o, "ms");
	struct json_object *datacenter = json_object_object_get(o, "datacenter");
	if (!json_object_is_type(o, json_type_object) || !json_object_is_type(client, json_type_string) ||
	    !json_object_is_type(datacenter, json_type_string) ||
	    !(json_object_is_type(ms, json_type_double) || json_object_is_type(ms, json_type_int))) {
		http_error(reply, 400,
			   "measurements[%zu]: {\"client\": \"203.0.113.7\", \"datacenter\": \"fra\", "
			   "\"ms\": 12.5} is expected",
			   i);
		return false;
	}
	const char *address = json_object_get_string(client);
	double us = json_object_get_double(ms) * 1000;
	*out = (struct sent){.m.datacenter = json_object_get_string(datacenter)};
	out->m.us = us >= 1 && us <= MEASURED_US_MAX ? (uint32_t)us : 0;
	if (!addr_parse(address, strlen(address), &out->client))
		http_error(reply, 400, "measurements[%zu]: \"%s\" is no address", i, address);
	else if (out->m.us == 0)
		http_error(reply, 400, "measurements[%zu]: \"ms\" must be above 0, and at most %d", i,
			   MEASURED_US_MAX / 1000);
	else
		return datacenter_named(c, out->m.datacenter, reply) != CONFIG_NONE;
	return false;
}

static void sent_take(struct control *c, struct sent *sent)
{
	const struct times_locator *times = control_world(c)->times;
	addr_unmap(&sent->client);
	sent->m.client = &sent->client;
	if (times != NULL) {
		const struct times *found = times_find(times, &sent->client).times;
		sent->m.country = found->country;
		sent->m.continent = found->continent;
	}
	measured_add(c->measured, &sent->m, (uint64_t)clock_ms());
}

/* All of them are read before the first is taken: who corrects one may send them all again. */
void post_measurements(void *context, const struct http_request *request, struct http_reply *reply)
{
	static const char *const keys[] = {"measurements"};
	struct control *c = context;
	struct sent sent;
	if (!api_ready(c, reply) || !body_known(request, keys, 1, reply))
		return;
	struct json_object *list =
		request->body ? json_object_object_get(request->body, "measurements") : NULL;
	if (!json_object_is_type(list, json_type_array)) {
		http_error(reply, 400, "{\"measurements\": [...]} is expected");
		return;
	}
	size_t n = json_object_array_length(list);
	for (size_t i = 0; i < n; i++) {
		if (!sent_read(c, list, i, &sent, reply))
			return;
	}
	for (size_t i = 0; i < n && sent_read(c, list, i, &sent, reply); i++)
		sent_take(c, &sent);
	reply->json = json_object_new_object();
	json_object_object_add(reply->json, "taken", json_object_new_int64((int64_t)n));
}
