/* SPDX-License-Identifier: ISC */
/*
 * The tables behind the dialect: each keyword and option is one row, which parses it, bounds it, gives its
 * default and describes it. Private to config/.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "config/config.h"
#include "config/lexer.h"

#include <stddef.h>
#include <stdint.h>

/* How a value is written and what it is stored as. */
enum value_kind {
	VALUE_UNSUPPORTED,       /* a word of the dialect that is refused */
	VALUE_NUMBER,            /* uint16_t in min..max */
	VALUE_COUNT,             /* uint32_t in min..max */
	VALUE_PERCENT,           /* uint8_t, `50%` */
	VALUE_MS,                /* uint32_t, a duration in min..max ms */
	VALUE_US,                /* uint32_t, a duration in min..max ms, stored in microseconds */
	VALUE_ANSWERS,           /* uint16_t in min..max, or `all` */
	VALUE_WORD,              /* an enum, by the row of its word */
	VALUE_YES_NO,            /* bool */
	VALUE_TEXT,              /* const char *, not empty */
	VALUE_LINE,              /* const char *, not empty, without control characters */
	VALUE_TOKEN,             /* const char *, letters of a token of HTTP: a method */
	VALUE_HEADER,            /* struct texts, one more each time the option is given: `Name: value` */
	VALUE_WORDS,             /* struct texts, a text taken apart at its blanks */
	VALUE_NAME,              /* const char *, letters, digits, dashes and underscores */
	VALUE_INTERFACE,         /* const char *, a network interface's */
	VALUE_FILE,              /* const char *, a path, relative to the folder of the file it stands in */
	VALUE_URL_PATH,          /* const char *, begins with a slash, no blanks */
	VALUE_HOST,              /* const char *, a host name or an address, and a port or none */
	VALUE_SIZE,              /* uint32_t in min..max octets, `64k` */
	VALUE_NUMBERS,           /* struct numbers in min..max, `200-299,301` */
	VALUE_NETWORKS,          /* struct networks, `192.0.2.0/24,::1/128` */
	VALUE_JSON,              /* struct json_rule, `PATH:VALUE` */
	VALUE_LOAD,              /* struct load_rule, `json:PATH`, `header:NAME` or `agent` */
	VALUE_COMEBACK,          /* struct comeback_rule, `auto`, `manual` or `after:DURATION` */
	VALUE_CAPACITY,          /* struct range, `N` or `LOW..HIGH` */
	VALUE_TTLS,              /* struct range, `MIN..MAX` */
	VALUE_HASH_PREFIX,       /* struct hash_prefix, `24,56` */
	VALUE_ENDPOINT,          /* struct optional_endpoint */
	VALUE_LOCATION,          /* struct location */
	VALUE_CHECK,             /* int, an index */
	VALUE_OPTIONAL_MS,       /* struct optional_duration */
	VALUE_OPTIONAL_COMEBACK, /* struct optional_comeback */
	VALUE_SAMPLE,            /* uint32_t in min..max, `1/100` */
	VALUE_PEERS,             /* nothing: may repeat, and is read by zone_peers_read() */
};

struct optional_endpoint {
	bool given;
	struct endpoint endpoint;
};

struct optional_duration {
	bool given;
	uint32_t ms;
};

struct optional_comeback {
	bool given;
	struct comeback_rule rule;
};

struct location {
	bool given;
	double latitude, longitude;
};

struct hash_prefix {
	uint8_t v4, v6;
};

/* One of the words that may stand at a place, such as a check's kind. */
struct choice_row {
	const char *word;
	const char *help; /* NULL: not supported yet */
	const char *form; /* what may stand behind it; NULL: nothing */
};

struct choice_table {
	const char *what; /* "check kind" */
	size_t n;
	const struct choice_row *rows; /* the supported ones first, in the order of their enum */
};

