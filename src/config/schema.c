/* SPDX-License-Identifier: ISC */
/* Options of the form key=value, read by their rows. */
#include "config/schema.h"
#include "config/value.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

enum { OPTIONS_MAX = 64 };

bool refuse(const struct reader *r, const struct entry *entry, const struct token *token, const char *format,
	    ...)
{
	char text[768];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fault_add(r->faults, token_spot(entry, token), "%s", text);
	return false;
}

bool refuse_word(const struct reader *r, const struct entry *entry, const struct token *token,
		 const char *what, const char *const *words, size_t n)
{
	const char *near = value_nearest(token->text, token->len, words, n);
	if (near != NULL)
		return refuse(r, entry, token, "unknown %s \"%.*s\", did you mean \"%s\"?", what,
			      (int)token->len, token->text, near);
	return refuse(r, entry, token, "unknown %s \"%.*s\"", what, (int)token->len, token->text);
}

char *token_text(const struct reader *r, const struct token *token)
{
	char *copy = arena_copy_text(r->arena, token->text, token->len);
	token_decode(token, copy, token->len);
	return copy;
}

/* The key's length, 0 where the token is no option. */
static size_t key_len(const struct token *token)
{
	const char *equals = memchr(token->text, '=', token->len);
	size_t len = equals ? (size_t)(equals - token->text) : 0;
	for (size_t i = 0; i < len; i++) {
		if (!isalpha((unsigned char)token->text[i]) && token->text[i] != '-')
			return 0;
	}
	return len;
}

bool option_is(const struct token *token)
{
	return key_len(token) > 0;
}

static const struct option_row *row_find(const struct option_table *table, const struct token *token)
{
	size_t len = key_len(token);
	for (size_t i = 0; i < table->n; i++) {
		if (strlen(table->rows[i].key) == len &&
		    strncasecmp(table->rows[i].key, token->text, len) == 0)
			return &table->rows[i];
	}
	return NULL;
}

static bool refuse_option(const struct reader *r, const struct option_table *table, const struct entry *entry,
			  const struct token *token)
{
	const char *words[OPTIONS_MAX];
	char what[64];
	for (size_t i = 0; i < table->n; i++)
		words[i] = table->rows[i].key;
	if (!option_is(token))
		return refuse(r, entry, token, "\"%.*s\" is not of the form key=value", (int)token->len,
			      token->text);
	struct token key = *token;
	key.len = key_len(token);
	snprintf(what, sizeof(what), "option of %s", table->of);
	return refuse_word(r, entry, &key, what, words, table->n);
}

static bool option_read(const struct reader *r, const struct option_row *row, const struct entry *entry,
			const struct token *token, void *into)
{
	struct token value = *token;
	size_t skip = strlen(row->key) + 1;
	value.text += skip;
	value.len -= skip;
	value.column += (unsigned)skip;
	if (row->kind == VALUE_UNSUPPORTED)
		return refuse(r, entry, token, "option \"%s\" is not supported yet", row->key);
	const char *text = token_text(r, &value);
	if (value_read(r, row, text, strlen(text), into))
		return true;
	if (row->kind == VALUE_CHECK) {
		const char *words[OPTIONS_MAX];
		size_t n = 0;
		for (; n < r->config->n_checks && n < OPTIONS_MAX; n++)
			words[n] = r->config->checks[n].name;
		return refuse_word(r, entry, &value, "check", words, n);
	}
	return refuse(r, entry, &value, "\"%s\" is not right for %s: %s is expected", text, row->key,
		      row->expected);
}

bool options_read(const struct reader *r, const struct option_table *table, const struct entry *entry,
		  size_t first, size_t last, void *into)
{
	bool seen[OPTIONS_MAX] = {false}, sound = true;
	for (size_t i = 0; i < table->n; i++) {
		const struct option_row *row = &table->rows[i];
		if (row->fallback != NULL)
			value_read(r, row, row->fallback, strlen(row->fallback), into);
	}
	for (size_t i = first; i < last; i++) {
		const struct token *token = &entry->tokens[i];
		const struct option_row *row = row_find(table, token);
		if (row == NULL) {
			sound = refuse_option(r, table, entry, token);
		} else if (seen[row - table->rows]) {
			sound = refuse(r, entry, token, "option \"%s\" is given twice", row->key);
		} else {
			seen[row - table->rows] = true;
			sound &= option_read(r, row, entry, token, into);
		}
	}
	return sound;
}

void option_table_help(const struct option_table *table, FILE *out)
{
	fprintf(out, "\n%s options:\n", table->of);
	for (size_t i = 0; i < table->n; i++) {
		const struct option_row *row = &table->rows[i];
		if (row->kind == VALUE_UNSUPPORTED) {
			fprintf(out, "  %-14s not supported yet\n", row->key);
			continue;
		}
		fprintf(out, "  %-14s %s; %s", row->key, row->help, row->expected);
		fprintf(out, row->fallback ? " (%s)\n" : "\n", row->fallback);
	}
}
