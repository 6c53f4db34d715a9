/* SPDX-License-Identifier: ISC */
/* `rate-limit`: what is read, and what is refused. */
#include "faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

/* "on 50 50,50,50,50 slip 2 /24,/56 table 100000: 10.0.0.0/8" */
static void describe(const struct rate_limit *l, char *out, size_t room)
{
	static const char *const modes[] = {"off", "log", "on"};
	char list[256] = "", text[ADDR_TEXT_MAX];
	for (size_t i = 0; i < l->n_exempts; i++) {
		strcat(list, " ");
		strcat(list, prefix_format(&l->exempts[i], text));
	}
	snprintf(out, room, "%s %u %u,%u,%u,%u slip %u /%u,/%u table %u:%s", modes[l->mode],
		 l->rates[LIMIT_ANSWERS], l->rates[LIMIT_REFERRALS], l->rates[LIMIT_NODATA],
		 l->rates[LIMIT_NXDOMAINS], l->rates[LIMIT_ERRORS], l->slip, l->prefix_v4, l->prefix_v6,
		 l->table, list);
}

static void a_limit_is_read(void **state)
{
	(void)state;
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"", "off 0 0,0,0,0 slip 0 /0,/0 table 0:"},
		{"rate-limit 50", "on 50 50,50,50,50 slip 2 /24,/56 table 100000:"},
		{"rate-limit 50 mode=off", "off 50 50,50,50,50 slip 2 /24,/56 table 100000:"},
		{"RATE-LIMIT 100000 MODE=LOG slip=10 errors=0 nxdomains=5 nodata=6 referrals=7 prefix=32,64 "
		 "table=1000",
		 "log 100000 7,6,5,0 slip 10 /32,/64 table 1000:"},
		{"rate-limit 1 exempt=10.0.0.0/8", "on 1 1,1,1,1 slip 2 /24,/56 table 100000: 10.0.0.0/8"},
		{"rate-limit 1 exempt=10.0.0.0/8,192.0.2.1,2001:db8::/32",
		 "on 1 1,1,1,1 slip 2 /24,/56 table 100000: 10.0.0.0/8 192.0.2.1/32 2001:db8::/32"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct faults faults = {0};
		struct config *config = config_read_text("c", rows[i].text, strlen(rows[i].text), &faults);
		char text[512];
		describe(&config->rate_limit, text, sizeof(text));
		assert_int_equal(faults.n, 0);
		assert_string_equal(text, rows[i].expected);
		config_free(config);
		faults_free(&faults);
	}
}

static void a_limit_that_is_none_is_refused(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"rate-limit",
		 "5:1: something is missing behind this; the form is: rate-limit RATE key=value..."},
		{"rate-limit 1 window=15", "5:14: unknown option of rate-limit \"window\"; there are mode, "
					   "slip, exempt, referrals, nodata, nxdomains, "
					   "errors, prefix and table"},
		{"rate-limit 0", "5:12: a number of responses a second from 1 to 100000 is expected"},
		{"rate-limit 100001", "5:12: a number of responses a second from 1 to 100000 is expected"},
		{"rate-limit slip=2", "5:12: a number of responses a second from 1 to 100000 is expected"},
		{"rate-limit 5 5", "5:14: \"5\" is not of the form key=value"},
		{"rate-limit 5\nrate-limit 6", "6:1: rate-limit is given twice; the first is at line 5"},
		{"rate-limit 5 mode=maybe",
		 "5:19: \"maybe\" is not right for mode; expected: off, log or on"},
		{"rate-limit 5 slip=11",
		 "5:19: \"11\" is not right for slip; expected: a number from 0 to 10"},
		{"rate-limit 5 errors=-1",
		 "5:21: \"-1\" is not right for errors; expected: a number from 0 to 100000"},
		{"rate-limit 5 nxdomain=1",
		 "5:14: unknown option of rate-limit \"nxdomain\", did you mean \"nxdomains\"?"},
		{"rate-limit 5 prefix=0,56",
		 "5:14: the length of a network is 1 to 32 for IPv4, and 1 to 64 for IPv6"},
		{"rate-limit 5 prefix=24,65",
		 "5:14: the length of a network is 1 to 32 for IPv4, and 1 to 64 for IPv6"},
		{"rate-limit 5 prefix=24", "5:21: \"24\" is not right for prefix; expected: the lengths for "
					   "IPv4, 1 to 32, and IPv6, 1 to "
					   "64, such as 24,56"},
		{"rate-limit 5 table=999",
		 "5:20: \"999\" is not right for table; expected: a number from 1000 to 100000000"},
		{"rate-limit 5 exempt=", "5:21: a network is missing here, such as 203.0.113.0/24"},
		{"rate-limit 5 exempt=10.0.0.0/8,",
		 "5:32: a network is missing here, such as 203.0.113.0/24"},
		{"rate-limit 5 exempt=10.0.0.1/8,::1,10.0.0.0/33,host",
		 "5:21: \"10.0.0.1/8\" has bits set behind its length; 10.0.0.0/8 would be right\n"
		 "5:36: the length in \"10.0.0.0/33\" must be from 0 to 32\n"
		 "5:48: \"host\" is no network, such as 203.0.113.0/24 or 2001:db8::/32"},
	};
	check_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_limit_is_read),
					   cmocka_unit_test(a_limit_that_is_none_is_refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
