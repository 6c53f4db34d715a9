/* SPDX-License-Identifier: ISC */
/* What is wrong with a gslbd.conf: exactly these faults, each at its place, and no others. */
#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

/* Stands before each row's text, which so begins at line 5. */
#define GIVEN                                             \
	"check site http\n"                               \
	"check port tcp\n"                                \
	"datacenter fra address=192.0.2.1 location=1,2\n" \
	"datacenter iad\n"

struct row {
	const char *text, *expected; /* faults as `line:column: text`, a line each; "": none */
};

static void check_text(const char *text, size_t len, const char *expected)
{
	struct faults faults = {0};
	char *got = NULL;
	size_t got_len = 0;
	struct config *config = config_read_text("c", text, len, &faults);
	FILE *out = open_memstream(&got, &got_len);
	for (size_t i = 0; i < faults.n; i++)
		fprintf(out, "%s%u:%u: %s%s", i ? "\n" : "", faults.list[i].line, faults.list[i].column,
			faults.list[i].warning ? "warning: " : "", faults.list[i].text);
	fclose(out);
	assert_non_null(config); /* whatever is wrong: other files are looked at with it */
	if (strcmp(got, expected) != 0)
		fail_msg("%s\nexpected: %s\ngot: %s", text, expected, got);
	config_free(config);
	faults_free(&faults);
	free(got);
}

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char text[4096];
		int len = snprintf(text, sizeof(text), "%s%s", GIVEN, rows[i].text);
		check_text(text, (size_t)len, rows[i].expected);
	}
}

static void keywords(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"", ""},
		{"datacentre x", "5:1: unknown keyword \"datacentre\", did you mean \"datacenter\"?"},
		{"xyzzy x", "5:1: unknown keyword \"xyzzy\""},
		{"\"listen\" 127.0.0.1", "5:1: unknown keyword \"\"listen\"\", did you mean \"listen\"?"},
		{"admin 127.0.0.1:8053 token-file=x", "5:1: \"admin\" is not supported yet"},
		{"state /x", "5:1: \"state\" is not supported yet"},
		{"explain-from ::1", "5:1: \"explain-from\" is not supported yet"},
		{"latency x", "5:1: \"latency\" is not supported yet"},
		{"user nobody", "5:1: \"user\" is not supported yet"},
		{"allow-transfer key", "5:1: \"allow-transfer\" is not supported yet"},
		{"$INCLUDE", "5:1: $INCLUDE takes one file"},
		{"  WORKERS 3", ""},
		{"workers", "5:1: something is missing behind this; the form is: workers NUMBER"},
		{"workers 1 2", "5:11: \"2\" is too much here; the form is: workers NUMBER"},
		{"workers 1\nworkers 1", "6:1: workers is given twice; the first is at line 5"},
		{"workers 1025", "5:9: a number of workers from 1 to 1024 is expected"},
		{"workers 1024", ""},
		{"workers x", "5:9: a number of workers from 1 to 1024 is expected"},
		{"workers 18446744073709551617", "5:9: a number of workers from 1 to 1024 is expected"},
		{"geoip a.mmdb\ngeoip b.mmdb", ""},
		{"geoip a.mmdb\ngeoip a.mmdb", "6:7: geoip a.mmdb stands there already"},
		{"geoip \"\"", "5:7: the path of a file is expected"},
		{"geoip a\\000b", "5:7: no value may have a NUL octet in it"},
		{"zone a.example", "5:6: something is missing behind this; the form is: zone NAME FILE"},
		{"zone a.example x\nzone A.example. y",
		 "6:6: zone \"A.example.\" is already defined at line 5"},
		{"zone a.example x\nzone b.a.example x", ""},
		{"zone a.example \"\"", "5:16: the path of a file is expected"},
		{"zone a..b x", "5:6: \"a..b\" is no domain name: the name has an empty label"},
	};
	check_rows(rows, N(rows));
}

