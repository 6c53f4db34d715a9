/* SPDX-License-Identifier: ISC */
/* What the service manager is told: sd_notify(3)'s protocol, a datagram to the socket of $NOTIFY_SOCKET. */
#ifndef PROCESS_NOTIFY_H
#define PROCESS_NOTIFY_H

#include <stdint.h>

/* Sends assignments, a line each, such as "READY=1\nSTATUS=serving". Nothing where nobody asked for it, and
 * nothing comes of it where nobody listens. */
__attribute__((format(printf, 1, 2))) void notify_send(const char *format, ...);

/* How often WATCHDOG=1 must come at least, in microseconds; 0: nobody waits for it. */
uint64_t notify_watchdog_us(void);

#endif
