/* SPDX-License-Identifier: ISC */
/* Where the labels of a name in a message begin, when it has short ones: as many as an attacker can put
 * there. */
#ifndef WIRE_LABELS_H
#define WIRE_LABELS_H

#include <stddef.h>
#include <stdint.h>

enum { LABELS_BEHIND = 2 }; /* octets of the message after the name, which are read too: the type's */

/*
 * Goes on reading a name at one of its labels, up to its root: notes where each label begins from `label_at`
 * on, which has room for NAME_LABELS_MAX + 1 of the name's, and returns where the root's is noted. NULL:
 * there is none before `limit`, at most NAME_OCTETS_MAX, behind which LABELS_BEHIND octets must be there too,
 * or what is there is no label.
 */
uint8_t *labels_read(const uint8_t *name, size_t limit, size_t at, uint8_t *label_at);

#endif
