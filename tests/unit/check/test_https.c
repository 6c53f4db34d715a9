/* SPDX-License-Identifier: ISC */
/* What an https check makes of servers' certificates, and of what is no TLS at all. */
#include "certificates.h"
#include "loopback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define OK    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define CLOSE "HTTP/1.1 200 OK\r\n\r\n"
#define LONG  "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
#define DAY_S 86400L
#define LATER (30 * DAY_S)
#define APP   "app.example.com"
#define NAMES "DNS:" APP ",IP:127.0.0.1"

/* The servers' certificates. */
enum { GOOD, EXPIRED, SELF_SIGNED, STRANGE, N_CERTIFICATES };

struct fixture {
	char folder[64], ca_file[96], missing[96];
	struct certificate authority, stranger, certificates[N_CERTIFICATES];
	SSL_CTX *contexts[N_CERTIFICATES];
	char sni[64];
	char alpn[32]; /* as offered, on the wire */
};

static int on_sni(SSL *ssl, int *alert, void *context)
{
	struct fixture *f = context;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	(void)alert;
	snprintf(f->sni, sizeof(f->sni), "%s", name != NULL ? name : "(none)");
	return SSL_TLSEXT_ERR_OK;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
		   unsigned int len, void *context)
{
	struct fixture *f = context;
	(void)ssl;
	snprintf(f->alpn, sizeof(f->alpn), "%.*s", (int)len, (const char *)in);
	*out = in + 1;
	*out_len = in[0];
	return SSL_TLSEXT_ERR_OK;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	snprintf(f->folder, sizeof(f->folder), "/tmp/gslbd-https-XXXXXX");
	if (mkdtemp(f->folder) == NULL)
		return -1;
	snprintf(f->ca_file, sizeof(f->ca_file), "%s/ca.pem", f->folder);
	snprintf(f->missing, sizeof(f->missing), "%s/none.pem", f->folder);
	f->authority = certificate_new(&(struct certificate_wish){"authority", NULL, LATER, NULL});
	f->stranger = certificate_new(&(struct certificate_wish){"stranger", NULL, LATER, NULL});
	const struct certificate_wish wishes[N_CERTIFICATES] = {
		[GOOD] = {"good", NAMES, LATER, &f->authority},
		[EXPIRED] = {"expired", NAMES, -DAY_S, &f->authority},
		[SELF_SIGNED] = {"self", NAMES, LATER, NULL},
		[STRANGE] = {"strange", NAMES, LATER, &f->stranger},
	};
	for (int i = 0; i < N_CERTIFICATES; i++) {
		f->certificates[i] = certificate_new(&wishes[i]);
		f->contexts[i] = certificate_context(&f->certificates[i]);
		SSL_CTX_set_tlsext_servername_callback(f->contexts[i], on_sni);
		SSL_CTX_set_tlsext_servername_arg(f->contexts[i], f);
		SSL_CTX_set_alpn_select_cb(f->contexts[i], on_alpn, f);
	}
	certificate_write(&f->authority, f->ca_file);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < N_CERTIFICATES; i++) {
		SSL_CTX_free(f->contexts[i]);
		certificate_free(&f->certificates[i]);
	}
	certificate_free(&f->authority);
	certificate_free(&f->stranger);
	unlink(f->ca_file);
	rmdir(f->folder);
	free(f);
	return 0;
}

static struct check https_check(const struct fixture *f)
{
	struct check check = http_check();
	check.kind = CHECK_HTTPS;
	check.tls = true;
	check.ca_file = f->ca_file;
	check.host = APP;
	return check;
}

/* Does it once against a server that says so. */
static struct check_result ask(const struct check *check, const struct script *script)
{
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", script);
	schedule_add(lb->schedule, 0, &(struct target){s->address, check});
	assert_true(loopback_wait(lb, 0, 1));
	struct check_result result = lb->heard[0].last;
	server_free(s);
	loopback_free(lb);
	return result;
}

