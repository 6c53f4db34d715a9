/* SPDX-License-Identifier: ISC */
/* The floor of AF_XDP: answers every query that comes by queue 0 with one A record, and thinks nothing. */
#include "wire/octets.h"
#include "wire/types.h"
#include "xdp/filter.h"
#include "xdp/frame.h"
#include "xdp/xsk.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 64 };

/* Makes the reply in place. */
static struct span answer(struct span query)
{
	static const uint8_t record[16] = {0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1};
	uint8_t *p = query.octets;
	size_t end = HEADER_OCTETS;
	while (end < query.len && p[end] != 0)
		end += p[end] + 1u;
	end += 5;
	p[2] = 0x84;
	p[3] = 0;
	octets_put16(p + 6, 1);
	octets_put16(p + 10, 0);
	memcpy(p + end, record, sizeof(record));
	return (struct span){p, end + sizeof(record)};
}

static void serve(struct xsk *xsk)
{
	for (;;) {
		unsigned got = xsk_received(xsk, BATCH);
		for (unsigned i = 0; i < got; i++) {
			struct span in = xsk_take(xsk);
			struct frame frame;
			if (!frame_read(in, &frame) || frame.payload.len < HEADER_OCTETS + 5) {
				xsk_return(xsk, in.octets);
				continue;
			}
			in.len = frame_answer(&frame, in.octets, answer(frame.payload));
			xsk_send(xsk, in);
		}
		xsk_flush(xsk);
		if (got == 0) {
			struct pollfd wait = {xsk->fd, POLLIN, 0};
			poll(&wait, 1, -1);
		}
	}
}

int main(int argc, char **argv)
{
	char why[XDP_WHY_MAX] = "an address and its port are wanted";
	struct endpoint at;
	struct interface interface;
	struct filter filter;
	static struct xsk xsk;
	if (argc != 3) {
		fputs("usage: bench-floor-xdp ADDR:PORT INTERFACE\n", stderr);
		return 2;
	}
	if (endpoint_parse(argv[1], strlen(argv[1]), &at) && interface_read(argv[2], &interface, why) &&
	    filter_load(&filter, interface.mac, interface.queues, why) &&
	    filter_attach(&filter, interface.index, why) &&
	    xsk_open(&xsk, &interface, 0, filter.generic, why) && filter_add_socket(&filter, 0, xsk.fd) &&
	    filter_add_endpoint(&filter, &at))
		serve(&xsk);
	fprintf(stderr, "bench-floor-xdp: %s\n", why);
	return 1;
}
