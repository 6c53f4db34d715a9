/* SPDX-License-Identifier: ISC */
/* The options of where gslbd listens, and of what comes there, one row each. */
#include "config/fields.h"
#include "config/schema.h"

#define ROWS(rows) sizeof(rows) / sizeof((rows)[0]), rows

static const struct option_row listen_rows[] = {
	{.key = "cert",
	 .kind = VALUE_FILE,
	 .offset = offsetof(struct listen_fields, cert_file),
	 .expected = "the path of a file",
	 .help = "with tls: the certificate that clients are shown, in PEM, and behind it those that lead to "
		 "its authority"},
	{.key = "key",
	 .kind = VALUE_FILE,
	 .offset = offsetof(struct listen_fields, key_file),
	 .expected = "the path of a file",
	 .help = "with tls: the private key of the certificate, in PEM; nobody but its owner and group may "
		 "read it"},
	{.key = "xdp",
	 .kind = VALUE_INTERFACE,
	 .offset = offsetof(struct listen_fields, interface),
	 .expected = "the name of a network interface",
	 .help = "takes queries over UDP that come in by this interface before the kernel's stack, its "
		 "firewall and its routes see them (AF_XDP); an address for all stands for those that the "
		 "interface has at the start. What is anything else goes through ordinary sockets, and so "
		 "does all where the kernel can't do it"},
};

static const struct option_row tcp_rows[] = {
	{.key = "connections",
	 .kind = VALUE_NUMBER,
	 .offset = offsetof(struct tcp_rule, connections),
	 .min = 1,
	 .max = UINT16_MAX,
	 .expected = "a number from 1 to 65535",
	 .help = "how many may be open at once, shared evenly by workers and listens: one more closes the "
		 "longest idle; where it is not given, 1000 a worker and listen. Never more than half of "
		 "the descriptors"},
	{.key = "per-client",
	 .kind = VALUE_NUMBER,
	 .offset = offsetof(struct tcp_rule, per_client),
	 .max = UINT16_MAX,
	 .fallback = "100",
	 .expected = "a number up to 65535",
	 .help = "how many a client may have, an IPv4 address or an IPv6 network of 64 bits; 0: no limit"},
	{.key = "idle",
	 .kind = VALUE_MS,
	 .offset = offsetof(struct tcp_rule, idle_ms),
	 .min = 1000,
	 .max = 3600000,
	 .fallback = "10s",
	 .expected = "a duration from 1s to 1h",
	 .help = "after so long without a query, with one under way, or with replies that are not taken, a "
		 "connection is closed; as more than half of the connections are open, down to a quarter "
		 "of it"},
	{.key = "transfers",
	 .kind = VALUE_NUMBER,
	 .offset = offsetof(struct tcp_rule, transfers),
	 .min = 1,
	 .max = UINT16_MAX,
	 .fallback = "100",
	 .expected = "a number from 1 to 65535",
	 .help = "how many transfers of zones are under way at once, shared evenly by workers: one more is "
		 "refused with SERVFAIL"},
};

const struct option_table listen_options = {"listen", ROWS(listen_rows)};
const struct option_table tcp_options = {"tcp", ROWS(tcp_rows)};
