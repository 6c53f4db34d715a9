/* SPDX-License-Identifier: ISC */
/* Sockets to listen on. */
#include "serve/listen.h"
#include "base/log.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	UDP_BUFFER = 4 * 1024 * 1024, /* some thousand queries; more would only be answered too late */
	TCP_BUFFER =
		64 * 1024, /* each way; the kernel doubles it, and would grow it to megabytes by itself */
	TAKE_MS = 30000,   /* for a client to take what has been sent, even once we have closed */
	BACKLOG = 1024,
	DEFER_S = 5,     /* for a client to send its first query, before its connection is accepted without */
	FAST_OPEN = 256, /* connections that may begin with their query at once (RFC 7413) */
};

static void turn_on(int fd, int level, int option)
{
	static const int on = 1;
	setsockopt(fd, level, option, &on, sizeof(on));
}

bool listen_is_wildcard(const struct addr *addr)
{
	static const uint8_t zero[16];
	return memcmp(addr->octets, zero, sizeof(zero)) == 0;
}

/* An unbound socket, or -1 with errno. */
static int socket_new(const struct endpoint *endpoint, int type)
{
	bool v6 = endpoint->addr.family == FAMILY_V6;
	int fd = socket(v6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && v6)
		turn_on(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	/* On TCP it ignores connections of a server before that are in TIME_WAIT. On UDP it would let any
	 * user take our packets. */
	if (fd >= 0 && type == SOCK_STREAM)
		turn_on(fd, SOL_SOCKET, SO_REUSEADDR);
	return fd;
}

static bool bind_to(int fd, const struct endpoint *endpoint)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(endpoint, &sa);
	return bind(fd, (struct sockaddr *)&sa, len) == 0;
}

/* Can the endpoint be bound? If not, errno says why. */
static bool try_bind(const struct endpoint *endpoint, int type)
{
	int fd = socket_new(endpoint, type);
	bool ok = fd >= 0 && bind_to(fd, endpoint);
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return ok;
}

bool listen_exists(const struct addr *addr)
{
	const struct endpoint endpoint = {.addr = *addr};
	return try_bind(&endpoint, SOCK_DGRAM) || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL);
}

static void bind_fault(const struct endpoint *endpoint, int error, struct faults *faults)
{
	char name[ADDR_TEXT_MAX + 8], address[ADDR_TEXT_MAX];
	snprintf(name, sizeof(name), "listen %s", endpoint_format(endpoint, address));
	struct spot at = {.file = name};
	if (error == EACCES)
		fault_add(faults, at,
			  "permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE");
	else if (error == EADDRINUSE)
		fault_add(faults, at, "another program listens there already");
	else if (error == EADDRNOTAVAIL)
		fault_add(faults, at, "this machine does not have that address");
	else
		fault_add(faults, at, "%s", strerror(error));
}

bool listen_probe(const struct endpoint *endpoint, int type, struct faults *faults)
{
	if (endpoint->port == 0 || try_bind(endpoint, type))
		return true;
	bind_fault(endpoint, errno, faults);
	return false;
}

/* Larger than the system's limit where we may, as large as it allows where not; but one that was set by who
 * may stays. */
static void ask_for_buffer(int fd, int option, int by_force)
{
	static const int size = UDP_BUFFER;
	int now = 0;
	socklen_t len = sizeof(now);
	if ((getsockopt(fd, SOL_SOCKET, option, &now, &len) != 0 || now < size) &&
	    setsockopt(fd, SOL_SOCKET, by_force, &size, sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, option, &size, sizeof(size));
}

void listen_tell_buffer(int fd, const struct endpoint *endpoint)
{
	char address[ADDR_TEXT_MAX];
	int octets = 0;
	socklen_t len = sizeof(octets);
	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, &len) == 0 && octets / 2 < UDP_BUFFER)
		log_warn("listen %s: its receive buffer is %d KiB, not %d, so bursts of queries may be lost: "
			 "raise net.core.rmem_max, or grant CAP_NET_ADMIN",
			 endpoint_format(endpoint, address), octets / 2048, UDP_BUFFER / 1024);
}

static void set_up_udp(int fd, const struct addr *addr)
{
	static const int probe = IP_PMTUDISC_PROBE;
	bool v6 = addr->family == FAMILY_V6;
	ask_for_buffer(fd, SO_RCVBUF, SO_RCVBUFFORCE);
	ask_for_buffer(fd, SO_SNDBUF, SO_SNDBUFFORCE);
	/* A forged "fragmentation needed" must not make us send fragments, nor may routers make any of what
	 * fits nearly every path (RFC 9715 section 3.1); and what is never in fragments needs no number of
	 * its own. */
	if (!v6)
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe));
	if (listen_is_wildcard(addr))
		turn_on(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO);
}

/* Connections inherit these: what a client that doesn't read, or isn't read from, can hold in the kernel. */
static void set_up_tcp(int fd)
{
	static const int size = TCP_BUFFER, take = TAKE_MS, defer = DEFER_S, fast_open = FAST_OPEN;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &take, sizeof(take));
	setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer, sizeof(defer));
	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &fast_open, sizeof(fast_open));
	turn_on(fd, IPPROTO_TCP, TCP_NODELAY);
}

static int open_new(const struct endpoint *endpoint, int type, struct faults *faults)
{
	int fd = socket_new(endpoint, type);
	if (fd >= 0) {
		turn_on(fd, SOL_SOCKET, SO_REUSEPORT);
		if (type == SOCK_DGRAM)
			set_up_udp(fd, &endpoint->addr);
		else
			set_up_tcp(fd);
		if (bind_to(fd, endpoint) && (type == SOCK_DGRAM || listen(fd, BACKLOG) == 0))
			return fd;
	}
	bind_fault(endpoint, errno, faults);
	if (fd >= 0)
		close(fd);
	return -1;
}

int listen_take(struct inherited *inherited, const struct endpoint *endpoint, int type, unsigned nth,
		struct faults *faults)
{
	int fd = inherited_take(inherited, endpoint, type, nth);
	if (fd < 0)
		return open_new(endpoint, type, faults);
	if (type == SOCK_DGRAM)
		set_up_udp(fd, &endpoint->addr);
	else
		set_up_tcp(fd);
	return fd;
}

void listen_acknowledge(int fd, bool late)
{
	int at_once = !late;
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &at_once, sizeof(at_once));
}

struct endpoint listen_local(int fd)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct endpoint endpoint = {0};
	if (getsockname(fd, (struct sockaddr *)&sa, &len) == 0)
		endpoint_from_sockaddr((struct sockaddr *)&sa, &endpoint);
	if (listen_is_wildcard(&endpoint.addr))
		endpoint.addr.family = FAMILY_NONE;
	return endpoint;
}

uint16_t listen_port(int fd)
{
	return listen_local(fd).port;
}
