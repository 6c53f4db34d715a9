/* SPDX-License-Identifier: ISC */
/* Reading the token file, and comparing in constant time. */
#include "config/bearer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = BEARER_MAX + 2 }; /* with its line's end */

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
static bool is_secret(const char *file, int fd, struct spot at, struct faults *faults)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		fault_add(faults, at, "%s can't be looked at: %s", file, strerror(errno));
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		fault_add(faults, at,
			  "%s has mode %04o: others than its owner may read or write the token; "
			  "`chmod 600` it",
			  file, st.st_mode & 07777u);
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		fault_add(faults, at,
			  "%s belongs to user id %u, who is neither root nor the user of gslbd, %u", file,
			  st.st_uid, geteuid());
	else
		return true;
	return false;
}

/* -1: a fault has been told. */
static ssize_t read_file(const char *file, struct spot at, bool secret, char *out, struct faults *faults)
{
	/* Not to wait for a writer, should it be a FIFO. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && secret && !is_secret(file, fd, at, faults)) {
		close(fd);
		return -1;
	}
	ssize_t got = fd < 0 ? -1 : read_whole(fd, out, FILE_MAX + 1);
	if (got < 0)
		fault_add(faults, at, "%s: can't read the token: %s", file, strerror(errno));
	if (fd >= 0)
		close(fd);
	return got;
}

/* NULL: it is a token. */
static const char *why_none(const char *text, size_t len)
{
	_Static_assert(BEARER_MAX == 4096, "as is said below");
	if (len == 0)
		return "is empty; it must hold the token of the admin API";
	if (len > BEARER_MAX)
		return "is too long; a token has at most 4096 characters";
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x21 || text[i] > 0x7e)
			return "has a character that a token can't have; it is one line of visible ASCII";
	}
	return NULL;
}

bool bearer_read(const char *file, struct spot at, bool secret, struct bearer *out, struct faults *faults)
{
	char text[FILE_MAX + 1];
	ssize_t got = read_file(file, at, secret, text, faults);
	if (got < 0)
		return false;
	size_t len = (size_t)got;
	if (len > 0 && text[len - 1] == '\n')
		len -= len > 1 && text[len - 2] == '\r' ? 2 : 1;
	const char *why = why_none(text, len);
	if (why != NULL) {
		fault_add(faults, at, "%s %s", file, why);
		return false;
	}
	memcpy(out->text, text, len);
	out->len = len;
	return true;
}

bool bearer_shown(const struct bearer *bearer, const char *authorization)
{
	static const char scheme[] = "Bearer ";
	if (bearer->len == 0)
		return true;
	if (authorization == NULL || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
		return false;
	const char *given = authorization + sizeof(scheme) - 1;
	given += strspn(given, " ");
	size_t len = strlen(given);
	/* The length of the loop is the caller's own; volatile, so that no compiler leaves it early. */
	volatile unsigned char differ = len != bearer->len;
	for (size_t i = 0; i < len; i++)
		differ = (unsigned char)(differ | (given[i] ^ bearer->text[i % bearer->len]));
	return differ == 0;
}
