/* SPDX-License-Identifier: ISC */
/* IPSECKEY records (RFC 4025), whose gateway ldns takes for an absolute name always. Private to zone/. */
#ifndef ZONE_IPSECKEY_H
#define ZONE_IPSECKEY_H

#include "zone/rdata.h"

/* Parses the entry's tokens from `first` on; adds a fault and returns false where they are wrong. */
bool ipseckey_read(const struct entry *entry, size_t first, const struct name *origin, struct rdata *out,
		   struct faults *faults);

#endif
