/* SPDX-License-Identifier: ISC */
/* The floor over TCP: accepts, answers the one query that a connection is for, and closes after its client.
 */
#include "floor_tcp.h"
#include "floor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READY_MAX = 64, QUERY_ROOM = 1232, ROOM = 2048, PREFIX = 2, DEFER_S = 5 };

static void answer(int fd)
{
	uint8_t octets[ROOM];
	ssize_t got = recv(fd, octets, QUERY_ROOM, MSG_DONTWAIT);
	if (got < PREFIX + HEADER_OCTETS)
		return;
	struct span reply = floor_answer((struct span){octets + PREFIX, (size_t)got - PREFIX});
	octets_put16(octets, (unsigned)reply.len);
	send(fd, octets, PREFIX + reply.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void await(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* One at a time: an accept that finds nobody takes as long as one that does. */
static void accept_one(int listening, int epoll)
{
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	answer(fd);
	await(epoll, fd);
}

static void close_ended(int fd)
{
	uint8_t ignored[ROOM];
	if (recv(fd, ignored, sizeof(ignored), MSG_DONTWAIT) <= 0)
		close(fd);
}

static void *run(void *argument)
{
	int listening = (int)(intptr_t)argument, epoll = epoll_create1(EPOLL_CLOEXEC);
	await(epoll, listening);
	for (;;) {
		struct epoll_event events[READY_MAX];
		int n = epoll_wait(epoll, events, READY_MAX, -1);
		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == listening)
				accept_one(listening, epoll);
			else
				close_ended(events[i].data.fd);
		}
	}
	return NULL;
}

bool floor_tcp_start(const struct endpoint *at)
{
	static const int on = 1, off = 0, defer = DEFER_S;
	struct sockaddr_storage sa;
	pthread_t thread;
	socklen_t len = endpoint_to_sockaddr(at, &sa);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer, sizeof(defer));
	if (bind(fd, (struct sockaddr *)&sa, len) != 0 || listen(fd, SOMAXCONN) != 0) {
		perror("bench-floor: TCP");
		return false;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof(off)); /* listen() forgets it */
	return pthread_create(&thread, NULL, run, (void *)(intptr_t)fd) == 0;
}
