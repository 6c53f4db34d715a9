/* SPDX-License-Identifier: ISC */
/* What is wrong with a check: its kind, its options, and what they need of each other. */
#include "faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void options_of_every_check(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"check c http", ""},
		{"check c", "5:7: something is missing behind this; the form is: check NAME "
			    "http|https|tcp|exec|grpc|calc key=value..."},
		{"check c htp", "5:9: unknown check kind \"htp\", did you mean \"http\"?"},
		{"check c HTTP PORT=81", ""},
		{"check site tcp", "5:7: check \"site\" is already defined at line 1"},
		{"check Site tcp port=1", ""},
		{"check fra http\ndatacenter site\ngeomap fra * site", ""},
		{"check c! http",
		 "5:7: \"c!\" is no name; expected: up to 63 letters, digits, dashes and underscores"},
		{"check a23456789012345678901234567890123456789012345678901234567890123 tcp port=1", ""},
		{"check a234567890123456789012345678901234567890123456789012345678901234 tcp port=1",
		 "5:7: \"a234567890123456789012345678901234567890123456789012345678901234\" is no name; "
		 "expected: up "
		 "to "
		 "63 letters, digits, dashes and underscores"},
		{"check c http port=0",
		 "5:19: \"0\" is not right for port; expected: a port from 1 to 65535"},
		{"check c http port=65535", ""},
		{"check c http port=65536",
		 "5:19: \"65536\" is not right for port; expected: a port from 1 to 65535"},
		{"check c http interval=99ms timeout=50ms",
		 "5:23: \"99ms\" is not right for interval; expected: a duration from 100ms to 1d"},
		{"check c http interval=100ms timeout=100ms", ""},
		{"check c http interval=1d timeout=1h", ""},
		{"check c http interval=1d1s",
		 "5:23: \"1d1s\" is not right for interval; expected: a duration from 100ms to 1d"},
		{"check c http timeout=9ms",
		 "5:22: \"9ms\" is not right for timeout; expected: a duration from 10ms to 1h"},
		{"check c http timeout=5001ms", ""},
		{"check c http rise=1001",
		 "5:19: \"1001\" is not right for rise; expected: a number from 1 to 1000"},
		{"check c http rise=1000 fall=1", ""},
		{"check c http fall=0",
		 "5:19: \"0\" is not right for fall; expected: a number from 1 to 1000"},
		{"check c http fall=1 FALL=2", "5:21: option \"fall\" is given twice"},
		{"check c http rise", "5:14: \"rise\" is not of the form key=value"},
		{"check c http rise=", "5:19: \"\" is not right for rise; expected: a number from 1 to 1000"},
		{"check c http intervall=1s",
		 "5:14: unknown option of check \"intervall\", did you mean \"interval\"?"},
		{"check c http path=x",
		 "5:19: \"x\" is not right for path; expected: a path that begins with /"},
		{"check c http path=\"/a b\"",
		 "5:19: \"/a b\" is not right for path; expected: a path that begins with /"},
		{"check c http host=a_b.example", ""},
		{"check c http host=a.example:8080", ""},
		{"check c http host=[::1]:8080", ""},
		{"check c http host=a/b",
		 "5:19: \"a/b\" is not right for host; expected: a host name, or host:port"},
		{"check c http host=a:0",
		 "5:19: \"a:0\" is not right for host; expected: a host name, or host:port"},
		{"check c http host=a:65536",
		 "5:19: \"a:65536\" is not right for host; expected: a host name, or host:port"},
		{"check c http host=::1",
		 "5:19: \"::1\" is not right for host; expected: a host name, or host:port"},
		{"check c http host=[::1",
		 "5:19: \"[::1\" is not right for host; expected: a host name, or host:port"},
		{"check c http expect=100,200-299,599", ""},
		{"check c http expect=99", "5:21: \"99\" is not right for expect; expected: status codes "
					   "from 100 to 599, such as 200-299,301"},
		{"check c http expect=299-200",
		 "5:21: \"299-200\" is not right for expect; expected: status codes from 100 to 599, such as "
		 "200-299,301"},
		{"check c http expect=200,", "5:21: \"200,\" is not right for expect; expected: status codes "
					     "from 100 to 599, such as 200-299,301"},
		{"check c http expect=200-600",
		 "5:21: \"200-600\" is not right for expect; expected: status codes from 100 to 599, such as "
		 "200-299,301"},
		{"check c http body=\"\"", "5:19: \"\" is not right for body; expected: a text"},
		{"check c http body=a\\000b", "5:19: no value may have a NUL octet in it"},
	};
	check_rows(rows, N(rows));
}

