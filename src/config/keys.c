/* SPDX-License-Identifier: ISC */
/* `key` entries, and the other servers of a zone that they sign for. */
#include "base/base64.h"
#include "config/builder.h"
#include "config/fields.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DNS_PORT = 53, LIST_MAX = 64 };

/* Opened so as not to wait for a writer, should it be a FIFO. */
bool secret_file_read(const char *path, char *out, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat about;
	ssize_t got = -1;
	if (fd >= 0 && fstat(fd, &about) == 0)
		got = read(fd, out, SECRET_TEXT_MAX);
	*why = got < 0 ? strerror(errno) : NULL;
	if (fd >= 0)
		close(fd);
	if (got < 0)
		return false;
	if (!S_ISREG(about.st_mode))
		*why = "it is no ordinary file";
	else if ((about.st_mode & (S_IRWXO | S_IWGRP)) != 0)
		*why = "others than its owner and group can use it; chmod 640 would be right";
	while (got > 0 && strchr(" \t\r\n", out[got - 1]) != NULL)
		got--;
	out[got] = '\0';
	return *why == NULL;
}

static bool secret_decode(const char *text, struct tsig_key *key)
{
	uint8_t octets[SECRET_TEXT_MAX];
	size_t len = strlen(text), n;
	if (len >= SECRET_TEXT_MAX || !base64_decode(text, len, octets, &n) || n < SECRET_MIN ||
	    n > SECRET_MAX)
		return false;
	memcpy(key->secret, octets, n);
	key->secret_len = (uint16_t)n;
	return true;
}

static void warn_of_readers(const struct reader *r, const struct entry *e)
{
	struct stat about;
	if (stat(e->file, &about) == 0 && (about.st_mode & S_IROTH) != 0)
		fault_warn(r->faults, token_spot(e, option_given(e, 2, "secret")),
			   "everyone can read this file; secret-file= would keep the secret apart");
}

static bool secret_read(struct builder *b, const struct entry *e, const struct key_fields *fields,
			struct tsig_key *key)
{
	static const char expected[] = "the secret is no 16 to 256 octets in Base64, as "
				       "\"openssl rand -base64 32\" makes them";
	const struct reader *r = &b->reader;
	char text[SECRET_TEXT_MAX + 1];
	const char *why;
	if ((fields->secret == NULL) == (fields->secret_file == NULL))
		return refuse(r, e, &e->tokens[1], "a key needs either secret-file= or secret=");
	if (fields->secret != NULL) {
		warn_of_readers(r, e);
		return secret_decode(fields->secret, key) ||
		       refuse(r, e, option_given(e, 2, "secret"), expected);
	}
	const struct token *t = option_given(e, 2, "secret-file");
	if (!secret_file_read(fields->secret_file, text, &why))
		return refuse(r, e, t, "can't take the secret from %s: %s", fields->secret_file, why);
	return secret_decode(text, key) || refuse(r, e, t, "%s: %s", fields->secret_file, expected);
}

void key_entry_read(struct builder *b, const struct entry *e)
{
	const struct token *t = &e->tokens[1];
	struct key_fields fields = {0};
	struct tsig_key key = {0};
	struct name owner;
	char text[NAME_TEXT_MAX];
	const char *why;
	bool sound = options_read(&b->reader, &key_options, e, 2, e->n, &fields);
	if (!name_parse(t->text, t->len, NULL, &owner, &why)) {
		refuse(&b->reader, e, t, "\"%.*s\" is no name of a key: %s", (int)t->len, t->text, why);
		return;
	}
	name_format(owner.octets, text);
	key.name = arena_copy_text(b->reader.arena, text, strlen(text));
	key.algorithm = (enum key_algorithm)fields.algorithm;
	key.owner_len = owner.len;
	memcpy(key.owner, owner.octets, owner.len);
	const struct spot *before = seen_before(b, e, SEEN_KEY, key.name);
	if (before != NULL) {
		refuse_again(b, e, "key", before);
		return;
	}
	if (sound)
		secret_read(b, e, &fields, &key);
	b->config->keys = list_add(b, b->config->keys, &b->config->n_keys, &key, sizeof(key));
}

/* What one option lists, while it is read. */
struct peers_list {
	size_t n_networks, n_keys, n_targets;
	struct prefix networks[LIST_MAX];
	uint16_t keys[LIST_MAX];
	struct notify_target targets[LIST_MAX];
};

