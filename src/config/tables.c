/* SPDX-License-Identifier: ISC */
/* Every option of the dialect but those of checks and of where it listens, one row each. */
#include "config/fields.h"
#include "config/schema.h"
#include "config/steering.h"

#define ROWS(rows) sizeof(rows) / sizeof((rows)[0]), rows

static const struct choice_row admin_state_rows[] = {
	[ADMIN_UP] = {.word = "up", .help = "answered with as long as its checks say so"},
	[ADMIN_DRAIN] =
		{.word = "drain",
		 .help = "out of the answers; whoever was answered with it before may go on using it"},
	[ADMIN_DOWN] = {.word = "down", .help = "out of the answers, as not working"},
};

static const struct choice_row pick_rows[] = {
	[PICK_WEIGHTED] = {.word = "weighted", .help = "at random, in proportion to weight="},
	[PICK_ROUND_ROBIN] = {.word = "round-robin",
			      .help = "in turns, in proportion to weight=; each worker takes turns of "
				      "its own"},
	[PICK_RANDOM] = {.word = "random",
			 .help = "at random, all alike; weight= only tells 0 from the rest"},
	[PICK_HASH] = {.word = "hash",
		       .help = "by the client's network, in proportion to weight=: it gets the same record "
			       "as long as that is usable, and when one fails only its clients move"},
	[PICK_LEAST_CONNECTIONS] = {.word = "least-connections",
				    .help = "who has the fewest connections for its weight, as "
					    "load= of its check says"},
	[PICK_LEAST_TIME] = {.word = "least-time",
			     .help = "the lowest latency of its check times its connections and one "
				     "more, for its weight"},
	[PICK_ALL] = {.word = "all", .help = "every record of the tier"},
};

static const struct choice_row all_down_rows[] = {
	[ALL_DOWN_FIRST] = {.word = "first", .help = "the first tier as if all of it were up"},
	[ALL_DOWN_ALL] = {.word = "all", .help = "every record, up or down"},
	[ALL_DOWN_NODATA] = {.word = "nodata", .help = "no record"},
	[ALL_DOWN_SERVFAIL] = {.word = "servfail", .help = "a failure, so that resolvers ask another server"},
};

static const struct option_row datacenter_rows[] = {
	{.key = "address",
	 .kind = VALUE_ENDPOINT,
	 .offset = offsetof(struct datacenter_fields, address),
	 .expected = "an address, with or without a port",
	 .help = "what its check polls; a port in it comes before the port of the check"},
	{.key = "check",
	 .kind = VALUE_CHECK,
	 .offset = offsetof(struct datacenter_fields, datacenter.check),
	 .expected = "the name of a check",
	 .help = "how to find out whether it is well; without a check it is up"},
	{.key = "location",
	 .kind = VALUE_LOCATION,
	 .offset = offsetof(struct datacenter_fields, location),
	 .expected = "LATITUDE,LONGITUDE in degrees, such as 50.11,8.68",
	 .help = "where it stands, for nearest, for ... in geomaps and for estimates of latency"},
	{.key = "max-latency",
	 .kind = VALUE_US,
	 .offset = offsetof(struct datacenter_fields, datacenter.max_latency_us),
	 .min = 1,
	 .max = 3600000,
	 .expected = "a duration from 1ms to 1h",
	 .help = "a datacenter whose checks are slower is answered with only when all others are too: "
		 "out after fall= slow checks, back after rise= under 80 % of it"},
	{.key = "state",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct datacenter_fields, datacenter.state),
	 .words = &admin_states,
	 .fallback = "up",
	 .expected = "up, drain or down",
	 .help = "drain and down take it out of the answers, whatever its check says"},
	{.key = "capacity",
	 .kind = VALUE_CAPACITY,
	 .offset = offsetof(struct datacenter_fields, datacenter.capacity),
	 .min = 1,
	 .max = 1000000000,
	 .expected = "a number of connections, or LOW..HIGH",
	 .help = "connections it can take, as load= of its check counts them: above LOW (80 % of HIGH where "
		 "only one number is given) a growing share of its queries goes to others, at HIGH all; at "
		 "most 1000000000"},
	{.key = "slow-start",
	 .kind = VALUE_OPTIONAL_MS,
	 .offset = offsetof(struct datacenter_fields, slow_start),
	 .max = 86400000,
	 .expected = "a duration up to 1d",
	 .help = "after it was down its weight grows from nothing to the whole in that time; where it is "
		 "not given, that of its check"},
	{.key = "return",
	 .kind = VALUE_OPTIONAL_COMEBACK,
	 .offset = offsetof(struct datacenter_fields, comeback),
	 .max = 604800000,
	 .expected = "auto, manual or after:DURATION",
	 .help = "when it is answered with again after it was down and is well: at once, when an operator "
		 "clears it, or after a time of at most 7d; where it is not given, that of its check"},
};

