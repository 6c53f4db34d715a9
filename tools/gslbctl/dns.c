/* SPDX-License-Identifier: ISC */
/* Writing queries with a client subnet, reading replies with ldns. */
#include "dns.h"
#include "base/memory.h"
#include "wire/octets.h"
#include "wire/types.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t dns_now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The OPT record with one option; returns where it ends. */
static uint8_t *write_subnet(uint8_t *at, const struct prefix *client)
{
	unsigned octets = (client->len + 7u) / 8;
	*at++ = 0;
	octets_put16(at, TYPE_OPT);
	octets_put16(at + 2, UDP_OCTETS_MAX);
	octets_put32(at + 4, 0);
	octets_put16(at + 8, 8 + octets);
	octets_put16(at + 10, EDNS_OPTION_SUBNET);
	octets_put16(at + 12, 4 + octets);
	octets_put16(at + 14, client->addr.family);
	at[16] = client->len;
	at[17] = 0;
	memcpy(at + 18, client->addr.octets, octets);
	return at + 18 + octets;
}

size_t dns_query_write(const struct dns_question *question, uint16_t id, uint8_t out[DNS_QUERY_MAX])
{
	uint8_t *at = out + HEADER_OCTETS;
	memset(out, 0, HEADER_OCTETS);
	octets_put16(out, id);
	octets_put16(out + 4, 1);
	octets_put16(out + 10, 1);
	memcpy(at, question->name.octets, question->name.len);
	at += question->name.len;
	octets_put16(at, question->type);
	octets_put16(at + 2, CLASS_IN);
	return (size_t)(write_subnet(at + 4, &question->client) - out);
}

static char *rdata_text(const ldns_rr *rr)
{
	ldns_buffer *buffer = ldns_buffer_new(256);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		if (i > 0)
			ldns_buffer_printf(buffer, " ");
		ldns_rdf2buffer_str(buffer, ldns_rr_rdf(rr, i));
	}
	char *text = ldns_buffer_export2str(buffer);
	ldns_buffer_free(buffer);
	return text;
}

bool dns_reply_read(const uint8_t *octets, size_t len, const struct dns_question *question, uint16_t id,
		    struct dns_reply *out)
{
	ldns_pkt *packet = NULL;
	*out = (struct dns_reply){0};
	if (len < HEADER_OCTETS || octets_get16(octets) != id || !(octets_get16(octets + 2) & FLAG_QR) ||
	    ldns_wire2pkt(&packet, octets, len) != LDNS_STATUS_OK)
		return false;
	const ldns_rr_list *answer = ldns_pkt_answer(packet);
	out->rcode = (int)ldns_pkt_get_rcode(packet);
	out->truncated = ldns_pkt_tc(packet);
	for (size_t i = 0; i < ldns_rr_list_rr_count(answer) && out->n < DNS_RECORDS_MAX; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answer, i);
		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_DNAME && question->type != TYPE_DNAME)
			continue; /* the CNAME behind it says it all */
		out->typed |= (uint16_t)ldns_rr_get_type(rr) == question->type;
		out->records[out->n++] = rdata_text(rr);
	}
	ldns_pkt_free(packet);
	return true;
}

void dns_reply_free(struct dns_reply *reply)
{
	for (size_t i = 0; i < reply->n; i++)
		free(reply->records[i]);
	reply->n = 0;
}

char *dns_reply_text(const struct dns_reply *reply)
{
	ldns_lookup_table *rcode = ldns_lookup_by_id(ldns_rcodes, reply->rcode);
	const char *instead = reply->none    ? "no reply"
			      : reply->rcode ? (rcode ? rcode->name : "an unknown code")
					     : "no records";
	size_t len = strlen(instead) + 1;
	for (size_t i = 0; i < reply->n; i++)
		len += strlen(reply->records[i]) + 2;
	char *text = mem_alloc(len);
	for (size_t i = 0; i < reply->n; i++) {
		strcat(text, i ? ", " : "");
		strcat(text, reply->records[i]);
	}
	if (reply->n == 0)
		strcpy(text, instead);
	return text;
}
