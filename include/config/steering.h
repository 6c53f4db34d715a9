/* SPDX-License-Identifier: ISC */
/* The two entries of a zone file that never go on the wire: STEER (how a name is steered) and AT (a
 * datacenter's record). */
#ifndef CONFIG_STEERING_H
#define CONFIG_STEERING_H

#include "config/config.h"
#include "config/lexer.h"

enum method { METHOD_GEO, METHOD_NEAREST, METHOD_FAILOVER, METHOD_POOL, METHOD_LATENCY };
enum pick {
	PICK_WEIGHTED,
	PICK_ROUND_ROBIN,
	PICK_RANDOM,
	PICK_HASH,
	PICK_LEAST_CONNECTIONS,
	PICK_LEAST_TIME,
	PICK_ALL
};
enum all_down { ALL_DOWN_FIRST, ALL_DOWN_ALL, ALL_DOWN_NODATA, ALL_DOWN_SERVFAIL };

enum { ANSWERS_ALL = UINT16_MAX };

/* `STEER method [datacenter…] [key=value…]` */
struct steer_entry {
	enum method method;
	int geomap; /* METHOD_GEO: index into the geomaps */
	bool rest;  /* the list ends in `...`: those not named follow in the order of the file */
	uint16_t n; /* datacenters named; 0: all that the name has records in, in the order of the file */
	const uint16_t *datacenters;
	enum pick pick;           /* weighted */
	uint16_t answers;         /* 1, or ANSWERS_ALL */
	uint8_t min_up_percent;   /* 0 */
	uint32_t max_latency_us;  /* 0: that of the datacenter */
	enum all_down all_down;   /* first */
	struct range ttl_s;       /* all zero: that of the records */
	uint8_t hash_v4, hash_v6; /* prefix lengths of PICK_HASH: 24, 56 */
	const char *group;        /* names that hash alike; NULL: by itself */
	uint8_t margin_percent;   /* METHOD_LATENCY: 20 */
};

/* `AT datacenter|* [key=value…] TYPE RDATA`, up to TYPE */
struct at_entry {
	int datacenter;  /* index, or CONFIG_NONE for `*` */
	uint16_t weight; /* 1 */
	int check;       /* index, or CONFIG_NONE */
	bool has_address;
	struct endpoint address;
	bool backup;
	enum admin_state state;
	struct range capacity; /* as that of a datacenter, for this record alone */
};

/*
 * Parse the entry's tokens from `first` on (the one behind the word STEER or AT). Arrays are allocated in
 * `arena`. Faults are added, and false returned, where anything is wrong. at_parse() sets *type to the index
 * of the token that is the record's TYPE: the first that is neither the datacenter nor of the form key=value.
 */
bool steer_parse(const struct entry *entry, size_t first, const struct config *config, struct arena *arena,
		 struct faults *faults, struct steer_entry *out);
bool at_parse(const struct entry *entry, size_t first, const struct config *config, struct faults *faults,
	      struct at_entry *out, size_t *type);

/* What a STEER without options says, for names that have none. */
struct steer_entry steer_default(enum method method, int geomap);

/* Do two say the same? */
bool steer_equal(const struct steer_entry *a, const struct steer_entry *b);

/* The words of the dialect for each, for explanations. */
const char *method_word(enum method method);
const char *pick_word(enum pick pick);
const char *all_down_word(enum all_down all_down);

#endif