static const struct option_row admin_rows[] = {
	{.key = "token-file",
	 .kind = VALUE_FILE,
	 .offset = offsetof(struct admin_fields, token_file),
	 .expected = "the path of a file",
	 .help = "holds the secret that callers must show, one line; only a UNIX socket can do without"},
};

static const struct option_row workers_rows[] = {
	{.key = "cpus",
	 .kind = VALUE_NUMBERS,
	 .offset = offsetof(struct workers_fields, cpus),
	 .max = CONFIG_CPU_MAX,
	 .expected = "numbers of CPUs from 0 to 1023, such as 0-3,8",
	 .help = "a CPU for each worker to stay on: what a CPU receives is answered there, so the network "
		 "card's queues must be spread over the same CPUs; where it is not given, workers run and "
		 "are handed queries as the kernel likes"},
};

static const struct choice_row key_algorithm_rows[] = {
	[KEY_SHA256] = {.word = "hmac-sha256", .help = "what every server knows"},
	[KEY_SHA384] = {.word = "hmac-sha384", .help = "a longer signature"},
	[KEY_SHA512] = {.word = "hmac-sha512", .help = "the longest"},
};

static const struct option_row key_rows[] = {
	{.key = "algorithm",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct key_fields, algorithm),
	 .words = &key_algorithms,
	 .fallback = "hmac-sha256",
	 .expected = "hmac-sha256, hmac-sha384 or hmac-sha512; those of MD5 and SHA-1 are too weak",
	 .help = "how messages are signed; the other server must have the same"},
	{.key = "secret-file",
	 .kind = VALUE_FILE,
	 .offset = offsetof(struct key_fields, secret_file),
	 .expected = "the path of a file",
	 .help = "holds the secret in Base64, one line; only its owner and group may read it"},
	{.key = "secret",
	 .kind = VALUE_TEXT,
	 .offset = offsetof(struct key_fields, secret),
	 .expected = "16 to 256 octets in Base64",
	 .help = "the secret itself, where this file is kept from others"},
};

static const struct option_row zone_rows[] = {
	{.key = "allow-transfer",
	 .kind = VALUE_PEERS,
	 .expected = "networks and key:NAME, with commas between",
	 .help = "who may have the whole zone (AXFR, IXFR): who asks from one of these networks and, where "
		 "keys are named, signs with one of them; may repeat, then any of them will do; nobody where "
		 "it is not given"},
	{.key = "notify",
	 .kind = VALUE_PEERS,
	 .expected = "ADDRESS[:PORT] and at most one key:NAME, with commas between",
	 .help = "servers that are told when the serial of the zone rises, and at the start; port 53 where "
		 "none is named; signed where a key is named; may repeat"},
};

static const struct option_row cookies_rows[] = {
	{.key = "secret-file",
	 .kind = VALUE_FILE,
	 .offset = offsetof(struct cookies_fields, secret_file),
	 .expected = "the path of a file",
	 .help = "holds a secret of 32 hexadecimal digits, and on further lines those before it, which are "
		 "still accepted: the same file for all servers of an address; only its owner and group may "
		 "read it; where it is not given, each start makes a secret of its own, which an upgrade "
		 "hands on"},
};

