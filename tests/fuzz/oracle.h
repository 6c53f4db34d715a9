/* SPDX-License-Identifier: ISC */
/* What ldns, which we did not write, says of a response and of the query it answers. */
#ifndef TESTS_FUZZ_ORACLE_H
#define TESTS_FUZZ_ORACLE_H

#include "require.h"
#include "wire/octets.h"
#include "wire/types.h"

#include <ldns/ldns.h>

enum { ORACLE_SECTIONS = 3, ORACLE_FORMERR = 1, ORACLE_NOTIMP = 4 };

/* A response taken apart. */
struct told {
	ldns_pkt *packet; /* owned */
	unsigned rcode;   /* the extended one */
	bool truncated, authoritative;
	size_t question_len, counts[ORACLE_SECTIONS];
	bool has_soa, has_ns; /* in the authority section */
};

/* Reads record by record: what the header counts is there, and nothing behind it. */
static inline void told_records(const uint8_t *octets, size_t len, struct told *told)
{
	size_t at = HEADER_OCTETS + told->question_len;
	for (int section = 0; section < ORACLE_SECTIONS; section++) {
		told->counts[section] = octets_get16(octets + 6 + 2 * section);
		for (size_t i = 0; i < told->counts[section]; i++) {
			ldns_rr *rr = NULL;
			require(ldns_wire2rr(&rr, octets, len, &at, (ldns_pkt_section)(section + 1)) ==
				LDNS_STATUS_OK);
			told->has_soa |= section == 1 && ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA;
			told->has_ns |= section == 1 && ldns_rr_get_type(rr) == LDNS_RR_TYPE_NS;
			ldns_rr_free(rr);
		}
	}
	require(at == len);
}

static inline size_t told_question(const uint8_t *octets, size_t len)
{
	size_t at = HEADER_OCTETS;
	ldns_rr *rr = NULL;
	require(octets_get16(octets + 4) <= 1);
	if (octets_get16(octets + 4) == 0)
		return 0;
	require(ldns_wire2rr(&rr, octets, len, &at, LDNS_SECTION_QUESTION) == LDNS_STATUS_OK);
	ldns_rr_free(rr);
	return at - HEADER_OCTETS;
}

/* Takes a response apart, which must be sound. */
static inline void told_read(const uint8_t *octets, size_t len, struct told *told)
{
	*told = (struct told){0};
	require(len >= HEADER_OCTETS && (octets[2] & 0x80) != 0);
	require((octets[3] & 0x40) == 0); /* reserved */
	require(ldns_wire2pkt(&told->packet, octets, len) == LDNS_STATUS_OK);
	told->rcode = octets[3] & 0xfu;
	if (ldns_pkt_edns(told->packet))
		told->rcode |= (unsigned)ldns_pkt_edns_extended_rcode(told->packet) << 4;
	told->truncated = (octets[2] & 0x02) != 0;
	told->authoritative = (octets[2] & 0x04) != 0;
	told->question_len = told_question(octets, len);
	told_records(octets, len, told);
}

static inline void told_free(struct told *told)
{
	ldns_pkt_free(told->packet);
}

/* Does the first record of the answer belong to the name asked for, or to a DNAME above it? */
static inline bool told_owner_fits(const struct told *told)
{
	const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(told->packet), 0);
	const ldns_rr *first = ldns_rr_list_rr(ldns_pkt_answer(told->packet), 0);
	if (question == NULL || first == NULL)
		return first == NULL;
	return ldns_dname_compare(ldns_rr_owner(question), ldns_rr_owner(first)) == 0 ||
	       (ldns_rr_get_type(first) == LDNS_RR_TYPE_DNAME &&
		ldns_dname_is_subdomain(ldns_rr_owner(question), ldns_rr_owner(first)));
}

/* The response repeats the query's id, opcode, RD and question, and answers nothing that it could not read.
 */
static inline void told_matches(const struct told *told, const uint8_t *reply, const uint8_t *query,
				size_t query_len)
{
	require(memcmp(query, reply, 2) == 0);
	require(((reply[2] ^ query[2]) & 0x79) == 0);
	bool for_a_cookie = query[5] == 0 && ldns_pkt_edns(told->packet); /* RFC 7873 §5.4 */
	require(told->question_len > 0 || told->rcode == ORACLE_FORMERR || told->rcode == ORACLE_NOTIMP ||
		for_a_cookie);
	require(query_len >= HEADER_OCTETS + told->question_len);
	require(memcmp(query + HEADER_OCTETS, reply + HEADER_OCTETS, told->question_len) == 0);
	require(told_owner_fits(told));
}

/* A sensible rcode, and what a resolver needs to make use of it (RFC 2308 §2). */
static inline void told_makes_sense(const struct told *told)
{
	switch (told->rcode) {
	case RCODE_NOERROR:
		require(told->truncated || told->question_len == 0 || told->counts[0] > 0 || told->has_soa ||
			told->has_ns);
		break;
	case RCODE_NXDOMAIN: require(told->truncated || told->has_soa); break;
	case RCODE_YXDOMAIN: require(told->authoritative && told->counts[0] > 0); break;
	case RCODE_SERVFAIL: break;
	case RCODE_FORMERR:
	case RCODE_NOTIMP:
	case RCODE_REFUSED:
	case RCODE_NOTAUTH:
	case RCODE_BADCOOKIE:
	case RCODE_BADVERS: require(told->counts[0] == 0 && told->counts[1] == 0); break;
	default: abort();
	}
}

/* The size that the OPT record of a query offers, 0 where it has none. False: ldns can't read the query. */
static inline bool told_size(const uint8_t *query, size_t len, size_t *size)
{
	size_t at = HEADER_OCTETS;
	*size = 0;
	for (int section = 0; section <= ORACLE_SECTIONS && len >= HEADER_OCTETS; section++) {
		for (size_t n = octets_get16(query + 4 + 2 * section); n > 0; n--) {
			ldns_rr *rr = NULL;
			if (ldns_wire2rr(&rr, query, len, &at, (ldns_pkt_section)section) != LDNS_STATUS_OK)
				return false;
			if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_OPT)
				*size = ldns_rr_get_class(rr);
			ldns_rr_free(rr);
		}
	}
	return len >= HEADER_OCTETS;
}

/*
 * The longest datagram that may answer the query; where ldns can't read that, no shorter one than EDNS'. Not
 * by ldns_wire2pkt(), which loses memory over a query of two TSIG records.
 */
static inline size_t oracle_limit(const uint8_t *query, size_t len)
{
	size_t limit;
	if (!told_size(query, len, &limit))
		return UDP_OCTETS_MAX;
	return limit < UDP_OCTETS_MIN ? UDP_OCTETS_MIN : limit > UDP_OCTETS_MAX ? UDP_OCTETS_MAX : limit;
}

#endif
