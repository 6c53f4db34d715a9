/* SPDX-License-Identifier: ISC */
/* What gslbd.conf says, as plain data: read once, checked whole, never changed. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/addr.h"
#include "base/arena.h"
#include "base/fault.h"
#include "wire/name.h"

#include <stdbool.h>
#include <stdint.h>

enum { CONFIG_DATACENTERS_MAX = 1024, CONFIG_NONE = -1 };

struct number_range {
	uint16_t first;
	uint16_t last;
};

/* `check NAME KIND key=value…`: how to find out whether an address is well. */
enum check_kind { CHECK_HTTP, CHECK_TCP };

struct check {
	const char *name;
	enum check_kind kind;
	uint16_t port;        /* http: 80 by default; tcp: 0 where only an address names the port */
	uint32_t interval_ms; /* 5 s */
	uint32_t timeout_ms;  /* 2 s; where it is over the interval, a slow check is followed at once by the
				 next */
	uint16_t rise;        /* 2 */
	uint16_t fall;        /* 3 */
	const char *path;     /* http: "/" */
	const char *host;     /* http: the Host header; NULL: the address */
	const char *body;     /* http: a text the reply's body must hold; NULL: any */
	size_t n_expect;      /* http: 200-299 */
	const struct number_range *expect;
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

struct zone_file {
	struct spot at;
	struct name apex;
	const char *path; /* already relative to the folder of the file that names it */
};

struct config {
	struct arena *arena; /* owns all below */
	const char *path;
	size_t n_listens;
	const struct endpoint *listens; /* 0.0.0.0:53 and [::]:53 where the file names none */
	uint16_t workers;               /* 0: one per CPU */
	size_t n_geoips;
	const char *const *geoips; /* paths, in the order they are asked */
	size_t n_checks;
	const struct check *checks;
	size_t n_datacenters;
	const struct datacenter *datacenters;
	size_t n_geomaps;
	const struct geomap *geomaps;
	size_t n_zones;
	const struct zone_file *zones;
};

/*
 * Reads and checks gslbd.conf, not the files it names. Every fault of the file is added to `faults`; where
 * one is an error, the result is good for nothing but finding the faults of other files. NULL where the file
 * can't be read. The caller frees the result with config_free().
 */
struct config *config_read(const char *path, struct faults *faults);

/* The same from a text in memory (tests, fuzzing); paths are relative to the working directory. */
struct config *config_read_text(const char *name, const char *text, size_t len, struct faults *faults);

void config_free(struct config *config);

/* Indexes by name, CONFIG_NONE where there is none. The name has `len` characters. */
int config_datacenter(const struct config *config, const char *name, size_t len);
int config_check(const struct config *config, const char *name, size_t len);
int config_geomap(const struct config *config, const char *name, size_t len);

/* Writes the reference of every keyword and option, from the tables that parse them, to `out` as text. */
void config_help(FILE *out);

#endif
