/* SPDX-License-Identifier: ISC */
/* A zone large enough that records stand in many blocks, which go one by one while others wait. */
#include "base/memory.h"
#include "wire/octets.h"
#include "wire/types.h"
#include "zone_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

enum { NAMES = 20000, LINE_OCTETS = 80 };

static const char head[] = "$TTL 1h\n@ SOA ns1 h 1 1h 15m 14d 30s\n@ NS ns1\nns1 A 192.0.2.53\n";

/* All names, then all of them backwards, then forwards again; each name is two labels below the apex. */
static char *scattered(const char *more)
{
	char *text = mem_alloc(sizeof(head) + strlen(more) + (size_t)4 * NAMES * LINE_OCTETS);
	char *p = stpcpy(stpcpy(text, head), more);
	for (unsigned i = 0; i < NAMES; i++)
		p += sprintf(p, "a.h%u A 10.%u.%u.1\n", i, i / 256, i % 256);
	for (unsigned i = NAMES; i-- > 0;)
		p += sprintf(p, "a.h%u TXT \"%u\"\n", i, i);
	for (unsigned i = 0; i < NAMES; i++)
		p += sprintf(p, "a.h%u MX %u ns1\na.h%u A 10.%u.%u.2\n", i, i, i, i / 256, i % 256);
	return text;
}

static void check_name(const struct zone *zone, unsigned i)
{
	char text[64], number[16];
	const char *why;
	struct name name;
	snprintf(text, sizeof(text), "a.h%u.example.", i);
	snprintf(number, sizeof(number), "%u", i);
	assert_true(name_parse(text, strlen(text), NULL, &name, &why));
	const struct node *node = zone_node(zone, &name);
	assert_non_null(node);
	assert_int_equal(node->n_sets, 3);
	const struct rrset *a = node_rrset(node, TYPE_A), *txt = node_rrset(node, TYPE_TXT),
			   *mx = node_rrset(node, TYPE_MX);
	const uint8_t addresses[2][4] = {{10, (uint8_t)(i / 256), (uint8_t)i, 1},
					 {10, (uint8_t)(i / 256), (uint8_t)i, 2}};
	assert_int_equal(a->n, 2);
	assert_memory_equal(a->octets + RECORD_RDATA_AT, addresses[0], 4);
	assert_memory_equal(a->octets + record_len(a->octets) + RECORD_RDATA_AT, addresses[1], 4);
	assert_int_equal(txt->octets[RECORD_RDATA_AT], strlen(number));
	assert_memory_equal(txt->octets + RECORD_RDATA_AT + 1, number, strlen(number));
	assert_int_equal(octets_get16(mx->octets + RECORD_RDATA_AT), i);
}

/* Where nothing is steered, records go as they are frozen; else they stay until all is linked. */
static void scattered_records_of_a_name_come_together(void **state)
{
	(void)state;
	static const char *const more[] = {"", "s AT * A 192.0.2.1\n", "s ALIAS a.h7\n"};
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		struct built_zone b;
		char *text = scattered(more[i]);
		zones_build("zone example z\n", (const char *const[]){text}, &b);
		assert_non_null(b.zones);
		for (unsigned j = 0; j < NAMES; j++)
			check_name(b.zones->list[0], j);
		assert_int_equal(b.zones->list[0]->n_steered, more[i][0] == '\0' ? 0 : i == 1 ? 1 : 3);
		free(text);
		zones_discard(&b);
	}
}

/* What is wrong far from each other is told with both places. */
static void faults_of_scattered_records_have_their_places(void **state)
{
	(void)state;
	struct built_zone b;
	char *text = scattered(""), *more = mem_alloc(strlen(text) + 200);
	sprintf(stpcpy(more, text), "a.h3 A 10.0.3.1\n  \t 7 MX 3 ns1\na.h4 IN  CNAME x\n");
	zones_build("zone example z\n", (const char *const[]){more}, &b);
	assert_null(b.zones);
	static const struct {
		unsigned line, column;
		const char *text;
	} expected[] = {
		{4 * NAMES + 5, 6, "the same record stands at line 8 already"},
		{4 * NAMES + 6, 7, "the same record stands at line 40011 already"},
		{4 * NAMES + 6, 7,
		 "the TTL differs from that of line 40011; the lower one, 7, counts for both"},
		{4 * NAMES + 7, 10, "a CNAME beside the A data of line 9; a CNAME stands alone"},
		{4 * NAMES + 7, 10, "a CNAME beside the TXT data of line 40000; a CNAME stands alone"},
		{4 * NAMES + 7, 10, "a CNAME beside the MX data of line 40013; a CNAME stands alone"},
		{4 * NAMES + 7, 10, "a CNAME beside the A data of line 40014; a CNAME stands alone"},
	};
	for (size_t i = 0; i < b.faults.n; i++) {
		const struct fault *f = &b.faults.list[i];
		if (i >= sizeof(expected) / sizeof(expected[0]) || f->line != expected[i].line ||
		    f->column != expected[i].column || strcmp(f->text, expected[i].text) != 0)
			fail_msg("fault %zu: %u:%u %s", i, f->line, f->column, f->text);
	}
	assert_int_equal(b.faults.n, sizeof(expected) / sizeof(expected[0]));
	free(text);
	free(more);
	zones_discard(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scattered_records_of_a_name_come_together),
		cmocka_unit_test(faults_of_scattered_records_have_their_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
