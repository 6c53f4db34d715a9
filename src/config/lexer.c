/* SPDX-License-Identifier: ISC */
/* The lexer: files are read whole, and tokens are slices of them. */
#include "config/lexer.h"
#include "base/memory.h"
#include "config/content.h"
#include "config/opener.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	DEPTH_MAX = 16,
	RESUMED_MAX = 8, /* so that a file of nothing but ( is not read once for each */
	DROPPED_MIN = 1 << 20,
	TOKENS_MIN = 32,
};

/* One file being read. Kept until the lexer is closed, as tokens and names point into it. */
struct source {
	struct source *kept; /* the list of all that were opened */
	struct source *outer;
	struct content content;
	const char *at, *end, *line_start;
	const char *dropped; /* up to here */
	unsigned line, depth;
	unsigned resumed; /* how often reading went back behind a ( that nothing closes */
	char name[];
};

struct lexer {
	struct faults *faults;
	struct opener opener;  /* of the file that was read last */
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

static void push(struct lexer *l, const char *name, const struct content *content)
{
	size_t name_len = strlen(name) + 1;
	struct source *s = mem_raw(sizeof(*s) + name_len);
	const char *text = content->text;
	*s = (struct source){
		.kept = l->kept,
		.outer = l->source,
		.content = *content,
		.at = text,
		.end = text + content->len,
		.line_start = text,
		.dropped = text,
		.line = 1,
		.depth = l->source ? l->source->depth + 1 : 0,
	};
	memcpy(s->name, name, name_len);
	if (content->len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		s->at = s->line_start = text + 3;
	l->kept = l->source = s;
}

struct lexer *lexer_new(struct faults *faults)
{
	struct lexer *l = mem_alloc(sizeof(*l));
	l->faults = faults;
	l->tokens = mem_grow(NULL, &l->cap, TOKENS_MIN, sizeof(*l->tokens));
	return l;
}

bool lexer_read(struct lexer *l, const char *path, const struct spot *named)
{
	struct content content;
	const char *why;
	bool sound = content_read(&l->opener, path, &content, &why);
	if (sound)
		push(l, path, &content);
	else if (named == NULL)
		fault_add(l->faults, (struct spot){.file = path}, "can't be read: %s", why);
	else
		fault_add(l->faults, *named, "%s can't be read: %s", path, why);
	return sound;
}

struct lexer *lexer_open(const char *path, const struct spot *named, struct faults *faults)
{
	struct lexer *l = lexer_new(faults);
	if (lexer_read(l, path, named))
		return l;
	lexer_close(l);
	return NULL;
}

void lexer_read_text(struct lexer *l, const char *name, const char *text, size_t len)
{
	push(l, name, &(struct content){.text = mem_copy_text(text, len), .len = len});
}

struct lexer *lexer_open_text(const char *name, const char *text, size_t len, struct faults *faults)
{
	struct lexer *l = lexer_new(faults);
	lexer_read_text(l, name, text, len);
	return l;
}

void lexer_leave(struct lexer *l)
{
	for (struct source *s = l->kept, *next; s != NULL; s = next) {
		next = s->kept;
		free(s->content.text);
		free(s);
	}
	l->kept = l->source = NULL;
}

void lexer_close(struct lexer *l)
{
	lexer_leave(l);
	opener_close(&l->opener);
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

static bool refuse_nul(struct lexer *l, const char *p)
{
	return wrong(l, p, "a NUL octet has no place in a text file");
}

static bool skip_comment(struct lexer *l)
{
	struct source *s = l->source;
	const char *begin = s->at;
	skip_line(s);
	const char *nul = memchr(begin, '\0', (size_t)(s->at - begin));
	return nul == NULL || refuse_nul(l, nul);
}

/* Steps over an escape (RFC 1035 §5.1). */
static bool skip_escape(struct lexer *l)
{
	struct source *s = l->source;
	const char *p = s->at + 1;
	if (p >= s->end || *p == '\n' || (*p == '\r' && p + 1 < s->end && p[1] == '\n'))
		return wrong(l, s->at, "a backslash at the end of a line escapes nothing");
	if (*p == '\0')
		return refuse_nul(l, p);
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
		} else if (*s->at == '\0') {
			return refuse_nul(l, s->at);
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
		const char *p = s->at;
		while (class_of(p) == PLAIN) /* behind the end is a NUL */
			p++;
		s->at = p;
		if (p == s->end)
			break;
		enum class class = class_of(p);
		if (class == QUOTE) {
			if (!skip_quoted(l))
				return false;
		} else if (class == ESCAPE) {
			if (!skip_escape(l))
				return false;
		} else if (class == NUL) {
			return refuse_nul(l, s->at);
		} else {
			break;
		}
	}
	l->tokens = mem_grow(l->tokens, &l->cap, l->n + 1, sizeof(*l->tokens));
	l->tokens[l->n++] = (struct token){begin, (size_t)(s->at - begin), s->line,
					   (unsigned)(begin - s->line_start) + 1};
	return true;
}

/* A ( that nothing closes: the lines behind it were no part of its entry, so they are read by themselves. */
static bool unclosed(struct lexer *l, struct spot opened, const char *begin)
{
	struct source *s = l->source;
	fault_add(l->faults, opened, "the ( is never closed");
	if (s->resumed++ == RESUMED_MAX)
		return false;
	s->at = begin;
	s->line = opened.line;
	s->line_start = begin - (opened.column - 1);
	skip_line(s);
	return false;
}

/* Reads up to the end of the entry. False: it is wrong, and the rest of its line was skipped. */
static bool read_tokens(struct lexer *l)
{
	struct source *s = l->source;
	struct spot opened = {0};
	const char *opened_at = NULL;
	unsigned depth = 0;
	while (s->at < s->end) {
		bool ok = true;
		switch (class_of(s->at)) {
		case BLANK: s->at++; break;
		case COMMENT: ok = skip_comment(l); break;
		case NEWLINE:
			newline(s);
			if (depth == 0)
				return true;
			break;
		case OPEN:
			if (depth++ == 0) {
				opened = spot_at(s, s->at);
				opened_at = s->at;
			}
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
	return depth == 0 || unclosed(l, opened, opened_at);
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

void lexer_drop(struct lexer *l)
{
	struct source *s = l->source;
	if (s == NULL || s->at - s->dropped < DROPPED_MIN)
		return;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)s->dropped + page - 1) & ~(page - 1),
		  to = (uintptr_t)s->at & ~(page - 1);
	madvise((void *)from, to - from, MADV_DONTNEED); /* zeroes now, which nobody reads */
	s->dropped = (const char *)to;
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

static bool being_read(const struct lexer *l, const struct content *content)
{
	const struct source *s = l->source;
	while (s != NULL && !content_same_file(&s->content, content))
		s = s->outer;
	return s != NULL;
}

/* Reads the file of that path, beside the one that `at` is in, on top of those being read. */
static bool include(struct lexer *l, struct spot at, const char *path)
{
	struct content content;
	const char *why;
	char *full = beside(at.file, path);
	bool sound = content_read(&l->opener, full, &content, &why);
	if (!sound) {
		fault_add(l->faults, at, "%s can't be read: %s", full, why);
	} else if (being_read(l, &content)) {
		fault_add(l->faults, at, "%s includes itself", full);
		free(content.text);
		sound = false;
	} else {
		push(l, full, &content);
	}
	free(full);
	return sound;
}

bool lexer_include(struct lexer *l, const struct entry *entry, const struct token *token)
{
	char path[4096];
	struct spot at = token_spot(entry, token);
	size_t len = token_decode(token, path, sizeof(path) - 1);
	if (len == SIZE_MAX) {
		fault_add(l->faults, at, "the path is too long");
		return false;
	}
	if (strlen(path) != len) {
		fault_add(l->faults, at, "a path has no NUL octet in it");
		return false;
	}
	if (l->source != NULL && l->source->depth >= DEPTH_MAX) {
		fault_add(l->faults, at, "files are included %d deep; does one include itself?", DEPTH_MAX);
		return false;
	}
	return include(l, at, path);
}
