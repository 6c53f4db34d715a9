/* SPDX-License-Identifier: ISC */
/* What stood in the files before, and where, so that a second one is found at once. Private to config/. */
#ifndef CONFIG_SEEN_H
#define CONFIG_SEEN_H

#include "base/arena.h"
#include "base/fault.h"

#include <stdint.h>

struct seen_slot;

/* Zeroed, it is empty. Everything is in the arena that seen_add() is given, always the same. */
struct seen {
	size_t n, cap; /* cap is a power of two, at least twice n */
	struct seen_slot *slots;
};

/*
 * Notes that a thing of that kind (any number) and key (a text, copied) stands at `at`, whose file must
 * outlive the arena. Returns where one stood before, which stays noted, or NULL.
 */
const struct spot *seen_add(struct seen *seen, struct arena *arena, unsigned kind, const char *key,
			    struct spot at);

#endif