struct option_row {
	const char *key;
	enum value_kind kind;
	size_t offset; /* in the struct that options_read() fills */
	uint64_t min, max;
	const struct choice_table *words; /* VALUE_WORD */
	unsigned kinds;                   /* the kinds of checks it is for, a bit each; 0: any */
	const char *fallback;             /* the default, as text; NULL: zero */
	const char *expected;             /* what would be right */
	const char *help;
};

/* The rows of one kind of entry. */
struct option_table {
	const char *of; /* "check", "STEER", … */
	size_t n;
	const struct option_row *rows;
};

/* What values are read with. */
struct reader {
	const struct config *config; /* checks and datacenters by name */
	struct arena *arena;
	struct faults *faults;
	unsigned kind;    /* that of the check options are read for, as a bit; 0: none */
	const char *file; /* that the entry stands in, for VALUE_FILE */
};

/*
 * Fills `into` with the table's defaults, then with the entry's tokens from `first` up to `last` (not
 * included), each key=value. Adds a fault for each that is wrong, and returns false if there was one.
 */
bool options_read(const struct reader *r, const struct option_table *table, const struct entry *entry,
		  size_t first, size_t last, void *into);

/* Which row is that word? False, with a fault, where it is none, or one that is not supported yet. */
bool choice_read(const struct reader *r, const struct entry *entry, const struct token *token,
		 const struct choice_table *table, int *out);

/* The entry's option of that key, among its tokens from `first` on; NULL where there is none. */
const struct token *option_given(const struct entry *entry, size_t first, const char *key);

/* Does the token look like key=value, the key being letters and dashes? */
bool option_is(const struct token *token);

/* Parses one value into `into`; false where it is not of the row's kind. */
bool value_read(const struct reader *r, const struct option_row *row, const char *text, size_t len,
		void *into);

/* Adds a fault at a token: it is an unknown `what`, and the nearest of `words` was meant; where none is near,
 * all are named. */
bool refuse_word(const struct reader *r, const struct entry *entry, const struct token *token,
		 const char *what, const char *const *words, size_t n);

__attribute__((format(printf, 4, 5))) bool refuse(const struct reader *r, const struct entry *entry,
						  const struct token *token, const char *format, ...);

/* The same for a name that nothing defines. */
enum thing { THING_CHECK, THING_DATACENTER, THING_GEOMAP, THING_KEY };
bool refuse_name(const struct reader *r, const struct entry *entry, const struct token *token,
		 enum thing thing);

/* A copy of a token's decoded text in the reader's arena; NULL, with a fault, where it has a NUL octet. */
char *token_text(const struct reader *r, const struct entry *entry, const struct token *token);

/* "http, https and tcp": the kinds of checks that have a bit in `kinds`, into `out`, which is returned. */
const char *kinds_format(unsigned kinds, char *out, size_t room);

/* Has one of those datacenters a location? Of all, where the list is empty. */
bool any_located(const struct config *config, const uint16_t *list, size_t n);

/* The tables. */
extern const struct choice_table check_kinds, methods, picks, all_downs, admin_states, key_algorithms,
	limit_modes, record_messages;
extern const struct option_table check_options, datacenter_options, listen_options, tcp_options,
	admin_options, state_options, workers_options, steer_options, at_options, key_options, zone_options,
	cookies_options, limit_options, query_log_options, dnstap_options;

/* Reads whom a line of a geomap or of a latency table is for. */
bool place_key_read(const struct reader *r, const struct entry *entry, const struct token *token,
		    struct geomap_line *out);

bool network_read(const struct reader *r, const struct entry *entry, const struct token *token,
		  struct prefix *out);

/* A path that stands in the reader's file, relative to that file's folder. */
const char *path_beside(const struct reader *r, const char *path);

/* Reads datacenter names from `first` on, up to the first option. *rest tells of a final `...`. */
bool datacenters_read(const struct reader *r, const struct entry *entry, size_t first,
		      struct geomap_line *out);

#endif
