/* SPDX-License-Identifier: ISC */
/* The keywords of gslbd.conf, one row each, and the readers of the small ones. */
#include "config/builder.h"
#include "config/fields.h"
#include "config/value.h"

#include <string.h>
#include <sys/un.h>

enum { ADMIN_PORT = 8053, WORKERS_MAX = 1024 };

static unsigned numbers_count(const struct numbers *numbers)
{
	unsigned n = 0;
	for (size_t i = 0; i < numbers->n; i++)
		n += numbers->list[i].last - numbers->list[i].first + 1u;
	return n;
}

/* The first number that stands there twice; -1: none. */
static int numbers_twice(const struct numbers *numbers)
{
	for (size_t i = 0; i < numbers->n; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct number_range *a = &numbers->list[i], *b = &numbers->list[j];
			if (a->first <= b->last && b->first <= a->last)
				return a->first > b->first ? a->first : b->first;
		}
	}
	return -1;
}

/* A CPU for each worker, where they are given at all. */
static void take_cpus(struct builder *b, const struct entry *e, const struct numbers *cpus)
{
	const struct token *t = option_given(e, 2, "cpus");
	unsigned n = numbers_count(cpus), workers = b->config->workers;
	int twice = numbers_twice(cpus);
	if (n > 0 && twice >= 0)
		refuse(&b->reader, e, t, "CPU %d is given twice", twice);
	else if (n > 0 && n != workers)
		refuse(&b->reader, e, t, "%u CPU%s for %u worker%s: each needs one of its own", n,
		       n == 1 ? "" : "s", workers, workers == 1 ? "" : "s");
	else
		b->config->cpus = *cpus;
}

static void read_workers(struct builder *b, const struct entry *e)
{
	const struct spot *before = seen_before(b, e, SEEN_WORKERS, "");
	const char *given = token_text(&b->reader, e, &e->tokens[1]);
	struct workers_fields fields = {0};
	bool sound = options_read(&b->reader, &workers_options, e, 2, e->n, &fields);
	uint64_t n;
	if (before != NULL)
		refuse(&b->reader, e, &e->tokens[0], "workers is given twice; the first is at %s",
		       spot_text(b, e, before));
	else if (given == NULL)
		return;
	else if (!value_number(given, strlen(given), &n) || n < 1 || n > WORKERS_MAX)
		refuse(&b->reader, e, &e->tokens[1], "a number of workers from 1 to %d is expected",
		       WORKERS_MAX);
	else {
		b->config->workers = (uint16_t)n;
		if (sound)
			take_cpus(b, e, &fields.cpus);
	}
}

const char *path_beside(const struct reader *r, const char *path)
{
	const char *slash = strrchr(r->file, '/');
	size_t folder = slash && path[0] != '/' ? (size_t)(slash - r->file) + 1 : 0;
	char *full = arena_alloc(r->arena, folder + strlen(path) + 1);
	memcpy(full, r->file, folder);
	strcpy(full + folder, path);
	return full;
}

const char *path_read(struct builder *b, const struct entry *e, const struct token *t)
{
	const char *path = token_text(&b->reader, e, t);
	if (path == NULL)
		return NULL;
	if (path[0] != '\0')
		return path_beside(&b->reader, path);
	refuse(&b->reader, e, t, "the path of a file is expected");
	return NULL;
}

static void read_geoip(struct builder *b, const struct entry *e)
{
	const char *path = path_read(b, e, &e->tokens[1]);
	struct spot at = spot_kept(b, e, &e->tokens[1]);
	size_t n = b->config->n_geoips;
	if (path == NULL)
		return;
	if (seen_before(b, e, SEEN_GEOIP, path) != NULL) {
		refuse(&b->reader, e, &e->tokens[1], "geoip %s stands there already", path);
		return;
	}
	b->config->geoip_spots = list_add(b, b->config->geoip_spots, &n, &at, sizeof(at));
	b->config->geoips = list_add(b, b->config->geoips, &b->config->n_geoips, &path, sizeof(path));
}

static void read_zone(struct builder *b, const struct entry *e)
{
	const char *why;
	char text[NAME_TEXT_MAX];
	struct name apex;
	const struct token *t = &e->tokens[1];
	struct zone_file zone = {.at = spot_kept(b, e, &e->tokens[2])};
	zone.path = path_read(b, e, &e->tokens[2]);
	if (!name_parse(t->text, t->len, NULL, &apex, &why)) {
		refuse(&b->reader, e, t, "\"%.*s\" is no domain name: %s", (int)t->len, t->text, why);
		return;
	}
	zone.peers = zone_peers_read(b, e);
	if (zone.path == NULL)
		return;
	zone.apex = memcpy(arena_alloc_aligned(b->reader.arena, apex.len, 1), apex.octets, apex.len);
	const struct spot *before = seen_before(b, e, SEEN_ZONE, name_format(apex.octets, text));
	if (before != NULL)
		refuse_again(b, e, "zone", before);
	else
		b->config->zones = list_add(b, b->config->zones, &b->config->n_zones, &zone, sizeof(zone));
}

