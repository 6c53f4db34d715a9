/* SPDX-License-Identifier: ISC */
/*
 * Ten thousand HTTP servers in one: answers 200 on a port of every loopback address. On a line `down
 * 127.1.2.3` on stdin that address answers 503 from then on, on `up 127.1.2.3` 200 again.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ADDRESSES = 1 << 24, BACKLOG = 4096 };

static const char well[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
static const char ill[] = "HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

struct farm {
	struct event_base *base;
	int fd;
	uint8_t *down; /* a bit an address of 127/8 */
};

/* One connection: answers as soon as the request has begun to come, and closes. */
static void on_request(evutil_socket_t fd, short what, void *argument)
{
	struct farm *farm = argument;
	char request[2048];
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	if ((what & EV_READ) && recv(fd, request, sizeof(request), 0) > 0 &&
	    getsockname(fd, (struct sockaddr *)&sa, &len) == 0) {
		uint32_t host = ntohl(sa.sin_addr.s_addr) & (ADDRESSES - 1);
		bool down = farm->down[host / 8] >> host % 8 & 1;
		ssize_t ignored = send(fd, down ? ill : well, strlen(down ? ill : well), MSG_NOSIGNAL);
		(void)ignored;
	}
	close(fd);
}

static void on_connection(evutil_socket_t fd, short what, void *argument)
{
	static const struct timeval patience = {.tv_sec = 10};
	struct farm *farm = argument;
	(void)what;
	for (int i = 0; i < 64; i++) {
		int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (client < 0)
			return;
		event_base_once(farm->base, client, EV_READ, on_request, farm, &patience);
	}
}

static void on_line(evutil_socket_t fd, short what, void *argument)
{
	struct farm *farm = argument;
	char line[128], word[16], address[64];
	struct in_addr in;
	(void)fd;
	(void)what;
	if (fgets(line, sizeof(line), stdin) == NULL) {
		event_base_loopbreak(farm->base);
		return;
	}
	if (sscanf(line, "%15s %63s", word, address) != 2 || inet_pton(AF_INET, address, &in) != 1)
		return;
	uint32_t host = ntohl(in.s_addr) & (ADDRESSES - 1);
	if (strcmp(word, "down") == 0)
		farm->down[host / 8] |= (uint8_t)(1u << host % 8);
	else
		farm->down[host / 8] &= (uint8_t) ~(1u << host % 8);
}

int main(int argc, char **argv)
{
	static const int on = 1;
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0))};
	struct farm farm = {.base = event_base_new(), .down = calloc(ADDRESSES / 8, 1)};
	setvbuf(stdin, NULL, _IONBF, 0);
	farm.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(farm.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (farm.down == NULL || bind(farm.fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    listen(farm.fd, BACKLOG) != 0) {
		perror("bench-farm");
		return 1;
	}
	event_add(event_new(farm.base, farm.fd, EV_READ | EV_PERSIST, on_connection, &farm), NULL);
	event_add(event_new(farm.base, 0, EV_READ | EV_PERSIST, on_line, &farm), NULL);
	event_base_dispatch(farm.base);
	return 0;
}
