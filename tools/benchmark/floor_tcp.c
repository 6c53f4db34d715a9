/* SPDX-License-Identifier: ISC */
/* The floor over TCP: accepts, answers the one query that a connection is for, and closes after its client.
 */
#include "floor_tcp.h"
#include "floor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPTS_MAX = 4, READY_MAX = 64, QUERY_ROOM = 1232, ROOM = 2048, PREFIX = 2, DEFER_S = 5 };

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

static void accept_some(int listening, int epoll)
{
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
		if (fd < 0)
			return;
		answer(fd);
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	}
}

static void close_ended(int epoll)
{
	struct epoll_event events[READY_MAX];
	uint8_t ignored[ROOM];
	int n = epoll_wait(epoll, events, READY_MAX, 0);
	for (int i = 0; i < n; i++) {
		if (recv(events[i].data.fd, ignored, sizeof(ignored), MSG_DONTWAIT) <= 0)
			close(events[i].data.fd);
	}
}

static void *run(void *argument)
{
	int listening = (int)(intptr_t)argument, epoll = epoll_create1(EPOLL_CLOEXEC);
	struct pollfd waits[] = {{listening, POLLIN, 0}, {epoll, POLLIN, 0}};
	for (;;) {
		poll(waits, 2, -1);
		if (waits[0].revents != 0)
			accept_some(listening, epoll);
		if (waits[1].revents != 0)
			close_ended(epoll);
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
