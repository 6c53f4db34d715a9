/* SPDX-License-Identifier: ISC */
/* Options of the form key=value, read by their rows. */
#include "config/fields.h"
#include "config/value.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

enum { OPTIONS_MAX = 64, CHOICES_MAX = 16, LIST_ROOM = 400 };

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

/* "; there are a, b and c", into `out`; nothing where that would be too long to read. */
static const char *list_words(const char *const *words, size_t n, char out[static LIST_ROOM])
{
	size_t len = (size_t)snprintf(out, LIST_ROOM, "; there %s",
				      n > 1    ? "are "
				      : n == 1 ? "is "
					       : "is none");
	for (size_t i = 0; i < n && len < LIST_ROOM; i++)
		len += (size_t)snprintf(out + len, LIST_ROOM - len, "%s%s",
					i == 0       ? ""
					: i == n - 1 ? " and "
						     : ", ",
					words[i]);
	return len < LIST_ROOM ? out : "";
}

bool refuse_word(const struct reader *r, const struct entry *entry, const struct token *token,
		 const char *what, const char *const *words, size_t n)
{
	const char *near = value_nearest(token->text, token->len, words, n);
	if (near != NULL)
		return refuse(r, entry, token, "unknown %s \"%.*s\", did you mean \"%s\"?", what,
			      (int)token->len, token->text, near);
	char list[LIST_ROOM];
	return refuse(r, entry, token, "unknown %s \"%.*s\"%s", what, (int)token->len, token->text,
		      list_words(words, n, list));
}

char *token_text(const struct reader *r, const struct entry *entry, const struct token *token)
{
	char *copy = arena_copy_text(r->arena, token->text, token->len);
	size_t len = token_decode(token, copy, token->len);
	if (strlen(copy) == len)
		return copy;
	refuse(r, entry, token, "no value may have a NUL octet in it");
	return NULL;
}

bool choice_read(const struct reader *r, const struct entry *entry, const struct token *token,
		 const struct choice_table *table, int *out)
{
	const char *words[CHOICES_MAX];
	size_t n = 0;
	for (size_t i = 0; i < table->n; i++) {
		const struct choice_row *row = &table->rows[i];
		if (row->help != NULL)
			words[n++] = row->word;
		if (!token_is(token, row->word))
			continue;
		if (row->help == NULL)
			return refuse(r, entry, token, "%s \"%s\" is not supported yet", table->what,
				      row->word);
		*out = (int)i;
		return true;
	}
	return refuse_word(r, entry, token, table->what, words, n);
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

const struct token *option_given(const struct entry *entry, size_t first, const char *key)
{
	size_t len = strlen(key);
	for (size_t i = first; i < entry->n; i++) {
		const struct token *token = &entry->tokens[i];
		if (key_len(token) == len && strncasecmp(token->text, key, len) == 0)
			return token;
	}
	return NULL;
}

/* Is the row for the kind of check that is read? */
static bool row_fits(const struct reader *r, const struct option_row *row)
{
	return r->kind == 0 || row->kinds == 0 || (row->kinds & r->kind) != 0;
}

/*
 * The row of the token's key, that of this kind of check where there are several; a token without = is a key
 * by itself.
 */
static const struct option_row *row_find(const struct reader *r, const struct option_table *table,
					 const struct token *token)
{
	size_t len = option_is(token) ? key_len(token) : token->len;
	const struct option_row *found = NULL;
	for (size_t i = 0; i < table->n; i++) {
		const struct option_row *row = &table->rows[i];
		if (strlen(row->key) != len || strncasecmp(row->key, token->text, len) != 0)
			continue;
		if (found == NULL || row_fits(r, row))
			found = row;
	}
	return found;
}

static bool refuse_option(const struct reader *r, const struct option_table *table, const struct entry *entry,
			  const struct token *token)
{
	const char *words[OPTIONS_MAX];
	char what[64];
	size_t n = 0;
	for (size_t i = 0; i < table->n; i++) {
		if (row_fits(r, &table->rows[i]))
			words[n++] = table->rows[i].key;
	}
	if (!option_is(token))
		return refuse(r, entry, token, "\"%.*s\" is not of the form key=value", (int)token->len,
			      token->text);
	struct token key = *token;
	key.len = key_len(token);
	snprintf(what, sizeof(what), "option of %s", table->of);
	return refuse_word(r, entry, &key, what, words, n);
}

const char *kinds_format(unsigned kinds, char *out, size_t room)
{
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < check_kinds.n; i++) {
		if (!(kinds >> i & 1))
			continue;
		bool last = i + 1 == check_kinds.n ||
			    (kinds >> (i + 1) & ((1u << (check_kinds.n - i - 1)) - 1)) == 0;
		len += (size_t)snprintf(out + len, room - len, "%s%s",
					len == 0 ? ""
					: last   ? " and "
						 : ", ",
					check_kinds.rows[i].word);
	}
	return out;
}

