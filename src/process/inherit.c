/* SPDX-License-Identifier: ISC */
/* Inherited sockets, by what they are bound to. */
#include "process/inherit.h"
#include "base/log.h"
#include "base/memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

enum { FIRST = 3, SOCKETS_MAX = 65536 };

struct inherited_socket {
	int fd;
	int type;
	struct endpoint endpoint; /* its family is FAMILY_NONE for a UNIX socket */
	char *path;               /* of a UNIX socket; owned */
	bool wanted;              /* somebody has asked for what it is bound to */
};

struct inherited {
	size_t n;
	struct inherited_socket *list;
};

static bool is_listening(int fd, int type)
{
	int listening = 0;
	socklen_t len = sizeof(listening);
	return type == SOCK_DGRAM ||
	       (type == SOCK_STREAM && getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 &&
		listening);
}

/* False: it is not one that could be served on. */
static bool look_at(int fd, struct inherited_socket *out)
{
	union {
		struct sockaddr sa;
		struct sockaddr_storage room;
		struct sockaddr_un local;
	} at = {0};
	socklen_t len = sizeof(at), type_len = sizeof(out->type);
	*out = (struct inherited_socket){.fd = fd};
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &out->type, &type_len) != 0 || !is_listening(fd, out->type) ||
	    getsockname(fd, &at.sa, &len) != 0)
		return false;
	if (at.sa.sa_family == AF_INET || at.sa.sa_family == AF_INET6)
		endpoint_from_sockaddr(&at.sa, &out->endpoint);
	else if (at.sa.sa_family == AF_UNIX && out->type == SOCK_STREAM && at.local.sun_path[0] != '\0')
		out->path = mem_copy_text(at.local.sun_path,
					  strnlen(at.local.sun_path, sizeof(at.local.sun_path)));
	return out->path != NULL || out->endpoint.port != 0;
}

static bool keep(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
	       fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

struct inherited *inherited_new(void)
{
	struct inherited *inherited = mem_alloc(sizeof(*inherited));
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	long n = pid && count && strtol(pid, NULL, 10) == getpid() ? strtol(count, NULL, 10) : 0;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (n < 1 || n > SOCKETS_MAX)
		return inherited;
	inherited->list = mem_alloc((size_t)n * sizeof(*inherited->list));
	for (int fd = FIRST; fd < FIRST + n; fd++) {
		struct inherited_socket *s = &inherited->list[inherited->n];
		if (keep(fd) && look_at(fd, s)) {
			inherited->n++;
			continue;
		}
		log_warn("descriptor %d, which this process was started with, is no socket to listen on", fd);
		close(fd);
	}
	return inherited;
}

static bool is_on(const struct inherited_socket *s, const struct endpoint *endpoint)
{
	return s->path == NULL && s->endpoint.port == endpoint->port &&
	       addr_equal(&s->endpoint.addr, &endpoint->addr);
}

unsigned inherited_count(const struct inherited *inherited, const struct endpoint *endpoint, int type)
{
	unsigned n = 0;
	for (size_t i = 0; inherited != NULL && i < inherited->n; i++)
		n += inherited->list[i].type == type && is_on(&inherited->list[i], endpoint);
	return n;
}

int inherited_take(struct inherited *inherited, const struct endpoint *endpoint, int type, unsigned nth)
{
	size_t n = inherited ? inherited->n : 0, found = 0;
	const struct inherited_socket **those = mem_alloc((n + 1) * sizeof(*those));
	for (size_t i = 0; i < n; i++) {
		struct inherited_socket *s = &inherited->list[i];
		if (s->type != type || !is_on(s, endpoint))
			continue;
		s->wanted = true;
		those[found++] = s;
	}
	int fd = found > 0 ? fcntl(those[nth % found]->fd, F_DUPFD_CLOEXEC, FIRST) : -1;
	free(those);
	return fd;
}

int inherited_take_unix(struct inherited *inherited, const char *path)
{
	for (size_t i = 0; inherited != NULL && i < inherited->n; i++) {
		struct inherited_socket *s = &inherited->list[i];
		if (s->path == NULL || strcmp(s->path, path) != 0)
			continue;
		s->wanted = true;
		return fcntl(s->fd, F_DUPFD_CLOEXEC, FIRST);
	}
	return -1;
}

static void tell_unwanted(const struct inherited_socket *s)
{
	char address[ADDR_TEXT_MAX];
	log_warn("started with a socket on %s (%s), where nothing listens; it is closed",
		 s->path ? s->path : endpoint_format(&s->endpoint, address),
		 s->type == SOCK_DGRAM ? "UDP"
		 : s->path             ? "UNIX"
				       : "TCP");
}

void inherited_tell(const struct inherited *inherited)
{
	for (size_t i = 0; i < inherited->n; i++) {
		if (!inherited->list[i].wanted)
			tell_unwanted(&inherited->list[i]);
	}
}

void inherited_free(struct inherited *inherited)
{
	if (inherited == NULL)
		return;
	for (size_t i = 0; i < inherited->n; i++) {
		close(inherited->list[i].fd);
		free(inherited->list[i].path);
	}
	free(inherited->list);
	free(inherited);
}
