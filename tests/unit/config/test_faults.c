/* SPDX-License-Identifier: ISC */
/* What is wrong with a gslbd.conf: exactly these faults, each at its place, and no others. */
#include "faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define LONG                                                      \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void faults_of_keywords(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"", ""},
		{"datacentre x", "5:1: unknown keyword \"datacentre\", did you mean \"datacenter\"?"},
		{"xyzzy x", "5:1: unknown keyword \"xyzzy\"; there are listen, tcp, workers, geoip, check, "
			    "datacenter, geomap, key, "
			    "zone, latency, admin, state, explain-from, proxy-from, rate-limit, query-log, "
			    "dnstap, user, "
			    "identity, version and cookies"},
		{"\"listen\" 127.0.0.1", "5:1: unknown keyword \"\"listen\"\", did you mean \"listen\"?"},
		{"user no/body",
		 "5:6: \"no/body\" is not the name of a user, nor of a user and a group such as gslbd:gslbd"},
		{"user a:",
		 "5:6: \"a:\" is not the name of a user, nor of a user and a group such as gslbd:gslbd"},
		{"user a\nuser b", "6:1: user is given twice; the first is at line 5"},
		{"$INCLUDE", "5:1: $INCLUDE takes one file"},
		{"  WORKERS 3", ""},
		{"workers",
		 "5:1: something is missing behind this; the form is: workers NUMBER key=value..."},
		{"workers 1 2", "5:11: \"2\" is not of the form key=value"},
		{"workers 2 cpus=0-1", ""},
		{"workers 4 cpus=1023,0-1,7", ""},
		{"workers 2 cpus=",
		 "5:16: \"\" is not right for cpus; expected: numbers of CPUs from 0 to 1023, "
		 "such as 0-3,8"},
		{"workers 2 cpus=1024",
		 "5:16: \"1024\" is not right for cpus; expected: numbers of CPUs from 0 "
		 "to 1023, such as 0-3,8"},
		{"workers 2 cpus=1-0",
		 "5:16: \"1-0\" is not right for cpus; expected: numbers of CPUs from 0 to "
		 "1023, such as 0-3,8"},
		{"workers 2 cpus=0", "5:11: 1 CPU for 2 workers: each needs one of its own"},
		{"workers 1 cpus=0-2", "5:11: 3 CPUs for 1 worker: each needs one of its own"},
		{"workers 4 cpus=0-1,1-2", "5:11: CPU 1 is given twice"},
		{"workers 2 cpu=0-1", "5:11: unknown option of workers \"cpu\", did you mean \"cpus\"?"},
		{"workers 0 cpus=0", "5:9: a number of workers from 1 to 1024 is expected"},
		{"workers 1\nworkers 1", "6:1: workers is given twice; the first is at line 5"},
		{"workers 1025", "5:9: a number of workers from 1 to 1024 is expected"},
		{"workers 1024", ""},
		{"workers x", "5:9: a number of workers from 1 to 1024 is expected"},
		{"workers 18446744073709551617", "5:9: a number of workers from 1 to 1024 is expected"},
		{"query-log a sample=1/1000000000\ndnstap b messages=queries identity=x version=y", ""},
		{"query-log -\nquery-log b", "6:1: query-log is given twice; the first is at line 5"},
		{"query-log \"\"", "5:11: the path of a file is expected"},
		{"query-log a sample=1/1000000001",
		 "5:20: \"1/1000000001\" is not right for sample; expected: 1/N, such as 1/100"},
		{"query-log a sample=2/3",
		 "5:20: \"2/3\" is not right for sample; expected: 1/N, such as 1/100"},
		{"query-log a messages=all",
		 "5:13: unknown option of query-log \"messages\"; there is sample"},
		{"dnstap /" LONG, "5:8: the path of a UNIX socket has at most 107 characters"},
		{"dnstap a\ndnstap b", "6:1: dnstap is given twice; the first is at line 5"},
		{"geoip a.mmdb\ngeoip b.mmdb", ""},
		{"geoip a.mmdb\ngeoip a.mmdb", "6:7: geoip a.mmdb stands there already"},
		{"geoip \"\"", "5:7: the path of a file is expected"},
		{"geoip a\\000b", "5:7: no value may have a NUL octet in it"},
		{"zone a.example",
		 "5:6: something is missing behind this; the form is: zone NAME FILE key=value..."},
		{"zone a.example x\nzone A.example. y",
		 "6:6: zone \"A.example.\" is already defined at line 5"},
		{"zone a.example x\nzone b.a.example x", ""},
		{"zone a.example \"\"", "5:16: the path of a file is expected"},
		{"zone a x allow-transfer=192.0.2.0/24,2001:db8::/32 allow-transfer=key:K. notify=192.0.2.1 "
		 "notify=[::1]:5353,key:k\nkey k algorithm=hmac-sha512 secret=MDEyMzQ1Njc4OWFiY2RlZg==",
		 ""},
		{"zone a x allow-transfer=key:k", "5:29: unknown key \"k\"; there is none"},
		{"zone a x notify=ns.example", "5:17: \"ns.example\" is no address; expected: "
					       "ADDRESS[:PORT], an IPv6 one in brackets where it "
					       "has a port"},
		{"zone a x allow-transfer=any",
		 "5:25: \"any\" is no network, such as 203.0.113.0/24 or 2001:db8::/32"},
		{"zone a x allow-transfer=10.0.0.0/8,",
		 "5:36: \"\" is no network, such as 203.0.113.0/24 or 2001:db8::/32"},
		{"key k secret=x", "5:7: the secret is no 16 to 256 octets in Base64, as \"openssl rand "
				   "-base64 32\" makes them"},
		{"key k secret=MDEyMzQ1Njc4OWFiY2Rl", "5:7: the secret is no 16 to 256 octets in Base64, as "
						      "\"openssl rand -base64 32\" makes them"},
		{"key k algorithm=hmac-sha1 secret=MDEyMzQ1Njc4OWFiY2RlZg==",
		 "5:17: \"hmac-sha1\" is not right for algorithm; expected: hmac-sha256, hmac-sha384 or "
		 "hmac-sha512; those of MD5 and SHA-1 are too weak"},
		{"key k algorithm=hmac-sha256", "5:5: a key needs either secret-file= or secret="},
		{"key k secret-file=/nonexistent",
		 "5:7: can't take the secret from /nonexistent: No such file or directory"},
		{"key a..b secret=MDEyMzQ1Njc4OWFiY2RlZg==",
		 "5:5: \"a..b\" is no name of a key: the name has an empty label"},
		{"zone a..b x", "5:6: \"a..b\" is no domain name: the name has an empty label"},
	};
	check_rows(rows, N(rows));
}

