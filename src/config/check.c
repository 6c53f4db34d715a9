/* SPDX-License-Identifier: ISC */
/* `check` and `datacenter` entries. */
#include "config/builder.h"
#include "base/plural.h"
#include "config/fields.h"

#include <string.h>

enum { HTTP_PORT = 80, HTTPS_PORT = 443, CALC_PARTS_MAX = 64 };

static bool holds(const uint16_t *list, uint16_t wanted, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i] == wanted)
			return true;
	}
	return false;
}

/* What the options of a check need of each other. */
static bool check_options_fit(const struct reader *r, const struct entry *e, const struct check *check)
{
	const struct token *name = &e->tokens[1], *method = option_given(e, 3, "method");
	bool reads_body = check->body != NULL || check->expect_json.path != NULL ||
			  check->load.source == LOAD_JSON || check->load.source == LOAD_AGENT;
	if (check->kind == CHECK_EXEC && check->command.n == 0)
		return refuse(r, e, name, "an exec check needs command=, a program and its arguments");
	if (check->kind == CHECK_EXEC && check->command.list[0][0] != '/')
		return refuse(r, e, option_given(e, 3, "command"), "\"%s\" is no absolute path of a program",
			      check->command.list[0]);
	if (check->kind == CHECK_TCP &&
	    (check->load.source == LOAD_JSON || check->load.source == LOAD_HEADER))
		return refuse(r, e, option_given(e, 3, "load"), "a tcp check has load=agent only");
	if (reads_body && method != NULL && strcmp(check->method, "HEAD") == 0)
		return refuse(r, e, method, "the reply to HEAD has no body, which other options look at");
	if (check->kind == CHECK_GRPC && !check->tls &&
	    (option_given(e, 3, "verify") != NULL || option_given(e, 3, "ca-file") != NULL))
		fault_warn(r->faults, token_spot(e, name),
			   "verify= and ca-file= have no effect without tls=yes");
	return true;
}

/* Behind the options of a calc stand `of` and the checks it is made of. */
static size_t options_end(const struct entry *e, enum check_kind kind)
{
	size_t end = 3;
	while (end < e->n && (kind != CHECK_CALC || option_is(&e->tokens[end])))
		end++;
	return end;
}

/* Where the value of an option stands. */
static struct spot value_spot(struct builder *b, const struct entry *e, const struct token *option)
{
	struct spot at = spot_kept(b, e, option);
	at.column += (unsigned)strcspn(option->text, "=") + 1;
	return at;
}

void check_entry_read(struct builder *b, const struct entry *e)
{
	struct check fields = {0}, *check = &fields;
	int kind = CHECK_HTTP;
	bool sound = false;
	define(b, e, SEEN_CHECK, &check->name);
	if (check->name == NULL)
		return;
	/* the options of a kind that is wrong can't be told right from wrong, but its name is defined */
	if (choice_read(&b->reader, e, &e->tokens[2], &check_kinds, &kind)) {
		struct reader r = b->reader;
		r.kind = 1u << kind;
		check->kind = (enum check_kind)kind;
		sound = options_read(&r, &check_options, e, 3, options_end(e, check->kind), check);
		sound = sound && check_options_fit(&r, e, check);
	}
	if (check->port == 0)
		check->port = check->kind == CHECK_HTTPS            ? HTTPS_PORT
			      : check->kind == CHECK_HTTP || !sound ? HTTP_PORT
								    : 0;
	check->tls |= check->kind == CHECK_HTTPS;
	if (check->ca_file != NULL)
		check->ca_file_at = value_spot(b, e, option_given(e, 3, "ca-file"));
	b->config->checks = list_add(b, b->config->checks, &b->config->n_checks, check, sizeof(*check));
}

