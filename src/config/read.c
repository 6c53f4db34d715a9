/* SPDX-License-Identifier: ISC */
/*
 * gslbd.conf. All entries are read first, then looked at keyword by keyword, so that a line may name what is
 * defined further down.
 */
#include "base/memory.h"
#include "config/fields.h"
#include "config/schema.h"
#include "config/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LENGTH_MAX = 63, DNS_PORT = 53, HTTP_PORT = 80, WORKERS_MAX = 1024 };

struct builder {
	struct reader reader;
	struct config *config;
	size_t n, cap;
	struct entry *entries; /* of the whole run, tokens copied into the arena */
	bool workers_given;
};

/* The list with the item behind its others. It grows by doubling, whenever its length has reached a power of
 * two. */
static void *append(struct builder *b, const void *list, size_t *n, const void *item, size_t size)
{
	uint8_t *to = (uint8_t *)(uintptr_t)list;
	if ((*n & (*n - 1)) == 0) {
		to = arena_alloc(b->reader.arena, (*n ? *n * 2 : 1) * size);
		if (*n > 0)
			memcpy(to, list, *n * size);
	}
	memcpy(to + *n * size, item, size);
	++*n;
	return to;
}

static bool need(struct builder *b, const struct entry *e, size_t n, const char *usage)
{
	if (e->n >= n)
		return true;
	return refuse(&b->reader, e, &e->tokens[e->n - 1],
		      "something is missing behind this; the form is: %s", usage);
}

static bool no_more(struct builder *b, const struct entry *e, size_t n, const char *usage)
{
	if (e->n <= n)
		return true;
	return refuse(&b->reader, e, &e->tokens[n], "\"%.*s\" is too much here; the form is: %s",
		      (int)e->tokens[n].len, e->tokens[n].text, usage);
}

static bool name_check(struct builder *b, const struct entry *e, const struct token *t)
{
	bool sound = t->len <= NAME_LENGTH_MAX;
	for (size_t i = 0; i < t->len; i++)
		sound &= isalnum((unsigned char)t->text[i]) || t->text[i] == '_' || t->text[i] == '-';
	if (sound)
		return true;
	return refuse(&b->reader, e, t,
		      "\"%.*s\" is no name: up to 63 letters, digits, dashes and underscores are",
		      (int)t->len, t->text);
}

/* Where a thing of that keyword and name was defined before this entry. */
static const struct entry *defined_before(const struct builder *b, const struct entry *e)
{
	for (const struct entry *before = b->entries; before < e; before++) {
		if (before->n > 1 && before->tokens[0].len == e->tokens[0].len &&
		    strncasecmp(before->tokens[0].text, e->tokens[0].text, e->tokens[0].len) == 0 &&
		    before->tokens[1].len == e->tokens[1].len &&
		    memcmp(before->tokens[1].text, e->tokens[1].text, e->tokens[1].len) == 0)
			return before;
	}
	return NULL;
}

static bool define(struct builder *b, const struct entry *e, const char *what)
{
	const struct entry *before = defined_before(b, e);
	if (before != NULL)
		return refuse(&b->reader, e, &e->tokens[1], "%s \"%.*s\" is already defined at line %u", what,
			      (int)e->tokens[1].len, e->tokens[1].text, before->line);
	return name_check(b, e, &e->tokens[1]);
}

/* The path that a token names, relative to the folder of the file it stands in. */
static const char *path_beside(struct builder *b, const struct entry *e, const struct token *t)
{
	char *path = token_text(&b->reader, t);
	const char *slash = strrchr(e->file, '/');
	size_t folder = slash && path[0] != '/' ? (size_t)(slash - e->file) + 1 : 0;
	char *full = arena_alloc(b->reader.arena, folder + strlen(path) + 1);
	memcpy(full, e->file, folder);
	strcpy(full + folder, path);
	return full;
}

