/* SPDX-License-Identifier: ISC */
/*
 * Writing protocol buffers: fields, each a tag (number << 3 | wire type) and a value. Numbers of fields and
 * enums are those of dnstap's messages Dnstap and Message.
 */
#include "record/dnstap.h"
#include "wire/types.h"

#include <string.h>

enum { VARINT_MAX = 10, FIELDS_MAX = 24, FIXED_MAX = FIELDS_MAX * 2 * VARINT_MAX };
enum wire { WIRE_VARINT = 0, WIRE_OCTETS = 2, WIRE_32 = 5 };
enum dnstap_field { FIELD_IDENTITY = 1, FIELD_VERSION = 2, FIELD_MESSAGE = 14, FIELD_TYPE = 15 };
enum { TYPE_MESSAGE = 1 };
enum { QUESTION_FIXED = 4 }; /* octets behind its name */
enum message_field {
	MESSAGE_TYPE = 1,
	MESSAGE_FAMILY,
	MESSAGE_PROTOCOL,
	MESSAGE_QUERY_ADDRESS,
	MESSAGE_RESPONSE_ADDRESS,
	MESSAGE_QUERY_PORT,
	MESSAGE_RESPONSE_PORT,
	MESSAGE_QUERY_SECOND,
	MESSAGE_QUERY_NANOSECOND,
	MESSAGE_QUERY,
	MESSAGE_ZONE,
	MESSAGE_RESPONSE_SECOND,
	MESSAGE_RESPONSE_NANOSECOND,
	MESSAGE_RESPONSE,
};
enum { INET = 1, INET6 = 2, UDP = 1, TCP = 2, DOT = 3 };

static uint8_t *varint(uint8_t *p, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		*p++ = (uint8_t)(n | 0x80);
	*p++ = (uint8_t)n;
	return p;
}

static uint8_t *number(uint8_t *p, unsigned field, uint64_t n)
{
	return varint(varint(p, field << 3 | WIRE_VARINT), n);
}

static uint8_t *fixed(uint8_t *p, unsigned field, uint32_t n)
{
	p = varint(p, field << 3 | WIRE_32);
	for (int i = 0; i < 4; i++)
		*p++ = (uint8_t)(n >> (8 * i));
	return p;
}

static uint8_t *octets(uint8_t *p, unsigned field, const void *from, size_t len)
{
	p = varint(varint(p, field << 3 | WIRE_OCTETS), len);
	memcpy(p, from, len);
	return p + len;
}

static uint8_t *moment(uint8_t *p, enum message_field second, uint64_t time_ns)
{
	p = number(p, second, time_ns / 1000000000u);
	return fixed(p, second + 1, (uint32_t)(time_ns % 1000000000u));
}

/* Address and port of one side; ports are two fields behind. */
static uint8_t *side(uint8_t *p, enum message_field address, const struct endpoint *e)
{
	if (e->addr.family != FAMILY_NONE)
		p = octets(p, address, e->addr.octets, addr_bits(&e->addr) / 8);
	return e->port != 0 ? number(p, address + 2, e->port) : p;
}

static unsigned protocol(enum transport transport)
{
	switch (transport) {
	case TRANSPORT_UDP:
	case TRANSPORT_XDP: return UDP;
	case TRANSPORT_TCP: return TCP;
	case TRANSPORT_TLS: return DOT;
	}
	return 0;
}

/* The zone's name, which the query's name ends with. */
static uint8_t *zone(uint8_t *p, const struct record *r)
{
	const uint8_t *end = record_query(r) + HEADER_OCTETS + r->question_len - QUESTION_FIXED;
	return octets(p, MESSAGE_ZONE, end - r->zone_len, r->zone_len);
}

static uint8_t *message(uint8_t *p, const struct record *r, enum dnstap_message type)
{
	p = number(p, MESSAGE_TYPE, type);
	p = number(p, MESSAGE_FAMILY, r->client.addr.family == FAMILY_V6 ? INET6 : INET);
	p = number(p, MESSAGE_PROTOCOL, protocol(r->transport));
	p = side(p, MESSAGE_QUERY_ADDRESS, &r->client);
	p = side(p, MESSAGE_RESPONSE_ADDRESS, &r->server);
	p = moment(p, MESSAGE_QUERY_SECOND, r->time_ns);
	if (r->zone_len > 0)
		p = zone(p, r);
	if (type == DNSTAP_AUTH_QUERY)
		return octets(p, MESSAGE_QUERY, record_query(r), r->query_len);
	p = moment(p, MESSAGE_RESPONSE_SECOND, r->time_ns);
	return octets(p, MESSAGE_RESPONSE, record_reply(r), r->reply_len);
}

size_t dnstap_most(const struct record_options *options, const struct record *r)
{
	return FIXED_MAX + strlen(options->identity) + strlen(options->version) + NAME_OCTETS_MAX +
	       r->query_len + r->reply_len;
}

size_t dnstap_write(const struct record_options *options, const struct record *r, enum dnstap_message type,
		    uint8_t *out)
{
	uint8_t *p = octets(out, FIELD_IDENTITY, options->identity, strlen(options->identity));
	p = octets(p, FIELD_VERSION, options->version, strlen(options->version));
	p = number(p, FIELD_TYPE, TYPE_MESSAGE);
	uint8_t *room = p + 2 * VARINT_MAX; /* its length stands before it */
	size_t len = (size_t)(message(room, r, type) - room);
	p = varint(varint(p, FIELD_MESSAGE << 3 | WIRE_OCTETS), len);
	memmove(p, room, len);
	return (size_t)(p + len - out);
}
