/* SPDX-License-Identifier: ISC */
/* What an http check asks, and asks again where it is sent elsewhere. */
#ifndef CHECK_REQUEST_H
#define CHECK_REQUEST_H

#include "check/transfer.h"

/* Gives a transfer that is aimed the method, the path and the headers of its check. */
void request_prepare(struct transfer *transfer);

/*
 * Turns a transfer whose reply redirected to transfer->location to that URL, for the time that is left.
 * False, and nothing changed, where that is not of the same scheme, host and port. `status` is the reply's.
 */
bool request_follow(struct transfer *transfer, long status);

#endif
