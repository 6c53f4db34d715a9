/* SPDX-License-Identifier: ISC */
/* What the option tables fill in: an entry's result, and values that it takes apart. Private to config/. */
#ifndef CONFIG_FIELDS_H
#define CONFIG_FIELDS_H

#include "config/schema.h"
#include "config/steering.h"

struct datacenter_fields {
	struct datacenter datacenter;
	struct optional_endpoint address;
	struct location location;
	struct optional_duration slow_start;
	struct optional_comeback comeback;
};

struct steer_fields {
	struct steer_entry steer;
	struct hash_prefix hash_prefix;
};

struct listen_fields {
	const char *interface; /* NULL: not given */
	const char *cert_file, *key_file;
};

struct admin_fields {
	const char *token_file;
};

struct workers_fields {
	struct numbers cpus;
};

struct state_fields {
	uint32_t fresh_ms;
};

struct networks {
	size_t n;
	const struct prefix *list;
};

struct limit_fields {
	uint32_t rates[LIMIT_KINDS];
	int mode;
	uint16_t slip;
	struct hash_prefix prefix;
	struct networks exempt;
	uint32_t table;
};

struct key_fields {
	int algorithm;
	const char *secret, *secret_file;
};

struct cookies_fields {
	const char *secret_file; /* NULL: not given */
};

struct at_fields {
	struct at_entry at;
	struct optional_endpoint address;
};

/* Values of checks, each from its text; false where it is not right. */
bool read_http_token(const char *text, const char **out);
bool read_line(const char *text, const char **out);
bool read_header(struct arena *arena, const char *text, struct texts *out);
bool read_words(struct arena *arena, const char *text, struct texts *out);
bool read_size(const struct option_row *row, const char *text, size_t len, uint32_t *out);
bool read_json_rule(struct arena *arena, const char *text, struct json_rule *out);
bool read_load(const char *text, struct load_rule *out);
bool read_comeback(const struct option_row *row, const char *text, size_t len, struct comeback_rule *out);

/* `192.0.2.0/24,::1/128` */
bool read_networks(struct arena *arena, const char *text, size_t len, struct networks *out);

/* Says of each of them that is none what would be right. `value` is where the text stands. Returns false. */
bool refuse_networks(const struct reader *r, const struct entry *entry, const struct token *value,
		     const char *text);

/*
 * Is it a bare IPv6 address whose last group could be meant as a port, as in ::1:5400? *address_len is then
 * the length of what is before it.
 */
bool port_doubtful(const char *text, size_t len, size_t *address_len);

/* A socket address to listen on, an IPv6 one in brackets; a fault shows such with this port. */
bool listen_read(const struct reader *r, const struct entry *entry, const struct token *token, uint16_t port,
		 struct endpoint *out);

#endif
