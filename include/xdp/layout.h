/* SPDX-License-Identifier: ISC */
/* How the frames that are taken begin: Ethernet, IP and UDP. Private to xdp/. */
#ifndef XDP_LAYOUT_H
#define XDP_LAYOUT_H

enum {
	MAC_OCTETS = 6,
	ETHERNET_TYPE_AT = 12,
	IPV4_OCTETS = 20,
	IPV6_OCTETS = 40,
	UDP_OCTETS = 8,
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	IPV4_PLAIN = 0x45,      /* version 4, five words of header: no options */
	FRAGMENT_MASK = 0x3fff, /* more fragments, and where this one belongs */
	PROTOCOL_UDP = 17,
};

#endif
