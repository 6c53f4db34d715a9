/* SPDX-License-Identifier: ISC */
/* Which types have names in their RDATA that may be compressed. */
#include "wire/rrset.h"
#include "wire/types.h"

static struct rdata_shape names_of(uint16_t type)
{
	switch (type) {
	case TYPE_NS:
	case TYPE_MD:
	case TYPE_MF:
	case TYPE_CNAME:
	case TYPE_MB:
	case TYPE_MG:
	case TYPE_MR:
	case TYPE_PTR: return (struct rdata_shape){.names = 1};
	case TYPE_SOA:
	case TYPE_MINFO: return (struct rdata_shape){.names = 2};
	case TYPE_MX: return (struct rdata_shape){.before = 2, .names = 1};
	default: return (struct rdata_shape){0};
	}
}

static struct rdata_shape shape_of(uint16_t type)
{
	struct rdata_shape shape = names_of(type);
	shape.host = rdata_host(type) >= 0;
	return shape;
}

struct rrset rrset_of(uint16_t type, uint16_t n, const uint8_t *octets, size_t len)
{
	return (struct rrset){.type = type,
			      .n = n,
			      .octets_len = len & 0xffffff,
			      .shape = shape_of(type),
			      .octets = octets};
}
