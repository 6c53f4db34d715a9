/* SPDX-License-Identifier: ISC */
/* What reads zone files, one after the other. Private to zone/. */
#ifndef ZONE_LOADER_H
#define ZONE_LOADER_H

#include "config/lexer.h"
#include "zone/draft.h"
#include "zone/rdata.h"

enum { LOADER_DEPTH_MAX = 17 };

/* What the next entry inherits; an included file has its own (RFC 1035 §5.1). */
struct scope {
	struct name origin;
	struct name owner;
	bool has_owner;
	bool wrong_owner; /* the last one given was refused */
};

struct loader {
	struct lexer *lexer;
	struct draft *draft; /* NULL between zones where nothing of the one before is kept */
	const struct zone_context *context;
	unsigned depth;        /* from here to the scopes all is zeroed for each zone */
	const char *file_seen; /* the last file's name */
	uint32_t file;         /* its number in the draft */
	bool has_default_ttl, has_last_ttl;
	uint32_t default_ttl, last_ttl;
	struct scope scopes[LOADER_DEPTH_MAX + 1]; /* by depth of inclusion */
	struct rdata rdata;
};

/* Reads an entry into the draft: faults are of the context. */
void loader_entry(struct loader *loader, const struct entry *entry);

#endif
