/* SPDX-License-Identifier: ISC */
/*
 * Entries and tokens of the master-file syntax (RFC 1035 §5.1), shared by gslbd.conf and zone files: `;`
 * comments,
 * `( )` over lines, `"…"` quotes, `\DDD` and `\X` escapes, and a stack of included files.
 */
#ifndef CONFIG_LEXER_H
#define CONFIG_LEXER_H

#include "base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/*
 * A token as it stands in the file: with its quotes and escapes, so that `body="a b"` and `"a b"` are one
 * token each. Not NUL-terminated; valid as long as the lexer lives, or until lexer_drop().
 */
struct token {
	const char *text;
	size_t len;
	unsigned line;
	unsigned column;
};

/* One entry: the tokens of a line, or of several that parentheses join. Valid until the next lexer_next(). */
struct entry {
	const char *file; /* valid as long as the lexer lives */
	unsigned line;    /* where the entry begins */
	bool indented;    /* begins with white space: the owner is the one before (RFC 1035 §5.1) */
	unsigned depth;   /* 0 in the file that was opened, 1 in one it includes, … */
	size_t n;         /* at least 1 */
	const struct token *tokens;
};

struct lexer;

/* Without a file. The caller closes it; `faults` is borrowed until then. */
struct lexer *lexer_new(struct faults *faults);

/*
 * Reads a file whole, to go on with. A failure adds a fault, at the place in another file that names it or,
 * where `named` is NULL, of the file itself, and returns false.
 */
bool lexer_read(struct lexer *lexer, const char *path, const struct spot *named);

/* The same with a text in memory, which is copied; `name` is what faults call it. */
void lexer_read_text(struct lexer *lexer, const char *name, const char *text, size_t len);

/* Done with the file, and with what it includes: no token or name of theirs is valid. Another may follow. */
void lexer_leave(struct lexer *lexer);

/* A new one with a file, or NULL; or with a text. */
struct lexer *lexer_open(const char *path, const struct spot *named, struct faults *faults);
struct lexer *lexer_open_text(const char *name, const char *text, size_t len, struct faults *faults);

void lexer_close(struct lexer *lexer);

/* The next entry that is lexically right; wrong ones become faults. False at the end of the last file. */
bool lexer_next(struct lexer *lexer, struct entry *out);

/*
 * Goes on with the file that `token` names, relative to the folder of the file it stands in, and comes back
 * at its end. A file that includes itself, a depth over 16, or one that can't be read is a fault and returns
 * false.
 */
bool lexer_include(struct lexer *lexer, const struct entry *entry, const struct token *token);

/*
 * The tokens of all entries so far are not needed any more: a large file's memory goes back while it is read.
 */
void lexer_drop(struct lexer *lexer);

/* Where a token stands, for fault_add(). */
struct spot token_spot(const struct entry *entry, const struct token *token);

/* Is the token exactly this word, letter case aside, and unquoted? */
static inline bool token_is(const struct token *token, const char *word)
{
	return strlen(word) == token->len && strncasecmp(token->text, word, token->len) == 0;
}

/*
 * Takes quotes and escapes away. Writes at most `room` octets with a NUL behind them, and returns the length,
 * or SIZE_MAX where it does not fit or an escape is wrong.
 */
size_t token_decode(const struct token *token, char *out, size_t room);

#endif
