/* SPDX-License-Identifier: ISC */
/* What is wrong with datacenters and geomaps: exactly these faults, each at its place, and no others. */
#include "faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void faults_of_datacenters(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"datacenter x", ""},
		{"datacenter",
		 "5:1: something is missing behind this; the form is: datacenter NAME key=value..."},
		{"datacenter fra", "5:12: datacenter \"fra\" is already defined at line 3"},
		{"datacenter x sate=up",
		 "5:14: unknown option of datacenter \"sate\", did you mean \"state\"?"},
		{"datacenter x state=off",
		 "5:20: \"off\" is not right for state; expected: up, drain or down"},
		{"datacenter x capacity=1 slow-start=1d return=after:1w", ""},
		{"datacenter x capacity=80..100 slow-start=0 return=manual", ""},
		{"datacenter x capacity=100..80",
		 "5:23: \"100..80\" is not right for capacity; expected: a number "
		 "of connections, or LOW..HIGH"},
		{"datacenter x slow-start=25h",
		 "5:25: \"25h\" is not right for slow-start; expected: a duration up to 1d"},
		{"datacenter x return=after:8d",
		 "5:21: \"after:8d\" is not right for return; expected: auto, manual or after:DURATION"},
		{"datacenter x check=sit address=::1", "5:20: unknown check \"sit\", did you mean \"site\"?"},
		{"datacenter x check=nope max-latency=1s",
		 "5:20: unknown check \"nope\"; there are site and port"},
		{"datacenter x check=site", "5:12: a datacenter with a check needs address="},
		{"datacenter x check=port address=192.0.2.1",
		 "5:12: check \"port\" has no port=, so address= must have one"},
		{"datacenter x check=port address=192.0.2.1:80", ""},
		{"datacenter x check=port address=nope",
		 "5:33: \"nope\" is not right for address; expected: an address, with or without a port"},
		{"datacenter x check=site address=::1:8080",
		 "5:33: is 8080 the port in \"::1:8080\"? Write [::1]:8080 or [::1:8080]"},
		{"datacenter x check=site address=2001:db8::2:10",
		 "5:33: is 10 the port in \"2001:db8::2:10\"? Write [2001:db8::2]:10 or [2001:db8::2:10]"},
		{"datacenter x check=site address=[2001:db8::2:10]", ""},
		{"datacenter x check=site address=2001:db8::2:1\ndatacenter y check=site "
		 "address=2001:db8::10",
		 ""},
		{"datacenter x check=site address=1:2:3:4:5:6:7:80\ndatacenter y check=site address=::2:7f",
		 ""},
		{"datacenter x check=site address=::1:080\ndatacenter y check=site address=::a:b:99999",
		 "6:33: \"::a:b:99999\" is not right for address; expected: an address, with or without a "
		 "port"},
		{"datacenter x address=192.0.2.1", "5:14: warning: address= has no effect without check="},
		{"datacenter x check=below address=192.0.2.1\ncheck below tcp port=8", ""},
		{"datacenter x max-latency=1s",
		 "5:12: warning: max-latency= has no effect without check=, which measures the latency"},
		{"datacenter x check=site address=::1 max-latency=0ms",
		 "5:49: \"0ms\" is not right for max-latency; expected: a duration from 1ms to 1h"},
		{"datacenter x check=site address=::1 max-latency=3601s",
		 "5:49: \"3601s\" is not right for max-latency; expected: a duration from 1ms to 1h"},
		{"datacenter x location=90,-180\ndatacenter y location=-90.0,180", ""},
		{"datacenter x location=90.1,0", "5:23: \"90.1,0\" is not right for location; expected: "
						 "LATITUDE,LONGITUDE in degrees, such as 50.11,8.68"},
		{"datacenter x location=0,-180.5", "5:23: \"0,-180.5\" is not right for location; expected: "
						   "LATITUDE,LONGITUDE in degrees, such as "
						   "50.11,8.68"},
		{"datacenter x location=nan,0", "5:23: \"nan,0\" is not right for location; expected: "
						"LATITUDE,LONGITUDE in degrees, such as 50.11,8.68"},
		{"datacenter x location=1",
		 "5:23: \"1\" is not right for location; expected: LATITUDE,LONGITUDE in "
		 "degrees, such as 50.11,8.68"},
	};
	check_rows(rows, N(rows));
}

#define REGION                                                                             \
	" is no continent: AF, AN, AS, EU, NA, OC, SA or *, and what may stand here is a " \
	"continent, CONTINENT/COUNTRY, CONTINENT/COUNTRY/SUBDIVISION, AS64500 or a network"
#define STAR "geomap m * fra\n"