static void listens(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"listen 127.0.0.1\nlisten \"127.0.0.1:54\"\nlisten ::1\nlisten [::1]:54", ""},
		{"listen ::1\nlisten [::1]:53", "6:8: listen [::1]:53 stands there already"},
		{"listen 127.0.0.1:0",
		 "5:8: \"127.0.0.1:0\" is no socket address, such as 192.0.2.1:53 or [2001:db8::1]:53"},
		{"listen localhost",
		 "5:8: \"localhost\" is no socket address, such as 192.0.2.1:53 or [2001:db8::1]:53"},
		{"listen ::1 tls cert=a key=b",
		 "5:12: option \"tls\" is not supported yet\n5:16: option \"cert\" is not supported yet\n"
		 "5:23: option \"key\" is not supported yet"},
		{"listen ::1 xdp=eth0", "5:12: option \"xdp\" is not supported yet"},
		{"listen ::1 53", "5:12: \"53\" is not of the form key=value"},
		{"listen ::1 crt=a", "5:12: unknown option of listen \"crt\", did you mean \"cert\"?"},
	};
	check_rows(rows, N(rows));
}

static void checks(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"check c http", ""},
		{"check c",
		 "5:7: something is missing behind this; the form is: check NAME http|tcp key=value..."},
		{"check c htp", "5:9: unknown check kind \"htp\", did you mean \"http\"?"},
		{"check c https path=/", "5:9: check kind \"https\" is not supported yet"},
		{"check c exec a", "5:9: check kind \"exec\" is not supported yet"},
		{"check c grpc service=x", "5:9: check kind \"grpc\" is not supported yet"},
		{"check c calc min=2 of a b", "5:9: check kind \"calc\" is not supported yet"},
		{"check c HTTP PORT=81", ""},
		{"check site tcp", "5:7: check \"site\" is already defined at line 1"},
		{"check Site tcp port=1", ""},
		{"check fra http\ndatacenter site\ngeomap fra * site", ""},
		{"check c! http",
		 "5:7: \"c!\" is no name: up to 63 letters, digits, dashes and underscores are"},
		{"check a23456789012345678901234567890123456789012345678901234567890123 tcp port=1", ""},
		{"check a234567890123456789012345678901234567890123456789012345678901234 tcp port=1",
		 "5:7: \"a234567890123456789012345678901234567890123456789012345678901234\" is no name: up "
		 "to "
		 "63 letters, digits, dashes and underscores are"},
		{"check c http port=0",
		 "5:19: \"0\" is not right for port: a port from 1 to 65535 is expected"},
		{"check c http port=65535", ""},
		{"check c http port=65536",
		 "5:19: \"65536\" is not right for port: a port from 1 to 65535 is expected"},
		{"check c http interval=99ms timeout=50ms",
		 "5:23: \"99ms\" is not right for interval: a duration from 100ms to 1d is expected"},
		{"check c http interval=100ms timeout=100ms", ""},
		{"check c http interval=1d timeout=1h", ""},
		{"check c http interval=1d1s",
		 "5:23: \"1d1s\" is not right for interval: a duration from 100ms to 1d is expected"},
		{"check c http timeout=9ms",
		 "5:22: \"9ms\" is not right for timeout: a duration from 10ms to 1h is expected"},
		{"check c http timeout=5001ms", ""},
		{"check c http rise=1001",
		 "5:19: \"1001\" is not right for rise: a number from 1 to 1000 is expected"},
		{"check c http rise=1000 fall=1", ""},
		{"check c http fall=0",
		 "5:19: \"0\" is not right for fall: a number from 1 to 1000 is expected"},
		{"check c http fall=1 FALL=2", "5:21: option \"fall\" is given twice"},
		{"check c http rise", "5:14: \"rise\" is not of the form key=value"},
		{"check c http rise=",
		 "5:19: \"\" is not right for rise: a number from 1 to 1000 is expected"},
		{"check c http intervall=1s",
		 "5:14: unknown option of check \"intervall\", did you mean \"interval\"?"},
		{"check c http path=x",
		 "5:19: \"x\" is not right for path: a path that begins with / is expected"},
		{"check c http path=\"/a b\"",
		 "5:19: \"/a b\" is not right for path: a path that begins with / is expected"},
		{"check c http host=a_b.example", ""},
		{"check c http host=a.example:8080", ""},
		{"check c http host=[::1]:8080", ""},
		{"check c http host=a/b",
		 "5:19: \"a/b\" is not right for host: a host name, or host:port is expected"},
		{"check c http host=a:0",
		 "5:19: \"a:0\" is not right for host: a host name, or host:port is expected"},
		{"check c http host=a:65536",
		 "5:19: \"a:65536\" is not right for host: a host name, or host:port is expected"},
		{"check c http host=::1",
		 "5:19: \"::1\" is not right for host: a host name, or host:port is expected"},
		{"check c http host=[::1",
		 "5:19: \"[::1\" is not right for host: a host name, or host:port is expected"},
		{"check c http expect=100,200-299,599", ""},
		{"check c http expect=99",
		 "5:21: \"99\" is not right for expect: status codes from 100 to 599, such as 200-299,301 is "
		 "expected"},
		{"check c http expect=299-200",
		 "5:21: \"299-200\" is not right for expect: status codes from 100 to 599, such as "
		 "200-299,301 is expected"},
		{"check c http expect=200,",
		 "5:21: \"200,\" is not right for expect: status codes from 100 to 599, such as 200-299,301 "
		 "is expected"},
		{"check c http expect=200-600",
		 "5:21: \"200-600\" is not right for expect: status codes from 100 to 599, such as "
		 "200-299,301 is expected"},
		{"check c http body=\"\"", "5:19: \"\" is not right for body: a text is expected"},
		{"check c http body=a\\000b", "5:19: no value may have a NUL octet in it"},
		{"check c tcp path=/x", "5:13: option \"path\" is for http checks only"},
		{"check c tcp host=x body=y", "5:13: option \"host\" is for http checks only\n5:20: option "
					      "\"body\" is for http checks only"},
		{"check c tcp expect=PONG send=PING",
		 "5:13: option \"expect\" is not supported yet for tcp checks\n"
		 "5:25: option \"send\" is not supported yet"},
	};
	check_rows(rows, N(rows));
}