static bool key_read(struct builder *b, const struct entry *e, const struct token *t, struct peers_list *list)
{
	struct token named = *t;
	struct name owner;
	const char *why;
	named.text += 4;
	named.len -= 4;
	named.column += 4;
	bool is_name = name_parse(named.text, named.len, NULL, &owner, &why);
	for (size_t i = 0; is_name && i < b->config->n_keys; i++) {
		const struct tsig_key *key = &b->config->keys[i];
		if (key->owner_len == owner.len && memcmp(key->owner, owner.octets, owner.len) == 0) {
			list->keys[list->n_keys++] = (uint16_t)i;
			return true;
		}
	}
	return refuse_name(&b->reader, e, &named, THING_KEY);
}

static bool network_add(struct builder *b, const struct entry *e, const struct token *t,
			struct peers_list *list)
{
	return network_read(&b->reader, e, t, &list->networks[list->n_networks++]);
}

static bool target_add(struct builder *b, const struct entry *e, const struct token *t,
		       struct peers_list *list)
{
	struct notify_target *target = &list->targets[list->n_targets++];
	*target = (struct notify_target){.key = CONFIG_NONE};
	if (!endpoint_parse(t->text, t->len, &target->to))
		return refuse(
			&b->reader, e, t,
			"\"%.*s\" is no address; expected: ADDRESS[:PORT], an IPv6 one in brackets where "
			"it has a port",
			(int)t->len, t->text);
	if (target->to.port == 0)
		target->to.port = DNS_PORT;
	return true;
}

typedef bool item_read(struct builder *b, const struct entry *e, const struct token *t,
		       struct peers_list *list);

/* Takes the value of an option apart at its commas. */
static bool list_read(struct builder *b, const struct entry *e, const struct token *option, item_read *read,
		      struct peers_list *list)
{
	const char *at = (const char *)memchr(option->text, '=', option->len) + 1;
	const char *end = option->text + option->len;
	bool sound = true;
	*list = (struct peers_list){0};
	for (size_t n = 0; at <= end; n++) {
		const char *comma = memchr(at, ',', (size_t)(end - at)), *stop = comma ? comma : end;
		struct token item = *option;
		item.text = at;
		item.len = (size_t)(stop - at);
		item.column += (unsigned)(at - option->text);
		bool key = item.len > 4 && strncasecmp(at, "key:", 4) == 0;
		if (n == LIST_MAX)
			return refuse(&b->reader, e, &item, "at most %d in one option; it may repeat",
				      LIST_MAX);
		sound &= key ? key_read(b, e, &item, list) : read(b, e, &item, list);
		at = stop + 1;
	}
	return sound;
}

static void rule_read(struct builder *b, const struct entry *e, const struct token *t,
		      struct zone_peers *peers)
{
	struct peers_list list;
	struct arena *arena = b->reader.arena;
	if (!list_read(b, e, t, network_add, &list))
		return;
	const struct transfer_rule rule = {
		.n_networks = list.n_networks,
		.n_keys = list.n_keys,
		.networks = arena_copy(arena, list.networks, list.n_networks * sizeof(*list.networks)),
		.keys = arena_copy(arena, list.keys, list.n_keys * sizeof(*list.keys)),
	};
	peers->rules = list_add(b, peers->rules, &peers->n_rules, &rule, sizeof(rule));
}

static void notify_read(struct builder *b, const struct entry *e, const struct token *t,
			struct zone_peers *peers)
{
	struct peers_list list;
	if (!list_read(b, e, t, target_add, &list))
		return;
	if (list.n_keys > 1 || list.n_targets == 0)
		refuse(&b->reader, e, t, "addresses and at most one key are expected; notify= may repeat");
	for (size_t i = 0; i < list.n_targets; i++) {
		list.targets[i].key = list.n_keys > 0 ? list.keys[0] : CONFIG_NONE;
		peers->notifies = list_add(b, peers->notifies, &peers->n_notifies, &list.targets[i],
					   sizeof(list.targets[i]));
	}
}

const struct zone_peers *zone_peers_read(struct builder *b, const struct entry *e)
{
	struct arena *arena = b->reader.arena;
	struct zone_peers peers = {0};
	if (e->n == 3 || !options_read(&b->reader, &zone_options, e, 3, e->n, &peers))
		return NULL;
	for (size_t i = 3; i < e->n; i++) {
		bool notify = strncasecmp(e->tokens[i].text, "notify=", 7) == 0;
		(notify ? notify_read : rule_read)(b, e, &e->tokens[i], &peers);
	}
	peers.rules = arena_copy(arena, peers.rules, peers.n_rules * sizeof(*peers.rules));
	peers.notifies = arena_copy(arena, peers.notifies, peers.n_notifies * sizeof(*peers.notifies));
	return arena_copy(arena, &peers, sizeof(peers));
}