static void read_listen(struct builder *b, const struct entry *e)
{
	const char usage[] = "listen ADDRESS:PORT";
	struct endpoint endpoint;
	if (!need(b, e, 2, usage) || !options_read(&b->reader, &listen_options, e, 2, e->n, NULL))
		return;
	const struct token *t = &e->tokens[1];
	if (!endpoint_parse(t->text, t->len, &endpoint)) {
		refuse(&b->reader, e, t,
		       "\"%.*s\" is no socket address, such as 192.0.2.1:53 or [2001:db8::1]:53", (int)t->len,
		       t->text);
		return;
	}
	if (endpoint.port == 0)
		endpoint.port = DNS_PORT;
	for (size_t i = 0; i < b->config->n_listens; i++) {
		if (memcmp(&b->config->listens[i], &endpoint, sizeof(endpoint)) == 0) {
			refuse(&b->reader, e, t, "listen %.*s stands there already", (int)t->len, t->text);
			return;
		}
	}
	b->config->listens =
		append(b, b->config->listens, &b->config->n_listens, &endpoint, sizeof(endpoint));
}

static void read_workers(struct builder *b, const struct entry *e)
{
	const char usage[] = "workers NUMBER";
	uint64_t n;
	if (!need(b, e, 2, usage) || !no_more(b, e, 2, usage))
		return;
	if (b->workers_given)
		refuse(&b->reader, e, &e->tokens[0], "workers is given twice");
	else if (!value_number(e->tokens[1].text, e->tokens[1].len, &n) || n < 1 || n > WORKERS_MAX)
		refuse(&b->reader, e, &e->tokens[1], "a number of workers from 1 to %d is expected",
		       WORKERS_MAX);
	else
		b->config->workers = (uint16_t)n;
	b->workers_given = true;
}

static void read_geoip(struct builder *b, const struct entry *e)
{
	const char usage[] = "geoip FILE";
	if (!need(b, e, 2, usage) || !no_more(b, e, 2, usage))
		return;
	const char *path = path_beside(b, e, &e->tokens[1]);
	for (size_t i = 0; i < b->config->n_geoips; i++) {
		if (strcmp(b->config->geoips[i], path) == 0) {
			refuse(&b->reader, e, &e->tokens[1], "geoip %s stands there already", path);
			return;
		}
	}
	b->config->geoips = append(b, b->config->geoips, &b->config->n_geoips, &path, sizeof(path));
}

static bool read_kind(struct builder *b, const struct entry *e, enum check_kind *out)
{
	static const char *const kinds[] = {"http", "tcp"};
	static const char *const later[] = {"https", "exec", "grpc", "calc"};
	const struct token *t = &e->tokens[2];
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		if (token_is(t, later[i]))
			return refuse(&b->reader, e, t, "check kind \"%s\" is not supported yet", later[i]);
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (token_is(t, kinds[i])) {
			*out = (enum check_kind)i;
			return true;
		}
	}
	return refuse_word(&b->reader, e, t, "check kind", kinds, sizeof(kinds) / sizeof(kinds[0]));
}

/* An option that has no meaning for a check of this kind. */
static void check_kind_options(struct builder *b, const struct entry *e)
{
	static const char *const http_only[] = {"path=", "host=", "expect=", "body="};
	for (size_t i = 3; i < e->n; i++) {
		for (size_t j = 0; j < sizeof(http_only) / sizeof(http_only[0]); j++) {
			size_t len = strlen(http_only[j]);
			if (e->tokens[i].len >= len && strncasecmp(e->tokens[i].text, http_only[j], len) == 0)
				refuse(&b->reader, e, &e->tokens[i],
				       "option \"%.*s\" is for http checks only", (int)len - 1, http_only[j]);
		}
	}
}

static void read_check(struct builder *b, const struct entry *e)
{
	struct check_fields fields = {0};
	struct check *check = &fields.check;
	if (!need(b, e, 3, "check NAME KIND key=value...") || !define(b, e, "check"))
		return;
	if (read_kind(
		    b, e,
		    &check->kind)) /* one of another kind is kept, so that who names it is not at fault too */
		options_read(&b->reader, &check_options, e, 3, e->n, &fields);
	if (check->kind == CHECK_TCP)
		check_kind_options(b, e);
	if (check->kind == CHECK_HTTP && check->port == 0)
		check->port = HTTP_PORT;
	check->name = token_text(&b->reader, &e->tokens[1]);
	check->n_expect = fields.expect.n;
	check->expect = fields.expect.list;
	b->config->checks = append(b, b->config->checks, &b->config->n_checks, check, sizeof(*check));
}