static void later_check_options(void **state)
{
	(void)state;
	static const char *const keys[] = {
		"method", "header",  "user-agent", "expect-json", "connect-timeout",
		"send",   "service", "ca-file",    "verify",      "slow-start",
		"return", "load",    "min"};
	for (size_t i = 0; i < N(keys); i++) {
		char text[128], expected[128];
		snprintf(text, sizeof(text), "check c http %s=x", keys[i]);
		snprintf(expected, sizeof(expected), "1:14: option \"%s\" is not supported yet", keys[i]);
		check_text(text, strlen(text), expected);
	}
}

static void datacenters(void **state)
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
		 "5:20: \"off\" is not right for state: up, drain or down is expected"},
		{"datacenter x capacity=1 slow-start=1s return=auto",
		 "5:14: option \"capacity\" is not supported yet\n5:25: option \"slow-start\" is not "
		 "supported "
		 "yet\n5:39: option \"return\" is not supported yet"},
		{"datacenter x check=sit address=::1", "5:20: unknown check \"sit\", did you mean \"site\"?"},
		{"datacenter x check=nope max-latency=1s", "5:20: unknown check \"nope\""},
		{"datacenter x check=site", "5:12: a datacenter with a check needs address="},
		{"datacenter x check=port address=192.0.2.1",
		 "5:12: check \"port\" has no port=, so address= must have one"},
		{"datacenter x check=port address=192.0.2.1:80", ""},
		{"datacenter x check=port address=nope",
		 "5:33: \"nope\" is not right for address: an address, with or without a port is expected"},
		{"datacenter x check=below address=192.0.2.1\ncheck below tcp port=8", ""},
		{"datacenter x max-latency=1s",
		 "5:12: warning: max-latency= has no effect without check=, which measures the latency"},
		{"datacenter x check=site address=::1 max-latency=0ms",
		 "5:49: \"0ms\" is not right for max-latency: a duration from 1ms to 1h is expected"},
		{"datacenter x check=site address=::1 max-latency=3601s",
		 "5:49: \"3601s\" is not right for max-latency: a duration from 1ms to 1h is expected"},
		{"datacenter x location=90,-180\ndatacenter y location=-90.0,180", ""},
		{"datacenter x location=90.1,0", "5:23: \"90.1,0\" is not right for location: "
						 "LATITUDE,LONGITUDE in degrees, such as 50.11,8.68 "
						 "is expected"},
		{"datacenter x location=0,-180.5",
		 "5:23: \"0,-180.5\" is not right for location: LATITUDE,LONGITUDE in degrees, such as "
		 "50.11,8.68 is expected"},
		{"datacenter x location=nan,0", "5:23: \"nan,0\" is not right for location: "
						"LATITUDE,LONGITUDE in degrees, such as 50.11,8.68 "
						"is expected"},
		{"datacenter x location=1", "5:23: \"1\" is not right for location: LATITUDE,LONGITUDE in "
					    "degrees, such as 50.11,8.68 is "
					    "expected"},
	};
	check_rows(rows, N(rows));
}

