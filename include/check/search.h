/* SPDX-License-Identifier: ISC */
/* Looking for a text in a stream that comes in pieces. */
#ifndef CHECK_SEARCH_H
#define CHECK_SEARCH_H

#include <stddef.h>

/*
 * Goes on with a search that has `matched` characters of `text` behind it (0 at the start): returns how many
 * match at the end of the piece, or strlen(text) once the text has been found; it is then not to be called
 * again.
 */
size_t search_feed(const char *text, size_t matched, const char *piece, size_t len);

#endif
