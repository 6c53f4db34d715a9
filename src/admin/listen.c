/* SPDX-License-Identifier: ISC */
/* Opening the admin API's socket. */
#include "admin/listen.h"
#include "base/memory.h"
#include "process/inherit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128 };

static bool refuse(const char *name, int error, struct faults *faults)
{
	struct spot at = {.file = name};
	if (error == EACCES)
		fault_add(faults, at, "permission denied");
	else if (error == EADDRINUSE)
		fault_add(faults, at, "another program listens there already");
	else if (error == EADDRNOTAVAIL)
		fault_add(faults, at, "this machine does not have that address");
	else
		fault_add(faults, at, "can't listen: %s", strerror(error));
	return false;
}

static bool tcp_open(const struct endpoint *endpoint, struct listening *out)
{
	static const int on = 1;
	struct sockaddr_storage sa;
	struct endpoint bound;
	socklen_t len = endpoint_to_sockaddr(endpoint, &sa);
	out->fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (out->fd < 0)
		return false;
	setsockopt(out->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(out->fd, (struct sockaddr *)&sa, len) < 0 || listen(out->fd, BACKLOG) < 0 ||
	    getsockname(out->fd, (struct sockaddr *)&sa, &len) < 0)
		return false;
	endpoint_from_sockaddr((struct sockaddr *)&sa, &bound);
	out->port = bound.port;
	return true;
}

/* Is the file a socket that nobody listens on? A full backlog is somebody. */
static bool is_stale(const struct sockaddr_un *sa)
{
	struct stat st;
	if (lstat(sa->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool stale = connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0 && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static bool unix_bind(int fd, const struct sockaddr_un *sa)
{
	if (bind(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0)
		return true;
	if (errno != EADDRINUSE)
		return false;
	if (!is_stale(sa) || unlink(sa->sun_path) < 0) {
		errno = EADDRINUSE;
		return false;
	}
	return bind(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0;
}

static bool unix_open(const char *path, struct listening *out)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct stat st;
	if (strlen(path) >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(sa.sun_path, path);
	out->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* The file takes the descriptor's mode (Linux): at no moment may others open it, and no umask is
	 * touched. */
	if (out->fd < 0 || fchmod(out->fd, S_IRUSR | S_IWUSR) < 0 || !unix_bind(out->fd, &sa))
		return false;
	out->path = mem_copy_text(path, strlen(path));
	if (lstat(path, &st) < 0)
		return false;
	out->device = st.st_dev;
	out->inode = st.st_ino;
	return listen(out->fd, BACKLOG) == 0;
}

/* False: none is inherited. */
static bool take(const struct admin_listen *listen, struct inherited *inherited, struct listening *out)
{
	const struct endpoint *at = &listen->endpoint;
	out->fd = listen->path ? inherited_take_unix(inherited, listen->path)
			       : inherited_take(inherited, at, SOCK_STREAM, 0);
	out->port = listen->path ? 0 : at->port;
	return out->fd >= 0;
}

bool listening_open(const struct admin_listen *listen, struct inherited *inherited, struct listening *out,
		    struct faults *faults)
{
	char name[sizeof("admin ") + sizeof(((struct sockaddr_un *)NULL)->sun_path) + ADDR_TEXT_MAX] =
		"admin ";
	char address[ADDR_TEXT_MAX];
	const char *path = listen->path;
	strncat(name, path != NULL ? path : endpoint_format(&listen->endpoint, address),
		sizeof(name) - sizeof("admin "));
	*out = (struct listening){.fd = -1};
	if (take(listen, inherited, out) ||
	    (path != NULL ? unix_open(path, out) : tcp_open(&listen->endpoint, out)))
		return true;
	refuse(name, errno, faults);
	if (out->fd >= 0)
		close(out->fd);
	listening_forget(out);
	return false;
}

void listening_forget(struct listening *listening)
{
	struct stat st;
	if (listening->path != NULL && lstat(listening->path, &st) == 0 && st.st_dev == listening->device &&
	    st.st_ino == listening->inode)
		unlink(listening->path);
	free(listening->path);
	*listening = (struct listening){.fd = -1};
}
