/* SPDX-License-Identifier: ISC */
/* What a server tells of itself by TXT records of class CHAOS (RFC 4892). */
#ifndef ANSWER_CHAOS_H
#define ANSWER_CHAOS_H

#include "config/config.h"
#include "wire/rrset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHAOS_STRING_MAX = 255, CHAOS_RECORD_MAX = RECORD_RDATA_AT + 1 + CHAOS_STRING_MAX };

/*
 * Is it one of the names that ask for the server's identity (id.server, hostname.bind) or version
 * (version.server, version.bind)? *text is then what is told, NULL: nothing.
 */
bool chaos_name(const struct config *config, const struct name *name, const char **text);

/*
 * Writes a TXT record of one string, at most CHAOS_STRING_MAX octets, for the question's name. Returns its
 * length.
 */
size_t chaos_record(uint8_t *at, const char *string, size_t len);

#endif