static void a_certificate_is_believed_or_refused(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name;
		int certificate;
		const char *host;
		bool lax;        /* verify=no */
		const char *why; /* NULL: well */
		const char *sni;
	} rows[] = {
		{"the right name", GOOD, APP, false, NULL, APP},
		{"the right name with a port", GOOD, APP ":8443", false, NULL, APP},
		{"in capitals", GOOD, "APP.example.com", false, NULL, APP},
		{"by its address", GOOD, NULL, false, NULL, "(none)"},
		{"another name", GOOD, "b.example.com", false,
		 "the certificate is not valid for b.example.com", "b.example.com"},
		{"another name, not verified", GOOD, "b.example.com", true, NULL, "b.example.com"},
		{"expired", EXPIRED, APP, false, "the certificate is refused: certificate has expired", APP},
		{"expired, not verified", EXPIRED, APP, true, NULL, APP},
		{"self-signed", SELF_SIGNED, APP, false,
		 "the certificate is refused: self-signed certificate", APP},
		{"self-signed, not verified", SELF_SIGNED, APP, true, NULL, APP},
		{"of an unknown authority", STRANGE, APP, false,
		 "the certificate is refused: unable to get local issuer certificate", APP},
		{"of an unknown authority, not verified", STRANGE, NULL, true, NULL, "(none)"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct check check = https_check(f);
		check.host = rows[i].host;
		check.verify = !rows[i].lax;
		check.body = "ok";
		struct check_result r =
			ask(&check, &(struct script){.say = OK, .tls = f->contexts[rows[i].certificate]});
		if (r.ok != (rows[i].why == NULL) || strcmp(r.why, r.ok ? "" : rows[i].why) != 0)
			fail_msg("%s: %s %s", rows[i].name, r.ok ? "well" : "failed", r.why);
		assert_false(r.silent || r.ours);
		assert_string_equal(f->sni, rows[i].sni);
		assert_string_equal(f->alpn, "\x08http/1.1");
		long end_s = rows[i].certificate == EXPIRED ? -DAY_S : LATER;
		assert_in_range(r.certificate_end_s, time(NULL) + end_s - 60, time(NULL) + end_s);
	}
}

