/* SPDX-License-Identifier: ISC */
/* A datacenter to try things with: a real HTTP server that says who it is, and is well as long as it runs. */
#include "base/addr.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>

static void reply(struct evhttp_request *request, const char *greeting, const char *name)
{
	struct evbuffer *body = evbuffer_new();
	evbuffer_add_printf(body, "%s %s\n", greeting, name);
	evhttp_send_reply(request, HTTP_OK, "OK", body);
	evbuffer_free(body);
}

static void on_health(struct evhttp_request *request, void *name)
{
	reply(request, "ok", name);
}

static void on_any(struct evhttp_request *request, void *name)
{
	reply(request, "hello from", name);
}

static void on_end(evutil_socket_t fd_or_signal, short what, void *base)
{
	(void)fd_or_signal;
	(void)what;
	event_base_loopbreak(base);
}

/* Ends the loop with that process, so that what its user starts by hand does not outlive it. False: there is
 * none. */
static bool end_with(struct event_base *base, const char *pid)
{
	int fd = pidfd_open((pid_t)strtol(pid, NULL, 10), 0);
	return fd >= 0 && event_base_once(base, fd, EV_READ, on_end, base, NULL) == 0;
}

int main(int argc, char **argv)
{
	struct endpoint endpoint;
	char address[ADDR_TEXT_MAX];
	if (argc < 3 || argc > 4 || !endpoint_parse(argv[2], strlen(argv[2]), &endpoint) ||
	    endpoint.port == 0) {
		fputs("usage: demo-datacenter NAME ADDRESS:PORT [PID]\n"
		      "  PID   of a process to end with\n",
		      stderr);
		return 2;
	}
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	if (evhttp_bind_socket(http, addr_format(&endpoint.addr, address), endpoint.port) != 0) {
		fprintf(stderr, "demo-datacenter: can't listen on %s; is something there already?\n",
			argv[2]);
		return 1;
	}
	if (argc == 4 && !end_with(base, argv[3])) {
		fprintf(stderr, "demo-datacenter: there is no process %s to end with\n", argv[3]);
		return 1;
	}
	evhttp_set_cb(http, "/health", on_health, argv[1]);
	evhttp_set_gencb(http, on_any, argv[1]);
	struct event *term = evsignal_new(base, SIGTERM, on_end, base);
	struct event *interrupt = evsignal_new(base, SIGINT, on_end, base);
	event_add(term, NULL);
	event_add(interrupt, NULL);
	event_base_dispatch(base);
	event_free(term);
	event_free(interrupt);
	evhttp_free(http);
	event_base_free(base);
	return 0;
}