const char *socket_path_read(struct builder *b, const struct entry *e, const struct token *t,
			     const char *given)
{
	const char *path = path_beside(&b->reader, given);
	size_t most = sizeof((struct sockaddr_un){0}.sun_path) - 1;
	if (strlen(path) > most)
		refuse(&b->reader, e, t, "the path of a UNIX socket has at most %zu characters", most);
	return path;
}

/* False where it is no socket address with a port, which is then told. What is none at all may be a path
 * whose slash is missing. */
static bool admin_endpoint_read(struct builder *b, const struct entry *e, const struct token *t,
				const char *given, struct endpoint *out)
{
	struct endpoint any;
	if (endpoint_parse(given, strlen(given), &any) && !listen_read(&b->reader, e, t, ADMIN_PORT, out))
		return false;
	if (out->port != 0)
		return true;
	refuse(&b->reader, e, t,
	       "\"%s\" is no socket address with a port, such as 127.0.0.1:8053, nor the path of a "
	       "UNIX socket, such as /run/gslbd.sock",
	       given);
	return false;
}

static void read_admin(struct builder *b, const struct entry *e)
{
	struct admin_listen *admin = &b->config->admin;
	struct admin_fields fields = {0};
	const struct spot *before = seen_before(b, e, SEEN_ADMIN, "");
	const struct token *t = &e->tokens[1];
	bool sound = options_read(&b->reader, &admin_options, e, 2, e->n, &fields);
	const char *given = token_text(&b->reader, e, t);
	if (before != NULL)
		refuse(&b->reader, e, &e->tokens[0], "admin is given twice; the first is at %s",
		       spot_text(b, e, before));
	else if (given == NULL)
		return;
	else if (strchr(given, '/') != NULL)
		admin->path = socket_path_read(b, e, t, given);
	else if (admin_endpoint_read(b, e, t, given, &admin->endpoint) && sound && fields.token_file == NULL)
		refuse(&b->reader, e, t,
		       "an admin port needs token-file=, the secret that its callers must show");
	admin->given = true;
	admin->token_file = fields.token_file;
	if (fields.token_file != NULL)
		admin->token_at = spot_kept(b, e, option_given(e, 2, "token-file"));
}

static void read_state(struct builder *b, const struct entry *e)
{
	struct state_fields fields = {0};
	const struct spot *before = seen_before(b, e, SEEN_STATE, "");
	options_read(&b->reader, &state_options, e, 2, e->n, &fields);
	if (before != NULL)
		refuse(&b->reader, e, &e->tokens[0], "state is given twice; the first is at %s",
		       spot_text(b, e, before));
	b->config->state_dir = path_read(b, e, &e->tokens[1]);
	b->config->state_at = spot_kept(b, e, &e->tokens[1]);
	b->config->state_fresh_ms = fields.fresh_ms;
}

/* The networks that follow the keyword, behind those that are in the list. */
static void networks_follow(struct builder *b, const struct entry *e, enum seen_kind kind,
			    const struct prefix **list, size_t *n)
{
	for (size_t i = 1; i < e->n; i++) {
		struct prefix prefix;
		char text[ADDR_TEXT_MAX];
		const struct token *t = &e->tokens[i], *word = &e->tokens[0];
		if (!network_read(&b->reader, e, t, &prefix))
			continue;
		if (seen_before(b, e, kind, prefix_format(&prefix, text)) != NULL)
			refuse(&b->reader, e, t, "%.*s %s stands there already", (int)word->len, word->text,
			       text);
		else
			*list = list_add(b, *list, n, &prefix, sizeof(prefix));
	}
}

static void read_explain_from(struct builder *b, const struct entry *e)
{
	networks_follow(b, e, SEEN_EXPLAIN_FROM, &b->config->explain_froms, &b->config->n_explain_froms);
}

static void read_proxy_from(struct builder *b, const struct entry *e)
{
	networks_follow(b, e, SEEN_PROXY_FROM, &b->config->proxy_froms, &b->config->n_proxy_froms);
	for (size_t i = 1; i < e->n; i++) {
		struct prefix prefix;
		const struct token *t = &e->tokens[i];
		if (prefix_parse(t->text, t->len, &prefix) && prefix.len == 0)
			fault_warn(b->reader.faults, token_spot(e, t),
				   "all of %s is a proxy: whoever asks says who the client is, and who says "
				   "nothing "
				   "is not answered; name the networks that proxies are in",
				   prefix.addr.family == FAMILY_V4 ? "IPv4" : "IPv6");
	}
}

static void read_latency(struct builder *b, const struct entry *e)
{
	const char *path = path_read(b, e, &e->tokens[1]);
	if (path == NULL)
		return;
	if (seen_before(b, e, SEEN_LATENCY, path) != NULL)
		refuse(&b->reader, e, &e->tokens[1], "latency %s stands there already", path);
	else
		latency_file_read(b, path, token_spot(e, &e->tokens[1]));
}

/* How far a text goes on as the name of a user or a group. */
static size_t account_span(const char *text)
{
	return text[0] == '-'
		       ? 0
		       : strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-$");
}