static void faults_of_admin_state_and_explain_from(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"admin 127.0.0.1:8053 token-file=t\nstate /x\nexplain-from 127.0.0.0/8 ::1 10.0.0.1", ""},
		{"admin /run/gslbd.sock\nstate x fresh=1d", ""},
		{"admin [::1]:8053",
		 "5:7: an admin port needs token-file=, the secret that its callers must show"},
		{"admin 127.0.0.1 token-file=t", "5:7: \"127.0.0.1\" is no socket address with a port, such "
						 "as 127.0.0.1:8053, nor the path of a "
						 "UNIX socket, such as /run/gslbd.sock"},
		{"admin ::1:8053 token-file=t",
		 "5:7: an IPv6 address needs brackets: write it as [::1]:8053 or [::1:8053]:8053"},
		{"admin gslbd.sock", "5:7: \"gslbd.sock\" is no socket address with a port, such as "
				     "127.0.0.1:8053, nor the path of "
				     "a UNIX socket, such as /run/gslbd.sock"},
		{"admin 127.0.0.1:8053 token-file=",
		 "5:33: \"\" is not right for token-file; expected: the path of a file"},
		{"admin 127.0.0.1:8053 token=x",
		 "5:22: unknown option of admin \"token\", did you mean \"token-file\"?"},
		{"admin /a\nadmin /b", "6:1: admin is given twice; the first is at line 5"},
		{"admin",
		 "5:1: something is missing behind this; the form is: admin ADDRESS:PORT token-file=FILE | "
		 "/PATH"},
		{"admin /" LONG, "5:7: the path of a UNIX socket has at most 107 characters"},
		{"state /x\nstate /y", "6:1: state is given twice; the first is at line 5"},
		{"state", "5:1: something is missing behind this; the form is: state FOLDER key=value..."},
		{"state \"\"", "5:7: the path of a file is expected"},
		{"state /x fresh=25h", "5:16: \"25h\" is not right for fresh; expected: a duration up to 1d"},
		{"state /x stale=1h", "5:10: unknown option of state \"stale\"; there is fresh"},
		{"explain-from",
		 "5:1: something is missing behind this; the form is: explain-from NETWORK..."},
		{"explain-from localhost ::1/128",
		 "5:14: \"localhost\" is no network, such as 203.0.113.0/24 or 2001:db8::/32"},
		{"explain-from 10.0.0.1/8",
		 "5:14: \"10.0.0.1/8\" has bits set behind its length; 10.0.0.0/8 would be right"},
		{"proxy-from 10.0.0.0/8 ::1\nproxy-from ::1/128",
		 "6:12: proxy-from ::1/128 stands there already"},
		{"proxy-from localhost",
		 "5:12: \"localhost\" is no network, such as 203.0.113.0/24 or 2001:db8::/32"},
		{"proxy-from 10.0.0.0/8 0.0.0.0/0", "5:23: warning: all of IPv4 is a proxy: whoever asks "
						    "says who the client is, and who says nothing is "
						    "not answered; name the networks that proxies are in"},
		{"proxy-from ::/0", "5:12: warning: all of IPv6 is a proxy: whoever asks says who the client "
				    "is, and who says nothing is "
				    "not answered; name the networks that proxies are in"},
		{"proxy-from 0.0.0.0 ::/1", ""},
		{"explain-from ::1\nexplain-from 10.0.0.0/8 ::1/128",
		 "6:25: explain-from ::1/128 stands there already"},
	};
	check_rows(rows, N(rows));
}

