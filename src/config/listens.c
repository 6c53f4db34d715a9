/* SPDX-License-Identifier: ISC */
/* `listen` and `tcp` entries: what is served where, and how. */
#include "config/builder.h"
#include "config/fields.h"
#include "config/value.h"

#include <string.h>

enum { DNS_PORT = 53, TLS_PORT = 853 };

/* Needs tls its files, and nothing that is of UDP? */
static bool fields_fit(struct builder *b, const struct entry *e, bool tls, const struct listen_fields *fields)
{
	const struct reader *r = &b->reader;
	if (tls && fields->interface != NULL)
		return refuse(r, e, option_given(e, 2, "xdp"),
			      "xdp= is for UDP, which a listen with tls does not serve");
	if (tls && (fields->cert_file == NULL || fields->key_file == NULL))
		return refuse(r, e, &e->tokens[2],
			      "tls needs cert= and key=, the files of a certificate and of its key");
	if (!tls && fields->cert_file != NULL)
		return refuse(r, e, option_given(e, 2, "cert"),
			      "cert= is for TLS: write tls behind the address");
	if (!tls && fields->key_file != NULL)
		return refuse(r, e, option_given(e, 2, "key"),
			      "key= is for TLS: write tls behind the address");
	return true;
}

static void add_bypass(struct builder *b, const struct listen_fields *fields)
{
	struct config *c = b->config;
	struct bypass_listen bypass = {.listen = c->n_listens};
	strcpy(bypass.interface, fields->interface);
	c->bypasses = list_add(b, c->bypasses, &c->n_bypasses, &bypass, sizeof(bypass));
}

static void add_tls(struct builder *b, const struct entry *e, const struct listen_fields *fields)
{
	struct config *c = b->config;
	const struct tls_listen tls = {
		.listen = c->n_listens,
		.cert_file = fields->cert_file,
		.key_file = fields->key_file,
		.cert_at = spot_kept(b, e, option_given(e, 3, "cert")),
		.key_at = spot_kept(b, e, option_given(e, 3, "key")),
	};
	c->tls_listens = list_add(b, c->tls_listens, &c->n_tls_listens, &tls, sizeof(tls));
}

void listen_entry_read(struct builder *b, const struct entry *e)
{
	struct endpoint endpoint;
	struct listen_fields fields = {0};
	char text[ADDR_TEXT_MAX];
	const struct token *t = &e->tokens[1], *more = &e->tokens[2];
	static const char *const word = "tls";
	bool tls = e->n > 2 && token_is(more, word);
	uint16_t port = tls ? TLS_PORT : DNS_PORT;
	if (e->n > 2 && endpoint_parse(more->text, more->len, &endpoint)) {
		refuse(&b->reader, e, more, "one address a line: write another listen for this");
		return;
	}
	if (e->n > 2 && !tls && !option_is(more) && value_nearest(more->text, more->len, &word, 1) != NULL) {
		refuse_word(&b->reader, e, more, "word of listen", &word, 1);
		return;
	}
	bool sound = options_read(&b->reader, &listen_options, e, tls ? 3 : 2, e->n, &fields) &&
		     fields_fit(b, e, tls, &fields);
	if (!listen_read(&b->reader, e, t, port, &endpoint))
		return;
	if (endpoint.port == 0)
		endpoint.port = port;
	if (seen_before(b, e, SEEN_LISTEN, endpoint_format(&endpoint, text)) != NULL) {
		refuse(&b->reader, e, t, "listen %.*s stands there already", (int)t->len, t->text);
		return;
	}
	if (sound && fields.interface != NULL)
		add_bypass(b, &fields);
	if (sound && tls)
		add_tls(b, e, &fields);
	b->config->listens =
		list_add(b, b->config->listens, &b->config->n_listens, &endpoint, sizeof(endpoint));
}

void tcp_entry_read(struct builder *b, const struct entry *e)
{
	const struct spot *before = seen_before(b, e, SEEN_TCP, "");
	const struct tcp_rule *tcp = &b->config->tcp;
	const struct token *per_client = option_given(e, 1, "per-client");
	if (before != NULL) {
		refuse(&b->reader, e, &e->tokens[0], "tcp is given twice; the first is at %s",
		       spot_text(b, e, before));
		return;
	}
	if (options_read(&b->reader, &tcp_options, e, 1, e->n, &b->config->tcp) && per_client != NULL &&
	    tcp->connections > 0 && tcp->per_client > tcp->connections)
		fault_warn(
			b->reader.faults, token_spot(e, per_client),
			"per-client=%u limits nothing: all clients together have connections=%u, which one "
			"may take",
			tcp->per_client, tcp->connections);
}
