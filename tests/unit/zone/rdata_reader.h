/* SPDX-License-Identifier: ISC */
/* RDATA out of a text, for tests. */
#ifndef ZONE_RDATA_READER_H
#define ZONE_RDATA_READER_H

#include "wire/types.h"
#include "zone/rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parses `TYPE RDATA` at the origin org.; the first fault as "column text" where there is one. */
static inline bool parse(const char *text, struct rdata *out, char *fault, size_t room)
{
	struct faults faults = {0};
	struct lexer *lexer = lexer_open_text("z", text, strlen(text), &faults);
	struct entry e;
	struct name origin;
	const char *why;
	assert_true(name_parse("Org.", 4, NULL, &origin, &why));
	assert_true(lexer_next(lexer, &e));
	bool ok = rdata_parse(&e, 0, &origin, out, &faults);
	if (faults.n > 0)
		snprintf(fault, room, "%u %s", faults.list[0].column, faults.list[0].text);
	assert_int_equal(ok, faults.n == 0);
	lexer_close(lexer);
	faults_free(&faults);
	return ok;
}

/* Does ldns read all the octets as a record of that type, and write them the same? */
static inline void check_by_ldns(const char *text, const struct rdata *rdata)
{
	static uint8_t wire[1 + 10 + 65535];
	const uint8_t head[] = {0, (uint8_t)(rdata->type >> 8), (uint8_t)rdata->type, 0, CLASS_IN, 0, 0, 0,
				0, (uint8_t)(rdata->len >> 8),  (uint8_t)rdata->len};
	size_t len = sizeof(head) + rdata->len, at = 0, again_len = 0;
	uint8_t *again = NULL;
	ldns_rr *rr = NULL;
	memcpy(wire, head, sizeof(head));
	memcpy(wire + sizeof(head), rdata->octets, rdata->len);
	if (ldns_wire2rr(&rr, wire, len, &at, LDNS_SECTION_ANSWER) != LDNS_STATUS_OK || at != len)
		fail_msg("%s: ldns can't read it", text);
	assert_int_equal(ldns_rr2wire(&again, rr, LDNS_SECTION_ANSWER, &again_len), LDNS_STATUS_OK);
	if (again_len != len || memcmp(again, wire, len) != 0)
		fail_msg("%s: ldns writes it differently", text);
	free(again);
	ldns_rr_free(rr);
}

/* The octets in hexadecimal digits, or NULL where the data is wrong. */
static inline void check_octets(const char *text, uint16_t type, const char *expected)
{
	static struct rdata rdata;
	char got[1024] = "", fault[512] = "";
	bool ok = parse(text, &rdata, fault, sizeof(fault));
	for (size_t j = 0; ok && j < rdata.len; j++)
		sprintf(got + 2 * j, "%02x", rdata.octets[j]);
	if (ok != (expected != NULL) || (ok && strcmp(got, expected) != 0))
		fail_msg("%s: %s%s", text, got, fault);
	assert_int_equal(rdata.type, type);
	if (ok)
		check_by_ldns(text, &rdata);
}

#endif