static void faults_of_geomaps(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{STAR
		 "geomap m eu fra\ngeomap m as/jp fra\ngeomap m */DE fra\ngeomap m NA/us/CA fra\ngeomap m "
		 "as0 fra\ngeomap m AS4294967295 fra\ngeomap m 0.0.0.0/0 fra\ngeomap m 2001:db8::/32 "
		 "fra\ngeomap m 192.0.2.1 fra ...\ngeomap m SA nearest",
		 ""},
		{"geomap m EU fra\ngeomap m NA fra",
		 "5:10: geomap m has no line for *, which all others take"},
		{STAR "geomap m EUR fra", "6:10: \"EUR\"" REGION},
		{"geomap m EUR fra\n" STAR, "5:10: \"EUR\"" REGION},
		{STAR "geomap m XX fra", "6:10: \"XX\"" REGION},
		{STAR "geomap m EU/D1 fra",
		 "6:10: the country in \"EU/D1\" must be a code of two letters (ISO 3166-1)"},
		{STAR "geomap m */UK fra\ngeomap m eu/el fra\ngeomap m */ZZ fra",
		 "6:10: \"UK\" is no country of ISO 3166-1, did you mean \"GB\"?\n"
		 "7:10: \"EL\" is no country of ISO 3166-1, did you mean \"GR\"?\n"
		 "8:10: \"ZZ\" is no country of ISO 3166-1"},
		{STAR "geomap m EU/US fra",
		 "6:10: warning: US is in NA, not in EU: write NA/US, or */US whatever a database says"},
		{STAR "geomap m EU/TR/34 fra",
		 "6:10: warning: TR is in AS, not in EU: write AS/TR, or */TR whatever a database says"},
		{STAR "geomap m EU/ fra",
		 "6:10: the country in \"EU/\" must be a code of two letters (ISO 3166-1)"},
		{STAR "geomap m EU/DE/BERL fra", "6:10: the subdivision in \"EU/DE/BERL\" must be what "
						 "follows the dash in its ISO 3166-2 code"},
		{STAR "geomap m EU/DE/B/X fra", "6:10: the subdivision in \"EU/DE/B/X\" must be what follows "
						"the dash in its ISO 3166-2 code"},
		{STAR "geomap m AS4294967296 fra",
		 "6:10: the number in \"AS4294967296\" must be from 0 to 4294967295"},
		{STAR "geomap m 10.0.0.1/8 fra",
		 "6:10: \"10.0.0.1/8\" has bits set behind its length; 10.0.0.0/8 would be right"},
		{STAR "geomap m 2001:db8::1/32 fra",
		 "6:10: \"2001:db8::1/32\" has bits set behind its length; 2001:db8::/32 would be right"},
		{STAR "geomap m 10.0.0.0/33 fra", "6:10: the length in \"10.0.0.0/33\" must be from 0 to 32"},
		{STAR "geomap m 10.0.0/8 fra",
		 "6:10: \"10.0.0/8\" is no network, such as 203.0.113.0/24 or 2001:db8::/32"},
		{STAR STAR, "6:10: geomap m has a line for * already, at line 5"},
		{STAR "geomap m eu/de fra\ngeomap m EU/DE iad",
		 "7:10: geomap m has a line for EU/DE already, at line 6"},
		{STAR "geomap m AS7 fra\ngeomap m AS07 iad",
		 "7:10: geomap m has a line for AS07 already, at line 6"},
		{STAR "geomap m 2001:DB8::/32 fra\ngeomap m 2001:db8:0::/32 fra",
		 "7:10: geomap m has a line for 2001:db8:0::/32 already, at line 6"},
		{STAR "geomap m EU fra\ngeomap n EU fra\ngeomap n * fra", ""},
		{STAR "geomap m EU/DE fra\ngeomap m */DE fra\ngeomap m EU fra", ""},
		{"geomap m *", "5:10: a line of a geomap needs datacenters, or nearest, behind its key"},
		{"geomap m",
		 "5:8: something is missing behind this; the form is: geomap NAME KEY DATACENTER... "
		 "[...] | nearest"},
		{"geomap m * fr", "5:12: unknown datacenter \"fr\", did you mean \"fra\"?"},
		{"geomap m * FRA", "5:12: unknown datacenter \"FRA\", did you mean \"fra\"?"},
		{"geomap m * fra iad fra", "5:20: datacenter \"fra\" is named twice"},
		{"geomap m * ... fra", "5:12: ... stands at the end of a list"},
		{"geomap m * ...", "5:12: ... needs at least one datacenter before it"},
		{"geomap m * nearest fra", "5:20: nearest stands alone: it takes all datacenters"},
		{"geomap m * fra nearest", "5:16: nearest stands alone: it takes all datacenters"},
		{"geomap m * fra weight=1", "5:16: a line of a geomap takes no options"},
		{"geomap m * weight=1", "5:12: a line of a geomap takes no options"},
		{"geomap m.x * fra",
		 "5:8: \"m.x\" is no name; expected: up to 63 letters, digits, dashes and underscores"},
		{"geomap m * below\ndatacenter below", ""},
	};
	check_rows(rows, N(rows));
	check_text("datacenter a\ngeomap m * nearest", 31,
		   "2:12: nearest needs datacenters with location=; there is none");
}

static void more_datacenters_than_there_may_be_are_refused(void **state)
{
	(void)state;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	for (unsigned i = 0; i <= CONFIG_DATACENTERS_MAX; i++)
		fprintf(out, "datacenter d%u\n", i);
	fclose(out);
	check_text(text, len, "1025:1: more than 1024 datacenters");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_of_datacenters),
		cmocka_unit_test(faults_of_geomaps),
		cmocka_unit_test(more_datacenters_than_there_may_be_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
