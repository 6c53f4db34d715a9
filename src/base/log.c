/* SPDX-License-Identifier: ISC */
/* The log: `2026-11-21T03:00:00.123Z level message`, one write a line so that threads don't mix. */
#include "base/log.h"
#include "base/printable.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

__attribute__((format(printf, 2, 0))) static void write_line(const char *level, const char *format,
							     va_list args)
{
	char line[1024];
	struct timespec now;
	struct tm utc;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	size_t len = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &utc);
	len += (size_t)snprintf(line + len, sizeof(line) - len, ".%03ldZ %s ", now.tv_nsec / 1000000, level);
	int wrote = vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	if (wrote > 0)
		len += (size_t)wrote;
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	printable_mask(line, len); /* much of what is told was said by others */
	line[len++] = '\n';
	ssize_t ignored = write(STDERR_FILENO, line, len);
	(void)ignored;
}

#define LEVEL(name, level)                       \
	void name(const char *format, ...)       \
	{                                        \
		va_list args;                    \
		va_start(args, format);          \
		write_line(level, format, args); \
		va_end(args);                    \
	}

LEVEL(log_info, "info")
LEVEL(log_warn, "warning")
LEVEL(log_error, "error")
