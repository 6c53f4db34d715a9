/* SPDX-License-Identifier: ISC */
/* Metrics as text: a line a value. There may be 100,000 lines, and a thread that has better to do. */
#include "admin/metrics.h"
#include "base/memory.h"

#include <event2/buffer.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 32 };

static const double scale = 1e6, exact_max = 1e15;

static void add(struct metrics_text *out, const char *text, size_t len)
{
	out->octets = mem_grow(out->octets, &out->cap, out->len + len, 1);
	memcpy(out->octets + out->len, text, len);
	out->len += len;
}

static void add_text(struct metrics_text *out, const char *text)
{
	add(out, text, strlen(text));
}

/* A backslash before those of `special`; a newline becomes \n. */
static void add_escaped(struct metrics_text *out, const char *text, const char *special)
{
	for (;;) {
		size_t plain = strcspn(text, special);
		add(out, text, plain);
		text += plain;
		if (*text == '\0')
			return;
		add(out, (const char[]){'\\', *text == '\n' ? 'n' : *text}, 2);
		text++;
	}
}

struct metrics metrics_begin(struct metrics_text *out, const char *name, enum metrics_type type,
			     const char *help)
{
	static const char *const types[] = {[METRICS_COUNTER] = " counter\n", [METRICS_GAUGE] = " gauge\n"};
	add_text(out, "# HELP ");
	add_text(out, name);
	add_text(out, " ");
	add_escaped(out, help, "\\\n");
	add_text(out, "\n# TYPE ");
	add_text(out, name);
	add_text(out, types[type]);
	return (struct metrics){out, name, strlen(name)};
}

void metrics_labels(struct metrics_text *out, const struct metrics_label *labels, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add_text(out, i == 0 ? "{" : ",");
		add_text(out, labels[i].name);
		add_text(out, "=\"");
		add_escaped(out, labels[i].value, "\\\"\n");
		add_text(out, "\"");
	}
	if (n > 0)
		add_text(out, "}");
}

/* Writes from the end to the front; returns where it begins. */
static char *digits_before(char *end, uint64_t value)
{
	do
		*--end = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	return end;
}

/* What has up to six digits behind the point, as nearly all has, needs no printf. False: it is another. */
static bool add_decimal(struct metrics_text *out, double value)
{
	char text[NUMBER_MAX], *end = text + NUMBER_MAX, *at;
	if (!(value >= 0 && value < exact_max / scale) || signbit(value))
		return false;
	uint64_t millionths = (uint64_t)(value * scale + 0.5);
	if ((double)millionths / scale != value)
		return false;
	uint64_t whole = millionths / (uint64_t)scale, rest = millionths % (uint64_t)scale;
	if (rest == 0) {
		at = digits_before(end, whole);
	} else {
		at = digits_before(end, rest + (uint64_t)scale); /* its first digit holds the place */
		*at = '.';
		at = digits_before(at, whole);
		while (end[-1] == '0')
			end--;
	}
	add(out, at, (size_t)(end - at));
	return true;
}

static void add_number(struct metrics_text *out, double value)
{
	char text[NUMBER_MAX];
	if (add_decimal(out, value))
		return;
	/* The shortest of the two that is read as the same number. */
	snprintf(text, sizeof(text), "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof(text), "%.17g", value);
	if (isnan(value))
		strcpy(text, "NaN");
	else if (isinf(value))
		strcpy(text, value > 0 ? "+Inf" : "-Inf");
	add_text(out, text);
}

static void add_start(const struct metrics *m, const struct metrics_label *labels, size_t n)
{
	add(m->out, m->name, m->name_len);
	metrics_labels(m->out, labels, n);
	add(m->out, " ", 1);
}

void metrics_count(const struct metrics *m, const struct metrics_label *labels, size_t n, uint64_t value)
{
	char text[NUMBER_MAX], *end = text + NUMBER_MAX, *at = digits_before(end, value);
	add_start(m, labels, n);
	add(m->out, at, (size_t)(end - at));
	add(m->out, "\n", 1);
}

void metrics_number(const struct metrics *m, const struct metrics_label *labels, size_t n, double value)
{
	add_start(m, labels, n);
	add_number(m->out, value);
	add(m->out, "\n", 1);
}

void metrics_number_of(const struct metrics *m, const char *labels, size_t len, double value)
{
	add(m->out, m->name, m->name_len);
	add(m->out, labels, len);
	add(m->out, " ", 1);
	add_number(m->out, value);
	add(m->out, "\n", 1);
}

static void on_sent(const void *octets, size_t len, void *argument)
{
	(void)octets;
	(void)len;
	free(argument);
}

void metrics_send(struct metrics_text *text, struct evbuffer *out)
{
	if (text->len == 0 ||
	    evbuffer_add_reference(out, text->octets, text->len, on_sent, text->octets) != 0)
		free(text->octets);
	*text = (struct metrics_text){0};
}
