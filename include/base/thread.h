/* SPDX-License-Identifier: ISC */
/* Threads that make way for those that answer, and the end of those that may hang. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/*
 * From now on, and for good, the calling thread runs when nothing else wants its CPU, or next to never: what
 * it is interrupted for does not wait for the end of its turn, as it would with a low priority.
 */
void thread_make_way(void);

/*
 * Waits for a thread's end: a disk may hang, and a server that is to stop has no patience. False: it goes on,
 * and with it all that it uses.
 */
bool thread_join(pthread_t thread, unsigned wait_ms);

#endif
