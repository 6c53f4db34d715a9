/* SPDX-License-Identifier: ISC */
/* Things of the configuration, by name. */
#include "config/schema.h"

#include <stdlib.h>
#include <string.h>

/* Named things in an array. Their structs begin with the name. */
struct things {
	const char *what;
	const void *list;
	size_t n, size;
};

static struct things things_of(const struct config *config, enum thing thing)
{
	switch (thing) {
	case THING_CHECK:
		return (struct things){"check", config->checks, config->n_checks, sizeof(struct check)};
	case THING_DATACENTER:
		return (struct things){"datacenter", config->datacenters, config->n_datacenters,
				       sizeof(struct datacenter)};
	case THING_KEY: return (struct things){"key", config->keys, config->n_keys, sizeof(struct tsig_key)};
	case THING_GEOMAP: break;
	}
	return (struct things){"geomap", config->geomaps, config->n_geomaps, sizeof(struct geomap)};
}

static const char *name_at(const struct things *things, size_t i)
{
	return *(const char *const *)((const char *)things->list + i * things->size);
}

static int find(const struct config *config, enum thing thing, const char *name, size_t len)
{
	struct things things = things_of(config, thing);
	for (size_t i = 0; i < things.n; i++) {
		const char *candidate = name_at(&things, i);
		if (strncmp(candidate, name, len) == 0 && candidate[len] == '\0')
			return (int)i;
	}
	return CONFIG_NONE;
}

int config_datacenter(const struct config *config, const char *name, size_t len)
{
	return find(config, THING_DATACENTER, name, len);
}

int config_check(const struct config *config, const char *name, size_t len)
{
	return find(config, THING_CHECK, name, len);
}

int config_geomap(const struct config *config, const char *name, size_t len)
{
	return find(config, THING_GEOMAP, name, len);
}

bool refuse_name(const struct reader *r, const struct entry *entry, const struct token *token,
		 enum thing thing)
{
	struct things things = things_of(r->config, thing);
	const char **names = arena_alloc(r->arena, (things.n + 1) * sizeof(*names));
	for (size_t i = 0; i < things.n; i++)
		names[i] = name_at(&things, i);
	return refuse_word(r, entry, token, things.what, names, things.n);
}

bool any_located(const struct config *config, const uint16_t *list, size_t n)
{
	bool all = n == 0, found = false;
	for (size_t i = 0; i < (all ? config->n_datacenters : n); i++)
		found |= config->datacenters[all ? i : list[i]].located;
	return found;
}

const struct tls_listen *config_tls(const struct config *config, size_t listen)
{
	for (size_t i = 0; i < config->n_tls_listens; i++) {
		if (config->tls_listens[i].listen == listen)
			return &config->tls_listens[i];
	}
	return NULL;
}

void config_free(struct config *config)
{
	if (config == NULL)
		return;
	arena_free(config->arena);
	free(config);
}