static void options_of_http_and_https(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"check c http method=HEAD header=\"X-Probe: yes\" header=X-A: user-agent=\"a b/1\" "
		 "redirects=10 body-limit=1m connect-timeout=1s return=after:5m slow-start=30s "
		 "load=header:X-Load",
		 ""},
		{"check c https path=/ host=a.example verify=no ca-file=ca.pem port=8443 body=ok "
		 "load=json:/connections expect-json=status:ok",
		 ""},
		{"check c http expect-json=/checks/db:time/0/status:pass method=post load=agent "
		 "return=manual",
		 ""},
		{"check c http method=\"GET /\"",
		 "5:21: \"GET /\" is not right for method; expected: a method of HTTP, such as GET or HEAD"},
		{"check c http method=",
		 "5:21: \"\" is not right for method; expected: a method of HTTP, such as GET or HEAD"},
		{"check c http header=X-Probe",
		 "5:21: \"X-Probe\" is not right for header; expected: a header, such as X-Probe: yes"},
		{"check c http header=\"X Probe: yes\"",
		 "5:21: \"X Probe: yes\" is not right for header; expected: a header, such as X-Probe: yes"},
		{"check c http header=X:a\\013\\010Y:b",
		 "5:21: \"X:a\r\nY:b\" is not right for header; expected: a header, such as X-Probe: yes"},
		{"check c http user-agent=a\\010b",
		 "5:25: \"a\nb\" is not right for user-agent; expected: a text of one line"},
		{"check c http redirects=11",
		 "5:24: \"11\" is not right for redirects; expected: a number from 0 to 10"},
		{"check c http body-limit=0",
		 "5:25: \"0\" is not right for body-limit; expected: octets from 1 to 1m, such as 64k"},
		{"check c http body-limit=1025k",
		 "5:25: \"1025k\" is not right for body-limit; expected: octets from 1 to 1m, such as 64k"},
		{"check c http body-limit=1g",
		 "5:25: \"1g\" is not right for body-limit; expected: octets from 1 to 1m, such as 64k"},
		{"check c http connect-timeout=9ms",
		 "5:30: \"9ms\" is not right for connect-timeout; expected: a duration from 10ms to 1h"},
		{"check c http expect-json=status",
		 "5:26: \"status\" is not right for expect-json; expected: PATH:VALUE, such as status:ok or "
		 "/checks/0/up:true"},
		{"check c http expect-json=status:",
		 "5:26: \"status:\" is not right for expect-json; expected: PATH:VALUE, such as status:ok or "
		 "/checks/0/up:true"},
		{"check c http expect-json=:ok", "5:26: \":ok\" is not right for expect-json; expected: "
						 "PATH:VALUE, such as status:ok or /checks/0/up:true"},
		{"check c http load=json",
		 "5:19: \"json\" is not right for load; expected: json:PATH, header:NAME or agent"},
		{"check c http load=json:",
		 "5:19: \"json:\" is not right for load; expected: json:PATH, header:NAME or agent"},
		{"check c http load=header:",
		 "5:19: \"header:\" is not right for load; expected: json:PATH, header:NAME or agent"},
		{"check c http load=header:a/b",
		 "5:19: \"header:a/b\" is not right for load; expected: json:PATH, header:NAME or agent"},
		{"check c http load=count",
		 "5:19: \"count\" is not right for load; expected: json:PATH, header:NAME or agent"},
		{"check c http return=never",
		 "5:21: \"never\" is not right for return; expected: auto, manual or after:DURATION"},
		{"check c http return=after:",
		 "5:21: \"after:\" is not right for return; expected: auto, manual or after:DURATION"},
		{"check c http return=after:0",
		 "5:21: \"after:0\" is not right for return; expected: auto, manual or after:DURATION"},
		{"check c http return=after:8d",
		 "5:21: \"after:8d\" is not right for return; expected: auto, manual or after:DURATION"},
		{"check c http return=after:x",
		 "5:21: \"after:x\" is not right for return; expected: auto, manual or after:DURATION"},
		{"check c http slow-start=2d",
		 "5:25: \"2d\" is not right for slow-start; expected: a duration up to 1d"},
		{"check c https verify=maybe",
		 "5:22: \"maybe\" is not right for verify; expected: yes or no"},
		{"check c https ca-file=",
		 "5:23: \"\" is not right for ca-file; expected: the path of a file"},
		{"check c http method=HEAD body=x",
		 "5:14: the reply to HEAD has no body, which other options look at"},
		{"check c http method=HEAD expect-json=a:b",
		 "5:14: the reply to HEAD has no body, which other options look at"},
		{"check c http method=HEAD load=json:a",
		 "5:14: the reply to HEAD has no body, which other options look at"},
		{"check c http method=HEAD load=header:a", ""},
		{"check c http verify=no", "5:14: option \"verify\" is for https and grpc checks only"},
		{"check c https tls=yes", "5:15: option \"tls\" is for grpc checks only"},
		{"check c http send=x", "5:14: option \"send\" is for tcp checks only"},
		{"check c http command=/bin/true", "5:14: option \"command\" is for exec checks only"},
		{"check c http service=x", "5:14: option \"service\" is for grpc checks only"},
		{"check c https min=1", "5:15: option \"min\" is for calc checks only"},
	};
	check_rows(rows, N(rows));
}