static const struct option_row state_rows[] = {
	{.key = "fresh",
	 .kind = VALUE_MS,
	 .offset = offsetof(struct state_fields, fresh_ms),
	 .max = 86400000,
	 .fallback = "1m",
	 .expected = "a duration up to 1d",
	 .help = "what was known of a target's health so long before a start still counts: it is not "
		 "waited for"},
};

static const struct option_row steer_rows[] = {
	{.key = "pick",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct steer_fields, steer.pick),
	 .words = &picks,
	 .fallback = "weighted",
	 .expected = "weighted, round-robin, random, hash, least-connections, least-time or all",
	 .help = "who of a tier is answered with"},
	{.key = "answers",
	 .kind = VALUE_ANSWERS,
	 .offset = offsetof(struct steer_fields, steer.answers),
	 .min = 1,
	 .max = 64,
	 .fallback = "1",
	 .expected = "a number from 1 to 64, or all",
	 .help = "how many records an answer has at most"},
	{.key = "min-up",
	 .kind = VALUE_PERCENT,
	 .offset = offsetof(struct steer_fields, steer.min_up_percent),
	 .fallback = "0%",
	 .expected = "a share from 0% to 100%",
	 .help = "a tier with a smaller share of its weight usable is passed over"},
	{.key = "max-latency",
	 .kind = VALUE_US,
	 .offset = offsetof(struct steer_fields, steer.max_latency_us),
	 .min = 1,
	 .max = 3600000,
	 .expected = "a duration from 1ms to 1h",
	 .help = "a limit of this name's own, in place of the datacenters'"},
	{.key = "all-down",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct steer_fields, steer.all_down),
	 .words = &all_downs,
	 .fallback = "first",
	 .expected = "first, all, nodata or servfail",
	 .help = "what to answer when no tier is usable"},
	{.key = "ttl",
	 .kind = VALUE_TTLS,
	 .offset = offsetof(struct steer_fields, steer.ttl_s),
	 .max = 2147483647,
	 .expected = "MIN..MAX, such as 5..300",
	 .help = "the TTL follows the soonest moment at which a check could change the answer, within "
		 "these; where it is not given, the TTL is that of the records"},
	{.key = "hash-prefix",
	 .kind = VALUE_HASH_PREFIX,
	 .offset = offsetof(struct steer_fields, hash_prefix),
	 .fallback = "24,56",
	 .expected = "the lengths for IPv4 and IPv6, such as 24,56",
	 .help = "for pick=hash: clients of one such prefix are answered alike"},
	{.key = "group",
	 .kind = VALUE_NAME,
	 .offset = offsetof(struct steer_fields, steer.group),
	 .expected = "a name",
	 .help = "for pick=hash: names that share a group send a client to the same datacenter"},
	{.key = "margin",
	 .kind = VALUE_PERCENT,
	 .offset = offsetof(struct steer_fields, steer.margin_percent),
	 .fallback = "20%",
	 .expected = "a share from 0% to 100%",
	 .help = "for the latency method: datacenters at most so much slower than the best share its tier"},
};

