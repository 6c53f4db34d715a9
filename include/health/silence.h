/* SPDX-License-Identifier: ISC */
/*
 * Has this server lost the network, rather than all targets their lives? Where the last check of each failed
 * in silence, what those checks did to the targets is taken back, and silence does no more to them as long as
 * that lasts.
 */
#ifndef HEALTH_SILENCE_H
#define HEALTH_SILENCE_H

#include "health/vitals.h"

/* Notes whether a target's last check failed in silence, before it moves the target. */
void silence_note(struct vital *v, bool silent, int64_t now_ms);

/* The last target has just fallen silent: those that did so with it are what they were before. Whoever was
 * silent for longer, while others spoke, was so for a reason of its own. */
void silence_forgive(struct vitals *vitals, const struct roster *roster, int64_t now_ms);

#endif
