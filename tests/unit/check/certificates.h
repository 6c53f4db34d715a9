/* SPDX-License-Identifier: ISC */
/* Certificates made for a test, and servers' contexts that have them. */
#ifndef TEST_CHECK_CERTIFICATES_H
#define TEST_CHECK_CERTIFICATES_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

struct certificate {
	EVP_PKEY *key;
	X509 *x509;
};

struct certificate_wish {
	const char *common_name;
	const char *names; /* as OpenSSL writes subjectAltName: "DNS:a.example,IP:127.0.0.1"; NULL: an
			      authority */
	long end_s;        /* from now; may be past */
	const struct certificate *issuer; /* NULL: itself */
};

static inline void certificate_extend(X509 *x509, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	if (extension == NULL)
		abort();
	X509_add_ext(x509, extension, -1);
	X509_EXTENSION_free(extension);
}

static inline struct certificate certificate_new(const struct certificate_wish *wish)
{
	static long serial;
	struct certificate c = {EVP_EC_gen("P-256"), X509_new()};
	const struct certificate *issuer = wish->issuer != NULL ? wish->issuer : &c;
	X509_NAME *name = X509_get_subject_name(c.x509);
	X509_set_version(c.x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c.x509), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(c.x509), -864000);
	X509_gmtime_adj(X509_getm_notAfter(c.x509), wish->end_s);
	X509_set_pubkey(c.x509, c.key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)wish->common_name, -1, -1,
				   0);
	X509_set_issuer_name(c.x509, X509_get_subject_name(issuer->x509));
	certificate_extend(c.x509, issuer->x509, NID_basic_constraints,
			   wish->names == NULL ? "critical,CA:TRUE" : "CA:FALSE");
	if (wish->names != NULL)
		certificate_extend(c.x509, issuer->x509, NID_subject_alt_name, wish->names);
	if (X509_sign(c.x509, issuer->key, EVP_sha256()) == 0)
		abort();
	return c;
}

static inline void certificate_free(struct certificate *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->x509);
}

static inline void certificate_write(const struct certificate *c, const char *path)
{
	FILE *out = fopen(path, "w");
	if (out == NULL || PEM_write_X509(out, c->x509) != 1 || fclose(out) != 0)
		abort();
}

/* The context of a server with this certificate. */
static inline SSL_CTX *certificate_context(const struct certificate *c)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	if (SSL_CTX_use_certificate(context, c->x509) != 1 || SSL_CTX_use_PrivateKey(context, c->key) != 1)
		abort();
	return context;
}

#endif