static void what_is_no_tls_is_said_so(void **state)
{
	struct fixture *f = *state;
	static const struct {
		struct script server;
		const char *why;
		bool silent;
	} rows[] = {
		{{.say = OK, .at_once = true}, "the reply is not TLS", false},
		{{.say = "220 mail.example.com ESMTP\r\n", .at_once = true}, "the reply is not TLS", false},
		{{.say = "", .at_once = true}, "connection ", false}, /* closed or reset */
		{{.say = "", .at_once = true, .then = THEN_RESET}, "connection reset", false},
		{{.say = "", .then = THEN_HOLD}, "timed out after 300 ms in the TLS handshake", true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct check check = https_check(f);
		check.connect_timeout_ms = 300;
		struct check_result r = ask(&check, &rows[i].server);
		if (r.ok || strncmp(r.why, rows[i].why, strlen(rows[i].why)) != 0)
			fail_msg("%zu: \"%s\", expected \"%s\"", i, r.why, rows[i].why);
		assert_int_equal(r.silent, rows[i].silent);
		assert_int_equal(r.certificate_end_s, 0);
	}
}

static void a_handshake_that_fails_is_a_sign_of_life(void **state)
{
	struct fixture *f = *state;
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	for (size_t i = 0; i < 2; i++) {
		SSL_CTX *fussy = certificate_context(&f->certificates[GOOD]);
		SSL_CTX_set_verify(fussy, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		SSL_CTX_set_max_proto_version(fussy, versions[i]);
		struct check check = https_check(f);
		struct check_result r = ask(&check, &(struct script){.say = OK, .tls = fussy});
		assert_false(r.ok || r.silent || r.ours);
		if (strncmp(r.why, "TLS: ", 5) != 0)
			fail_msg("%s", r.why);
		SSL_CTX_free(fussy);
	}
}

static void a_reply_may_end_without_a_goodbye_or_not_at_all(void **state)
{
	struct fixture *f = *state;
	static const struct {
		struct script server;
		const char *body, *why; /* NULL: well */
		bool rude;              /* no close_notify */
	} rows[] = {
		{{.say = CLOSE "all ok"}, "ok", NULL, false},
		{{.say = CLOSE "all ok"}, "ok", NULL, true},
		{{.say = CLOSE "sick"}, "ok", "body does not contain \"ok\"", false},
		{{.say = CLOSE "sick"}, "ok", "body does not contain \"ok\"", true},
		{{.say = LONG "sick"}, "ok", "connection closed in the middle of the reply", false},
		{{.say = LONG "sick"}, "ok", "connection closed in the middle of the reply", true},
		{{.say = ""}, NULL, "connection closed without a reply", false},
		{{.say = ""}, NULL, "connection closed without a reply", true},
		{{.say = "", .then = THEN_HOLD},
		 NULL,
		 "timed out after 300 ms while waiting for the reply",
		 false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct check check = https_check(f);
		struct script script = rows[i].server;
		script.tls = certificate_context(&f->certificates[GOOD]);
		SSL_CTX_set_quiet_shutdown(script.tls, rows[i].rude);
		check.body = rows[i].body;
		check.timeout_ms = 300;
		struct check_result r = ask(&check, &script);
		if (r.ok != (rows[i].why == NULL) || strcmp(r.why, r.ok ? "" : rows[i].why) != 0)
			fail_msg("%zu: %s %s", i, r.ok ? "well" : "failed", r.why);
		assert_false(r.silent);
		SSL_CTX_free(script.tls);
	}
}

static void certificates_to_trust_are_read_again_when_they_change(void **state)
{
	struct fixture *f = *state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &(struct script){.say = OK, .tls = f->contexts[GOOD]});
	struct check check = https_check(f);
	struct target target = {s->address, &check};
	check.ca_file = f->missing;

	schedule_add(lb->schedule, 0, &target);
	assert_true(loopback_wait(lb, 0, 1));
	assert_false(lb->heard[0].last.ok ||
		     lb->heard[0].last.ours); /* else a typing error passes for well */
	assert_non_null(strstr(lb->heard[0].last.why, "the certificates to trust in "));

	certificate_write(&f->stranger, f->missing);
	schedule_add(lb->schedule, 1, &target);
	assert_true(loopback_wait(lb, 1, 1));
	assert_non_null(strstr(lb->heard[1].last.why, "unable to get local issuer certificate"));

	unlink(f->missing);
	certificate_write(&f->authority, f->missing);
	schedule_add(lb->schedule, 2, &target);
	assert_true(loopback_wait(lb, 2, 1));
	assert_true(lb->heard[2].last.ok);

	unlink(f->missing); /* what was read stays */
	schedule_add(lb->schedule, 3, &target);
	assert_true(loopback_wait(lb, 3, 1));
	assert_true(lb->heard[3].last.ok);
	server_free(s);
	loopback_free(lb);
}

static void each_check_trusts_its_own_file(void **state)
{
	struct fixture *f = *state;
	struct loopback *lb = loopback_new();
	struct server *servers[2];
	struct check checks[2] = {https_check(f), https_check(f)};
	certificate_write(&f->stranger, f->missing);
	checks[1].ca_file = f->missing;
	for (uint32_t i = 0; i < 2; i++)
		servers[i] =
			server_new(lb, "127.0.0.1",
				   &(struct script){.say = OK, .tls = f->contexts[i == 0 ? GOOD : STRANGE]});
	for (uint32_t i = 0; i < 4; i++)
		schedule_add(lb->schedule, i, &(struct target){servers[i / 2]->address, &checks[i % 2]});
	for (uint32_t i = 0; i < 4; i++) {
		assert_true(loopback_wait(lb, i, 1));
		assert_int_equal(lb->heard[i].last.ok, i == 0 || i == 3);
	}
	unlink(f->missing);
	server_free(servers[0]);
	server_free(servers[1]);
	loopback_free(lb);
}

/* A session that was resumed would hide it. */
static void each_check_sees_the_certificate(void **state)
{
	struct fixture *f = *state;
	struct loopback *lb = loopback_new();
	struct server *s = server_new(lb, "127.0.0.1", &(struct script){.say = OK, .tls = f->contexts[GOOD]});
	struct check check = https_check(f);
	check.interval_ms = 20;
	check.body = "ok";
	schedule_add(lb->schedule, 0, &(struct target){s->address, &check});
	for (unsigned n = 1; n <= 4; n++) {
		assert_true(loopback_wait(lb, 0, n));
		assert_true(lb->heard[0].last.ok);
		assert_int_not_equal(lb->heard[0].last.certificate_end_s, 0);
	}
	server_free(s);
	loopback_free(lb);
}

static void the_systems_authorities_are_trusted_by_default(void **state)
{
	struct fixture *f = *state;
	struct check check = https_check(f);
	check.ca_file = NULL;
	struct check_result r = ask(&check, &(struct script){.say = OK, .tls = f->contexts[GOOD]});
	assert_false(r.ok);
	if (strstr(r.why, "can't be read") == NULL) /* a machine without any */
		assert_non_null(strstr(r.why, "unable to get local issuer certificate"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_is_believed_or_refused),
		cmocka_unit_test(what_is_no_tls_is_said_so),
		cmocka_unit_test(a_handshake_that_fails_is_a_sign_of_life),
		cmocka_unit_test(a_reply_may_end_without_a_goodbye_or_not_at_all),
		cmocka_unit_test(certificates_to_trust_are_read_again_when_they_change),
		cmocka_unit_test(each_check_trusts_its_own_file),
		cmocka_unit_test(each_check_sees_the_certificate),
		cmocka_unit_test(the_systems_authorities_are_trusted_by_default),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
