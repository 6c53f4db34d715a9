/* SPDX-License-Identifier: ISC */
/* When the certificates expire that clients are shown. */
#include "admin/metrics.h"
#include "control/server.h"
#include "world/certificates.h"

struct expiry {
	char listen[ADDR_TEXT_MAX];
	int64_t end_s;
};

/* Of a listen; false: it shows none. */
static bool expiry_of(struct control *c, size_t listen, struct expiry *out)
{
	const struct opened_listen *opened = &c->opened.listens[listen];
	struct endpoint at = opened->endpoint;
	out->end_s = certificates_end_s(control_world(c)->certificates, &at);
	at.port = workers_port(c->workers, listen);
	endpoint_format(&at, out->listen);
	return opened->tls && out->end_s != 0 && at.port != 0;
}

struct json_object *expiry_json(struct control *c)
{
	struct json_object *list = json_object_new_array();
	struct expiry expiry;
	char moment[32];
	for (size_t i = 0; i < c->opened.n_listens; i++) {
		if (!expiry_of(c, i, &expiry))
			continue;
		struct json_object *o = json_object_new_object();
		json_object_object_add(o, "listen", json_object_new_string(expiry.listen));
		json_object_object_add(o, "expires",
				       json_object_new_string(wall_text(expiry.end_s * 1000, moment)));
		json_object_array_add(list, o);
	}
	return list;
}

void metrics_write_expiry(struct control *c, struct metrics_text *out)
{
	struct metrics head =
		metrics_begin(out, "gslbd_listener_certificate_expiry_timestamp_seconds", METRICS_GAUGE,
			      "When the certificate expires that clients of the listen are shown.");
	struct expiry expiry;
	for (size_t i = 0; i < c->opened.n_listens; i++) {
		if (expiry_of(c, i, &expiry))
			metrics_number(&head, &(struct metrics_label){"listen", expiry.listen}, 1,
				       (double)expiry.end_s);
	}
}
