/* SPDX-License-Identifier: ISC */
/* dnstap (https://dnstap.info): a record as the protocol buffers that its readers know. Pure. */
#ifndef RECORD_DNSTAP_H
#define RECORD_DNSTAP_H

#include "config/config.h"
#include "record/record.h"

#include <stddef.h>

#define DNSTAP_CONTENT_TYPE "protobuf:dnstap.Dnstap"

enum dnstap_message { DNSTAP_AUTH_QUERY = 1, DNSTAP_AUTH_RESPONSE = 2 };

/* Octets that a message of that record takes at most. */
size_t dnstap_most(const struct record_options *options, const struct record *r);

/* Writes one message into `out`, and returns its length. Identity and version are given. */
size_t dnstap_write(const struct record_options *options, const struct record *r, enum dnstap_message type,
		    uint8_t *out);

#endif
