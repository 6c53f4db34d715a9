/* SPDX-License-Identifier: ISC */
/* libcurl says which sockets and which moment it waits for, libevent tells it when they have come. */
#include "check/engine.h"
#include "base/memory.h"
#include "base/thread.h"
#include "check/kind.h"

#include <event2/event.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>

struct engine {
	struct event_base *base;
	CURLM *multi;
	struct event *timer; /* the moment libcurl waits for */
	engine_ended *ended;
	void *context;
};

/* A socket that libcurl has this engine watch; known to libcurl by curl_multi_assign(). */
struct waiting {
	struct engine *engine;
	struct transfer *transfer; /* NULL: libcurl's own, as it ends a connection after a transfer */
	struct event *event;
};

static struct transfer *transfer_of(CURL *easy)
{
	char *transfer = NULL;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
	return (struct transfer *)(void *)transfer;
}

/* Lets libcurl work, and hands on what has ended by that. */
static void advance(struct engine *engine, curl_socket_t fd, int what)
{
	int running, left;
	curl_multi_socket_action(engine->multi, fd, what, &running);
	thread_turn_may_end();
	for (CURLMsg *m; (m = curl_multi_info_read(engine->multi, &left)) != NULL;) {
		struct transfer *transfer = transfer_of(m->easy_handle);
		CURLcode code = m->data.result; /* the message dies with the next call */
		engine_stop(engine, transfer);
		const struct kind *kind = kind_of(transfer->check);
		if (kind->goes_on != NULL && kind->goes_on(transfer, code))
			engine_start(engine, transfer);
		else
			engine->ended(engine->context, transfer, code);
		thread_turn_may_end();
	}
}

/*
 * Has more come than any right reply has, with the overhead of chunks and TLS? What libcurl skips in silence,
 * such as an endless extension of a chunk, no callback counts. Asked from the second time on that something
 * has come: most replies come at once.
 */
static bool is_flood(const struct transfer *transfer, evutil_socket_t fd)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       info.tcpi_bytes_received > REPLY_OVERHEAD_MAX + 8 * (uint64_t)transfer->check->body_limit;
}

static void on_ready(evutil_socket_t fd, short events, void *context)
{
	struct waiting *waiting = context;
	struct engine *engine = waiting->engine;
	struct transfer *transfer = waiting->transfer;
	int what = (events & EV_READ ? CURL_CSELECT_IN : 0) | (events & EV_WRITE ? CURL_CSELECT_OUT : 0);
	if (transfer != NULL && (events & EV_READ)) {
		if (transfer->heard && is_flood(transfer, fd)) {
			engine_stop(engine, transfer);
			engine->ended(engine->context, transfer, CURLE_FILESIZE_EXCEEDED);
			return;
		}
		transfer->heard = true;
	}
	advance(engine, fd, what);
}

static void on_moment(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	advance(context, CURL_SOCKET_TIMEOUT, 0);
}

static struct waiting *waiting_new(struct engine *engine, curl_socket_t fd)
{
	struct waiting *waiting = mem_alloc(sizeof(*waiting));
	*waiting = (struct waiting){.engine = engine,
				    .event = event_new(engine->base, fd, 0, on_ready, waiting)};
	if (waiting->event == NULL || curl_multi_assign(engine->multi, fd, waiting) != CURLM_OK)
		abort();
	return waiting;
}

/* libcurl does not always tell whose a connection is once it has outlived its transfer. */
static void waiting_for(struct waiting *waiting, struct transfer *transfer)
{
	if (waiting->transfer != NULL)
		waiting->transfer->waiting = NULL;
	if (transfer != NULL)
		transfer->waiting = waiting;
	waiting->transfer = transfer;
}

static void waiting_free(struct waiting *waiting)
{
	if (waiting == NULL)
		return;
	waiting_for(waiting, NULL);
	event_free(waiting->event);
	free(waiting);
}

/*
 * libcurl's socket callback. A connection outlives its transfer where libcurl waits for the end of TLS (from
 * 8.9 on): the handle is one of its own then, which nobody else knows.
 */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
	struct engine *engine = context;
	struct waiting *waiting = known;
	if (what == CURL_POLL_REMOVE) {
		waiting_free(waiting);
		return 0;
	}
	if (waiting == NULL)
		waiting = waiting_new(engine, fd);
	waiting_for(waiting, transfer_of(easy));
	event_del(waiting->event);
	if (what == CURL_POLL_NONE)
		return 0;
	short events = EV_PERSIST;
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	event_assign(waiting->event, engine->base, fd, events, on_ready, waiting);
	return event_add(waiting->event, NULL);
}

/* libcurl's timer callback. */
static int on_timer(CURLM *multi, long ms, void *context)
{
	struct engine *engine = context;
	(void)multi;
	if (ms < 0)
		return event_del(engine->timer);
	struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	return event_add(engine->timer, &wait);
}

struct engine *engine_new(struct event_base *base, engine_ended *ended, void *context)
{
	struct engine *engine = mem_alloc(sizeof(*engine));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	*engine = (struct engine){
		.base = base,
		.multi = curl_multi_init(),
		.timer = evtimer_new(base, on_moment, engine),
		.ended = ended,
		.context = context,
	};
	if (engine->multi == NULL || engine->timer == NULL)
		abort();
	curl_multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(engine->multi, CURLMOPT_SOCKETDATA, engine);
	curl_multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(engine->multi, CURLMOPT_TIMERDATA, engine);
	return engine;
}

void engine_free(struct engine *engine)
{
	curl_multi_cleanup(engine->multi);
	event_free(engine->timer);
	curl_global_cleanup();
	free(engine);
}

void engine_start(struct engine *engine, struct transfer *transfer)
{
	if (transfer->talk.wanted)
		talk_start(transfer, engine->base, engine->ended, engine->context);
	else if (curl_multi_add_handle(engine->multi, transfer->easy) != CURLM_OK)
		abort();
}

void engine_stop(struct engine *engine, struct transfer *transfer)
{
	if (transfer->talk.wanted) {
		talk_stop(transfer);
		return;
	}
	curl_multi_remove_handle(engine->multi, transfer->easy);
	if (transfer->waiting != NULL) /* a connection that libcurl has yet to end */
		waiting_for(transfer->waiting, NULL);
}
