/* SPDX-License-Identifier: ISC */
/* Writing files on a thread of its own: a disk may take its time, and the control thread has none. */
#ifndef CONTROL_SAVER_H
#define CONTROL_SAVER_H

#include <stdbool.h>
#include <stddef.h>

struct measured;
struct saver;

/* Files go to `folder`, which is made if it is not there. The first failure is logged, and the first success
 * after. */
struct saver *saver_new(const char *folder);

/* Has the last write failed? For any thread. */
bool saver_failing(const struct saver *saver);

/* Finishes what was asked for, and frees all. False: the disk takes longer than this; that is logged, and
 * nothing is freed, as its thread goes on. */
bool saver_free(struct saver *saver, unsigned wait_ms);

/*
 * Each replaces what it was given before and has not begun to write. The text, and the copy of measurements,
 * are taken over. Files are written beside, synced and renamed: there is always a whole one.
 */
void saver_put_state(struct saver *saver, char *text, size_t len);
void saver_put_measured(struct saver *saver, struct measured *copy);

#endif