static void read_user(struct builder *b, const struct entry *e)
{
	const struct spot *before = seen_before(b, e, SEEN_USER, "");
	const struct token *t = &e->tokens[1];
	const char *given = token_text(&b->reader, e, t);
	if (before != NULL)
		refuse(&b->reader, e, &e->tokens[0], "user is given twice; the first is at %s",
		       spot_text(b, e, before));
	if (given == NULL)
		return;
	size_t name = account_span(given), group = given[name] == ':' ? account_span(given + name + 1) : 0;
	if (name == 0 || (given[name] == ':' ? group == 0 || given[name + 1 + group] : given[name]) != '\0') {
		refuse(&b->reader, e, t,
		       "\"%s\" is not the name of a user, nor of a user and a group such as "
		       "gslbd:gslbd",
		       given);
		return;
	}
	b->config->user = arena_copy_text(b->config->arena, given, name);
	b->config->user_at = spot_kept(b, e, t);
	b->config->group = group ? given + name + 1 : NULL;
}

const struct keyword_row keywords[] = {
	{"listen", "ADDRESS[:PORT] [tls] key=value...",
	 "an address that is served, over UDP and TCP, or with tls over TLS alone; may repeat; port 53, with "
	 "tls 853, where it names none; 0.0.0.0:53 and [::]:53 where there is no listen",
	 2, 0, listen_entry_read},
	{"tcp", "key=value...", "limits of connections, over TLS too", 2, 0, tcp_entry_read},
	{"workers", "NUMBER key=value...",
	 "threads that answer, 1 to 1024; one per CPU where it is not given", 2, 0, read_workers},
	{"geoip", "FILE",
	 "a MaxMind database (mmdb), of any schema; may repeat: for each attribute of a client the first "
	 "that "
	 "knows it counts",
	 2, 2, read_geoip},
	{"check", "NAME http|https|tcp|exec|grpc|calc key=value...",
	 "how to find out whether an address is well", 3, 0, check_entry_read},
	{"datacenter", "NAME key=value...", "a place that answers are for", 2, 0, datacenter_entry_read},
	{"geomap", "NAME KEY DATACENTER... [...] | nearest",
	 "the datacenters for clients that KEY fits, in order; the most specific line counts", 3, 0,
	 geomap_entry_read},
	{"key", "NAME key=value...",
	 "a secret shared with other servers, which signs transfers, notifies and whatever else is asked "
	 "with it (TSIG)",
	 3, 0, key_entry_read},
	{"zone", "NAME FILE key=value...", "a zone to serve, its file, and its other servers", 3, 0,
	 read_zone},
	{"latency", "FILE",
	 "a table of round-trip times, for the latency method: lines of KEY DATACENTER TIME; may repeat", 2,
	 2, read_latency},
	{"admin", "ADDRESS:PORT token-file=FILE | /PATH",
	 "where the admin API listens: TCP, or a UNIX socket; nowhere where it is not given", 2, 0,
	 read_admin},
	{"state", "FOLDER key=value...",
	 "where overrides, last known health and measurements survive a restart; nothing does where it is "
	 "not "
	 "given",
	 2, 0, read_state},
	{"explain-from", "NETWORK...",
	 "who may ask for explanations over DNS (CH TXT); nobody where it is not given", 2, 0,
	 read_explain_from},
	{"proxy-from", "NETWORK...",
	 "proxies, such as dnsdist and HAProxy: all that comes from there must begin with a PROXY header of "
	 "version 2, whose client counts; nobody where it is not given",
	 2, 0, read_proxy_from},
	{"rate-limit", "RATE key=value...",
	 "responses of one kind a second, 1 to 100000, that a client's network gets over UDP (response rate "
	 "limiting); no limit where it is not given",
	 2, 0, limit_entry_read},
	{"query-log", "FILE key=value...",
	 "where queries are written to, with what was chosen for them: an object of JSON a line; - is "
	 "standard "
	 "output; nowhere where it is not given",
	 2, 0, query_log_entry_read},
	{"dnstap", "SOCKET key=value...",
	 "the UNIX socket of a dnstap reader, which is sent queries and responses as they are; none where it "
	 "is not given",
	 2, 0, dnstap_entry_read},
	{"user", "NAME[:GROUP]",
	 "who gslbd becomes where root starts it, once its sockets can be opened; root stays root where it "
	 "is "
	 "not given",
	 2, 2, read_user},
	{"identity", "TEXT",
	 "what clients are told who ask which server this is, by NSID or CH TXT id.server; \"\" is nothing; "
	 "the host's name where it is not given",
	 2, 2, identity_entry_read},
	{"version", "TEXT",
	 "what clients are told who ask for a version, by CH TXT version.bind; nothing where it is not given",
	 2, 2, version_entry_read},
	{"cookies", "on|off key=value...",
	 "whether clients are given DNS cookies, which show that an address is not forged; on where it is "
	 "not given; nobody needs one",
	 2, 0, cookies_entry_read},
};

const size_t n_keywords = sizeof(keywords) / sizeof(keywords[0]);