#define REGION                                                                             \
	" is no continent: AF, AN, AS, EU, NA, OC, SA or *, and what may stand here is a " \
	"continent, CONTINENT/COUNTRY, CONTINENT/COUNTRY/SUBDIVISION, AS64500 or a network"
#define STAR "geomap m * fra\n"

static void geomaps(void **state)
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
		 "5:8: \"m.x\" is no name: up to 63 letters, digits, dashes and underscores are"},
		{"geomap m * below\ndatacenter below", ""},
	};
	check_rows(rows, N(rows));
	check_text("datacenter a\ngeomap m * nearest", 31,
		   "2:12: nearest needs datacenters with location=; there is none");
}

/* One mistake is told once: what uses a thing that is defined, though wrongly, is not wrong too. */
static void a_wrong_definition_is_a_definition(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"check c https\ndatacenter x check=c address=::1\ndatacenter y check=c address=::1",
		 "5:9: check kind \"https\" is not supported yet"},
		{"check c http rise=0\ndatacenter x check=c address=::1",
		 "5:19: \"0\" is not right for rise: a number from 1 to 1000 is expected"},
		{"check c tcp port=0\ndatacenter x check=c address=::1",
		 "5:18: \"0\" is not right for port: a port from 1 to 65535 is expected"},
		{"datacenter x! check=site\ngeomap m * x!",
		 "5:12: \"x!\" is no name: up to 63 letters, digits, dashes and underscores are\n"
		 "5:12: a datacenter with a check needs address="},
		{"datacenter x state=on\ngeomap m * x",
		 "5:20: \"on\" is not right for state: up, drain or down is expected"},
	};
	check_rows(rows, N(rows));
}

static void all_faults_of_a_run_in_the_order_of_the_file(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"geomap m EU x\nlisen 1\ngeoip \"a\nworkers 0\ncheck c tcp rise=0 fall=0\nzone a. (",
		 "5:10: geomap m has no line for *, which all others take\n"
		 "5:13: unknown datacenter \"x\"\n"
		 "6:1: unknown keyword \"lisen\", did you mean \"listen\"?\n"
		 "7:7: the quote is not closed on its line\n"
		 "8:9: a number of workers from 1 to 1024 is expected\n"
		 "9:18: \"0\" is not right for rise: a number from 1 to 1000 is expected\n"
		 "9:25: \"0\" is not right for fall: a number from 1 to 1000 is expected\n"
		 "10:9: the ( is never closed"},
	};
	check_rows(rows, N(rows));
}

static void more_datacenters_than_there_may_be(void **state)
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
		cmocka_unit_test(keywords),
		cmocka_unit_test(listens),
		cmocka_unit_test(checks),
		cmocka_unit_test(later_check_options),
		cmocka_unit_test(datacenters),
		cmocka_unit_test(geomaps),
		cmocka_unit_test(a_wrong_definition_is_a_definition),
		cmocka_unit_test(all_faults_of_a_run_in_the_order_of_the_file),
		cmocka_unit_test(more_datacenters_than_there_may_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
