/* SPDX-License-Identifier: ISC */
/* The keywords of gslbd.conf, one row each, and the readers of the small ones. */
#include "config/builder.h"
#include "config/value.h"

#include <string.h>

enum { DNS_PORT = 53, WORKERS_MAX = 1024 };

static void read_listen(struct builder *b, const struct entry *e)
{
	struct endpoint endpoint;
	char text[ADDR_TEXT_MAX];
	options_read(&b->reader, &listen_options, e, 2, e->n, NULL);
	const struct token *t = &e->tokens[1];
	const char *given = token_text(&b->reader, e, t);
	if (given == NULL)
		return;
	if (!endpoint_parse(given, strlen(given), &endpoint)) {
		refuse(&b->reader, e, t,
		       "\"%s\" is no socket address, such as 192.0.2.1:53 or [2001:db8::1]:53", given);
		return;
	}
	if (endpoint.port == 0)
		endpoint.port = DNS_PORT;
	if (seen_before(b, e, SEEN_LISTEN, endpoint_format(&endpoint, text)) != NULL)
		refuse(&b->reader, e, t, "listen %s stands there already", given);
	else
		b->config->listens =
			list_add(b, b->config->listens, &b->config->n_listens, &endpoint, sizeof(endpoint));
}

static void read_workers(struct builder *b, const struct entry *e)
{
	const struct spot *before = seen_before(b, e, SEEN_WORKERS, "");
	const char *given = token_text(&b->reader, e, &e->tokens[1]);
	uint64_t n;
	if (before != NULL)
		refuse(&b->reader, e, &e->tokens[0], "workers is given twice; the first is at %s",
		       spot_text(b, e, before));
	else if (given == NULL)
		return;
	else if (!value_number(given, strlen(given), &n) || n < 1 || n > WORKERS_MAX)
		refuse(&b->reader, e, &e->tokens[1], "a number of workers from 1 to %d is expected",
		       WORKERS_MAX);
	else
		b->config->workers = (uint16_t)n;
}

/* The path that a token names, relative to the folder of the file it stands in; NULL where it is none. */
static const char *path_beside(struct builder *b, const struct entry *e, const struct token *t)
{
	const char *path = token_text(&b->reader, e, t), *slash = strrchr(e->file, '/');
	if (path == NULL)
		return NULL;
	if (path[0] == '\0') {
		refuse(&b->reader, e, t, "the path of a file is expected");
		return NULL;
	}
	size_t folder = slash && path[0] != '/' ? (size_t)(slash - e->file) + 1 : 0;
	char *full = arena_alloc(b->reader.arena, folder + strlen(path) + 1);
	memcpy(full, e->file, folder);
	strcpy(full + folder, path);
	return full;
}

static void read_geoip(struct builder *b, const struct entry *e)
{
	const char *path = path_beside(b, e, &e->tokens[1]);
	if (path == NULL)
		return;
	if (seen_before(b, e, SEEN_GEOIP, path) != NULL)
		refuse(&b->reader, e, &e->tokens[1], "geoip %s stands there already", path);
	else
		b->config->geoips = list_add(b, b->config->geoips, &b->config->n_geoips, &path, sizeof(path));
}

static void read_zone(struct builder *b, const struct entry *e)
{
	const char *why;
	char apex[NAME_TEXT_MAX];
	const struct token *t = &e->tokens[1];
	struct zone_file zone = {.at = spot_kept(b, e, &e->tokens[0])};
	zone.path = path_beside(b, e, &e->tokens[2]);
	if (!name_parse(t->text, t->len, NULL, &zone.apex, &why)) {
		refuse(&b->reader, e, t, "\"%.*s\" is no domain name: %s", (int)t->len, t->text, why);
		return;
	}
	if (zone.path == NULL)
		return;
	const struct spot *before = seen_before(b, e, SEEN_ZONE, name_format(zone.apex.octets, apex));
	if (before != NULL)
		refuse_again(b, e, "zone", before);
	else
		b->config->zones = list_add(b, b->config->zones, &b->config->n_zones, &zone, sizeof(zone));
}

const struct keyword_row keywords[] = {
	{"listen", "ADDRESS[:PORT]", "UDP and TCP; may repeat; 0.0.0.0:53 and [::]:53 where there is none", 2,
	 0, read_listen},
	{"workers", "NUMBER", "threads that answer, 1 to 1024; one per CPU where it is not given", 2, 2,
	 read_workers},
	{"geoip", "FILE", "a MaxMind database; may repeat, the first that knows an attribute wins", 2, 2,
	 read_geoip},
	{"check", "NAME http|tcp key=value...", "how to find out whether an address is well", 3, 0,
	 check_entry_read},
	{"datacenter", "NAME key=value...", "a place that answers are for", 2, 0, datacenter_entry_read},
	{"geomap", "NAME KEY DATACENTER... [...] | nearest", "whom to send where; one line a KEY", 3, 0,
	 geomap_entry_read},
	{"zone", "NAME FILE", "a zone to serve", 3, 3, read_zone},
	{.word = "admin"},
	{.word = "state"},
	{.word = "explain-from"},
	{.word = "latency"},
	{.word = "user"},
	{.word = "allow-transfer"},
};

const size_t n_keywords = sizeof(keywords) / sizeof(keywords[0]);
