/* SPDX-License-Identifier: ISC */
/* Writes Prometheus' text exposition format, version 0.0.4. */
#ifndef ADMIN_METRICS_H
#define ADMIN_METRICS_H

#include <stddef.h>
#include <stdint.h>

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* What is written to: text that grows. Zeroed at first; metrics_send() ends it. */
struct metrics_text {
	char *octets;
	size_t len, cap;
};

struct evbuffer;

enum metrics_type { METRICS_COUNTER, METRICS_GAUGE };

/* Names are as they should be, [a-zA-Z_][a-zA-Z0-9_]*; values are any UTF-8. */
struct metrics_label {
	const char *name;
	const char *value;
};

/* The metric that values are written for; nothing to free. */
struct metrics {
	struct metrics_text *out;
	const char *name;
	size_t name_len;
};

/* Writes the head of a metric, whose values follow at once; a name has one head in a text. */
struct metrics metrics_begin(struct metrics_text *out, const char *name, enum metrics_type type,
			     const char *help);

/* One value, with `n` labels. */
void metrics_count(const struct metrics *m, const struct metrics_label *labels, size_t n, uint64_t value);
void metrics_number(const struct metrics *m, const struct metrics_label *labels, size_t n, double value);

/* The same in two steps, for labels that many values share: writes labels alone, and a value behind such
 * ones, of which there is at least one. */
void metrics_labels(struct metrics_text *out, const struct metrics_label *labels, size_t n);
void metrics_number_of(const struct metrics *m, const char *labels, size_t len, double value);

/* Moves the text behind what is in the buffer. */
void metrics_send(struct metrics_text *text, struct evbuffer *out);

#endif
