/* SPDX-License-Identifier: ISC */
/* Looks at what ca-file= names before a check needs it. */
#include "world/trusted.h"
#include "config/config.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is wrong with the file; NULL: nothing. */
static const char *trouble_with(const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0 || access(path, R_OK) != 0)
		return strerror(errno);
	if (!S_ISREG(status.st_mode))
		return "not a regular file";
	X509_STORE *store = X509_STORE_new();
	if (store == NULL)
		abort();
	bool holds = X509_STORE_load_file(store, path) == 1;
	ERR_clear_error();
	X509_STORE_free(store);
	return holds ? NULL : "it holds no certificate in PEM";
}

void trusted_check(const struct config *config, struct faults *faults)
{
	for (size_t i = 0; i < config->n_checks; i++) {
		const struct check *check = &config->checks[i];
		bool used = check->tls && check->verify && check->ca_file != NULL;
		const char *trouble = used ? trouble_with(check->ca_file) : NULL;
		if (trouble != NULL)
			fault_add(faults, check->ca_file_at, "%s can't be trusted: %s", check->ca_file,
				  trouble);
	}
}
