/* SPDX-License-Identifier: ISC */
/* The status as text: first whether all is well, then what there is, the worst first. */
#include "status.h"
#include "base/plural.h"
#include "table.h"

#include <stdarg.h>
#include <string.h>

enum { LINE_MAX_CHARACTERS = 512, FAULTS_SHOWN = 3, SOON_S = 7 * 86400 };
enum { COLUMNS = 6 }; /* without CONNECTIONS */

static size_t length(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static bool is_up(struct json_object *thing)
{
	const char *state = member_text(thing, "state");
	return state != NULL && strcmp(state, "up") == 0;
}

static bool same(struct json_object *a, struct json_object *b, const char *key)
{
	const char *left = member_text(a, key), *right = member_text(b, key);
	return left != NULL && right != NULL && strcmp(left, right) == 0;
}

/* Is it a target of which no datacenter speaks? One that is up says nothing of what return= holds. */
static bool stands_alone(struct json_object *target, struct json_object *datacenters)
{
	for (size_t i = 0; i < length(datacenters); i++) {
		struct json_object *datacenter = json_object_array_get_idx(datacenters, i);
		if (!is_up(datacenter) && same(target, datacenter, "check") &&
		    same(target, datacenter, "address"))
			return false;
	}
	return true;
}

static size_t count_not_up(struct json_object *list)
{
	size_t n = 0;
	for (size_t i = 0; i < length(list); i++)
		n += !is_up(json_object_array_get_idx(list, i));
	return n;
}

static bool reload_failed(struct json_object *status)
{
	struct json_object *reload = member(status, "reload");
	return member_text(reload, "last") != NULL && !json_object_get_boolean(member(reload, "ok"));
}

/* How many of the server's own have. */
static size_t count_expired(struct json_object *certificates)
{
	size_t n = 0;
	for (size_t i = 0; i < length(certificates); i++) {
		struct json_object *certificate = json_object_array_get_idx(certificates, i);
		int64_t ago;
		n += age_of(member_text(certificate, "expires"), &ago) && ago >= 0;
	}
	return n;
}

bool status_well(struct json_object *status)
{
	return count_not_up(member(status, "datacenters")) == 0 &&
	       member_number(status, "n_targets_not_up") == 0 && !reload_failed(status) &&
	       count_expired(member(status, "certificates")) == 0 &&
	       !json_object_get_boolean(member(status, "isolated")) &&
	       !json_object_get_boolean(member(status, "state_failing"));
}

/* Adds ", what" to a line, or "what" to its begin. */
__attribute__((format(printf, 2, 3))) static void append(char *line, const char *format, ...)
{
	size_t len = strlen(line);
	va_list args;
	va_start(args, format);
	vsnprintf(line + len, LINE_MAX_CHARACTERS - len, format, args);
	va_end(args);
}

static const char *comma(const char *line)
{
	return line[0] ? ", " : "";
}

/* What is wrong, in one line; "" where nothing is. */
static void complaints(struct json_object *status, char *out)
{
	struct json_object *datacenters = member(status, "datacenters"), *reload = member(status, "reload");
	size_t n = count_not_up(datacenters), failing = (size_t)member_number(status, "n_targets_not_up");
	size_t expired = count_expired(member(status, "certificates"));
	int64_t ago;
	char age[AGE_MAX];
	out[0] = '\0';
	if (json_object_get_boolean(member(status, "isolated")))
		append(out,
		       "ISOLATED (no target gives a sign of life; answers go by the health known before)");
	if (json_object_get_boolean(member(status, "state_failing")))
		append(out, "%sSTATE NOT SAVED (the log says why; a restart would forget)", comma(out));
	if (n > 0)
		append(out, "%s%zu of %zu datacenters not up", comma(out), n, length(datacenters));
	if (failing > 0)
		append(out, "%s%zu of %lld targets not up", comma(out), failing,
		       (long long)member_number(status, "n_targets"));
	if (expired > 0)
		append(out, "%s%zu certificate%s of ours EXPIRED", comma(out), expired, plural(expired));
	if (reload_failed(status))
		append(out, "%sthe last reload FAILED %s ago", comma(out),
		       age_text(age_of(member_text(reload, "last"), &ago) ? ago : 0, age));
}

static void print_headline(const char *address, struct json_object *status, bool coloured, FILE *out)
{
	char line[LINE_MAX_CHARACTERS], age[AGE_MAX];
	size_t n = length(member(status, "datacenters")),
	       targets = (size_t)member_number(status, "n_targets");
	size_t zones = length(member(status, "zones"));
	int64_t ago;
	complaints(status, line);
	bool well = line[0] == '\0';
	table_paint(well ? "all well" : "NOT WELL", well ? COLOUR_GOOD : COLOUR_BAD, coloured, out);
	if (well)
		append(line, "%zu datacenter%s and %zu target%s are up", n, plural(n), targets,
		       plural(targets));
	fprintf(out, ": %s; %zu zone%s; gslbd %s at %s", line, zones, plural(zones),
		member_text(status, "version"), address);
	if (age_of(member_text(status, "started"), &ago))
		fprintf(out, ", up %s", age_text(ago, age));
	fputc('\n', out);
}

static enum colour state_colour(const char *state)
{
	if (state == NULL || strcmp(state, "down") == 0)
		return COLOUR_BAD;
	return strcmp(state, "up") == 0 ? COLOUR_GOOD : COLOUR_MIDDLING;
}

/* Who said so, why, and for how long yet. */
static void why_text(struct json_object *thing, char *out)
{
	struct json_object *override = member(thing, "override");
	const char *why = member_text(override, "why");
	char age[AGE_MAX];
	int64_t ago;
	const char *health = member_text(thing, "health");
	const char *check = member_text(thing, "check_why"), *said = member_text(thing, "why");
	out[0] = '\0';
	if (override == NULL) {
		append(out, "%s", said ? said : "");
		if (check != NULL && (said == NULL || strcmp(said, check) != 0))
			append(out, "; its check: %s", check);
		return;
	}
	append(out, "by %s%s%s", member_text(override, "who"), why && why[0] ? ": " : "", why ? why : "");
	if (age_of(member_text(override, "until"), &ago))
		append(out, "; ends in %s", age_text(-ago, age));
	else
		append(out, "; until it is cleared");
	if (health != NULL && strcmp(health, "down") == 0)
		append(out, "; its check: %s", check ? check : health);
}

/* Does any of them say what load it has? */
static bool has_load(struct json_object *list)
{
	bool found = false;
	for (size_t i = 0; i < length(list) && !found; i++)
		found = member(json_object_array_get_idx(list, i), "connections") != NULL;
	return found;
}

static void add_row(struct table *table, const char *name, struct json_object *thing)
{
	const char *state = member_text(thing, "state");
	double latency = json_object_get_double(member(thing, "latency_ms"));
	char age[AGE_MAX] = "", figure[32] = "", why[LINE_MAX_CHARACTERS];
	int64_t ago;
	if (age_of(member_text(thing, "since"), &ago))
		age_text(ago, age);
	if (latency > 0)
		snprintf(figure, sizeof(figure), latency < 10 ? "%.1f ms" : "%.0f ms", latency);
	why_text(thing, why);
	table_add(table, COLOUR_NONE, name);
	table_add(table, state_colour(state), state);
	table_add(table, COLOUR_NONE, age[0] ? age : NULL);
	table_add(table, COLOUR_NONE, member_text(thing, "check"));
	table_add(table, COLOUR_NONE, figure[0] ? figure : NULL);
	if (table->columns > COLUMNS)
		table_add(table, COLOUR_NONE, member_text(thing, "connections"));
	table_add(table, COLOUR_NONE, why);
}

static void add_datacenters(struct table *table, struct json_object *list, bool up)
{
	for (size_t i = 0; i < length(list); i++) {
		struct json_object *datacenter = json_object_array_get_idx(list, i);
		if (is_up(datacenter) == up)
			add_row(table, member_text(datacenter, "name"), datacenter);
	}
}

static void add_targets(struct table *table, struct json_object *targets, struct json_object *datacenters)
{
	for (size_t i = 0; i < length(targets); i++) {
		struct json_object *target = json_object_array_get_idx(targets, i);
		if (!is_up(target) && stands_alone(target, datacenters))
			add_row(table, member_text(target, "address"), target);
	}
}

static void print_faults(struct json_object *faults, FILE *out)
{
	for (size_t i = 0; i < length(faults) && i < FAULTS_SHOWN; i++)
		fprintf(out, "reload: %s\n", json_object_get_string(json_object_array_get_idx(faults, i)));
	if (length(faults) > FAULTS_SHOWN)
		fprintf(out, "reload: and %zu more\n", length(faults) - FAULTS_SHOWN);
}

/* The server's own that have expired, or soon will. */
static void print_certificates(struct json_object *certificates, FILE *out)
{
	for (size_t i = 0; i < length(certificates); i++) {
		struct json_object *certificate = json_object_array_get_idx(certificates, i);
		char age[AGE_MAX];
		int64_t ago;
		if (!age_of(member_text(certificate, "expires"), &ago) || ago < -SOON_S)
			continue;
		bool over = ago >= 0;
		age_text(over ? ago : -ago, age);
		fprintf(out, "certificate at %s: %s%s%s\n", member_text(certificate, "listen"),
			over ? "expired " : "expires in ", age, over ? " ago" : "");
	}
}

void status_datacenter_print(struct json_object *datacenter, FILE *out)
{
	struct table table = {.columns = COLUMNS};
	add_row(&table, member_text(datacenter, "name"), datacenter);
	table_print(&table, table_coloured(out), out);
	table_free(&table);
}

int status_print(const char *address, struct json_object *status, FILE *out)
{
	static const char *const heads[] = {"NAME",    "STATE",       "SINCE", "CHECK",
					    "LATENCY", "CONNECTIONS", "WHY"};
	struct json_object *datacenters = member(status, "datacenters"), *targets = member(status, "targets");
	bool load = has_load(datacenters) || has_load(targets);
	struct table table = {.columns = COLUMNS + load};
	bool coloured = table_coloured(out);
	print_headline(address, status, coloured, out);
	for (size_t i = 0; i <= COLUMNS; i++) {
		if (i != COLUMNS - 1 || load)
			table_add(&table, COLOUR_NONE, heads[i]);
	}
	add_datacenters(&table, datacenters, false);
	add_datacenters(&table, datacenters, true);
	add_targets(&table, targets, datacenters);
	table_print(&table, coloured, out);
	table_free(&table);
	int64_t more = member_number(status, "n_targets_not_up") - (int64_t)count_not_up(targets);
	if (more > 0)
		fprintf(out, "and %lld more targets that are not up\n", (long long)more);
	print_certificates(member(status, "certificates"), out);
	if (reload_failed(status))
		print_faults(member(member(status, "reload"), "faults"), out);
	return status_well(status) ? RESULT_GOOD : RESULT_BAD;
}
