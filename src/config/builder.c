/* SPDX-License-Identifier: ISC */
/* What the readers of gslbd.conf's keywords share. */
#include "config/builder.h"

#include <ctype.h>
#include <string.h>

enum { NAME_LENGTH_MAX = 63 };

/* The list grows by doubling, whenever its length has reached a power of two. */
const void *list_add(struct builder *b, const void *list, size_t *n, const void *item, size_t size)
{
	char *to = (char *)(uintptr_t)list;
	if ((*n & (*n - 1)) == 0) {
		to = arena_alloc(b->scratch, (*n ? *n * 2 : 1) * size);
		if (*n > 0)
			memcpy(to, list, *n * size);
	}
	memcpy(to + *n * size, item, size);
	++*n;
	return to;
}

const struct spot *seen_before(struct builder *b, const struct entry *e, enum seen_kind kind, const char *key)
{
	return seen_add(&b->seen, b->scratch, kind, key, spot_kept(b, e, &e->tokens[0]));
}

struct spot spot_kept(struct builder *b, const struct entry *e, const struct token *t)
{
	if (b->file != e->file)
		b->file_kept = arena_copy_text(b->reader.arena, e->file, strlen(e->file));
	b->file = e->file;
	return (struct spot){b->file_kept, t->line, t->column};
}

const char *spot_text(struct builder *b, const struct entry *e, const struct spot *at)
{
	char text[512];
	if (strcmp(at->file, e->file) == 0)
		snprintf(text, sizeof(text), "line %u", at->line);
	else
		snprintf(text, sizeof(text), "line %u of %s", at->line, at->file);
	return arena_copy_text(b->scratch, text, strlen(text));
}

bool name_check(struct builder *b, const struct entry *e, const struct token *t)
{
	bool sound = t->len <= NAME_LENGTH_MAX;
	for (size_t i = 0; i < t->len; i++)
		sound &= isalnum((unsigned char)t->text[i]) || t->text[i] == '_' || t->text[i] == '-';
	if (sound)
		return true;
	return refuse(&b->reader, e, t,
		      "\"%.*s\" is no name; expected: up to 63 letters, digits, dashes and underscores",
		      (int)t->len, t->text);
}

bool refuse_again(struct builder *b, const struct entry *e, const char *what, const struct spot *before)
{
	const struct token *t = &e->tokens[1];
	return refuse(&b->reader, e, t, "%s \"%.*s\" is already defined at %s", what, (int)t->len, t->text,
		      spot_text(b, e, before));
}

bool define(struct builder *b, const struct entry *e, enum seen_kind kind, const char **name)
{
	const struct token *t = &e->tokens[1];
	*name = arena_copy_text(b->reader.arena, t->text, t->len);
	const struct spot *before = seen_before(b, e, kind, *name);
	if (before == NULL)
		return name_check(b, e, t);
	*name = NULL;
	return refuse_again(b, e, kind == SEEN_CHECK ? "check" : "datacenter", before);
}
