/* SPDX-License-Identifier: ISC */
/* The numbers of DNS that gslbd itself must know (IANA "Domain Name System (DNS) Parameters"). */
#ifndef WIRE_TYPES_H
#define WIRE_TYPES_H

#include <stdbool.h>
#include <stdint.h>

enum type {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_MD = 3,
	TYPE_MF = 4,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_MB = 7,
	TYPE_MG = 8,
	TYPE_MR = 9,
	TYPE_PTR = 12,
	TYPE_MINFO = 14,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_SRV = 33,
	TYPE_NAPTR = 35,
	TYPE_DNAME = 39,
	TYPE_OPT = 41,
	TYPE_DS = 43,
	TYPE_SSHFP = 44,
	TYPE_RRSIG = 46,
	TYPE_NSEC = 47,
	TYPE_DNSKEY = 48,
	TYPE_NSEC3 = 50,
	TYPE_NSEC3PARAM = 51,
	TYPE_TLSA = 52,
	TYPE_SVCB = 64,
	TYPE_HTTPS = 65,
	TYPE_TKEY = 249,
	TYPE_TSIG = 250,
	TYPE_IXFR = 251,
	TYPE_AXFR = 252,
	TYPE_MAILB = 253,
	TYPE_MAILA = 254,
	TYPE_ANY = 255,
	TYPE_CAA = 257,
};

enum class { CLASS_IN = 1, CLASS_CH = 3, CLASS_ANY = 255 };

enum opcode { OPCODE_QUERY = 0, OPCODE_NOTIFY = 4 };

/* RFC 1035 §4.1.1, RFC 2136 §2.2, RFC 6891 §9, RFC 7873 §8 */
enum rcode {
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5,
	RCODE_YXDOMAIN = 6,
	RCODE_NOTAUTH = 9,
	RCODE_BADVERS = 16,
	RCODE_BADCOOKIE = 23,
};

/* How a message comes; from TRANSPORT_TCP on by a stream, which has room for any. */
enum transport { TRANSPORT_UDP, TRANSPORT_XDP, TRANSPORT_TCP, TRANSPORT_TLS };

static inline bool transport_streams(enum transport transport)
{
	return transport >= TRANSPORT_TCP;
}

/* Each by how far above the lowest bit its count is, of the three of a header together. */
enum section { SECTION_ANSWER = 32, SECTION_AUTHORITY = 16, SECTION_ADDITIONAL = 0 };

enum edns_option {
	EDNS_OPTION_NSID = 3,
	EDNS_OPTION_SUBNET = 8,
	EDNS_OPTION_COOKIE = 10,
	EDNS_OPTION_KEEPALIVE = 11,
	EDNS_OPTION_PADDING = 12,
	EDNS_OPTION_ERROR = 15,
};

/* RFC 8914 §5.2 */
enum extended_code {
	EXTENDED_OTHER = 0,
	EXTENDED_PROHIBITED = 18,
	EXTENDED_NOT_AUTHORITATIVE = 20,
	EXTENDED_NOT_SUPPORTED = 21,
	EXTENDED_NO_REACHABLE_AUTHORITY = 22,
};

enum {
	HEADER_OCTETS = 12,
	FLAG_QR = 0x8000,
	FLAG_AA = 0x0400,
	FLAG_TC = 0x0200,
	FLAG_RD = 0x0100,
	FLAG_CD = 0x0010,
};

enum {
	UDP_OCTETS_MIN = 512,  /* what every client takes (RFC 1035 §4.2.1) */
	UDP_OCTETS_MAX = 1232, /* fits an IPv6 packet of the least MTU, so it is never fragmented */
	MESSAGE_OCTETS_MAX = 65535,
};

#endif
