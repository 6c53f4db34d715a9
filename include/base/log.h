/* SPDX-License-Identifier: ISC */
/* One line a message to stderr. Any thread may log; nothing on the packet path does. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

__attribute__((format(printf, 1, 2))) void log_info(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_warn(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);

#endif
