/* SPDX-License-Identifier: ISC */
/* What a token stands for, and where it stands. */
#include "config/lexer.h"

#include <ctype.h>
#include <stdint.h>

struct spot token_spot(const struct entry *entry, const struct token *token)
{
	return (struct spot){entry->file, token->line, token->column};
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
