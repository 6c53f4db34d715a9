/* SPDX-License-Identifier: ISC */
/* The lexer: files are read whole, and tokens are slices of them. */
#include "config/lexer.h"
#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 16 };

/* One file being read. Kept until the lexer is closed, as tokens and names point into it. */
struct source {
	struct source *kept; /* the list of all that were opened */
	struct source *outer;
	char *name;
	char *text;
	const char *at, *end, *line_start;
	unsigned line, depth;
};

struct lexer {
	struct faults *faults;
	struct source *source; /* the innermost; NULL at the end */
	struct source *kept;
	size_t cap;
	struct token *tokens;
	size_t n;
};

/* What ends a plain token, and what changes how it is read. */
enum class { PLAIN, BLANK, NEWLINE, COMMENT, OPEN, CLOSE, QUOTE, ESCAPE, NUL };

static const uint8_t classes[256] = {
	[' '] = BLANK, ['\t'] = BLANK, ['\r'] = BLANK, ['\n'] = NEWLINE, [';'] = COMMENT,
	['('] = OPEN,  [')'] = CLOSE,  ['"'] = QUOTE,  ['\\'] = ESCAPE,  ['\0'] = NUL,
};

static enum class class_of(const char *p) { return (enum class)classes[(uint8_t)*p]; }

static struct spot spot_at(const struct source *s, const char *p)
{
	return (struct spot){s->name, s->line, (unsigned)(p - s->line_start) + 1};
}

static void push(struct lexer *l, const char *name, char *text, size_t len)
{
	struct source *s = mem_alloc(sizeof(*s));
	*s = (struct source){
		.kept = l->kept,
		.outer = l->source,
		.name = mem_copy_text(name, strlen(name)),
		.text = text,
		.at = text,
		.end = text + len,
		.line_start = text,
		.line = 1,
		.depth = l->source ? l->source->depth + 1 : 0,
	};
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		s->at = s->line_start = text + 3;
	l->kept = l->source = s;
}

/* The whole file with a NUL behind it, or NULL with errno set. */
static char *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return NULL;
	char *text = NULL;
	size_t room = 0, got;
	*len = 0;
	do {
		text = mem_grow(text, &room, *len + 65537, 1);
		got = fread(text + *len, 1, room - *len - 1, file);
		*len += got;
	} while (got > 0);
	int error = ferror(file) ? (errno ? errno : EIO) : 0;
	fclose(file);
	if (error != 0) {
		free(text);
		errno = error;
		return NULL;
	}
	text[*len] = '\0';
	return text;
}

static struct lexer *lexer_new(struct faults *faults)
{
	struct lexer *l = mem_alloc(sizeof(*l));
	l->faults = faults;
	return l;
}

struct lexer *lexer_open(const char *path, struct faults *faults)
{
	size_t len;
	char *text = read_file(path, &len);
	if (text == NULL) {
		fault_add(faults, (struct spot){.file = path}, "can't be read: %s", strerror(errno));
		return NULL;
	}
	struct lexer *l = lexer_new(faults);
	push(l, path, text, len);
	return l;
}

struct lexer *lexer_open_text(const char *name, const char *text, size_t len, struct faults *faults)
{
	struct lexer *l = lexer_new(faults);
	push(l, name, mem_copy_text(text, len), len);
	return l;
}

void lexer_close(struct lexer *l)
{
	for (struct source *s = l->kept, *next; s != NULL; s = next) {
		next = s->kept;
		free(s->name);
		free(s->text);
		free(s);
	}
	free(l->tokens);
	free(l);
}

static void newline(struct source *s)
{
	s->at++;
	s->line++;
	s->line_start = s->at;
}

static void skip_line(struct source *s)
{
	const char *end = memchr(s->at, '\n', (size_t)(s->end - s->at));
	s->at = end ? end : s->end;
}

static bool wrong(struct lexer *l, const char *p, const char *text)
{
	fault_add(l->faults, spot_at(l->source, p), "%s", text);
	return false;
}

