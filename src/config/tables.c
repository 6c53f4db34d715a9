/* SPDX-License-Identifier: ISC */
/* Every option of the dialect but those of checks, one row each. */
#include "config/fields.h"
#include "config/schema.h"
#include "config/steering.h"

#define ROWS(rows) sizeof(rows) / sizeof((rows)[0]), rows
#define UNSUPPORTED(word)                              \
	{                                              \
		.key = word, .kind = VALUE_UNSUPPORTED \
	}

static const char *const states[] = {"up", "drain", "down", NULL};
const char *const pick_words[] = {"weighted",          "round-robin", "random", "hash",
				  "least-connections", "least-time",  "all",    NULL};
const char *const all_down_words[] = {"first", "all", "nodata", "servfail", NULL};

static const struct option_row datacenter_rows[] = {
	{.key = "address",
	 .kind = VALUE_ENDPOINT,
	 .offset = offsetof(struct datacenter_fields, address),
	 .expected = "an address, with or without a port",
	 .help = "what its check polls"},
	{.key = "check",
	 .kind = VALUE_CHECK,
	 .offset = offsetof(struct datacenter_fields, datacenter.check),
	 .expected = "the name of a check",
	 .help = "how to find out whether it is well"},
	{.key = "location",
	 .kind = VALUE_LOCATION,
	 .offset = offsetof(struct datacenter_fields, location),
	 .expected = "LATITUDE,LONGITUDE in degrees, such as 50.11,8.68",
	 .help = "where it stands, for `nearest`"},
	{.key = "max-latency",
	 .kind = VALUE_US,
	 .offset = offsetof(struct datacenter_fields, datacenter.max_latency_us),
	 .min = 1,
	 .max = 3600000,
	 .expected = "a duration from 1ms to 1h",
	 .help = "slower checks than this put it last"},
	{.key = "state",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct datacenter_fields, datacenter.state),
	 .words = states,
	 .expected = "up, drain or down",
	 .help = "out of the answers, whatever its check says"},
	{.key = "capacity",
	 .kind = VALUE_CAPACITY,
	 .offset = offsetof(struct datacenter_fields, datacenter.capacity),
	 .min = 1,
	 .max = 1000000000,
	 .expected = "a number of connections, or LOW..HIGH",
	 .help = "connections it can take: load is shed to the next tier from LOW (80 % of HIGH) on, all of "
		 "it at HIGH"},
	{.key = "slow-start",
	 .kind = VALUE_OPTIONAL_MS,
	 .offset = offsetof(struct datacenter_fields, slow_start),
	 .max = 86400000,
	 .expected = "a duration up to 1d",
	 .help = "after it was down its weight grows from nothing to the whole in that time; its check's "
		 "where not given"},
	{.key = "return",
	 .kind = VALUE_OPTIONAL_COMEBACK,
	 .offset = offsetof(struct datacenter_fields, comeback),
	 .max = 604800000,
	 .expected = "auto, manual or after:DURATION",
	 .help = "when it is answered with again after it was down; its check's where not given"},
};

static const struct option_row listen_rows[] = {
	UNSUPPORTED("tls"), UNSUPPORTED("cert"), UNSUPPORTED("key"), UNSUPPORTED("xdp"), UNSUPPORTED("proxy"),
};

static const struct option_row admin_rows[] = {
	{.key = "token-file",
	 .kind = VALUE_FILE,
	 .offset = offsetof(struct admin_fields, token_file),
	 .expected = "the path of a file",
	 .help = "the secret that callers must show; needed but for a UNIX socket"},
};

static const struct option_row state_rows[] = {
	{.key = "fresh",
	 .kind = VALUE_MS,
	 .offset = offsetof(struct state_fields, fresh_ms),
	 .max = 86400000,
	 .fallback = "1m",
	 .expected = "a duration up to 1d",
	 .help = "a start within this time serves at once, from the last known health"},
};