static void faults_of_listens(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"listen 127.0.0.1\nlisten \"127.0.0.1:54\"\nlisten [::1]\nlisten [::1]:54", ""},
		{"listen [::1]\nlisten [::1]:53", "6:8: listen [::1]:53 stands there already"},
		{"listen ::1", "5:8: an IPv6 address needs brackets: write it as [::1]:53"},
		{"listen ::1:5400",
		 "5:8: an IPv6 address needs brackets: write it as [::1]:5400 or [::1:5400]:53"},
		{"listen 2001:db8::", "5:8: an IPv6 address needs brackets: write it as [2001:db8::]:53"},
		{"listen 127.0.0.1 [::1]:53", "5:18: one address a line: write another listen for this"},
		{"listen 127.0.0.1:0",
		 "5:8: \"127.0.0.1:0\" is no socket address, such as 192.0.2.1:53 or [2001:db8::1]:53"},
		{"listen localhost",
		 "5:8: \"localhost\" is no socket address, such as 192.0.2.1:53 or [2001:db8::1]:53"},
		{"listen [::1]\nlisten [::1] tls cert=a key=b\nlisten [::1]:854 TLS key=b cert=a", ""},
		{"listen ::1 tls cert=a key=b", "5:8: an IPv6 address needs brackets: write it as [::1]:853"},
		{"listen [::1]:853\nlisten [::1] tls cert=a key=b", "6:8: listen [::1] stands there already"},
		{"listen [::1] tls cert=a",
		 "5:14: tls needs cert= and key=, the files of a certificate and of its key"},
		{"listen [::1] tls cert=a key=",
		 "5:29: \"\" is not right for key; expected: the path of a file"},
		{"listen [::1] cert=a key=b", "5:14: cert= is for TLS: write tls behind the address"},
		{"listen [::1] key=b", "5:14: key= is for TLS: write tls behind the address"},
		{"listen [::1] cert=a tls key=b", "5:21: \"tls\" is not of the form key=value"},
		{"listen [::1] tls cert=a key=b xdp=eth0",
		 "5:31: xdp= is for UDP, which a listen with tls does not serve"},
		{"listen [::1] xdp=",
		 "5:18: \"\" is not right for xdp; expected: the name of a network interface"},
		{"listen [::1] xdp=a/b",
		 "5:18: \"a/b\" is not right for xdp; expected: the name of a network interface"},
		{"listen [::1] xdp=abcdefghijklmnop", "5:18: \"abcdefghijklmnop\" is not right for xdp; "
						      "expected: the name of a network interface"},
		{"listen [::1] xdp=eth0 xdp=eth1", "5:23: option \"xdp\" is given twice"},
		{"listen [::1] 53", "5:14: \"53\" is not of the form key=value"},
		{"listen [::1] crt=a", "5:14: unknown option of listen \"crt\", did you mean \"cert\"?"},
		{"listen [::1] tls certificate=a keyfile=b",
		 "5:18: unknown option of listen \"certificate\", did you mean \"cert\"?\n"
		 "5:32: unknown option of listen \"keyfile\", did you mean \"key\"?"},
		{"listen [::1] tls alpn=dot cert=a key=b",
		 "5:18: unknown option of listen \"alpn\"; there are cert, key and xdp"},
		{"listen [::1] tsl cert=a key=b",
		 "5:14: unknown word of listen \"tsl\", did you mean \"tls\"?"},
	};
	check_rows(rows, N(rows));
}