/* The kinds of checks that have an option of this key, whatever it means for each. */
static unsigned key_kinds(const struct option_table *table, const char *key)
{
	unsigned kinds = 0;
	for (size_t i = 0; i < table->n; i++)
		kinds |= strcmp(table->rows[i].key, key) == 0 ? table->rows[i].kinds : 0;
	return kinds;
}

/* May the option stand here at all? */
static bool option_allowed(const struct reader *r, const struct option_table *table,
			   const struct option_row *row, const struct entry *entry, const struct token *token)
{
	if (row->kind == VALUE_UNSUPPORTED)
		return refuse(r, entry, token, "option \"%s\" is not supported yet", row->key);
	if (!option_is(token))
		return refuse(r, entry, token, "\"%.*s\" is not of the form key=value", (int)token->len,
			      token->text);
	if (row_fits(r, row))
		return true;
	char kinds[128];
	return refuse(r, entry, token, "option \"%s\" is for %s checks only", row->key,
		      kinds_format(key_kinds(table, row->key), kinds, sizeof(kinds)));
}

static bool option_read(const struct reader *r, const struct option_row *row, const struct entry *entry,
			const struct token *token, void *into)
{
	struct token value = *token;
	size_t skip = strlen(row->key) + 1;
	value.text += skip;
	value.len -= skip;
	value.column += (unsigned)skip;
	const char *text = token_text(r, entry, &value);
	if (text == NULL)
		return false;
	if (value_read(r, row, text, strlen(text), into))
		return true;
	if (row->kind == VALUE_CHECK)
		return refuse_name(r, entry, &value, THING_CHECK);
	if (row->kind == VALUE_NETWORKS)
		return refuse_networks(r, entry, &value, text);
	size_t address_len;
	if (row->kind == VALUE_ENDPOINT && port_doubtful(text, strlen(text), &address_len))
		return refuse(r, entry, &value, "is %s the port in \"%s\"? Write [%.*s]:%s or [%s]",
			      text + address_len + 1, text, (int)address_len, text, text + address_len + 1,
			      text);
	return refuse(r, entry, &value, "\"%s\" is not right for %s; expected: %s", text, row->key,
		      row->expected);
}

bool options_read(const struct reader *r, const struct option_table *table, const struct entry *entry,
		  size_t first, size_t last, void *into)
{
	bool seen[OPTIONS_MAX] = {false}, sound = true;
	for (size_t i = 0; i < table->n; i++) {
		const struct option_row *row = &table->rows[i];
		if (row->fallback != NULL && row_fits(r, row))
			value_read(r, row, row->fallback, strlen(row->fallback), into);
	}
	for (size_t i = first; i < last; i++) {
		const struct token *token = &entry->tokens[i];
		const struct option_row *row = row_find(r, table, token);
		if (row == NULL) {
			sound = refuse_option(r, table, entry, token);
		} else if (seen[row - table->rows] && row->kind != VALUE_HEADER && row->kind != VALUE_PEERS) {
			sound = refuse(r, entry, token, "option \"%s\" is given twice", row->key);
		} else {
			seen[row - table->rows] = true;
			sound &= option_allowed(r, table, row, entry, token) &&
				 option_read(r, row, entry, token, into);
		}
	}
	return sound;
}
