/* SPDX-License-Identifier: ISC */
/* Where the server is, and where its token: the command line, the environment, the configuration. */
#include "place.h"
#include "base/addr.h"
#include "base/memory.h"
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ADMIN_PORT = 8053 };

static char *copy(const char *text)
{
	return text ? mem_copy_text(text, strlen(text)) : NULL;
}

/* A server that listens everywhere is here, too. */
static void from_endpoint(struct endpoint endpoint, struct place *out)
{
	static const uint8_t none[16];
	char address[ADDR_TEXT_MAX], base[ADDR_TEXT_MAX + 8];
	if (memcmp(endpoint.addr.octets, none, sizeof(none)) == 0) {
		const char *here = endpoint.addr.family == FAMILY_V4 ? "127.0.0.1" : "::1";
		addr_parse(here, strlen(here), &endpoint.addr);
	}
	if (endpoint.port == 0)
		endpoint.port = ADMIN_PORT;
	snprintf(base, sizeof(base), "http://%s", endpoint_format(&endpoint, address));
	out->address = copy(address);
	out->base = copy(base);
}

static void from_path(const char *path, struct place *out)
{
	out->address = copy(path);
	out->path = copy(path);
	out->base = copy("http://localhost");
}

static bool from_text(const char *text, const char *source, struct place *out)
{
	struct endpoint endpoint;
	if (endpoint_parse(text, strlen(text), &endpoint)) {
		from_endpoint(endpoint, out);
		return true;
	}
	if (strchr(text, '/') != NULL || access(text, F_OK) == 0) {
		from_path(text, out);
		return true;
	}
	fprintf(stderr,
		"gslbctl: %s: \"%s\" is neither a socket address, such as 127.0.0.1:8053, nor the path of "
		"a UNIX socket: there is no such file\n",
		source, text);
	return false;
}

/* The configuration to look at; NULL: there is none. */
static const char *conf_path(const struct options *o)
{
	static const char *const usual[] = {"gslbd.conf", "/etc/gslbd/gslbd.conf"};
	if (o->conf_path != NULL)
		return o->conf_path;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (access(usual[i], F_OK) == 0)
			return usual[i];
	}
	return NULL;
}

/* The admin line of the configuration, into what is not known yet. False, and told, where it is needed, but
 * can't be had. */
static bool from_conf(const char *path, bool needed, struct place *out)
{
	struct faults faults = {0};
	struct config *config = config_read(path, &faults);
	const struct admin_listen *admin = config ? &config->admin : NULL;
	bool known = admin != NULL && admin->given && (admin->path != NULL || admin->endpoint.port != 0);
	if (!known && needed) {
		faults_print(&faults, stderr);
		fprintf(stderr, "gslbctl: %s %s; -s says where the server is\n", path,
			config == NULL      ? "can't be read"
			: faults.errors > 0 ? "has errors"
					    : "has no admin line, so its server has no admin API");
	}
	if (known && out->token_file == NULL)
		out->token_file = copy(admin->token_file);
	if (known && needed && admin->path != NULL)
		from_path(admin->path, out);
	else if (known && needed)
		from_endpoint(admin->endpoint, out);
	faults_free(&faults);
	config_free(config);
	return known || !needed;
}

bool place_find(const struct options *o, struct place *out)
{
	const char *server = o->server ? o->server : getenv("GSLBCTL_SERVER");
	const char *conf = conf_path(o);
	*out = (struct place){.token_file =
				      copy(o->token_file ? o->token_file : getenv("GSLBCTL_TOKEN_FILE"))};
	if (server != NULL && !from_text(server, o->server ? "-s" : "GSLBCTL_SERVER", out))
		return false;
	if (server == NULL && conf == NULL) {
		fputs("gslbctl: where is the server? There is no -s, no GSLBCTL_SERVER, and neither "
		      "./gslbd.conf nor "
		      "/etc/gslbd/gslbd.conf\n",
		      stderr);
		return false;
	}
	if (conf != NULL && (server == NULL || out->token_file == NULL) &&
	    !from_conf(conf, server == NULL, out))
		return false;
	if (out->token_file == NULL && access("admin.token", F_OK) == 0)
		out->token_file = copy("admin.token");
	if (out->token_file != NULL || out->path != NULL)
		return true;
	fprintf(stderr,
		"gslbctl: where is the token for %s? There is no -t, no GSLBCTL_TOKEN_FILE, no token-file= "
		"in %s, and "
		"no ./admin.token\n",
		out->address, conf ? conf : "a configuration");
	return false;
}

void place_free(struct place *place)
{
	free(place->address);
	free(place->base);
	free(place->path);
	free(place->token_file);
}