/* Steps over an escape (RFC 1035 §5.1). */
static bool skip_escape(struct lexer *l)
{
	struct source *s = l->source;
	const char *p = s->at + 1;
	if (p >= s->end || *p == '\n')
		return wrong(l, s->at, "a backslash at the end of a line escapes nothing");
	if (!isdigit((unsigned char)*p)) {
		s->at += 2;
		return true;
	}
	if (s->end - p < 3 || !isdigit((unsigned char)p[1]) || !isdigit((unsigned char)p[2]) ||
	    (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0') > 255)
		return wrong(l, s->at, "a backslash before a digit needs three digits, up to \\255");
	s->at += 4;
	return true;
}

static bool skip_quoted(struct lexer *l)
{
	struct source *s = l->source;
	const char *begin = s->at++;
	while (s->at < s->end && *s->at != '\n') {
		if (*s->at == '"') {
			s->at++;
			return true;
		}
		if (*s->at == '\\') {
			if (!skip_escape(l))
				return false;
		} else {
			s->at++;
		}
	}
	return wrong(l, begin, "the quote is not closed on its line");
}

/* One token: plain characters, escapes and quoted stretches up to what separates tokens. */
static bool read_token(struct lexer *l)
{
	struct source *s = l->source;
	const char *begin = s->at;
	for (;;) {
		while (s->at < s->end && class_of(s->at) == PLAIN)
			s->at++;
		if (s->at == s->end)
			break;
		enum class class = class_of(s->at);
		if (class == QUOTE) {
			if (!skip_quoted(l))
				return false;
		} else if (class == ESCAPE) {
			if (!skip_escape(l))
				return false;
		} else if (class == NUL) {
			return wrong(l, s->at, "a NUL octet has no place in a text file");
		} else {
			break;
		}
	}
	l->tokens = mem_grow(l->tokens, &l->cap, l->n + 1, sizeof(*l->tokens));
	l->tokens[l->n++] = (struct token){begin, (size_t)(s->at - begin), s->line,
					   (unsigned)(begin - s->line_start) + 1};
	return true;
}

/* Reads up to the end of the entry. False: it is wrong, and the rest of its line was skipped. */
static bool read_tokens(struct lexer *l)
{
	struct source *s = l->source;
	struct spot opened = {0};
	unsigned depth = 0;
	while (s->at < s->end) {
		bool ok = true;
		switch (class_of(s->at)) {
		case BLANK: s->at++; break;
		case COMMENT: skip_line(s); break;
		case NEWLINE:
			newline(s);
			if (depth == 0)
				return true;
			break;
		case OPEN:
			if (depth++ == 0)
				opened = spot_at(s, s->at);
			s->at++;
			break;
		case CLOSE:
			ok = depth > 0 || wrong(l, s->at, "a ) without a ( before it");
			depth -= ok;
			s->at++;
			break;
		case PLAIN:
		case QUOTE:
		case ESCAPE:
		case NUL: ok = read_token(l); break;
		}
		if (!ok) {
			skip_line(s);
			return false;
		}
	}
	if (depth > 0)
		fault_add(l->faults, opened, "the ( is never closed");
	return depth == 0;
}

bool lexer_next(struct lexer *l, struct entry *out)
{
	while (l->source != NULL) {
		struct source *s = l->source;
		if (s->at == s->end) {
			l->source = s->outer;
			continue;
		}
		bool indented = class_of(s->at) == BLANK;
		l->n = 0;
		if (!read_tokens(l) || l->n == 0)
			continue;
		*out = (struct entry){s->name, l->tokens[0].line, indented, s->depth, l->n, l->tokens};
		return true;
	}
	return false;
}

static char *beside(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');
	size_t folder = slash && path[0] != '/' ? (size_t)(slash - file) + 1 : 0, len = strlen(path);
	char *result = mem_alloc(folder + len + 1);
	memcpy(result, file, folder);
	memcpy(result + folder, path, len);
	return result;
}

bool lexer_include(struct lexer *l, const struct entry *entry, const struct token *token)
{
	char path[4096];
	struct spot at = token_spot(entry, token);
	if (token_decode(token, path, sizeof(path) - 1) == SIZE_MAX) {
		fault_add(l->faults, at, "the path is too long");
		return false;
	}
	if (l->source != NULL && l->source->depth >= DEPTH_MAX) {
		fault_add(l->faults, at, "files are included %d deep; does one include itself?", DEPTH_MAX);
		return false;
	}
	char *full = beside(entry->file, path);
	for (const struct source *s = l->source; s != NULL; s = s->outer) {
		if (strcmp(s->name, full) == 0) {
			fault_add(l->faults, at, "%s includes itself", full);
			free(full);
			return false;
		}
	}
	size_t len;
	char *text = read_file(full, &len);
	if (text == NULL)
		fault_add(l->faults, at, "%s can't be read: %s", full, strerror(errno));
	else
		push(l, full, text, len);
	free(full);
	return text != NULL;
}

struct spot token_spot(const struct entry *entry, const struct token *token)
{
	return (struct spot){entry->file, token->line, token->column};
}

bool token_is(const struct token *token, const char *word)
{
	return strlen(word) == token->len && strncasecmp(token->text, word, token->len) == 0;
}

size_t token_decode(const struct token *token, char *out, size_t room)
{
	size_t len = 0;
	for (const char *p = token->text, *end = p + token->len; p < end; p++) {
		char c = *p;
		if (c == '"')
			continue;
		if (c == '\\' && end - p >= 4 && isdigit((unsigned char)p[1])) {
			c = (char)((p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0'));
			p += 3;
		} else if (c == '\\' && end - p >= 2) {
			c = *++p;
		}
		if (len == room)
			return SIZE_MAX;
		out[len++] = c;
	}
	out[len] = '\0';
	return len;
}
