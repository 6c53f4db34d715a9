/* SPDX-License-Identifier: ISC */
/* `check` and `datacenter` entries. */
#include "config/builder.h"
#include "config/fields.h"

enum { HTTP_PORT = 80 };

void check_entry_read(struct builder *b, const struct entry *e)
{
	struct check_fields fields = {0};
	struct check *check = &fields.check;
	int kind = CHECK_HTTP;
	bool sound = false;
	define(b, e, SEEN_CHECK, &check->name);
	if (check->name == NULL)
		return;
	/* the options of a kind that is wrong can't be told right from wrong, but its name is defined */
	if (choice_read(&b->reader, e, &e->tokens[2], &check_kinds, &kind)) {
		struct reader r = b->reader;
		r.kind = check_kinds.rows[kind].word;
		sound = options_read(&r, &check_options, e, 3, e->n, &fields);
	}
	check->kind = (enum check_kind)kind;
	if ((check->kind == CHECK_HTTP || !sound) && check->port == 0)
		check->port = HTTP_PORT;
	check->n_expect = fields.expect.n;
	check->expect = fields.expect.list;
	b->config->checks = list_add(b, b->config->checks, &b->config->n_checks, check, sizeof(*check));
}

/* What the options of a datacenter need of each other. */
static void check_parts(struct builder *b, const struct entry *e, const struct datacenter *dc)
{
	const struct reader *r = &b->reader;
	bool address_sound = dc->address.addr.family != FAMILY_NONE;
	const struct check *check = dc->check != CONFIG_NONE ? &b->config->checks[dc->check] : NULL;
	if (check != NULL && !dc->has_address)
		refuse(r, e, &e->tokens[1], "a datacenter with a check needs address=");
	else if (check != NULL && address_sound && dc->address.port == 0 && check->port == 0)
		refuse(r, e, &e->tokens[1], "check \"%s\" has no port=, so address= must have one",
		       check->name);
	if (dc->max_latency_us > 0 && option_given(e, 2, "check") == NULL)
		fault_warn(r->faults, token_spot(e, &e->tokens[1]),
			   "max-latency= has no effect without check=, which measures the latency");
}

void datacenter_entry_read(struct builder *b, const struct entry *e)
{
	struct datacenter_fields fields = {.datacenter.check = CONFIG_NONE};
	struct datacenter *dc = &fields.datacenter;
	define(b, e, SEEN_DATACENTER, &dc->name);
	if (dc->name == NULL)
		return;
	if (b->config->n_datacenters == CONFIG_DATACENTERS_MAX) {
		refuse(&b->reader, e, &e->tokens[0], "more than %d datacenters", CONFIG_DATACENTERS_MAX);
		return;
	}
	options_read(&b->reader, &datacenter_options, e, 2, e->n, &fields);
	dc->has_address = fields.address.given;
	dc->address = fields.address.endpoint;
	dc->located = fields.location.given;
	dc->latitude = fields.location.latitude;
	dc->longitude = fields.location.longitude;
	check_parts(b, e, dc);
	b->config->datacenters =
		list_add(b, b->config->datacenters, &b->config->n_datacenters, dc, sizeof(*dc));
}
