/* SPDX-License-Identifier: ISC */
/* Where a recording goes: a file of lines, or a reader of frames. All of it runs on the recording's thread.
 */
#ifndef RECORD_SINK_H
#define RECORD_SINK_H

#include "config/config.h"
#include "record/record.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct sink {
	const struct record_options *options; /* borrowed, as what follows */
	const _Atomic bool *ending;           /* the sink is to wait for nobody any more */
	int fd;                               /* -1: it is not open */
	size_t len, cap;                      /* of what is encoded, and not all written yet */
	uint8_t *octets;
	size_t sent; /* octets of these that are written: of lines */
	size_t n_ends, cap_ends;
	size_t *ends; /* where each ends: of frames */
	void *writer; /* of frames */
};

/* Those that can fail say why in errno. */
struct sink_kind {
	const char *keyword;
	bool (*open)(struct sink *sink);
	void (*put)(struct sink *sink, const struct record *r); /* encodes it behind the others */
	bool (*flush)(struct sink *sink); /* writes what is encoded; EAGAIN: not all of it is taken yet */
	void (*close)(struct sink *sink); /* what is not written any more is forgotten where it is torn */
};

extern const struct sink_kind log_sink, dnstap_sink;

#endif
