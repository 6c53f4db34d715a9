/* SPDX-License-Identifier: ISC */
/* What gslbd.conf says, as plain data: read once, checked whole, never changed. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/addr.h"
#include "base/arena.h"
#include "base/fault.h"
#include "wire/cookie.h"
#include "wire/name.h"

#include <stdbool.h>
#include <stdint.h>

enum { CONFIG_DATACENTERS_MAX = 1024, CONFIG_CPU_MAX = 1023, CONFIG_NONE = -1 };
enum { INTERFACE_NAME_MAX = 16 }; /* with its NUL */

struct number_range {
	uint16_t first;
	uint16_t last;
};

/* Ranges of numbers; `200-299,301`. */
struct numbers {
	size_t n;
	const struct number_range *list;
};

struct texts {
	size_t n;
	const char *const *list;
};

/* From what to what; all zero: not given. */
struct range {
	uint32_t low;
	uint32_t high;
};

/* `check NAME KIND key=value…`: how to find out whether an address is well. */
enum check_kind { CHECK_HTTP, CHECK_HTTPS, CHECK_TCP, CHECK_EXEC, CHECK_GRPC, CHECK_CALC };

/* When what was down, and is well again, is answered with again. */
enum comeback { COMEBACK_AUTO, COMEBACK_MANUAL, COMEBACK_AFTER };

struct comeback_rule {
	enum comeback when;
	uint32_t after_ms; /* COMEBACK_AFTER */
};

/* Where in a check's reply the target says how busy it is. */
enum load_source { LOAD_NONE, LOAD_JSON, LOAD_HEADER, LOAD_AGENT };

struct load_rule {
	enum load_source source;
	const char *name; /* of the member or the header */
};

/* `expect-json=PATH:VALUE` */
struct json_rule {
	const char *path; /* NULL: not given */
	const char *value;
};

/* Options that a kind does not have are as their defaults. */
struct check {
	const char *name;
	enum check_kind kind;
	uint16_t port;        /* http 80, https 443; 0 where only an address names it */
	uint32_t interval_ms; /* 5 s */
	uint32_t timeout_ms;  /* 2 s; where it is over the interval, a slow check is followed at once */
	uint32_t connect_timeout_ms; /* 0: the timeout */
	uint16_t rise;               /* 2 */
	uint16_t fall;               /* 3 */
	struct comeback_rule comeback;
	uint32_t slow_start_ms; /* 0: none */
	struct load_rule load;

	/* http and https */
	const char *path; /* "/" */
	const char *host; /* the Host header, and with TLS the server's name; NULL: the address */
	const char *method;
	struct texts headers; /* "Name: value" each */
	const char *user_agent;
	struct numbers expect;        /* 200-299 */
	const char *body;             /* a text the reply's body must hold; NULL: any */
	struct json_rule expect_json; /* what a member of the reply's body must be */
	uint32_t body_limit;          /* octets of the body that are read at most; 64 KiB */
	uint16_t redirects;           /* that are followed, to the same address and port; 0 */

	/* TLS: https, and grpc with tls=yes */
	bool tls;
	bool verify;            /* yes */
	const char *ca_file;    /* NULL: the system's */
	struct spot ca_file_at; /* where it is given */

	/* tcp */
	const char *send;  /* once connected; NULL: nothing */
	const char *reply; /* a text that must come; NULL: none */

	const char *service;   /* grpc; NULL: the server as a whole */
	struct texts command;  /* exec: the program and its arguments */
	uint16_t min;          /* calc: of the parts, how many must be up */
	uint16_t n_parts;      /* calc */
	const uint16_t *parts; /* calc: indexes into checks, none of them a calc itself */
};

/* What an operator says of a datacenter or a record, whatever its checks say. */
enum admin_state { ADMIN_UP, ADMIN_DRAIN, ADMIN_DOWN };

struct datacenter {
	const char *name;
	bool has_address;
	struct endpoint address; /* what to check; its port, if any, comes before the check's */
	int check;               /* index into checks, or CONFIG_NONE */
	bool located;
	double latitude, longitude; /* degrees */
	uint32_t max_latency_us;    /* 0: no limit */
	enum admin_state state;
	struct range capacity; /* connections: from `low` on load is shed, at `high` all of it */
	bool has_comeback, has_slow_start;
	struct comeback_rule comeback; /* where given; else that of its check */
	uint32_t slow_start_ms;        /* likewise */
};

/* The attribute of the client that a geomap line tells apart, the most specific last. */
enum geomap_key {
	GEOMAP_DEFAULT,
	GEOMAP_CONTINENT,
	GEOMAP_COUNTRY,
	GEOMAP_SUBDIVISION,
	GEOMAP_ASN,
	GEOMAP_NETWORK
};

