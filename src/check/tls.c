/* SPDX-License-Identifier: ISC */
/*
 * Certificates to trust are kept here as OpenSSL's stores, one a file, and lent to each connection: libcurl
 * would parse the system's bundle again for each, which costs hundreds of times what the rest of a check
 * does, and its own cache holds but one file.
 */
#include "check/tls.h"
#include "base/memory.h"
#include "check/transfer.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct trust {
	char *path;
	struct stat read;  /* of the file when it was last read, or tried to be */
	X509_STORE *store; /* NULL: it never could be read */
	struct trust *next;
};

static const char *path_of(const struct check *check)
{
	return check->ca_file != NULL ? check->ca_file : curl_version_info(CURLVERSION_NOW)->cainfo;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Reads the file where it is new or has changed. */
static void trust_read(struct trust *trust)
{
	struct stat now;
	if (stat(trust->path, &now) != 0 || !S_ISREG(now.st_mode) || same_file(&now, &trust->read))
		return;
	trust->read = now;
	X509_STORE *store = X509_STORE_new();
	if (store == NULL)
		abort();
	if (X509_STORE_load_file(store, trust->path) != 1) {
		ERR_clear_error();
		X509_STORE_free(store);
		return;
	}
	X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
	X509_STORE_free(trust->store);
	trust->store = store;
}

static X509_STORE *store_for(struct trust **first, const char *path)
{
	struct trust *trust = *first;
	if (path == NULL)
		return NULL;
	while (trust != NULL && strcmp(trust->path, path) != 0)
		trust = trust->next;
	if (trust == NULL) {
		trust = mem_alloc(sizeof(*trust));
		trust->path = mem_copy_text(path, strlen(path));
		trust->next = *first;
		*first = trust;
	}
	trust_read(trust);
	return trust->store;
}

void trust_free(struct trust *first)
{
	for (struct trust *next; first != NULL; first = next) {
		next = first->next;
		X509_STORE_free(first->store);
		free(first->path);
		free(first);
	}
}

static int64_t end_of(const X509 *certificate)
{
	struct tm end;
	if (certificate == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
		return 0;
	return timegm(&end);
}

/* OpenSSL's callback in place of its verification. The name is libcurl's to compare. */
static int verify(X509_STORE_CTX *store, void *context)
{
	struct transfer *transfer = context;
	struct tls_seen *seen = &transfer->tls;
	seen->certificate = true;
	seen->certificate_end_s = end_of(X509_STORE_CTX_get0_cert(store));
	if (!transfer->check->verify)
		return 1;
	int good = X509_verify_cert(store);
	if (good <= 0)
		seen->refusal = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
	return good;
}

/* libcurl's callback for each new connection. */
static CURLcode on_context(CURL *easy, void *ssl_context, void *context)
{
	struct transfer *transfer = context;
	SSL_CTX *ssl = ssl_context;
	(void)easy;
	transfer->tls.begun = true;
	SSL_CTX_set_cert_verify_callback(ssl, verify, transfer);
	if (!transfer->check->verify)
		return CURLE_OK;
	X509_STORE *store = store_for(&transfer->pool->trust, path_of(transfer->check));
	transfer->tls.untrusting = store == NULL;
	if (store == NULL)
		return CURLE_SSL_CACERT_BADFILE;
	SSL_CTX_set1_cert_store(ssl, store);
	return CURLE_OK;
}

void tls_prepare(struct transfer *transfer)
{
	long verify_peer = transfer->check->verify, verify_host = transfer->check->verify ? 2 : 0;
	CURL *easy = transfer->easy;
	transfer_must(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify_peer));
	transfer_must(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify_host));
	transfer_must(curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_context));
	transfer_must(curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, transfer));

	/* all that is trusted comes from on_context() */
	transfer_must(curl_easy_setopt(easy, CURLOPT_CAINFO, NULL));
	transfer_must(curl_easy_setopt(easy, CURLOPT_CAPATH, NULL));
	transfer_must(curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L));

	/* a session that is resumed shows no certificate */
	transfer_must(curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L));
}

/* OpenSSL's words behind the last "::" of libcurl's, or NULL. */
static const char *openssl_words(const char *error)
{
	const char *words = NULL;
	for (const char *p = error; (p = strstr(p, "::")) != NULL; p += 2)
		words = p + 2;
	return words;
}

static bool is_other_protocol(const char *words)
{
	static const char *const others[] = {"wrong version number", "http request", "packet length too long",
					     "unknown protocol", "record layer failure"};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strncmp(words, others[i], strlen(others[i])) == 0)
			return true;
	}
	return false;
}

static void fail_name(struct check_result *result, const struct transfer *transfer)
{
	char text[ADDR_TEXT_MAX];
	const char *host = transfer->check->host;
	result_fail(result, "the certificate is not valid for %.64s",
		    host != NULL ? host : addr_format(&transfer->address.addr, text));
}

bool tls_fail(struct check_result *result, const struct transfer *transfer, CURLcode code)
{
	const char *error = transfer->error, *words = openssl_words(error);
	bool shaken = transfer_time(transfer, CURLINFO_APPCONNECT_TIME_T) > 0;
	if (transfer->tls.untrusting) {
		const char *path = path_of(transfer->check);
		result_fail(result, "the certificates to trust in %.64s can't be read",
			    path != NULL ? path : "(no file)");
	} else if (transfer->tls.refusal != NULL) {
		result_fail(result, "the certificate is refused: %s", transfer->tls.refusal);
	} else if (code == CURLE_PEER_FAILED_VERIFICATION) {
		fail_name(result, transfer);
	} else if (code != CURLE_SSL_CONNECT_ERROR && code != CURLE_RECV_ERROR && code != CURLE_SEND_ERROR) {
		return false;
	} else if (strstr(error, "reset by peer") != NULL) {
		result_fail(result, "connection reset by peer");
	} else if (strstr(error, "unexpected eof") != NULL || strstr(error, "SSL_ERROR_SYSCALL") != NULL) {
		result_fail(result, "connection closed %s",
			    !shaken                             ? "in the TLS handshake"
			    : transfer->reply.header_octets > 0 ? "in the middle of the reply"
								: "without a reply");
	} else if (words != NULL && is_other_protocol(words)) {
		result_fail(result, "the reply is not TLS");
	} else if (words != NULL) {
		result_fail(result, "TLS: %.100s", words);
	} else {
		return false;
	}
	return true;
}