static const struct option_row steer_rows[] = {
	{.key = "pick",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct steer_fields, steer.pick),
	 .words = pick_words,
	 .fallback = "weighted",
	 .expected = "weighted, round-robin, random, hash, least-connections, least-time or all",
	 .help = "who of a tier is answered"},
	{.key = "answers",
	 .kind = VALUE_ANSWERS,
	 .offset = offsetof(struct steer_fields, steer.answers),
	 .min = 1,
	 .max = 64,
	 .fallback = "1",
	 .expected = "a number from 1 to 64, or all",
	 .help = "how many records an answer has"},
	{.key = "min-up",
	 .kind = VALUE_PERCENT,
	 .offset = offsetof(struct steer_fields, steer.min_up_percent),
	 .fallback = "0%",
	 .expected = "a share from 0% to 100%",
	 .help = "a tier with less of its weight usable is passed over"},
	{.key = "max-latency",
	 .kind = VALUE_US,
	 .offset = offsetof(struct steer_fields, steer.max_latency_us),
	 .min = 1,
	 .max = 3600000,
	 .expected = "a duration from 1ms to 1h",
	 .help = "in place of the datacenters' own"},
	{.key = "all-down",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct steer_fields, steer.all_down),
	 .words = all_down_words,
	 .fallback = "first",
	 .expected = "first, all, nodata or servfail",
	 .help = "what to answer when nothing is usable"},
	{.key = "ttl",
	 .kind = VALUE_TTLS,
	 .offset = offsetof(struct steer_fields, steer.ttl_s),
	 .max = 2147483647,
	 .expected = "MIN..MAX, such as 5..300",
	 .help = "the TTL is the time in which the health of a candidate can change at the soonest, within "
		 "these"},
	{.key = "hash-prefix",
	 .kind = VALUE_HASH_PREFIX,
	 .offset = offsetof(struct steer_fields, hash_prefix),
	 .fallback = "24,56",
	 .expected = "the lengths for IPv4 and IPv6, such as 24,56",
	 .help = "pick=hash: clients of one such prefix are answered alike"},
	{.key = "group",
	 .kind = VALUE_NAME,
	 .offset = offsetof(struct steer_fields, steer.group),
	 .expected = "a name",
	 .help = "pick=hash: names that share a group send a client to the same datacenter"},
	{.key = "margin",
	 .kind = VALUE_PERCENT,
	 .offset = offsetof(struct steer_fields, steer.margin_percent),
	 .fallback = "20%",
	 .expected = "a share from 0% to 100%",
	 .help = "latency: datacenters slower than the best by less than this share its tier"},
};

static const struct option_row at_rows[] = {
	{.key = "weight",
	 .kind = VALUE_NUMBER,
	 .offset = offsetof(struct at_fields, at.weight),
	 .min = 0,
	 .max = 65535,
	 .fallback = "1",
	 .expected = "a number from 0 to 65535",
	 .help = "its share; 0: only where nothing heavier is usable"},
	{.key = "check",
	 .kind = VALUE_CHECK,
	 .offset = offsetof(struct at_fields, at.check),
	 .expected = "the name of a check",
	 .help = "a check of its own, beside its datacenter's"},
	{.key = "address",
	 .kind = VALUE_ENDPOINT,
	 .offset = offsetof(struct at_fields, address),
	 .expected = "an address, with or without a port",
	 .help = "what to check, where the record is no address"},
	{.key = "backup",
	 .kind = VALUE_YES_NO,
	 .offset = offsetof(struct at_fields, at.backup),
	 .fallback = "no",
	 .expected = "yes or no",
	 .help = "only when nothing else is left"},
	{.key = "state",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct at_fields, at.state),
	 .words = states,
	 .fallback = "up",
	 .expected = "up, drain or down",
	 .help = "out of the answers, whatever its checks say"},
	{.key = "capacity",
	 .kind = VALUE_CAPACITY,
	 .offset = offsetof(struct at_fields, at.capacity),
	 .min = 1,
	 .max = 1000000000,
	 .expected = "a number of connections, or LOW..HIGH",
	 .help = "connections it can take: load is shed to the next tier from LOW (80 % of HIGH) on, all of "
		 "it at HIGH"},
};

static const struct choice_row check_kind_rows[] = {
	[CHECK_HTTP] = {"http", "a request whose reply has the expected status, and body"},
	[CHECK_HTTPS] = {"https", "the same over TLS, the certificate verified"},
	[CHECK_TCP] = {"tcp", "a connection that is accepted, and says what is expected"},
	[CHECK_EXEC] =
		{"exec",
		 "a program that exits with 0; it gets the address and port as its last arguments, and as "
		 "GSLBD_ADDRESS, GSLBD_PORT and GSLBD_CHECK"},
	[CHECK_GRPC] = {"grpc", "grpc.health.v1.Health/Check says SERVING"},
	[CHECK_CALC] = {"calc", "min=N of CHECK...: so many of these checks of the address are up"},
};

static const struct choice_row method_rows[] = {
	[METHOD_GEO] = {"geo", "MAP: the datacenters of the client's line of that geomap, in its order"},
	[METHOD_NEAREST] = {"nearest", "[DATACENTER...]: by great-circle distance to location="},
	[METHOD_FAILOVER] = {"failover", "[DATACENTER... [...]]: the order given, or that of the AT entries"},
	[METHOD_POOL] = {"pool", "[DATACENTER...]: all in one tier"},
	[METHOD_LATENCY] = {"latency",
			    "[DATACENTER...]: by round-trip time, as tables say and clients measure"},
};

const struct choice_table check_kinds = {"check kind", ROWS(check_kind_rows)};
const struct choice_table methods = {"method", ROWS(method_rows)};
const struct option_table datacenter_options = {"datacenter", ROWS(datacenter_rows)};
const struct option_table listen_options = {"listen", ROWS(listen_rows)};
const struct option_table admin_options = {"admin", ROWS(admin_rows)};
const struct option_table state_options = {"state", ROWS(state_rows)};
const struct option_table steer_options = {"STEER", ROWS(steer_rows)};
const struct option_table at_options = {"AT", ROWS(at_rows)};
