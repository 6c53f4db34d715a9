/* SPDX-License-Identifier: ISC */
/* Metrics as text: a line a value. */
#include "admin/metrics.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A backslash before those of `special`; a newline becomes \n. */
static void add_escaped(struct evbuffer *out, const char *text, const char *special)
{
	while (*text != '\0') {
		size_t plain = strcspn(text, special);
		evbuffer_add(out, text, plain);
		text += plain;
		if (*text == '\0')
			return;
		evbuffer_add_printf(out, "\\%c", *text == '\n' ? 'n' : *text);
		text++;
	}
}

static void add_start(const struct metrics *m, const struct metrics_label *labels, size_t n)
{
	evbuffer_add_printf(m->out, "%s", m->name);
	for (size_t i = 0; i < n; i++) {
		evbuffer_add_printf(m->out, "%c%s=\"", i == 0 ? '{' : ',', labels[i].name);
		add_escaped(m->out, labels[i].value, "\\\"\n");
		evbuffer_add(m->out, "\"", 1);
	}
	evbuffer_add_printf(m->out, "%s ", n > 0 ? "}" : "");
}

struct metrics metrics_begin(struct evbuffer *out, const char *name, enum metrics_type type, const char *help)
{
	static const char *const types[] = {[METRICS_COUNTER] = "counter", [METRICS_GAUGE] = "gauge"};
	evbuffer_add_printf(out, "# HELP %s ", name);
	add_escaped(out, help, "\\\n");
	evbuffer_add_printf(out, "\n# TYPE %s %s\n", name, types[type]);
	return (struct metrics){out, name};
}

void metrics_count(const struct metrics *m, const struct metrics_label *labels, size_t n, uint64_t value)
{
	add_start(m, labels, n);
	evbuffer_add_printf(m->out, "%" PRIu64 "\n", value);
}

void metrics_number(const struct metrics *m, const struct metrics_label *labels, size_t n, double value)
{
	char text[32];
	add_start(m, labels, n);
	/* The shortest of the two that is read as the same number. */
	snprintf(text, sizeof(text), "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof(text), "%.17g", value);
	if (isnan(value))
		strcpy(text, "NaN");
	else if (isinf(value))
		strcpy(text, value > 0 ? "+Inf" : "-Inf");
	evbuffer_add_printf(m->out, "%s\n", text);
}