static const struct option_row at_rows[] = {
	{.key = "weight",
	 .kind = VALUE_NUMBER,
	 .offset = offsetof(struct at_fields, at.weight),
	 .min = 0,
	 .max = 65535,
	 .fallback = "1",
	 .expected = "a number from 0 to 65535",
	 .help = "its share of the answers of its tier; 0: only where nothing heavier is usable"},
	{.key = "check",
	 .kind = VALUE_CHECK,
	 .offset = offsetof(struct at_fields, at.check),
	 .expected = "the name of a check",
	 .help = "a check of its own, beside its datacenter's: both must be up"},
	{.key = "address",
	 .kind = VALUE_ENDPOINT,
	 .offset = offsetof(struct at_fields, address),
	 .expected = "an address, with or without a port",
	 .help = "what its check polls; where it is not given, the address that an A or AAAA record has"},
	{.key = "backup",
	 .kind = VALUE_YES_NO,
	 .offset = offsetof(struct at_fields, at.backup),
	 .fallback = "no",
	 .expected = "yes or no",
	 .help = "in the last tier, whatever the method: only when nothing else is usable"},
	{.key = "state",
	 .kind = VALUE_WORD,
	 .offset = offsetof(struct at_fields, at.state),
	 .words = &admin_states,
	 .fallback = "up",
	 .expected = "up, drain or down",
	 .help = "drain and down take it out of the answers, whatever its checks say"},
	{.key = "capacity",
	 .kind = VALUE_CAPACITY,
	 .offset = offsetof(struct at_fields, at.capacity),
	 .min = 1,
	 .max = 1000000000,
	 .expected = "a number of connections, or LOW..HIGH",
	 .help = "connections it can take, as load= of its check counts them: above LOW (80 % of HIGH where "
		 "only one number is given) a growing share of its queries goes to others, at HIGH all; at "
		 "most 1000000000"},
};

static const struct choice_row check_kind_rows[] = {
	[CHECK_HTTP] =
		{.word = "http",
		 .help = "a request whose reply has an expected status, and what is asked of its body"},
	[CHECK_HTTPS] = {.word = "https", .help = "the same over TLS, with a certificate that is valid"},
	[CHECK_TCP] = {.word = "tcp",
		       .help = "a connection that is accepted, and over which what is expected is said"},
	[CHECK_EXEC] = {.word = "exec",
			.help = "a program that exits with status 0; its last arguments are the address and, "
				"if there is "
				"one, the port"},
	[CHECK_GRPC] = {.word = "grpc", .help = "a server whose grpc.health.v1.Health/Check says SERVING"},
	[CHECK_CALC] = {.word = "calc",
			.help = "so many of other checks of the same address are up",
			.form = "[min=N] of CHECK..."},
};

static const struct choice_row method_rows[] = {
	[METHOD_GEO] = {.word = "geo",
			.help = "the datacenters of the client's line of that geomap, in its order",
			.form = "MAP"},
	[METHOD_NEAREST] = {.word = "nearest",
			    .help = "by great-circle distance to location=",
			    .form = "[DATACENTER...]"},
	[METHOD_FAILOVER] =
		{.word = "failover",
		 .help = "the order given, or that of the AT entries; a final ... lets the rest follow",
		 .form = "[DATACENTER... [...]]"},
	[METHOD_POOL] = {.word = "pool", .help = "all in one tier, AT * too", .form = "[DATACENTER...]"},
	[METHOD_LATENCY] =
		{.word = "latency",
		 .help = "by round-trip time, as clients measure, tables say and distances suggest",
		 .form = "[DATACENTER...]"},
};

const struct choice_table check_kinds = {"check kind", ROWS(check_kind_rows)};
const struct choice_table methods = {"method", ROWS(method_rows)};
const struct choice_table picks = {"pick", ROWS(pick_rows)};
const struct choice_table all_downs = {"all-down choice", ROWS(all_down_rows)};
const struct choice_table admin_states = {"state", ROWS(admin_state_rows)};
const struct option_table datacenter_options = {"datacenter", ROWS(datacenter_rows)};
const struct option_table admin_options = {"admin", ROWS(admin_rows)};
const struct option_table workers_options = {"workers", ROWS(workers_rows)};
const struct choice_table key_algorithms = {"key algorithm", ROWS(key_algorithm_rows)};
const struct option_table key_options = {"key", ROWS(key_rows)};
const struct option_table zone_options = {"zone", ROWS(zone_rows)};
const struct option_table cookies_options = {"cookies", ROWS(cookies_rows)};
const struct option_table state_options = {"state", ROWS(state_rows)};
const struct option_table steer_options = {"STEER", ROWS(steer_rows)};
const struct option_table at_options = {"AT", ROWS(at_rows)};
