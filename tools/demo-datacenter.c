/* SPDX-License-Identifier: ISC */
/* A datacenter to try things with: a real HTTP server that says who it is, and is well as long as it runs. */
#include "base/addr.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

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

static void on_signal(evutil_socket_t number, short what, void *base)
{
	(void)number;
	(void)what;
	event_base_loopbreak(base);
}

int main(int argc, char **argv)
{
	struct endpoint endpoint;
	char address[ADDR_TEXT_MAX];
	if (argc != 3 || !endpoint_parse(argv[2], strlen(argv[2]), &endpoint) || endpoint.port == 0) {
		fputs("usage: demo-datacenter NAME ADDRESS:PORT\n", stderr);
		return 2;
	}
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	if (evhttp_bind_socket(http, addr_format(&endpoint.addr, address), endpoint.port) != 0) {
		fprintf(stderr, "demo-datacenter: can't listen on %s; is something there already?\n",
			argv[2]);
		return 1;
	}
	evhttp_set_cb(http, "/health", on_health, argv[1]);
	evhttp_set_gencb(http, on_any, argv[1]);
	struct event *term = evsignal_new(base, SIGTERM, on_signal, base);
	struct event *interrupt = evsignal_new(base, SIGINT, on_signal, base);
	event_add(term, NULL);
	event_add(interrupt, NULL);
	event_base_dispatch(base);
	event_free(term);
	event_free(interrupt);
	evhttp_free(http);
	event_base_free(base);
	return 0;
}
