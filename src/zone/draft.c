/* SPDX-License-Identifier: ISC */
/* The table of names while a zone file is read. */
#include "zone/draft.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct draft *draft_new(const struct name *apex, uint64_t seed)
{
	struct draft *draft = mem_alloc(sizeof(*draft));
	draft->arena = arena_new();
	draft->seed = seed;
	draft->room = 64;
	draft->cells = mem_alloc(draft->room * sizeof(struct draft_owner *));
	struct draft_owner *owner = arena_alloc(draft->arena, sizeof(*owner));
	owner->name = *apex;
	draft->owners = mem_grow(NULL, &draft->cap, 1, sizeof(struct draft_owner *));
	draft->owners[draft->n++] = owner;
	draft->cells[name_hash(apex, seed) & (draft->room - 1)] = owner;
	return draft;
}

void draft_free(struct draft *draft)
{
	arena_free(draft->arena);
	free(draft->owners);
	free(draft->cells);
	free(draft);
}

static struct draft_owner **cell_find(const struct draft *draft, const struct name *name)
{
	size_t at = name_hash(name, draft->seed) & (draft->room - 1);
	while (draft->cells[at] != NULL && !name_equal(&draft->cells[at]->name, name))
		at = (at + 1) & (draft->room - 1);
	return &draft->cells[at];
}

static void cells_grow(struct draft *draft)
{
	free(draft->cells);
	draft->room *= 2;
	draft->cells = mem_alloc(draft->room * sizeof(struct draft_owner *));
	for (size_t i = 0; i < draft->n; i++)
		*cell_find(draft, &draft->owners[i]->name) = draft->owners[i];
}

struct draft_owner *draft_find(const struct draft *draft, const struct name *name)
{
	return *cell_find(draft, name);
}

static void parent_name(const struct name *name, struct name *out)
{
	unsigned skip = name->octets[0] + 1u;
	*out = (struct name){.len = (uint8_t)(name->len - skip), .labels = (uint8_t)(name->labels - 1)};
	memcpy(out->octets, name->octets + skip, out->len);
}

struct draft_owner *draft_owner(struct draft *draft, const struct name *name)
{
	struct draft_owner *owner = draft_find(draft, name);
	if (owner != NULL)
		return owner;
	struct name above;
	parent_name(name, &above);
	struct draft_owner *parent = draft_owner(draft, &above);

	if ((draft->n + 1) * 2 > draft->room)
		cells_grow(draft);
	owner = arena_alloc(draft->arena, sizeof(*owner));
	owner->parent = parent;
	owner->name = *name;
	draft->owners = mem_grow(draft->owners, &draft->cap, draft->n + 1, sizeof(struct draft_owner *));
	draft->owners[draft->n++] = owner;
	*cell_find(draft, name) = owner;
	return owner;
}

struct draft_record *draft_add(struct draft *draft, struct draft_owner *owner, uint16_t type,
			       const uint8_t *rdata, uint16_t len)
{
	struct draft_record *record = arena_alloc(draft->arena, sizeof(*record) + len);
	record->type = type;
	record->len = len;
	memcpy(record->rdata, rdata, len);
	if (owner->last != NULL)
		owner->last->next = record;
	else
		owner->first = record;
	owner->last = record;
	return record;
}

struct draft_record *draft_first(const struct draft_owner *owner, uint16_t type)
{
	struct draft_record *record = owner->first;
	while (record != NULL && record->type != type)
		record = record->next;
	return record;
}