struct geomap_line {
	struct spot at;
	enum geomap_key key;
	char continent[3];   /* "EU"; "" where the line says `*` */
	char country[3];     /* ISO 3166-1 alpha-2; "" where none is asked */
	char subdivision[4]; /* the part of ISO 3166-2 behind the dash; "" where none is asked */
	uint32_t asn;
	struct prefix network;
	bool nearest; /* by distance, all datacenters; `datacenters` is empty */
	bool rest;    /* ends in `...`: those not named follow, nearest first */
	uint16_t n;
	const uint16_t *datacenters; /* indexes, in order of preference */
};

struct geomap {
	const char *name;
	size_t n;
	const struct geomap_line *lines; /* in the order of the file; exactly one is GEOMAP_DEFAULT */
};

/* A row of a latency table: what a round trip takes from clients there. */
struct latency_row {
	struct geomap_line from; /* the attributes alone */
	uint16_t datacenter;
	uint32_t us;
};

/* `admin ADDRESS token-file=FILE` */
struct admin_listen {
	bool given;
	const char *path;         /* of a UNIX socket; NULL: an endpoint */
	struct endpoint endpoint; /* with a port */
	const char *token_file;   /* NULL: who may open the UNIX socket may do all */
	struct spot token_at;     /* where it is named */
};

/* `listen … xdp=IFACE` */
struct bypass_listen {
	size_t listen; /* index into listens */
	char interface[INTERFACE_NAME_MAX];
};

/* `listen … tls cert=FILE key=FILE`: DNS over TLS (RFC 7858), and nothing over UDP. */
struct tls_listen {
	size_t listen;         /* index into listens */
	const char *cert_file; /* the certificate, and those that lead to its authority */
	const char *key_file;
	struct spot cert_at, key_at; /* where they are named */
};

/* `tcp key=value…`: of connections over TCP and TLS. */
struct tcp_rule {
	uint16_t connections; /* of all listens and workers; 0: as many as there may be */
	uint16_t per_client;  /* 0: no limit */
	uint16_t transfers;   /* of all workers */
	uint32_t idle_ms;
};

/* `key NAME algorithm=… secret=…|secret-file=…`: what messages are signed with (TSIG, RFC 8945). */
enum key_algorithm { KEY_SHA256, KEY_SHA384, KEY_SHA512 };
enum { SECRET_MIN = 16, SECRET_MAX = 256 };

struct tsig_key {
	const char *name; /* as text, lower case, with its final dot */
	enum key_algorithm algorithm;
	uint8_t owner_len, owner[NAME_OCTETS_MAX]; /* the name in wire format */
	uint16_t secret_len;
	uint8_t secret[SECRET_MAX];
};

/* `allow-transfer=`: who fits both lists may have the zone; an empty one is no condition. */
struct transfer_rule {
	size_t n_networks, n_keys;
	const struct prefix *networks;
	const uint16_t *keys; /* indexes into keys: one of them signed the request */
};

/* Whom `notify=` tells of a new serial. */
struct notify_target {
	struct endpoint to; /* with a port */
	int key;            /* index into keys, or CONFIG_NONE */
};

/* The other servers of a zone. */
struct zone_peers {
	size_t n_rules, n_notifies;
	const struct transfer_rule *rules; /* any of them will do */
	const struct notify_target *notifies;
};

/* `cookies on|off secret-file=…` (RFC 7873) */
struct cookie_rule {
	bool on;                       /* unless the file says otherwise */
	struct cookie_secrets secrets; /* none: a random one of the process */
};

/* `query-log FILE` and `dnstap SOCKET`: where what is asked and answered is recorded. */
enum record_sink { RECORD_LOG, RECORD_DNSTAP, RECORD_SINKS };
enum record_messages { RECORD_ALL, RECORD_QUERIES, RECORD_RESPONSES };

struct record_options {
	const char *path; /* NULL: not given; of the log "-": standard output */
	uint32_t every;   /* one of so many queries */

	/* dnstap */
	enum record_messages messages;
	const char *identity; /* NULL: the machine's name */
	const char *version;  /* NULL: gslbd and its own */
};

struct zone_file {
	struct spot at;                 /* where its path is named */
	const uint8_t *apex;            /* in wire format, lower case */
	const char *path;               /* already relative to the folder of the file that names it */
	const struct zone_peers *peers; /* NULL: it has none */
};

