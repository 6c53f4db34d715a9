/* SPDX-License-Identifier: ISC */
/* The floor: a bare recvmmsg/sendmmsg responder that answers every query with one A record, and thinks
 * nothing; over TCP likewise. */
#include "base/addr.h"
#include "floor.h"
#include "floor_tcp.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, ROOM = 1232 };

int main(int argc, char **argv)
{
	static uint8_t octets[BATCH][ROOM];
	static struct mmsghdr messages[BATCH];
	static struct iovec vectors[BATCH];
	static struct sockaddr_storage peers[BATCH];
	struct endpoint at;
	struct sockaddr_storage sa;
	if (argc != 2 || !endpoint_parse(argv[1], strlen(argv[1]), &at)) {
		fputs("usage: bench-floor ADDR:PORT\n", stderr);
		return 2;
	}
	socklen_t len = endpoint_to_sockaddr(&at, &sa);
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 4 << 20;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&sa, len) != 0) {
		perror("bench-floor: bind");
		return 1;
	}
	if (!floor_tcp_start(&at))
		return 1;
	for (;;) {
		for (int i = 0; i < BATCH; i++) {
			vectors[i] = (struct iovec){octets[i], ROOM};
			messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
							      .msg_namelen = sizeof(peers[i]),
							      .msg_iov = &vectors[i],
							      .msg_iovlen = 1};
		}
		int got = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
		if (got <= 0) {
			struct pollfd wait = {fd, POLLIN, 0};
			poll(&wait, 1, -1);
			continue;
		}
		for (int i = 0; i < got; i++) {
			struct span query = {octets[i], messages[i].msg_len};
			vectors[i].iov_len = floor_answer(query).len;
		}
		for (int done = 0; done < got;) {
			int sent = sendmmsg(fd, messages + done, (unsigned)(got - done), 0);
			done += sent > 0 ? sent : 1;
		}
	}
}
