/* SPDX-License-Identifier: ISC */
/* Reading the token file, and comparing in constant time. */
#include "admin/token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { FILE_MAX = TOKEN_MAX + 2 }; /* with its line's end */

/* Up to `room` octets; -1: errno says why. */
static ssize_t read_whole(const char *file, char *out, size_t room)
{
	size_t len = 0;
	ssize_t got = -1;
	/* Not to wait for a writer, should it be a FIFO. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	while (len < room && (got = read(fd, out + len, room - len)) > 0)
		len += (size_t)got;
	int error = errno;
	close(fd);
	errno = error;
	return got < 0 ? -1 : (ssize_t)len;
}

bool token_read(const char *file, struct token *out, struct faults *faults)
{
	char text[FILE_MAX + 1];
	struct spot at = {.file = file};
	if (file == NULL) {
		out->len = 0;
		return true;
	}
	ssize_t got = read_whole(file, text, sizeof(text));
	if (got < 0) {
		fault_add(faults, at, "can't read the token: %s", strerror(errno));
		return false;
	}
	size_t len = (size_t)got;
	if (len > 0 && text[len - 1] == '\n')
		len -= len > 1 && text[len - 2] == '\r' ? 2 : 1;
	size_t errors = faults->errors;
	if (len == 0)
		fault_add(faults, at, "is empty; it must hold the token of the admin API");
	else if (len > TOKEN_MAX)
		fault_add(faults, at, "is too long; a token has at most %d characters", TOKEN_MAX);
	for (size_t i = 0; i < len && faults->errors == errors; i++)
		if (text[i] < 0x21 || text[i] > 0x7e)
			fault_add(faults, at,
				  "has a character that a token can't have; it is one line of visible ASCII");
	if (faults->errors > errors)
		return false;
	memcpy(out->text, text, len);
	out->len = len;
	return true;
}

bool token_shown(const struct token *token, const char *authorization)
{
	static const char scheme[] = "Bearer ";
	if (token->len == 0)
		return true;
	if (authorization == NULL || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return false;
	const char *given = authorization + sizeof(scheme) - 1;
	given += strspn(given, " ");
	size_t len = strlen(given);
	/* The length of the loop is the caller's own; volatile, so that no compiler leaves it early. */
	volatile unsigned char differ = len != token->len;
	for (size_t i = 0; i < len; i++)
		differ = (unsigned char)(differ | (given[i] ^ token->text[i % token->len]));
	return differ == 0;
}
