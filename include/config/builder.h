/* SPDX-License-Identifier: ISC */
/* gslbd.conf while it is read: keyword rows, what they add to, and what they share. Private to config/. */
#ifndef CONFIG_BUILDER_H
#define CONFIG_BUILDER_H

#include "config/schema.h"
#include "config/seen.h"

struct builder {
	struct reader reader; /* its arena is the config's */
	struct config *config;
	struct arena
		*scratch; /* lives while the file is read, as do all lists until they have their length */
	struct seen seen;
	const char *file, *file_kept; /* the last file named in the config, and its copy there */
	size_t n_entries;
	const struct entry *entries; /* of the whole run, with their tokens in `scratch` */
	size_t n_kinds;              /* as many */
	const uint8_t *kinds;        /* their keywords, as indexes */
	size_t n_map_starts;
	const struct spot *map_starts; /* the first line of each of the config's geomaps */
};

/* One keyword of gslbd.conf. */
struct keyword_row {
	const char *word, *form, *help;
	size_t min, max; /* tokens of an entry, with the keyword; max 0: any number */
	void (*read)(struct builder *b, const struct entry *e); /* NULL: not supported yet */
};

/* In the order in which they are looked at: what others name comes first. */
extern const struct keyword_row keywords[];
extern const size_t n_keywords;

/* The readers of the larger ones. Each adds to the config, and a fault for each thing that is wrong. */
void listen_entry_read(struct builder *b, const struct entry *e);
void tcp_entry_read(struct builder *b, const struct entry *e);
void check_entry_read(struct builder *b, const struct entry *e);
void datacenter_entry_read(struct builder *b, const struct entry *e);
void geomap_entry_read(struct builder *b, const struct entry *e);
void key_entry_read(struct builder *b, const struct entry *e);
void identity_entry_read(struct builder *b, const struct entry *e);
void version_entry_read(struct builder *b, const struct entry *e);
void cookies_entry_read(struct builder *b, const struct entry *e);
void limit_entry_read(struct builder *b, const struct entry *e);
void query_log_entry_read(struct builder *b, const struct entry *e);
void dnstap_entry_read(struct builder *b, const struct entry *e);
void latency_file_read(struct builder *b, const char *path, struct spot named);

/* The host's name, in the arena; NULL: it has none. */
const char *identity_default(struct arena *arena);

/*
 * Reads a file of secrets into `out`, of SECRET_TEXT_MAX + 1 characters, without the blanks that end it. What
 * others may read or change is no secret: false, and *why.
 */
enum { SECRET_TEXT_MAX = SECRET_MAX * 4 / 3 + 8 };
bool secret_file_read(const char *path, char *out, const char **why);

/* The other servers of a zone, from the options behind its file; NULL where there are none. */
const struct zone_peers *zone_peers_read(struct builder *b, const struct entry *e);

/* The path that a token names; NULL where it is none. */
const char *path_read(struct builder *b, const struct entry *e, const struct token *t);

/* The same of a UNIX socket, which the kernel keeps in an array. `given` is the token's text. */
const char *socket_path_read(struct builder *b, const struct entry *e, const struct token *t,
			     const char *given);

/* Once all checks are read: those that a calc is made of. */
void calcs_resolve(struct builder *b);

/* Once all entries are read: every geomap has its `*` line. */
void geomaps_check(struct builder *b);

/* The list with the item behind its others, in `scratch`: it may have moved. */
const void *list_add(struct builder *b, const void *list, size_t *n, const void *item, size_t size);

/* Notes that such a thing stands in this entry; where one stood before, that is returned, else NULL. */
enum seen_kind {
	SEEN_CHECK,
	SEEN_DATACENTER,
	SEEN_ZONE,
	SEEN_LISTEN,
	SEEN_GEOIP,
	SEEN_WORKERS,
	SEEN_LINE,
	SEEN_ADMIN,
	SEEN_STATE,
	SEEN_EXPLAIN_FROM,
	SEEN_PROXY_FROM,
	SEEN_TCP,
	SEEN_USER,
	SEEN_LATENCY,
	SEEN_LATENCY_ROW,
	SEEN_KEY,
	SEEN_IDENTITY,
	SEEN_VERSION,
	SEEN_COOKIES,
	SEEN_LIMIT,
	SEEN_RECORD
};
const struct spot *seen_before(struct builder *b, const struct entry *e, enum seen_kind kind,
			       const char *key);

/*
 * Is the entry's second token the name of nothing that was defined before? A wrong name is a fault, and yet
 * defined: what uses it is not wrong too. *name is NULL where it is defined already.
 */
bool define(struct builder *b, const struct entry *e, enum seen_kind kind, const char **name);

/* The letters, digits, dashes and underscores of a name? */
bool name_check(struct builder *b, const struct entry *e, const struct token *t);

/* Adds the fault of a second definition. */
bool refuse_again(struct builder *b, const struct entry *e, const char *what, const struct spot *before);

/* Where a token stands, with a file's name that lasts as long as the config. */
struct spot spot_kept(struct builder *b, const struct entry *e, const struct token *t);

/* Where something is, for a fault that stands in this entry: "line 5", or "line 5 of other.conf". */
const char *spot_text(struct builder *b, const struct entry *e, const struct spot *at);

#endif
