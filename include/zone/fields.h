/* SPDX-License-Identifier: ISC */
/*
 * RDATA of the common types where it is plainly written: without escapes, within all limits. Whatever is
 * written otherwise is left to ldns, which also says what is wrong. Private to zone/.
 */
#ifndef ZONE_FIELDS_H
#define ZONE_FIELDS_H

#include "zone/rdata.h"

/*
 * Reads the `n` tokens as the RDATA of out->type. False where the type is not one of the common ones, or they
 * are not plain; then what is in `out` is of no meaning.
 */
bool fields_read(const struct token *fields, size_t n, const struct name *origin, struct rdata *out);

/*
 * Writes a plain name, letter case kept, into `out` of NAME_OCTETS_MAX octets. Returns its length, 0 where it
 * is not plain.
 */
size_t fields_name(const struct token *token, const struct name *origin, uint8_t *out);

/* The number of a common type's mnemonic, 0 where it is none of these. */
uint16_t fields_type(const struct token *token);

#endif
