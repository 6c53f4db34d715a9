/* SPDX-License-Identifier: ISC */
/* The names of response codes. */
#ifndef WIRE_RCODE_H
#define WIRE_RCODE_H

/* As in "NXDOMAIN", of an extended response code (RFC 6891 §6.1.3) that we send; NULL: it is none. */
const char *rcode_text(unsigned rcode);

#endif
