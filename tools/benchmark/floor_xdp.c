/* SPDX-License-Identifier: ISC */
/* The floor of AF_XDP: answers every query that comes by queue 0 with one A record, and thinks nothing. */
#include "floor.h"
#include "xdp/filter.h"
#include "xdp/frame.h"
#include "xdp/xsk.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 64 };

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
			in.len = frame_answer(&frame, in.octets, floor_answer(frame.payload));
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
