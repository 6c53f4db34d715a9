/* SPDX-License-Identifier: ISC */
/* The thread of a recording. */
#include "record/recording.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "process/privileges.h"
#include "record/sink.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	RING_ROOM = 4 << 20, /* a worker's: some ten thousand queries */
	FLUSH_OCTETS = 1 << 16,
	TURN = 4096, /* records of a worker's, before the next has its turn */
	LOOK_MS = 10,
	AGAIN_MS = 1000, /* after a failure */
	NICE = 10,
};

struct recording {
	const struct sink_kind *kind;
	struct record_options options; /* with texts of its own */
	unsigned n_tracks;
	struct track **tracks;
	pthread_t thread;
	_Atomic bool reopen, ending, ended;
	_Atomic uint64_t recorded, lost;

	/* the thread's alone */
	struct sink sink;
	uint64_t encoded; /* records that are, and are not all written yet */
	bool failing;
	int64_t again_ms; /* not before; 0: at once */
};

static const struct sink_kind *const kinds[RECORD_SINKS] = {
	[RECORD_LOG] = &log_sink, [RECORD_DNSTAP] = GSLBD_DNSTAP ? &dnstap_sink : NULL};

/* Says when it begins to fail, and when it is well again, not each time. */
static bool settle(struct recording *r, bool ok)
{
	if (!ok && !r->failing)
		log_error("%s: %s can't be written to: %s; queries are not recorded until it can",
			  r->kind->keyword, r->options.path, strerror(errno));
	if (ok && r->failing)
		log_info("%s: %s is written to again", r->kind->keyword, r->options.path);
	r->failing = !ok;
	r->again_ms = ok ? 0 : clock_ms() + AGAIN_MS;
	return ok;
}

/* Entries that were encoded have been written, or never will be. */
static void account(struct recording *r, _Atomic uint64_t *as)
{
	atomic_fetch_add_explicit(as, r->encoded, memory_order_relaxed);
	r->encoded = 0;
}

/* False: not now. */
static bool flush(struct recording *r)
{
	if (r->kind->flush(&r->sink)) {
		account(r, &r->recorded);
		return true;
	}
	if (errno == EAGAIN)
		return false;
	settle(r, false);
	if (r->sink.len == 0)
		account(r, &r->lost);
	return false;
}

static void close_sink(struct recording *r)
{
	if (r->sink.fd < 0)
		return;
	if (!r->failing)
		flush(r);
	if (r->sink.fd >= 0)
		r->kind->close(&r->sink);
}

static bool is_open(struct recording *r)
{
	if (atomic_exchange(&r->reopen, false)) {
		close_sink(r);
		r->again_ms = 0;
	}
	if (clock_ms() < r->again_ms)
		return false;
	return r->sink.fd >= 0 || settle(r, r->kind->open(&r->sink));
}

/* Takes what a worker has recorded. False: the sink takes no more for now. */
static bool take(struct recording *r, struct track *track)
{
	struct span piece;
	for (int i = 0; i < TURN && ring_next(&track->ring, &piece); i++) {
		r->kind->put(&r->sink, (const struct record *)(const void *)piece.octets);
		r->encoded++;
		ring_drop(&track->ring, &piece);
		if (r->sink.len >= FLUSH_OCTETS && !flush(r))
			return false;
	}
	return true;
}

/* Takes what there is. Returns whether there may be more at once. */
static bool look(struct recording *r)
{
	uint64_t before = r->recorded;
	if (!is_open(r) || !flush(r))
		return false;
	if (r->failing)
		settle(r, true);
	for (unsigned i = 0; i < r->n_tracks; i++) {
		if (!take(r, r->tracks[i]))
			return false;
	}
	return flush(r) && r->recorded - before >= TURN;
}

/* What nobody took is lost. */
static void drop_rest(struct recording *r)
{
	struct span piece;
	for (unsigned i = 0; i < r->n_tracks; i++) {
		for (; ring_next(&r->tracks[i]->ring, &piece); r->encoded++)
			ring_drop(&r->tracks[i]->ring, &piece);
	}
	account(r, &r->lost);
}

static void *run(void *argument)
{
	struct recording *r = argument;
	privileges_leave();
	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* of this thread alone, on Linux */
	while (!atomic_load(&r->ending)) {
		if (!look(r))
			usleep(LOOK_MS * 1000);
	}
	while (look(r))
		;
	drop_rest(r);
	close_sink(r);
	atomic_store(&r->ended, true);
	return NULL;
}

static char *copy(const char *text)
{
	return text ? mem_copy_text(text, strlen(text)) : NULL;
}

/* The texts that are not given are those of this machine and program. */
static void copy_options(struct record_options *to, const struct record_options *from)
{
	char host[256] = "";
	gethostname(host, sizeof(host) - 1);
	*to = *from;
	to->path = copy(from->path);
	to->identity = copy(from->identity ? from->identity : host);
	to->version = copy(from->version ? from->version : "gslbd " GSLBD_VERSION);
}

struct recording *recording_new(enum record_sink sink, const struct record_options *options,
				unsigned n_workers)
{
	struct recording *r = mem_alloc(sizeof(*r));
	r->kind = kinds[sink];
	copy_options(&r->options, options);
	r->sink = (struct sink){.options = &r->options, .ending = &r->ending, .fd = -1};
	r->n_tracks = n_workers;
	r->tracks = mem_alloc(n_workers * sizeof(struct track *));
	for (unsigned i = 0; i < n_workers; i++)
		r->tracks[i] = track_new(options->every, RING_ROOM);
	if (pthread_create(&r->thread, NULL, run, r) != 0)
		abort();
	pthread_setname_np(r->thread, r->kind->keyword);
	return r;
}

struct track *recording_track(const struct recording *r, unsigned worker)
{
	return r->tracks[worker];
}

static void free_options(struct record_options *options)
{
	free((void *)(uintptr_t)options->path);
	free((void *)(uintptr_t)options->identity);
	free((void *)(uintptr_t)options->version);
}

bool recording_is(const struct recording *r, const struct record_options *options)
{
	struct record_options wanted;
	copy_options(&wanted, options);
	bool is = strcmp(wanted.path, r->options.path) == 0 && wanted.every == r->options.every &&
		  wanted.messages == r->options.messages &&
		  strcmp(wanted.identity, r->options.identity) == 0 &&
		  strcmp(wanted.version, r->options.version) == 0;
	free_options(&wanted);
	return is;
}

void recording_reopen(struct recording *r)
{
	atomic_store(&r->reopen, r->kind == &log_sink);
}

void recording_end(struct recording *r)
{
	atomic_store(&r->ending, true);
}

bool recording_ended(const struct recording *r)
{
	return atomic_load(&r->ended);
}

bool recording_free(struct recording *r, unsigned wait_ms)
{
	if (!thread_join(r->thread, wait_ms))
		return false;
	for (unsigned i = 0; i < r->n_tracks; i++)
		track_free(r->tracks[i]);
	free(r->tracks);
	free(r->sink.octets);
	free(r->sink.ends);
	free_options(&r->options);
	free(r);
	return true;
}

struct recording_counts recording_counts(const struct recording *r)
{
	struct recording_counts counts = {r->recorded, r->lost};
	for (unsigned i = 0; i < r->n_tracks; i++)
		counts.dropped += r->tracks[i]->dropped;
	return counts;
}
