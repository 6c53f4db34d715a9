/* SPDX-License-Identifier: ISC */
/* A record as JSON; ldns reads the reply. */
#include "record/line.h"
#include "wire/name.h"
#include "wire/octets.h"
#include "wire/types.h"
#include "wire/rcode.h"

#include <json-c/json.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RECORDS_MAX = 20 };

/* The key is a constant, and new there. */
static void put(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add_ex(o, key, value,
				  JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT);
}

static struct json_object *text(const char *value)
{
	return json_object_new_string(value);
}

static struct json_object *number(int64_t value)
{
	return json_object_new_int64(value);
}

/* Takes a text of ldns over. */
static struct json_object *taken(char *value)
{
	struct json_object *o = value ? text(value) : NULL;
	free(value);
	return o;
}

static struct json_object *time_json(uint64_t time_ns)
{
	char day[32], out[48];
	time_t second = (time_t)(time_ns / 1000000000u);
	struct tm utc;
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", gmtime_r(&second, &utc));
	snprintf(out, sizeof(out), "%s.%03uZ", day, (unsigned)(time_ns / 1000000u % 1000));
	return text(out);
}

static const char *transport_text(enum transport transport)
{
	switch (transport) {
	case TRANSPORT_UDP: return "udp";
	case TRANSPORT_XDP: return "xdp";
	case TRANSPORT_TCP: return "tcp";
	case TRANSPORT_TLS: return "tls";
	}
	return "?";
}

static void put_side(struct json_object *o, const char *address_key, const char *port_key,
		     const struct endpoint *e)
{
	char address[ADDR_TEXT_MAX];
	put(o, address_key, e->addr.family ? text(addr_format(&e->addr, address)) : NULL);
	put(o, port_key, e->port ? number(e->port) : NULL);
}

static void put_query(struct json_object *o, const struct record *r)
{
	const uint8_t *question = record_query(r) + HEADER_OCTETS, *behind = question + r->question_len;
	char name[NAME_TEXT_MAX] = "", subnet[ADDR_TEXT_MAX];
	struct name asked;
	bool readable = r->question_len > 0, located = r->subnet.addr.family != FAMILY_NONE;
	if (readable)
		name_from_octets(question, &asked);
	put(o, "subnet", located ? text(prefix_format(&r->subnet, subnet)) : NULL);
	put(o, "name", readable ? text(name_format(asked.octets, name)) : NULL);
	put(o, "type", readable ? taken(ldns_rr_type2str((ldns_rr_type)octets_get16(behind - 4))) : NULL);
	put(o, "class", readable ? taken(ldns_rr_class2str((ldns_rr_class)octets_get16(behind - 2))) : NULL);
	bool ours = r->zone_len > 0;
	put(o, "zone", ours ? text(name_format(asked.octets + asked.len - r->zone_len, name)) : NULL);
}

/* "A 192.0.2.80" */
static struct json_object *record_json(const ldns_rr *rr)
{
	ldns_buffer *buffer = ldns_buffer_new(256);
	char *type = ldns_rr_type2str(ldns_rr_get_type(rr));
	ldns_buffer_printf(buffer, "%s", type);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		ldns_buffer_printf(buffer, " ");
		ldns_rdf2buffer_str(buffer, ldns_rr_rdf(rr, i));
	}
	struct json_object *o = taken(ldns_buffer_export2str(buffer));
	ldns_buffer_free(buffer);
	free(type);
	return o;
}

static void put_records(struct json_object *o, const ldns_pkt *reply)
{
	const ldns_rr_list *answer = reply ? ldns_pkt_answer(reply) : NULL;
	size_t n = answer ? ldns_rr_list_rr_count(answer) : 0;
	struct json_object *list = json_object_new_array();
	int64_t ttl_s = UINT32_MAX;
	for (size_t i = 0; i < n; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answer, i);
		ttl_s = ldns_rr_ttl(rr) < ttl_s ? ldns_rr_ttl(rr) : ttl_s;
		if (i < RECORDS_MAX)
			json_object_array_add(list, record_json(rr));
	}
	put(o, "ttl", n > 0 ? number(ttl_s) : NULL);
	put(o, "answers", number((int64_t)n));
	put(o, "records", list);
}

static unsigned rcode_of(const ldns_pkt *reply)
{
	return (unsigned)ldns_pkt_edns_extended_rcode(reply) << 4 | ldns_pkt_get_rcode(reply);
}

/* The scope as the reply's client-subnet option has it, its fourth octet; -1: there is none. */
static int scope_of(const ldns_pkt *reply)
{
	const ldns_rdf *options = ldns_pkt_edns_data(reply);
	const uint8_t *p = options ? ldns_rdf_data(options) : NULL;
	for (size_t left = options ? ldns_rdf_size(options) : 0; left >= 4;) {
		size_t len = 4 + (size_t)ldns_read_uint16(p + 2);
		if (len > left)
			return -1;
		if (ldns_read_uint16(p) == EDNS_OPTION_SUBNET && len >= 8)
			return p[7];
		p += len;
		left -= len;
	}
	return -1;
}

/* NULL: there is none. */
static void put_reply(struct json_object *o, const ldns_pkt *reply)
{
	struct json_object *flags = json_object_new_array();
	int scope = reply ? scope_of(reply) : -1;
	if (reply != NULL && ldns_pkt_aa(reply))
		json_object_array_add(flags, text("aa"));
	if (reply != NULL && ldns_pkt_tc(reply))
		json_object_array_add(flags, text("tc"));
	put(o, "rcode", reply ? text(rcode_text(rcode_of(reply))) : NULL);
	put(o, "flags", flags);
	put(o, "scope", scope >= 0 ? number(scope) : NULL);
	put_records(o, reply);
}

static bool holds(struct json_object *list, const char *value)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), value) == 0)
			return true;
	}
	return false;
}

/* Each once, in the order in which they were chosen. */
static struct json_object *places_json(const struct record *r)
{
	struct json_object *list = json_object_new_array();
	const char *place = record_places(r), *end = place + r->places_len;
	for (; place < end; place += strlen(place) + 1) {
		if (!holds(list, place))
			json_object_array_add(list, text(place));
	}
	return list;
}

struct json_object *line_json(const struct record *r)
{
	struct json_object *o = json_object_new_object();
	ldns_pkt *reply = NULL;
	put(o, "time", time_json(r->time_ns));
	put_side(o, "client", "port", &r->client);
	put(o, "transport", text(transport_text(r->transport)));
	put_side(o, "server", "server_port", &r->server);
	put_query(o, r);
	put(o, "size", number(r->reply_len));
	if (ldns_wire2pkt(&reply, record_reply(r), r->reply_len) != LDNS_STATUS_OK)
		reply = NULL;
	put_reply(o, reply);
	ldns_pkt_free(reply);
	put(o, "datacenters", places_json(r));
	put(o, "worker", number(r->worker));
	return o;
}
