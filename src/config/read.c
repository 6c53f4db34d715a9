/* SPDX-License-Identifier: ISC */
/*
 * gslbd.conf. All entries are read first, then looked at keyword by keyword, so that a line may name what is
 * defined further down.
 */
#include "base/memory.h"
#include "config/builder.h"

#include <stdlib.h>
#include <string.h>

enum { DNS_PORT = 53 };

static const struct keyword_row *keyword_find(const struct token *t)
{
	for (size_t i = 0; i < n_keywords; i++) {
		if (token_is(t, keywords[i].word))
			return &keywords[i];
	}
	return NULL;
}

static bool refuse_keyword(const struct reader *r, const struct entry *e)
{
	const char *words[32];
	size_t n = 0;
	for (; n < n_keywords && n < sizeof(words) / sizeof(words[0]); n++)
		words[n] = keywords[n].word;
	return refuse_word(r, e, &e->tokens[0], "keyword", words, n);
}

/* An entry outlives the lexer's token array. */
static void keep(struct builder *b, const struct entry *e, const struct keyword_row *keyword)
{
	struct entry kept = *e;
	uint8_t kind = (uint8_t)(keyword - keywords);
	kept.tokens = arena_copy(b->scratch, e->tokens, e->n * sizeof(*e->tokens));
	b->entries = list_add(b, b->entries, &b->n_entries, &kept, sizeof(kept));
	b->kinds = list_add(b, b->kinds, &b->n_kinds, &kind, sizeof(kind));
}

static void collect(struct builder *b, struct lexer *lexer)
{
	struct entry e;
	while (lexer_next(lexer, &e)) {
		const struct token *t = &e.tokens[0];
		const struct keyword_row *keyword = keyword_find(t);
		if (token_is(t, "$INCLUDE") && e.n == 2)
			lexer_include(lexer, &e, &e.tokens[1]);
		else if (token_is(t, "$INCLUDE"))
			refuse(&b->reader, &e, t, "$INCLUDE takes one file");
		else if (keyword == NULL)
			refuse_keyword(&b->reader, &e);
		else if (keyword->read == NULL)
			refuse(&b->reader, &e, t, "\"%s\" is not supported yet", keyword->word);
		else
			keep(b, &e, keyword);
	}
}

/* Has the entry as many tokens as the keyword's form? */
static bool form_right(const struct builder *b, const struct keyword_row *keyword, const struct entry *e)
{
	if (e->n < keyword->min)
		return refuse(&b->reader, e, &e->tokens[e->n - 1],
			      "something is missing behind this; the form is: %s %s", keyword->word,
			      keyword->form);
	if (keyword->max == 0 || e->n <= keyword->max)
		return true;
	const struct token *more = &e->tokens[keyword->max];
	return refuse(&b->reader, e, more, "\"%.*s\" is too much here; the form is: %s %s", (int)more->len,
		      more->text, keyword->word, keyword->form);
}

static void interpret(struct builder *b)
{
	for (size_t k = 0; k < n_keywords; k++) {
		for (size_t i = 0; i < b->n_entries; i++) {
			const struct entry *e = &b->entries[i];
			if (b->kinds[i] != k)
				continue;
			b->reader.file = e->file;
			if (form_right(b, &keywords[k], e))
				keywords[k].read(b, e);
		}
		if (keywords[k].read == check_entry_read)
			calcs_resolve(b);
	}
}

/* The lists have their length: the config gets them without the room in which they grew. */
static void settle(struct config *c)
{
	struct geomap *maps = arena_copy(c->arena, c->geomaps, c->n_geomaps * sizeof(*maps));
	for (size_t i = 0; i < c->n_geomaps; i++)
		maps[i].lines = arena_copy(c->arena, maps[i].lines, maps[i].n * sizeof(*maps[i].lines));
	c->geomaps = maps;
	c->listens = arena_copy(c->arena, c->listens, c->n_listens * sizeof(*c->listens));
	c->bypasses = arena_copy(c->arena, c->bypasses, c->n_bypasses * sizeof(*c->bypasses));
	c->tls_listens = arena_copy(c->arena, c->tls_listens, c->n_tls_listens * sizeof(*c->tls_listens));
	c->geoips = arena_copy(c->arena, c->geoips, c->n_geoips * sizeof(*c->geoips));
	c->geoip_spots = arena_copy(c->arena, c->geoip_spots, c->n_geoips * sizeof(*c->geoip_spots));
	c->checks = arena_copy(c->arena, c->checks, c->n_checks * sizeof(*c->checks));
	c->datacenters = arena_copy(c->arena, c->datacenters, c->n_datacenters * sizeof(*c->datacenters));
	c->latencies = arena_copy(c->arena, c->latencies, c->n_latencies * sizeof(*c->latencies));
	c->explain_froms =
		arena_copy(c->arena, c->explain_froms, c->n_explain_froms * sizeof(*c->explain_froms));
	c->proxy_froms = arena_copy(c->arena, c->proxy_froms, c->n_proxy_froms * sizeof(*c->proxy_froms));
	c->keys = arena_copy(c->arena, c->keys, c->n_keys * sizeof(*c->keys));
	c->zones = arena_copy(c->arena, c->zones, c->n_zones * sizeof(*c->zones));
}

static void set_defaults(struct config *config)
{
	struct record_options *dnstap = &config->records[RECORD_DNSTAP];
	static const struct endpoint everywhere[] = {{.addr.family = FAMILY_V4, .port = DNS_PORT},
						     {.addr.family = FAMILY_V6, .port = DNS_PORT}};
	if (dnstap->identity == NULL)
		dnstap->identity = config->identity;
	config->listens_given = config->n_listens > 0;
	if (config->listens_given)
		return;
	config->listens = everywhere;
	config->n_listens = 2;
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
	return order != 0 ? order : strcmp(x->text, y->text);
}

static struct config *read_from(const char *path, struct lexer *lexer, struct faults *faults)
{
	struct config *config = mem_alloc(sizeof(*config));
	size_t first = faults->n;
	config->arena = arena_new();
	config->path = arena_copy_text(config->arena, path, strlen(path));
	config->identity = identity_default(config->arena);
	config->cookies.on = true;
	struct builder b = {
		.reader = {.config = config, .arena = config->arena, .faults = faults},
		.config = config,
		.scratch = arena_new(),
	};
	options_read(&b.reader, &tcp_options, NULL, 0, 0, &config->tcp);
	collect(&b, lexer);
	interpret(&b);
	geomaps_check(&b);
	settle(config);
	set_defaults(config);
	arena_free(b.scratch);
	lexer_close(lexer);
	if (faults->n > first)
		qsort(faults->list + first, faults->n - first, sizeof(*faults->list), fault_compare);
	return config;
}

struct config *config_read(const char *path, struct faults *faults)
{
	struct lexer *lexer = lexer_open(path, NULL, faults);
	return lexer ? read_from(path, lexer, faults) : NULL;
}

struct config *config_read_text(const char *name, const char *text, size_t len, struct faults *faults)
{
	return read_from(name, lexer_open_text(name, text, len, faults), faults);
}
