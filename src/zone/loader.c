/* SPDX-License-Identifier: ISC */
/* Reading zone files, one after the other. */
#include "zone/loader.h"
#include "base/memory.h"
#include "base/room.h"
#include "base/thread.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { TURN = 512 };

/* Is there memory to go on with, and to build the zone at the end? Where not, a fault says so, once. */
static bool has_room(const struct loader *l, const struct entry *e, uint64_t before)
{
	struct room_watch *room = l->context->room;
	if (room == NULL || room_suffices(room, e->n, before))
		return true;
	fault_add(l->context->faults, token_spot(e, &e->tokens[0]),
		  "there is too little memory to read on: %" PRIu64 " MiB are left by %s",
		  room->last.octets >> 20, room->last.by);
	return false;
}

struct loader *loader_new(struct faults *faults)
{
	struct loader *l = mem_raw(sizeof(*l));
	l->lexer = lexer_new(faults);
	l->draft = NULL;
	return l;
}

void loader_free(struct loader *l)
{
	lexer_close(l->lexer);
	if (l->draft != NULL)
		draft_free(l->draft);
	free(l);
}

static void begin(struct loader *l, const struct zone_context *context, const struct zone_file *file)
{
	struct name apex;
	memset(&l->depth, 0, offsetof(struct loader, scopes) - offsetof(struct loader, depth));
	name_from_octets(file->apex, &apex);
	l->context = context;
	l->draft = draft_new(l->draft, &apex, context->seed);
	l->scopes[0].origin = apex;
	l->scopes[0].has_owner = l->scopes[0].wrong_owner = false;
}

/* Reads the zone that the lexer has. */
static struct zone *load(struct loader *l, const struct zone_context *context, const struct zone_file *file)
{
	struct entry entry;
	size_t errors = context->faults->errors;
	uint64_t before = context->room ? context->room->last.octets : 0;
	begin(l, context, file);
	for (size_t step = 1; lexer_next(l->lexer, &entry) && has_room(l, &entry, before); step++) {
		thread_step(step, TURN);
		loader_entry(l, &entry);
		lexer_drop(l->lexer);
	}
	bool whole = context->faults->errors == errors;
	draft_settle(l->draft, context->arena);
	draft_check(l->draft, context, file, whole);
	struct zone *zone = context->faults->errors == errors ? zone_freeze(l->draft, context) : NULL;
	l->draft = zone != NULL && zone->draft != NULL ? NULL : draft_leave(l->draft);
	lexer_leave(l->lexer);
	return zone;
}

struct zone *zone_load(const struct zone_context *context, const struct zone_file *file)
{
	if (context->room != NULL && context->room->short_of)
		return NULL;
	struct loader *l = context->loader != NULL ? context->loader : loader_new(context->faults);
	struct zone *zone = lexer_read(l->lexer, file->path, &file->at) ? load(l, context, file) : NULL;
	if (context->loader == NULL)
		loader_free(l);
	return zone;
}

struct zone *zone_load_text(const struct zone_context *context, const struct zone_file *file,
			    const char *text, size_t len)
{
	struct loader *l = loader_new(context->faults);
	lexer_read_text(l->lexer, file->path, text, len);
	struct zone *zone = load(l, context, file);
	loader_free(l);
	return zone;
}