static void options_of_tcp(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"check c tcp expect=PONG send=\"PING\\013\\010\" load=agent port=7 connect-timeout=1s", ""},
		{"check c tcp path=/x", "5:13: option \"path\" is for http and https checks only"},
		{"check c tcp host=x body=y",
		 "5:13: option \"host\" is for http, https and grpc checks only\n5:20: option \"body\" is "
		 "for http and https checks only"},
		{"check c tcp redirects=1", "5:13: option \"redirects\" is for http and https checks only"},
		{"check c tcp ca-file=x", "5:13: option \"ca-file\" is for https and grpc checks only"},
		{"check c tcp expect=\"\"", "5:20: \"\" is not right for expect; expected: a text"},
		{"check c tcp send=", "5:18: \"\" is not right for send; expected: a text"},
		{"check c tcp load=json:a", "5:13: a tcp check has load=agent only"},
		{"check c tcp load=header:a", "5:13: a tcp check has load=agent only"},
	};
	check_rows(rows, N(rows));
}

static void options_of_exec_and_grpc(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"check c exec command=\"/usr/bin/probe -v  x\" port=1 timeout=1s", ""},
		{"check c exec", "5:7: an exec check needs command=, a program and its arguments"},
		{"check c exec command=probe", "5:14: \"probe\" is no absolute path of a program"},
		{"check c exec command=\" \"", "5:22: \" \" is not right for command; expected: a program "
					       "and its arguments, such as \"/usr/bin/probe -v\""},
		{"check c exec expect=1", "5:14: option \"expect\" is for http, https and tcp checks only"},
		{"check c exec connect-timeout=1s",
		 "5:14: option \"connect-timeout\" is for http, https, tcp and grpc checks only"},
		{"check c exec load=agent", "5:14: option \"load\" is for http, https and tcp checks only"},
		{"check c grpc service=a.B host=x tls=yes verify=no ca-file=x port=9", ""},
		{"check c grpc port=9", ""},
		{"check c grpc tls=on", "5:18: \"on\" is not right for tls; expected: yes or no"},
		{"check c grpc service=",
		 "5:22: \"\" is not right for service; expected: the name of a service"},
		{"check c grpc verify=no",
		 "5:7: warning: verify= and ca-file= have no effect without tls=yes"},
		{"check c grpc path=/", "5:14: option \"path\" is for http and https checks only"},
		{"check c grpc load=agent", "5:14: option \"load\" is for http, https and tcp checks only"},
		{"check c exec command=/x\ndatacenter x check=c address=::1", ""},
		{"check c grpc\ndatacenter x check=c address=192.0.2.1",
		 "6:12: check \"c\" has no port=, so address= must have one"},
	};
	check_rows(rows, N(rows));
}

