/* SPDX-License-Identifier: ISC */
/* `identity`, `version` and `cookies` entries: what the server tells clients of itself. */
#include "config/builder.h"
#include "config/fields.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

enum { STRING_MAX = 255 }; /* of a TXT record */

const char *identity_default(struct arena *arena)
{
	char name[STRING_MAX + 1];
	if (gethostname(name, sizeof(name)) != 0)
		return NULL;
	name[STRING_MAX] = '\0';
	return name[0] != '\0' ? arena_copy_text(arena, name, strlen(name)) : NULL;
}

/* Refuses a second entry of the kind. */
static bool alone(struct builder *b, const struct entry *e, enum seen_kind kind)
{
	const struct spot *before = seen_before(b, e, kind, "");
	if (before == NULL)
		return true;
	return refuse(&b->reader, e, &e->tokens[0], "%.*s is given twice; the first is at %s",
		      (int)e->tokens[0].len, e->tokens[0].text, spot_text(b, e, before));
}

/* A text to tell; an empty one: nothing is told. */
static void read_string(struct builder *b, const struct entry *e, enum seen_kind kind, const char **out)
{
	const struct token *t = &e->tokens[1];
	const char *text = token_text(&b->reader, e, t);
	if (!alone(b, e, kind) || text == NULL)
		return;
	if (strlen(text) > STRING_MAX)
		refuse(&b->reader, e, t, "a text of at most %d octets is expected", STRING_MAX);
	else
		*out = text[0] != '\0' ? text : NULL;
}

void identity_entry_read(struct builder *b, const struct entry *e)
{
	read_string(b, e, SEEN_IDENTITY, &b->config->identity);
}

void version_entry_read(struct builder *b, const struct entry *e)
{
	read_string(b, e, SEEN_VERSION, &b->config->version);
}

static unsigned hex_digit(char c)
{
	return isdigit((unsigned char)c) ? (unsigned)(c - '0')
					 : (unsigned)(tolower((unsigned char)c) - 'a' + 10);
}

/* 32 hexadecimal digits, then the end of the line. Returns what is behind them; NULL: they are not there. */
static const char *secret_decode(const char *text, struct cookie_secret *out)
{
	for (size_t i = 0; i < sizeof(out->octets); i++, text += 2) {
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
			return NULL;
		out->octets[i] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
	}
	size_t blanks = strspn(text, " \t\r\n");
	return text[0] == '\0' || memchr(text, '\n', blanks) != NULL ? text + blanks : NULL;
}

static void secrets_read(struct builder *b, const struct entry *e, const char *path)
{
	const struct token *t = option_given(e, 2, "secret-file");
	struct cookie_secret list[COOKIE_SECRETS_MAX];
	struct cookie_secrets *secrets = &b->config->cookies.secrets;
	char text[SECRET_TEXT_MAX + 1];
	const char *why, *at = text;
	size_t n = 0;
	if (!secret_file_read(path, text, &why)) {
		refuse(&b->reader, e, t, "can't take the secrets from %s: %s", path, why);
		return;
	}
	for (; at != NULL && (n == 0 || *at != '\0'); n++) {
		if (n == COOKIE_SECRETS_MAX) {
			refuse(&b->reader, e, t, "%s: there are more than %d secrets in it", path,
			       COOKIE_SECRETS_MAX);
			return;
		}
		at = secret_decode(at, &list[n]);
	}
	if (at == NULL) {
		refuse(&b->reader, e, t,
		       "%s: secret %zu is not a line of 32 hexadecimal digits, as \"openssl rand -hex 16\" "
		       "makes them",
		       path, n);
		return;
	}
	secrets->list = arena_copy(b->reader.arena, list, n * sizeof(*list));
	secrets->n = n;
}

void cookies_entry_read(struct builder *b, const struct entry *e)
{
	const struct token *t = &e->tokens[1];
	struct cookies_fields fields = {0};
	bool sound = options_read(&b->reader, &cookies_options, e, 2, e->n, &fields);
	if (!alone(b, e, SEEN_COOKIES))
		return;
	if (!token_is(t, "on") && !token_is(t, "off"))
		refuse(&b->reader, e, t, "\"%.*s\" is neither on nor off", (int)t->len, t->text);
	b->config->cookies.on = token_is(t, "on");
	if (fields.secret_file != NULL && token_is(t, "off"))
		refuse(&b->reader, e, option_given(e, 2, "secret-file"),
		       "without cookies it means nothing: \"cookies on secret-file=...\" or \"cookies off\"");
	else if (sound && fields.secret_file != NULL)
		secrets_read(b, e, fields.secret_file);
}
