/* SPDX-License-Identifier: ISC */
/* The names of the datacenters that have figures: numbered, and free again when no figure uses them. */
#include "base/fnv.h"
#include "base/memory.h"
#include "health/figures.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void sites_init(struct sites *sites)
{
	*sites = (struct sites){.free = SITE_NONE};
	memset(sites->buckets, 0xff, sizeof(sites->buckets));
}

void sites_free(struct sites *sites)
{
	for (uint16_t i = 0; i < sites->used; i++)
		free(sites->list[i].name);
	sites_init(sites);
}

/* Whoever gives the names may name 1024 of them at most, so a plain hash will do. */
static uint16_t *bucket(struct sites *sites, const char *name)
{
	return &sites->buckets[fnv_text(name) % SITE_BUCKETS];
}

uint16_t sites_find(const struct sites *sites, const char *name)
{
	uint16_t site = *bucket((struct sites *)sites, name);
	while (site != SITE_NONE && strcmp(sites->list[site].name, name) != 0)
		site = sites->list[site].next;
	return site;
}

static bool name_sound(const char *name)
{
	size_t len = 0;
	for (; name[len] != '\0'; len++) {
		if (len == SITE_NAME_MAX ||
		    (!isalnum((unsigned char)name[len]) && name[len] != '_' && name[len] != '-'))
			return false;
	}
	return len > 0;
}

uint16_t sites_hold(struct sites *sites, const char *name)
{
	uint16_t site = sites_find(sites, name);
	if (site == SITE_NONE) {
		if (!name_sound(name))
			return SITE_NONE;
		if (sites->free != SITE_NONE) {
			site = sites->free;
			sites->free = sites->list[site].next;
		} else if (sites->used < MEASURED_DATACENTERS_MAX) {
			site = sites->used++;
		} else {
			return SITE_NONE;
		}
		uint16_t *head = bucket(sites, name);
		sites->list[site] = (struct site){.name = mem_copy_text(name, strlen(name)), .next = *head};
		*head = site;
	}
	sites->list[site].figures++;
	return site;
}

void sites_release(struct sites *sites, uint16_t site)
{
	struct site *s = &sites->list[site];
	assert(s->figures > 0);
	if (--s->figures > 0)
		return;
	uint16_t *link = bucket(sites, s->name);
	while (*link != site)
		link = &sites->list[*link].next;
	*link = s->next;
	free(s->name);
	*s = (struct site){.next = sites->free};
	sites->free = site;
}
