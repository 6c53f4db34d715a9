/* SPDX-License-Identifier: ISC */
/* The end of threads that may hang: a disk may, and a server that is to stop has no patience. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Waits for a thread's end. False: it goes on, and with it all that it uses. */
bool thread_join(pthread_t thread, unsigned wait_ms);

#endif
