/* SPDX-License-Identifier: ISC */
/* Signals of a process that is about to become another program. */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

/* As a program expects them at its start: none blocked, each does what it usually does. Safe after vfork().
 */
void signals_reset(void);

#endif
