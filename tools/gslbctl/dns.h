/* SPDX-License-Identifier: ISC */
/* DNS messages as a resolver sends and reads them. */
#ifndef GSLBCTL_DNS_H
#define GSLBCTL_DNS_H

#include "base/addr.h"
#include "wire/name.h"

#include <stdbool.h>
#include <stdint.h>

enum { DNS_QUERY_MAX = 320, DNS_MESSAGE_MAX = 65535, DNS_RECORDS_MAX = 64 };

struct dns_question {
	struct name name;
	uint16_t type;
	struct prefix client; /* for the EDNS client-subnet option (RFC 7871 §6) */
};

/* What came back. */
struct dns_reply {
	bool none;  /* nothing did */
	bool typed; /* a record of the type asked for is among the answer's */
	bool truncated;
	int rcode;
	size_t n;
	char *records[DNS_RECORDS_MAX]; /* RDATA as explanations write it; owned */
	int64_t sent_us, received_us;   /* dns_now_us() */
};

/* Writes a query; returns its length. */
size_t dns_query_write(const struct dns_question *question, uint16_t id, uint8_t out[DNS_QUERY_MAX]);

/* Reads the reply to a query. False: it is none, or that to another. To be freed with dns_reply_free(). */
bool dns_reply_read(const uint8_t *octets, size_t len, const struct dns_question *question, uint16_t id,
		    struct dns_reply *out);
void dns_reply_free(struct dns_reply *reply);

/* The reply in a line: its records, or what it is instead. The caller frees it. */
char *dns_reply_text(const struct dns_reply *reply);

/* A clock that never goes back. */
int64_t dns_now_us(void);

#endif
