/* SPDX-License-Identifier: ISC */
/* A record as the line that ldns reads as it is meant. Private to zone/. */
#ifndef ZONE_LINE_H
#define ZONE_LINE_H

#include "zone/rdata.h"

struct ldns_struct_rr;

/*
 * The line for the entry's record of that type, up to the token `end` (not included). NULL, with a fault,
 * where ldns would bend a value instead of refusing it. The caller frees it.
 */
char *line_make(const struct entry *entry, size_t type_token, size_t end, struct faults *faults);

/* Puts back into ldns's record what the line had to write otherwise. */
void line_mend(const struct entry *entry, size_t type_token, size_t end, struct ldns_struct_rr *rr);

/* "; the form is: MX PREFERENCE NAME" for the types that have several fields, else "". */
const char *line_form(uint16_t type);

#endif