static void read_datacenter(struct builder *b, const struct entry *e)
{
	struct datacenter_fields fields = {.datacenter.check = CONFIG_NONE};
	if (!need(b, e, 2, "datacenter NAME key=value...") || !define(b, e, "datacenter"))
		return;
	if (b->config->n_datacenters == CONFIG_DATACENTERS_MAX) {
		refuse(&b->reader, e, &e->tokens[0], "more than %d datacenters", CONFIG_DATACENTERS_MAX);
		return;
	}
	options_read(&b->reader, &datacenter_options, e, 2, e->n, &fields);
	struct datacenter *dc = &fields.datacenter;
	dc->name = token_text(&b->reader, &e->tokens[1]);
	dc->has_address = fields.address.given;
	dc->address = fields.address.endpoint;
	dc->located = fields.location.given;
	dc->latitude = fields.location.latitude;
	dc->longitude = fields.location.longitude;
	if (dc->check != CONFIG_NONE && !dc->has_address)
		refuse(&b->reader, e, &e->tokens[1], "a datacenter with a check needs address=");
	else if (dc->check != CONFIG_NONE && dc->address.port == 0 && b->config->checks[dc->check].port == 0)
		refuse(&b->reader, e, &e->tokens[1], "check \"%s\" has no port=, so address= must have one",
		       b->config->checks[dc->check].name);
	if (dc->max_latency_us > 0 && dc->check == CONFIG_NONE)
		fault_warn(b->reader.faults, token_spot(e, &e->tokens[1]),
			   "max-latency= has no effect without check=, which measures the latency");
	b->config->datacenters =
		append(b, b->config->datacenters, &b->config->n_datacenters, dc, sizeof(*dc));
}

static bool line_equal(const struct geomap_line *a, const struct geomap_line *b)
{
	return a->key == b->key && strcmp(a->continent, b->continent) == 0 &&
	       strcmp(a->country, b->country) == 0 && strcmp(a->subdivision, b->subdivision) == 0 &&
	       a->asn == b->asn && addr_equal(&a->network.addr, &b->network.addr) &&
	       a->network.len == b->network.len;
}

static struct geomap *geomap_of(struct builder *b, const struct entry *e)
{
	const struct token *t = &e->tokens[1];
	int found = config_geomap(b->config, t->text, t->len);
	if (found == CONFIG_NONE) {
		struct geomap map = {.name = token_text(&b->reader, t)};
		b->config->geomaps = append(b, b->config->geomaps, &b->config->n_geomaps, &map, sizeof(map));
		found = (int)b->config->n_geomaps - 1;
	}
	return (struct geomap *)(uintptr_t)&b->config->geomaps[found];
}

static void check_nearest(struct builder *b, const struct entry *e)
{
	for (size_t i = 0; i < b->config->n_datacenters; i++) {
		if (b->config->datacenters[i].located)
			return;
	}
	refuse(&b->reader, e, &e->tokens[3], "nearest needs datacenters with location=; there is none");
}

static void read_geomap(struct builder *b, const struct entry *e)
{
	struct geomap_line line;
	if (!need(b, e, 3, "geomap NAME KEY DATACENTER... [...]") || !name_check(b, e, &e->tokens[1]))
		return;
	struct geomap *map = geomap_of(b, e);
	bool sound = geomap_line_read(&b->reader, e, &line);
	line.at.file = arena_copy_text(b->reader.arena, line.at.file, strlen(line.at.file));
	for (size_t i = 0; sound && i < map->n; i++) {
		if (line_equal(&map->lines[i], &line))
			sound = refuse(&b->reader, e, &e->tokens[2],
				       "geomap %s has a line for %.*s already, at line %u", map->name,
				       (int)e->tokens[2].len, e->tokens[2].text, map->lines[i].at.line);
	}
	if (line.nearest)
		check_nearest(b, e);
	map->lines = append(b, map->lines, &map->n, &line, sizeof(line));
}