static bool part_read(struct builder *b, const struct entry *e, const struct token *t, uint16_t *parts,
		      struct check *calc)
{
	const struct reader *r = &b->reader;
	int found = config_check(b->config, t->text, t->len);
	if (found == CONFIG_NONE)
		return refuse_name(r, e, t, THING_CHECK);
	if (b->config->checks[found].kind == CHECK_CALC)
		return refuse(r, e, t, "\"%.*s\" is a calc itself, which a calc can't be made of",
			      (int)t->len, t->text);
	if (holds(parts, (uint16_t)found, calc->n_parts))
		return refuse(r, e, t, "check \"%.*s\" is named twice", (int)t->len, t->text);
	if (calc->n_parts == CALC_PARTS_MAX)
		return refuse(r, e, t, "a calc is made of %d checks at most", CALC_PARTS_MAX);
	parts[calc->n_parts++] = (uint16_t)found;
	return true;
}

static void calc_resolve(struct builder *b, const struct entry *e, struct check *calc)
{
	const struct reader *r = &b->reader;
	uint16_t *parts = arena_alloc(r->arena, CALC_PARTS_MAX * sizeof(*parts));
	size_t of = options_end(e, CHECK_CALC);
	const struct token *at = &e->tokens[of < e->n ? of : e->n - 1];
	bool sound = true;
	calc->parts = parts;
	if (of + 1 >= e->n || !token_is(at, "of")) {
		refuse(r, e, at,
		       "the checks of a calc stand behind \"of\", as in: check %s calc min=2 of a b c",
		       calc->name);
		return;
	}
	for (size_t i = of + 1; i < e->n; i++)
		sound &= part_read(b, e, &e->tokens[i], parts, calc);
	if (sound && calc->min > calc->n_parts)
		refuse(r, e, option_given(e, 3, "min"), "min=%u of %u check%s can never be reached",
		       calc->min, calc->n_parts, plural(calc->n_parts));
	if (calc->min == 0)
		calc->min = calc->n_parts;
}

void calcs_resolve(struct builder *b)
{
	for (size_t i = 0; i < b->n_entries; i++) {
		const struct entry *e = &b->entries[i];
		if (!token_is(&e->tokens[0], "check") || e->n < 3 || !token_is(&e->tokens[2], "calc"))
			continue;
		int found = config_check(b->config, e->tokens[1].text, e->tokens[1].len);
		struct check *calc =
			found == CONFIG_NONE ? NULL : (struct check *)(uintptr_t)&b->config->checks[found];
		if (calc != NULL && calc->kind == CHECK_CALC && calc->parts == NULL)
			calc_resolve(b, e, calc);
	}
}

bool check_needs_port(const struct config *config, const struct check *check)
{
	bool needs = check->port == 0 && check->kind != CHECK_EXEC && check->kind != CHECK_CALC;
	for (unsigned i = 0; i < check->n_parts; i++)
		needs |= check_needs_port(config, &config->checks[check->parts[i]]);
	return needs;
}

/* What the options of a datacenter need of each other. */
static void check_parts(struct builder *b, const struct entry *e, const struct datacenter *dc)
{
	const struct reader *r = &b->reader;
	bool address_sound = dc->address.addr.family != FAMILY_NONE;
	const struct check *check = dc->check != CONFIG_NONE ? &b->config->checks[dc->check] : NULL;
	if (check != NULL && !dc->has_address)
		refuse(r, e, &e->tokens[1], "a datacenter with a check needs address=");
	else if (check != NULL && address_sound && dc->address.port == 0 &&
		 check_needs_port(b->config, check))
		refuse(r, e, &e->tokens[1], "check \"%s\" has no port=, so address= must have one",
		       check->name);
	if (dc->has_address && address_sound && option_given(e, 2, "check") == NULL)
		fault_warn(r->faults, token_spot(e, option_given(e, 2, "address")),
			   "address= has no effect without check=");
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
	dc->has_comeback = fields.comeback.given;
	dc->comeback = fields.comeback.rule;
	dc->has_slow_start = fields.slow_start.given;
	dc->slow_start_ms = fields.slow_start.ms;
	dc->located = fields.location.given;
	dc->latitude = fields.location.latitude;
	dc->longitude = fields.location.longitude;
	check_parts(b, e, dc);
	b->config->datacenters =
		list_add(b, b->config->datacenters, &b->config->n_datacenters, dc, sizeof(*dc));
}