static void faults_of_tcp(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"tcp connections=1 per-client=0 idle=1s transfers=1", ""},
		{"tcp per-client=65535 idle=1h", ""},
		{"tcp", "5:1: something is missing behind this; the form is: tcp key=value..."},
		{"tcp idle=1s\ntcp idle=2s", "6:1: tcp is given twice; the first is at line 5"},
		{"tcp idle=10ms", "5:10: \"10ms\" is not right for idle; expected: a duration from 1s to 1h"},
		{"tcp connections=0",
		 "5:17: \"0\" is not right for connections; expected: a number from 1 to 65535"},
		{"tcp clients=5",
		 "5:5: unknown option of tcp \"clients\"; there are connections, per-client, idle "
		 "and transfers"},
		{"tcp conections=5",
		 "5:5: unknown option of tcp \"conections\", did you mean \"connections\"?"},
		{"tcp connections=100 per-client=100", ""},
		{"tcp per-client=0 connections=1", ""},
		{"tcp connections=50", ""},
		{"tcp per-client=101 connections=100", "5:5: warning: per-client=101 limits nothing: all "
						       "clients together have connections=100, which one "
						       "may take"},
	};
	check_rows(rows, N(rows));
}

/* One mistake is told once: what uses a thing that is defined, though wrongly, is not wrong too. */
static void a_wrong_definition_is_a_definition(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"check c htps\ndatacenter x check=c address=::1\ndatacenter y check=c address=::1",
		 "5:9: unknown check kind \"htps\", did you mean \"https\"?"},
		{"check c calc of site nope\ndatacenter x check=c address=::1",
		 "5:22: unknown check \"nope\"; there are site, port and c"},
		{"check c http rise=0\ndatacenter x check=c address=::1",
		 "5:19: \"0\" is not right for rise; expected: a number from 1 to 1000"},
		{"check c tcp port=0\ndatacenter x check=c address=::1",
		 "5:18: \"0\" is not right for port; expected: a port from 1 to 65535"},
		{"datacenter x! check=site\ngeomap m * x!",
		 "5:12: \"x!\" is no name; expected: up to 63 letters, digits, dashes and underscores\n"
		 "5:12: a datacenter with a check needs address="},
		{"datacenter x state=on\ngeomap m * x",
		 "5:20: \"on\" is not right for state; expected: up, drain or down"},
	};
	check_rows(rows, N(rows));
}

static void all_faults_of_a_run_are_told_in_the_order_of_the_file(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"geomap m EU x\nlisen 1\ngeoip \"a\nworkers 0\ncheck c tcp rise=0 fall=0\nzone a. (",
		 "5:10: geomap m has no line for *, which all others take\n"
		 "5:13: unknown datacenter \"x\"; there are fra and iad\n"
		 "6:1: unknown keyword \"lisen\", did you mean \"listen\"?\n"
		 "7:7: the quote is not closed on its line\n"
		 "8:9: a number of workers from 1 to 1024 is expected\n"
		 "9:18: \"0\" is not right for rise; expected: a number from 1 to 1000\n"
		 "9:25: \"0\" is not right for fall; expected: a number from 1 to 1000\n"
		 "10:9: the ( is never closed"},
	};
	check_rows(rows, N(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_of_keywords),
		cmocka_unit_test(faults_of_admin_state_and_explain_from),
		cmocka_unit_test(faults_of_listens),
		cmocka_unit_test(faults_of_tcp),
		cmocka_unit_test(a_wrong_definition_is_a_definition),
		cmocka_unit_test(all_faults_of_a_run_are_told_in_the_order_of_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