static void read_zone(struct builder *b, const struct entry *e)
{
	const char usage[] = "zone NAME FILE", *why;
	struct zone_file zone = {.at = token_spot(e, &e->tokens[0])};
	if (!need(b, e, 3, usage) || !no_more(b, e, 3, usage))
		return;
	const struct token *t = &e->tokens[1];
	if (!name_parse(t->text, t->len, NULL, &zone.apex, &why)) {
		refuse(&b->reader, e, t, "\"%.*s\" is no domain name: %s", (int)t->len, t->text, why);
		return;
	}
	for (size_t i = 0; i < b->config->n_zones; i++) {
		if (name_equal(&b->config->zones[i].apex, &zone.apex)) {
			refuse(&b->reader, e, t, "zone \"%.*s\" is already defined at line %u", (int)t->len,
			       t->text, b->config->zones[i].at.line);
			return;
		}
	}
	zone.at.file = arena_copy_text(b->reader.arena, zone.at.file, strlen(zone.at.file));
	zone.path = path_beside(b, e, &e->tokens[2]);
	b->config->zones = append(b, b->config->zones, &b->config->n_zones, &zone, sizeof(zone));
}

/* The keywords, in the order in which they are looked at: what others name comes first. */
static const struct keyword {
	const char *word, *form, *help;
	void (*read)(struct builder *, const struct entry *); /* NULL: not supported yet */
} keywords[] = {
	{"listen", "ADDRESS[:PORT]", "UDP and TCP; may repeat; 0.0.0.0:53 and [::]:53 where there is none",
	 read_listen},
	{"workers", "NUMBER", "threads that answer, 1 to 1024; one per CPU where it is not given",
	 read_workers},
	{"geoip", "FILE", "a MaxMind database; may repeat, the first that knows an attribute wins",
	 read_geoip},
	{"check", "NAME http|tcp key=value...", "how to find out whether an address is well", read_check},
	{"datacenter", "NAME key=value...", "a place that answers are for", read_datacenter},
	{"geomap", "NAME KEY DATACENTER... [...] | nearest", "whom to send where; one line a KEY",
	 read_geomap},
	{"zone", "NAME FILE", "a zone to serve", read_zone},
	{"admin", NULL, NULL, NULL},
	{"state", NULL, NULL, NULL},
	{"explain-from", NULL, NULL, NULL},
	{"latency", NULL, NULL, NULL},
	{"user", NULL, NULL, NULL},
	{"allow-transfer", NULL, NULL, NULL},
};

enum { N_KEYWORDS = sizeof(keywords) / sizeof(keywords[0]) };

static const struct keyword *keyword_find(const struct token *t)
{
	for (size_t i = 0; i < N_KEYWORDS; i++) {
		if (token_is(t, keywords[i].word))
			return &keywords[i];
	}
	return NULL;
}

static void entry_keep(struct builder *b, const struct entry *e)
{
	b->entries = mem_grow(b->entries, &b->cap, b->n + 1, sizeof(*b->entries));
	b->entries[b->n] = *e;
	b->entries[b->n++].tokens = arena_copy(b->reader.arena, e->tokens, e->n * sizeof(*e->tokens));
}

static void collect(struct builder *b, struct lexer *lexer)
{
	struct entry e;
	while (lexer_next(lexer, &e)) {
		const struct token *t = &e.tokens[0];
		const struct keyword *keyword = keyword_find(t);
		const char *words[N_KEYWORDS];
		for (size_t i = 0; i < N_KEYWORDS; i++)
			words[i] = keywords[i].word;
		if (token_is(t, "$INCLUDE") && e.n == 2)
			lexer_include(lexer, &e, &e.tokens[1]);
		else if (token_is(t, "$INCLUDE"))
			refuse(&b->reader, &e, t, "$INCLUDE takes one file");
		else if (keyword == NULL)
			refuse_word(&b->reader, &e, t, "keyword", words, N_KEYWORDS);
		else if (keyword->read == NULL)
			refuse(&b->reader, &e, t, "\"%s\" is not supported yet", keyword->word);
		else
			entry_keep(b, &e);
	}
}

