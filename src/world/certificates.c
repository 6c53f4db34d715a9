/* SPDX-License-Identifier: ISC */
/* Certificates and keys, from files to contexts. */
#include "world/certificates.h"
#include "base/fault.h"
#include "base/memory.h"
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SOON_DAYS = 7, S_A_DAY = 86400 };

struct certificate {
	struct endpoint listen;
	SSL_CTX *context;
};

struct certificates {
	size_t n, cap;
	struct certificate *list;
};

/* What OpenSSL says went wrong first, which is forgotten. */
static const char *reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());
	ERR_clear_error();
	return text ? text : "OpenSSL does not say why";
}

/* Opens an ordinary file, without waiting for a writer, should it be a FIFO. NULL with *why. */
static FILE *file_open(const char *path, struct stat *about, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	*why = fd < 0 || fstat(fd, about) != 0 ? strerror(errno) : NULL;
	if (*why == NULL && !S_ISREG(about->st_mode))
		*why = "not a regular file";
	if (*why == NULL)
		return fdopen(fd, "r");
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* Nobody is there to be asked for a passphrase. */
static int no_passphrase(char *room, int size, int writing, void *context)
{
	(void)room;
	(void)size;
	(void)writing;
	(void)context;
	return 0;
}

/* 0: there is no certificate, or none with a time that makes sense. */
static int64_t end_of(const X509 *certificate)
{
	struct tm end;
	if (certificate == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
		return 0;
	return timegm(&end);
}

static void warn_of_end(int64_t end_s, const struct tls_listen *tls, struct faults *faults)
{
	char moment[32];
	time_t end = (time_t)end_s;
	struct tm tm;
	gmtime_r(&end, &tm);
	strftime(moment, sizeof(moment), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fault_warn(faults, tls->cert_at, "%s expires at %s, within %d days: renew it, then reload",
		   tls->cert_file, moment, SOON_DAYS);
}

static void warn_of_time(const X509 *certificate, const struct tls_listen *tls, struct faults *faults)
{
	if (end_of(certificate) == 0)
		fault_warn(faults, tls->cert_at,
			   "%s has no time of its end that makes sense: clients that look will not trust it",
			   tls->cert_file);
	else if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
		fault_warn(faults, tls->cert_at, "%s has expired: clients that look will not trust it",
			   tls->cert_file);
	else if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
		fault_warn(faults, tls->cert_at, "%s is not valid yet: clients that look will not trust it",
			   tls->cert_file);
	else if (end_of(certificate) < time(NULL) + SOON_DAYS * S_A_DAY)
		warn_of_end(end_of(certificate), tls, faults);
}

/* The certificates behind the first. */
static bool take_chain(SSL_CTX *context, FILE *file)
{
	X509 *next;
	while ((next = PEM_read_X509(file, NULL, no_passphrase, NULL)) != NULL) {
		if (SSL_CTX_add0_chain_cert(context, next) != 1) {
			X509_free(next);
			return false;
		}
	}
	bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	if (end)
		ERR_clear_error();
	return end;
}

static bool take_certificate(SSL_CTX *context, const struct tls_listen *tls, struct faults *faults)
{
	struct stat about;
	const char *why;
	FILE *file = file_open(tls->cert_file, &about, &why);
	if (file != NULL) {
		X509 *first = PEM_read_X509_AUX(file, NULL, no_passphrase, NULL);
		if (first == NULL)
			why = "it holds no certificate in PEM";
		else if (SSL_CTX_use_certificate(context, first) != 1 || !take_chain(context, file))
			why = reason();
		else
			warn_of_time(first, tls, faults);
		X509_free(first);
		fclose(file);
	}
	ERR_clear_error();
	if (why != NULL)
		fault_add(faults, tls->cert_at, "%s can't be shown to clients: %s", tls->cert_file, why);
	return why == NULL;
}

/* The key alone decides who this server is: the group may read it, as for the secrets of zones, but no
 * others. */
static bool is_secret(const struct stat *about, const struct tls_listen *tls, struct faults *faults)
{
	if ((about->st_mode & (S_IRWXO | S_IWGRP)) == 0)
		return true;
	fault_add(faults, tls->key_at,
		  "%s has mode %04o: others than its owner and group can use it; `chmod 640` it",
		  tls->key_file, about->st_mode & 07777u);
	return false;
}

static bool take_key(SSL_CTX *context, const struct tls_listen *tls, struct faults *faults)
{
	struct stat about;
	const char *why;
	FILE *file = file_open(tls->key_file, &about, &why);
	if (file != NULL) {
		bool secret = is_secret(&about, tls, faults);
		EVP_PKEY *key = secret ? PEM_read_PrivateKey(file, NULL, no_passphrase, NULL) : NULL;
		fclose(file);
		if (!secret)
			return false;
		if (key == NULL)
			why = "it holds no private key in PEM that is not encrypted";
		else if (X509_check_private_key(SSL_CTX_get0_certificate(context), key) != 1 ||
			 SSL_CTX_use_PrivateKey(context, key) != 1)
			why = reason();
		EVP_PKEY_free(key);
	}
	ERR_clear_error();
	if (why != NULL)
		fault_add(faults, tls->key_at, "%s can't be used with %s: %s", tls->key_file, tls->cert_file,
			  why);
	return why == NULL;
}

/* Who names protocols must name ours (RFC 7301 §3.2): what means to speak another is not to be talked to. */
static int choose_protocol(SSL *connection, const unsigned char **out, unsigned char *out_len,
			   const unsigned char *in, unsigned in_len, void *context)
{
	static const unsigned char ours[] = "\3dot";
	(void)connection;
	(void)context;
	if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len, ours, sizeof(ours) - 1, in,
				  in_len) == OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_OK;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL_CTX *context_new(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	if (context == NULL)
		abort();
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_options(context,
			    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* A send may take part of the replies, and be tried again from where they are kept. An idle
	 * connection holds no buffers. */
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					  SSL_MODE_RELEASE_BUFFERS);
	/* Nor does a client keep a worker with records that are for TLS alone, such as new keys. */
	SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_session_cache_mode(context,
				       SSL_SESS_CACHE_OFF); /* tickets do without, and without a lock */
	SSL_CTX_set_num_tickets(context, 1);
	SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
	return context;
}

static void add(struct certificates *certificates, const struct endpoint *listen, SSL_CTX *context)
{
	certificates->list = mem_grow(certificates->list, &certificates->cap, certificates->n + 1,
				      sizeof(*certificates->list));
	certificates->list[certificates->n++] = (struct certificate){*listen, context};
}

struct certificates *certificates_read(const struct config *config, struct faults *faults)
{
	struct certificates *certificates = mem_alloc(sizeof(*certificates));
	for (size_t i = 0; i < config->n_tls_listens; i++) {
		const struct tls_listen *tls = &config->tls_listens[i];
		SSL_CTX *context = context_new();
		if (take_certificate(context, tls, faults))
			take_key(context, tls, faults);
		add(certificates, &config->listens[tls->listen], context);
	}
	return certificates;
}

void certificates_inherit(struct certificates *certificates, const struct certificates *before)
{
	for (size_t i = 0; i < before->n; i++) {
		const struct certificate *c = &before->list[i];
		if (certificates_context(certificates, &c->listen) == NULL && SSL_CTX_up_ref(c->context) == 1)
			add(certificates, &c->listen, c->context);
	}
}

void certificates_free(struct certificates *certificates)
{
	if (certificates == NULL)
		return;
	for (size_t i = 0; i < certificates->n; i++)
		SSL_CTX_free(certificates->list[i].context);
	free(certificates->list);
	free(certificates);
}

int64_t certificates_end_s(const struct certificates *certificates, const struct endpoint *listen)
{
	const SSL_CTX *context = certificates_context(certificates, listen);
	return context ? end_of(SSL_CTX_get0_certificate(context)) : 0;
}

SSL_CTX *certificates_context(const struct certificates *certificates, const struct endpoint *listen)
{
	for (size_t i = 0; i < certificates->n; i++) {
		const struct certificate *c = &certificates->list[i];
		if (c->listen.port == listen->port && addr_equal(&c->listen.addr, &listen->addr))
			return c->context;
	}
	return NULL;
}