/* `rate-limit RATE …`: how many responses of a kind a client's network gets a second over UDP. */
enum limit_kind {
	LIMIT_ANSWERS,   /* with records, by name */
	LIMIT_REFERRALS, /* by delegation */
	LIMIT_NODATA,    /* by name */
	LIMIT_NXDOMAINS, /* by zone */
	LIMIT_ERRORS,    /* whatever was asked */
	LIMIT_KINDS
};
enum limit_mode { LIMIT_OFF, LIMIT_LOG, LIMIT_ON };

struct rate_limit {
	enum limit_mode mode;        /* off, where the file has none */
	uint32_t rates[LIMIT_KINDS]; /* a second; 0: as many as are asked for */
	uint16_t slip; /* one of so many is sent truncated, the others are dropped; 0: all are */
	uint8_t prefix_v4, prefix_v6;
	uint32_t table; /* cells of clients' networks that are kept at once */
	size_t n_exempts;
	const struct prefix *exempts; /* clients that are not limited */
};

struct config {
	struct arena *arena; /* owns all below */
	const char *path;
	size_t n_listens;
	const struct endpoint *listens; /* 0.0.0.0:53 and [::]:53 where the file names none */
	bool listens_given;
	size_t n_bypasses;
	const struct bypass_listen *bypasses; /* the listens whose queries are taken at an interface */
	size_t n_tls_listens;
	const struct tls_listen *tls_listens;
	struct tcp_rule tcp;
	uint16_t workers;    /* 0: one per CPU */
	struct numbers cpus; /* one for each worker, in their order; none: wherever the kernel likes */
	size_t n_geoips;
	const char *const *geoips;      /* paths, in the order they are asked */
	const struct spot *geoip_spots; /* where each is named */
	size_t n_checks;
	const struct check *checks;
	size_t n_datacenters;
	const struct datacenter *datacenters;
	size_t n_geomaps;
	const struct geomap *geomaps;
	size_t n_latencies;
	const struct latency_row *latencies; /* of all tables; one a place and datacenter */
	struct admin_listen admin;
	const char *user, *group; /* to become; NULL: not given, of the group: the user's own */
	struct spot user_at;      /* where it is given */
	const char *state_dir;    /* NULL: nothing is kept over a restart */
	struct spot state_at;     /* where it is named */
	uint32_t state_fresh_ms;  /* 1 min: what was known of a target's health counts so long after */
	struct record_options records[RECORD_SINKS];
	size_t n_explain_froms;
	const struct prefix *explain_froms;
	size_t n_proxy_froms;
	const struct prefix *proxy_froms; /* what comes from there begins with a PROXY header */
	const char
		*identity; /* of this server, told who asks (NSID, id.server): the host's name; NULL: none */
	const char *version; /* told who asks (version.bind); NULL: it is not */
	struct cookie_rule cookies;
	struct rate_limit rate_limit;
	size_t n_keys;
	const struct tsig_key *keys;
	size_t n_zones;
	const struct zone_file *zones;
};

/* Neither a zone nor an address to serve it at: of a file that is whole nobody would want that. */
static inline bool config_is_blank(const struct config *config)
{
	return config->n_zones == 0 && !config->listens_given;
}

/*
 * Reads and checks gslbd.conf, not the files it names. Every fault of the file is added to `faults`; where
 * one is an error, the result is good for nothing but finding the faults of other files. NULL where the file
 * can't be read. The caller frees the result with config_free().
 */
struct config *config_read(const char *path, struct faults *faults);

/* The same from a text in memory (tests, fuzzing); paths are relative to the working directory. */
struct config *config_read_text(const char *name, const char *text, size_t len, struct faults *faults);

void config_free(struct config *config);

/* What is said of TLS on that listen; NULL: it has none. */
const struct tls_listen *config_tls(const struct config *config, size_t listen);

/* Do both find out the same in the same way? Names don't count. */
bool check_equal(const struct config *config, const struct check *check, const struct config *other_config,
		 const struct check *other);

/* The attributes of a geomap line as the file writes them ("EU/DE"), into `out` of ADDR_TEXT_MAX; returns it.
 */
char *place_key_format(const struct geomap_line *line, char *out);

/* Must an address name the port for this check? */
bool check_needs_port(const struct config *config, const struct check *check);

/* Indexes by name, CONFIG_NONE where there is none. The name has `len` characters. */
int config_datacenter(const struct config *config, const char *name, size_t len);
int config_check(const struct config *config, const char *name, size_t len);
int config_geomap(const struct config *config, const char *name, size_t len);

/*
 * Writes the reference of every keyword and option, from the tables that parse them. `as` is text, or, with
 * the part that is about one kind of file, man-conf, man-zone, markdown-conf or markdown-zone. False, and
 * nothing is written, where it is something else.
 */
bool config_help(const char *as, FILE *out);

#endif
