/* SPDX-License-Identifier: ISC */
/* Lists of descriptors, in packets of as many as the kernel takes, each with how many are to come. */
#include "process/passing.h"
#include "base/memory.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKET_MAX = 253 }; /* SCM_MAX_FD */

/* One packet: what is said, and room for descriptors. */
struct packet {
	uint32_t to_come; /* behind it */
	struct iovec text;
	struct msghdr message;
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(PACKET_MAX * sizeof(int))];
};

static void lay_out(struct packet *p)
{
	memset(p, 0, sizeof(*p));
	p->text = (struct iovec){&p->to_come, sizeof(p->to_come)};
	p->message = (struct msghdr){.msg_iov = &p->text,
				     .msg_iovlen = 1,
				     .msg_control = p->control,
				     .msg_controllen = sizeof(p->control)};
}

bool passing_send(int socket, const int *fds, size_t n)
{
	struct packet p;
	while (n > 0) {
		size_t some = n < PACKET_MAX ? n : PACKET_MAX;
		lay_out(&p);
		p.to_come = (uint32_t)(n - some);
		p.message.msg_controllen = CMSG_SPACE(some * sizeof(int));
		struct cmsghdr *head = CMSG_FIRSTHDR(&p.message);
		*head = (struct cmsghdr){.cmsg_len = CMSG_LEN(some * sizeof(int)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(head), fds, some * sizeof(int));
		if (sendmsg(socket, &p.message, MSG_NOSIGNAL) < 0)
			return false;
		fds += some;
		n -= some;
	}
	return true;
}

static void take(struct passed *out, struct packet *p)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(&p->message);
	if (head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
		return;
	size_t size = head->cmsg_len - CMSG_LEN(0);
	int *more = mem_alloc(out->n * sizeof(int) + size);
	memcpy(more, out->fds, out->n * sizeof(int));
	memcpy(more + out->n, CMSG_DATA(head), size);
	free(out->fds);
	out->fds = more;
	out->n += size / sizeof(int);
}

bool passing_receive(int socket, struct passed *out)
{
	struct packet p;
	*out = (struct passed){.whole = true, .fds = mem_alloc(0)};
	do {
		lay_out(&p);
		ssize_t got = recvmsg(socket, &p.message, MSG_CMSG_CLOEXEC);
		if (got != (ssize_t)sizeof(p.to_come)) {
			passed_free(out);
			return false;
		}
		take(out, &p);
		out->whole &= !(p.message.msg_flags & MSG_CTRUNC);
	} while (p.to_come > 0);
	return true;
}

void passed_free(struct passed *passed)
{
	for (size_t i = 0; i < passed->n; i++)
		close(passed->fds[i]);
	free(passed->fds);
	*passed = (struct passed){0};
}