static void interpret(struct builder *b)
{
	for (size_t k = 0; k < N_KEYWORDS; k++) {
		for (size_t i = 0; i < b->n; i++) {
			if (token_is(&b->entries[i].tokens[0], keywords[k].word))
				keywords[k].read(b, &b->entries[i]);
		}
	}
}

static void check_geomaps(struct builder *b)
{
	for (size_t i = 0; i < b->config->n_geomaps; i++) {
		const struct geomap *map = &b->config->geomaps[i];
		bool found = false;
		for (size_t j = 0; j < map->n; j++)
			found |= map->lines[j].key == GEOMAP_DEFAULT;
		if (!found)
			fault_add(b->reader.faults, map->lines[0].at,
				  "geomap %s has no line for *, which all others take", map->name);
	}
}

static void set_defaults(struct builder *b)
{
	static const struct endpoint everywhere[] = {{.addr.family = FAMILY_V4, .port = DNS_PORT},
						     {.addr.family = FAMILY_V6, .port = DNS_PORT}};
	if (b->config->n_listens > 0)
		return;
	b->config->listens = everywhere;
	b->config->n_listens = 2;
}

/* Faults in the order of the file, as they were found keyword by keyword. */
static int fault_compare(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;
	int order = strcmp(x->file, y->file);
	if (order == 0)
		order = x->line < y->line ? -1 : x->line > y->line;
	if (order == 0)
		order = x->column < y->column ? -1 : x->column > y->column;
	return order;
}

static struct config *read_from(const char *path, struct lexer *lexer, struct faults *faults)
{
	struct config *config = mem_alloc(sizeof(*config));
	size_t first = faults->n;
	config->arena = arena_new();
	config->path = arena_copy_text(config->arena, path, strlen(path));
	struct builder b = {.reader = {config, config->arena, faults}, .config = config};
	collect(&b, lexer);
	interpret(&b);
	check_geomaps(&b);
	set_defaults(&b);
	free(b.entries);
	lexer_close(lexer);
	if (faults->n > first)
		qsort(faults->list + first, faults->n - first, sizeof(*faults->list), fault_compare);
	return config;
}

struct config *config_read(const char *path, struct faults *faults)
{
	struct lexer *lexer = lexer_open(path, faults);
	return lexer ? read_from(path, lexer, faults) : NULL;
}

struct config *config_read_text(const char *name, const char *text, size_t len, struct faults *faults)
{
	return read_from(name, lexer_open_text(name, text, len, faults), faults);
}

void config_free(struct config *config)
{
	if (config == NULL)
		return;
	arena_free(config->arena);
	free(config);
}

static bool name_is(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && memcmp(name, text, len) == 0;
}

int config_datacenter(const struct config *config, const char *name, size_t len)
{
	for (size_t i = 0; i < config->n_datacenters; i++) {
		if (name_is(config->datacenters[i].name, name, len))
			return (int)i;
	}
	return CONFIG_NONE;
}

int config_check(const struct config *config, const char *name, size_t len)
{
	for (size_t i = 0; i < config->n_checks; i++) {
		if (name_is(config->checks[i].name, name, len))
			return (int)i;
	}
	return CONFIG_NONE;
}

int config_geomap(const struct config *config, const char *name, size_t len)
{
	for (size_t i = 0; i < config->n_geomaps; i++) {
		if (name_is(config->geomaps[i].name, name, len))
			return (int)i;
	}
	return CONFIG_NONE;
}

void config_help(FILE *out)
{
	static const struct option_table *const tables[] = {&check_options, &datacenter_options,
							    &steer_options, &at_options};
	fputs("gslbd.conf:\n", out);
	for (size_t i = 0; i < N_KEYWORDS; i++) {
		if (keywords[i].read != NULL)
			fprintf(out, "  %s %s\n      %s\n", keywords[i].word, keywords[i].form,
				keywords[i].help);
		else
			fprintf(out, "  %s\n      not supported yet\n", keywords[i].word);
	}
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		option_table_help(tables[i], out);
}
