/* SPDX-License-Identifier: ISC */
/* Reading the token file, and comparing in constant time. */
#include "admin/token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = TOKEN_MAX + 2 }; /* with its line's end */

/* Up to `room` octets; -1: errno says why. */
static ssize_t read_whole(int fd, char *out, size_t room)
{
	size_t len = 0;
	ssize_t got = -1;
	while (len < room && (got = read(fd, out + len, room - len)) > 0)
		len += (size_t)got;
	return got < 0 ? -1 : (ssize_t)len;
}

/* Does only its owner know it, who is to know it? */
static bool is_secret(int fd, struct spot at, struct faults *faults)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		fault_add(faults, at, "can't be looked at: %s", strerror(errno));
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		fault_add(faults, at,
			  "has mode %04o: others than its owner may read or write the token; `chmod 600` it",
			  st.st_mode & 07777u);
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		fault_add(faults, at, "belongs to user id %u, who is neither root nor the user of gslbd, %u",
			  st.st_uid, geteuid());
	else
		return true;
	return false;
}

static bool read_file(const char *file, bool secret, char *out, size_t *len, struct faults *faults)
{
	struct spot at = {.file = file};
	/* Not to wait for a writer, should it be a FIFO. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && secret && !is_secret(fd, at, faults)) {
		close(fd);
		return false;
	}
	ssize_t got = fd < 0 ? -1 : read_whole(fd, out, FILE_MAX + 1);
	if (got < 0)
		fault_add(faults, at, "can't read the token: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	*len = got < 0 ? 0 : (size_t)got;
	return got >= 0;
}

bool token_read(const char *file, bool secret, struct token *out, struct faults *faults)
{
	char text[FILE_MAX + 1];
	struct spot at = {.file = file};
	size_t len;
	if (file == NULL) {
		out->len = 0;
		return true;
	}
	if (!read_file(file, secret, text, &len, faults))
		return false;
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
