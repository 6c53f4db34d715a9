/* SPDX-License-Identifier: ISC */
/* In place of the log: millions of lines a minute tell nobody anything. Its arguments are still formatted. */
#ifndef TESTS_FUZZ_QUIET_H
#define TESTS_FUZZ_QUIET_H

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static inline void quiet_format(const char *format, va_list args)
{
	char line[1024];
	vsnprintf(line, sizeof(line), format, args);
}

#define QUIET(name)                         \
	void name(const char *format, ...)  \
	{                                   \
		va_list args;               \
		va_start(args, format);     \
		quiet_format(format, args); \
		va_end(args);               \
	}

QUIET(log_info)
QUIET(log_warn)
QUIET(log_error)

#endif
