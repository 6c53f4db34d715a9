/* SPDX-License-Identifier: ISC */
/* Names that are steered alike share how; whatever their entries say differently keeps them apart. */
#include "zone_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

static const char conf[] =
	"datacenter a location=1,2\ndatacenter b location=3,4\ngeomap m * a b\ngeomap o * b a\n"
	"zone example z\n";

/* Whether x and y, both with the same two AT lines but for what a row adds, share. */
static void what_says_the_same_is_one(void **state)
{
	(void)state;
	static const struct {
		const char *name, *x, *y;
		bool shared;
	} rows[] = {
		{"nothing more", "", "", true},
		{"the same STEER on a line of its own", "x STEER failover b a ttl=1..9\n",
		 "y STEER failover b a ttl=1..9\n", true},
		{"a group of one name", "x STEER pool pick=hash group=g\n",
		 "y STEER pool pick=hash group=g\n", true},
		{"another method", "x STEER pool\n", "y STEER failover\n", false},
		{"another map", "x STEER geo m\n", "y STEER geo o\n", false},
		{"another order", "x STEER failover a b\n", "y STEER failover b a\n", false},
		{"the rest follows", "x STEER failover a\n", "y STEER failover a ...\n", false},
		{"another pick", "x STEER pool pick=hash\n", "y STEER pool pick=random\n", false},
		{"more answers", "x STEER pool answers=2\n", "y STEER pool answers=all\n", false},
		{"another min-up", "x STEER pool min-up=1%\n", "y STEER pool min-up=2%\n", false},
		{"another max-latency", "x STEER pool max-latency=1ms\n", "y STEER pool max-latency=2ms\n",
		 false},
		{"another last resort", "x STEER pool all-down=all\n", "y STEER pool all-down=nodata\n",
		 false},
		{"another floor of the TTL", "x STEER pool ttl=1..9\n", "y STEER pool ttl=2..9\n", false},
		{"another ceiling of it", "x STEER pool ttl=1..9\n", "y STEER pool ttl=1..8\n", false},
		{"another prefix of IPv4", "x STEER pool pick=hash hash-prefix=8,56\n",
		 "y STEER pool pick=hash hash-prefix=9,56\n", false},
		{"another of IPv6", "x STEER pool pick=hash hash-prefix=8,56\n",
		 "y STEER pool pick=hash hash-prefix=8,57\n", false},
		{"another group", "x STEER pool pick=hash group=g\n", "y STEER pool pick=hash group=h\n",
		 false},
		{"a group or none", "x STEER pool pick=hash group=g\n", "y STEER pool pick=hash\n", false},
		{"another margin", "x STEER latency margin=1%\n", "y STEER latency margin=2%\n", false},
		{"another record", "x AT a A 192.0.2.3\n", "y AT a A 192.0.2.4\n", true},
		{"of another datacenter", "x AT a A 192.0.2.3\n", "y AT b A 192.0.2.3\n", false},
		{"of another TTL", "x 5 AT a A 192.0.2.3\n", "y 6 AT a A 192.0.2.3\n", false},
		{"of another weight", "x AT a weight=2 A 192.0.2.3\n", "y AT a weight=3 A 192.0.2.3\n",
		 false},
		{"of another weight, none", "x AT a weight=0 A 192.0.2.3\n", "y AT a A 192.0.2.3\n", false},
		{"that is a backup", "x AT a backup=yes A 192.0.2.3\n", "y AT a A 192.0.2.3\n", false},
		{"or none", "x AT a A 192.0.2.3\n", "", false},
	};
	for (size_t i = 0; i < N(rows); i++) {
		char text[1000];
		snprintf(text, sizeof(text),
			 "$TTL 30\n@ SOA n h 1 1 1 1 1\n@ NS n\nn A 192.0.2.1\n@ STEER geo m\n"
			 "%sx AT a A 192.0.2.1\nx AT b A 192.0.2.2\n%sy AT a A 192.0.2.5\ny AT b A "
			 "192.0.2.6\n",
			 rows[i].x, rows[i].y);
		const char *const texts[] = {text};
		struct built_zone b;
		zones_build(conf, texts, &b);
		if (b.zones == NULL)
			faults_print(&b.faults, stderr);
		assert_non_null(b.zones);
		struct rrset *const *steered = b.zones->list[0]->steered;
		assert_int_equal(b.zones->list[0]->n_steered, 2);
		if ((steered[0]->steered->how == steered[1]->steered->how) != rows[i].shared)
			fail_msg("%s: %s", rows[i].name, rows[i].shared ? "are two" : "are one");
		assert_int_not_equal(steered[0]->steered->set, steered[1]->steered->set);
		zones_discard(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_says_the_same_is_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
