/* SPDX-License-Identifier: ISC */
/* A prepared record is what is written without it, whatever is asked for. */
#include "wire/prepared.h"
#include "wire/octets.h"
#include "wire/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct name parse(const char *text)
{
	struct name name;
	const char *why;
	assert_true(name_parse(text, strlen(text), NULL, &name, &why));
	return name;
}

/* An SOA as it is kept, whose five numbers are its last octets. */
static struct rrset soa_of(const char *mname, const char *rname, uint8_t octets[PREPARED_OCTETS_MAX])
{
	struct name names[] = {parse(mname), parse(rname)};
	size_t len = RECORD_RDATA_AT;
	memset(octets, 0, PREPARED_OCTETS_MAX);
	octets_put16(octets, 0xc00c);
	octets_put16(octets + RECORD_TYPE_AT, TYPE_SOA);
	octets_put32(octets + RECORD_TTL_AT, 0x01020304);
	for (unsigned i = 0; i < 2; i++) {
		memcpy(octets + len, names[i].octets, names[i].len);
		len += names[i].len;
	}
	memset(octets + len, 0xee, 20);
	len += 20;
	octets_put16(octets + RECORD_RDLENGTH_AT, (unsigned)(len - RECORD_RDATA_AT));
	return rrset_of(TYPE_SOA, 1, octets, len);
}

/* The reply to an A query, as long as it is; 0: there is no room. */
static size_t reply_to(const struct name *asked, const struct reply_records *records, uint16_t udp_size,
		       uint8_t octets[1232])
{
	uint8_t message[HEADER_OCTETS + NAME_OCTETS_MAX + 4] = {0};
	struct query q = {.message = message, .name = *asked, .udp_size = udp_size};
	struct reply reply;
	q.question_len = (uint16_t)(asked->len + 4u);
	memcpy(message + HEADER_OCTETS, asked->octets, asked->len);
	reply_begin(&reply, &q, octets, 1232, TRANSPORT_UDP);
	if (!reply_add(&reply, SECTION_AUTHORITY, records))
		return 0;
	return reply_end(&reply, &q, &(struct reply_status){.rcode = RCODE_NXDOMAIN});
}

#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk."

static const struct {
	const char *name, *owner, *mname, *rname, *asked;
	uint16_t udp_size;
} rows[] = {
	{"names in the zone", "example.", "ns1.example.", "host.example.", "x.example.", 512},
	{"the owner itself", "example.", "ns1.example.", "host.example.", "example.", 512},
	{"the names are the owner", "example.", "example.", "example.", "x.example.", 512},
	{"names above the zone", "a.example.", "ns1.example.", "example.", "x.y.a.example.", 512},
	{"names elsewhere", "example.", "ns.one.test.", "host.two.invalid.", "x.example.", 512},
	{"names elsewhere that end alike", "example.", "ns.one.test.", "host.one.test.", "x.example.", 512},
	{"one name elsewhere, twice", "example.", "ns.one.test.", "ns.one.test.", "x.example.", 512},
	{"the root", ".", "ns.test.", "host.test.", "x.example.", 512},
	{"the root's names are the root", ".", ".", ".", "x.", 512},
	{"a long question", "example.", "ns.one.test.", "host.one.test.", L63 L63 L63 "x.example.", 512},
	{"long names", "example.", L63 L63 L63 "a.", L63 L63 L63 "b.", "x.example.", 1232},
	{"names too long for the reply", "example.", L63 L63 L63 "a.", L63 L63 L63 "b.", "x.example.", 400},
};

static void a_prepared_record_is_the_record(void **state)
{
	(void)state;
	struct arena *arena = arena_new();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t octets[PREPARED_OCTETS_MAX], usual[1232], quick[1232];
		struct name owner = parse(rows[i].owner), asked = parse(rows[i].asked);
		struct rrset soa = soa_of(rows[i].mname, rows[i].rname, octets);
		struct reply_records records = {.set = &soa, .owner = owner.octets};
		const struct prepared *prepared = prepared_make(&records, 1, &owner, arena);
		assert_non_null(prepared);
		size_t usual_len = reply_to(&asked, &records, rows[i].udp_size, usual);
		records.prepared = prepared;
		size_t quick_len = reply_to(&asked, &records, rows[i].udp_size, quick);
		if (usual_len != quick_len || memcmp(usual, quick, usual_len) != 0)
			fail_msg("%s: %zu octets instead of %zu, or others", rows[i].name, quick_len,
				 usual_len);
		assert_int_equal(usual_len == 0, rows[i].udp_size == 400);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prepared_record_is_the_record),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
