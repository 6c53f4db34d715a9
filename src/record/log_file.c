/* SPDX-License-Identifier: ISC */
/* Lines of JSON to a file, a FIFO or standard output. */
#include "base/memory.h"
#include "record/line.h"
#include "record/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

/* A FIFO must not hold anything up: not when nobody reads, nor when somebody does so slowly. */
static bool log_open(struct sink *s)
{
	const char *path = s->options->path;
	if (strcmp(path, "-") == 0)
		s->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	else
		s->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0640);
	return s->fd >= 0;
}

static void log_put(struct sink *s, const struct record *r)
{
	size_t len;
	struct json_object *o = line_json(r);
	const char *line = json_object_to_json_string_length(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	s->octets = mem_grow(s->octets, &s->cap, s->len + len + 1, 1);
	memcpy(s->octets + s->len, line, len);
	s->len += len;
	s->octets[s->len++] = '\n';
	json_object_put(o);
}

/* A line that is written in part goes on where it ended, as long as the file stays open. */
static bool log_flush(struct sink *s)
{
	while (s->sent < s->len) {
		ssize_t wrote = write(s->fd, s->octets + s->sent, s->len - s->sent);
		if (wrote < 0 && errno != EINTR)
			return false;
		s->sent += wrote > 0 ? (size_t)wrote : 0;
	}
	s->len = s->sent = 0;
	return true;
}

static void log_close(struct sink *s)
{
	while (s->sent > 0 && s->sent < s->len && s->octets[s->sent - 1] != '\n')
		s->sent++;
	close(s->fd);
	s->fd = -1;
}

const struct sink_kind log_sink = {"query-log", log_open, log_put, log_flush, log_close};