static void options_of_calc(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"check c calc of site", ""},
		{"check c calc min=2 of site port d\ncheck d tcp port=1", ""},
		{"check c calc min=2 slow-start=1s return=manual of later port\ncheck later https", ""},
		{"check c calc",
		 "5:9: the checks of a calc stand behind \"of\", as in: check c calc min=2 of a b c"},
		{"check c calc min=2 of",
		 "5:20: the checks of a calc stand behind \"of\", as in: check c calc min=2 of a b c"},
		{"check c calc min=2 site port",
		 "5:20: the checks of a calc stand behind \"of\", as in: check c calc min=2 of a b c"},
		{"check c calc of site nope port",
		 "5:22: unknown check \"nope\"; there are site, port and c"},
		{"check c calc of site sit", "5:22: unknown check \"sit\", did you mean \"site\"?"},
		{"check c calc min=2 of site sit", "5:28: unknown check \"sit\", did you mean \"site\"?"},
		{"check c calc of site port site", "5:27: check \"site\" is named twice"},
		{"check c calc of c", "5:17: \"c\" is a calc itself, which a calc can't be made of"},
		{"check c calc min=3 of site port", "5:14: min=3 of 2 checks can never be reached"},
		{"check c calc min=0 of site",
		 "5:18: \"0\" is not right for min; expected: a number from 1 to 64"},
		{"check c calc interval=1s rise=1 port=1 of site",
		 "5:14: option \"interval\" is for http, https, tcp, exec and grpc checks only\n5:26: option "
		 "\"rise\" is for http, https, tcp, exec and grpc checks only\n5:33: option \"port\" is for "
		 "http, https, tcp, exec and grpc checks only"},
		{"check site calc of port", "5:7: check \"site\" is already defined at line 1"},
		{"check c calc of site\ndatacenter x check=c address=::1", ""},
		{"check c calc of site port\ndatacenter x check=c address=::1",
		 "6:12: check \"c\" has no port=, so address= must have one"},
		{"check c calc of site port\ndatacenter x check=c address=[::1]:1", ""},
	};
	check_rows(rows, N(rows));
}

/* One more than a calc may be made of. */
static void parts_of_a_calc(void **state)
{
	(void)state;
	for (unsigned n = 64; n <= 65; n++) {
		char *text = NULL, expected[80] = "";
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);
		for (unsigned i = 0; i < n; i++)
			fprintf(out, "check c%02u http\n", i);
		fputs("check c calc of", out);
		for (unsigned i = 0; i < n; i++)
			fprintf(out, " c%02u", i);
		fclose(out);
		if (n > 64)
			snprintf(expected, sizeof(expected), "66:273: a calc is made of 64 checks at most");
		check_text(text, len, expected);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_of_every_check), cmocka_unit_test(options_of_http_and_https),
		cmocka_unit_test(options_of_tcp),         cmocka_unit_test(options_of_exec_and_grpc),
		cmocka_unit_test(options_of_calc),        cmocka_unit_test(parts_of_a_calc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
