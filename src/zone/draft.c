/* SPDX-License-Identifier: ISC */
/* The table of names while a zone file is read, and the memory of their records. */
#include "zone/draft.h"
#include "base/memory.h"
#include "base/thread.h"
#include "wire/types.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(offsetof(struct draft_owner, name) == offsetof(struct node, name) &&
		       offsetof(struct draft_owner, name_len) == offsetof(struct node, name_len),
	       "an owner becomes a node where it is");

enum { CELLS_MIN = 8, OWNERS_MIN = 512, BLOCK_MIN = 4096, BLOCK_MAX = 1024 * 1024 };

/* What is no larger is kept for the next zone: there may be very many small ones. */
enum { CELLS_SMALL = 64, OWNERS_SMALL = 8 * 1024 };

/* Others have their turn after so many cells; and where all owners are gone through, after so many octets. */
enum { CELLS_TURN = 16 * 1024, OWNERS_TURN = 256 * 1024 };

static size_t owner_size(size_t name_len)
{
	return (offsetof(struct draft_owner, name) + name_len + 7) & ~(size_t)7;
}

static struct draft_owner *owner_at(const struct draft *draft, uint32_t ref)
{
	return (struct draft_owner *)(draft->owners + (size_t)(ref - 1) * 8);
}

uint32_t draft_ref(const struct draft *draft, const struct draft_owner *owner)
{
	return (uint32_t)((size_t)((const uint8_t *)owner - draft->owners) / 8) + 1;
}

/* The cell of that name of `len` octets, or the empty one where it would be. */
static struct draft_cell *cell_find(const struct draft *draft, uint32_t hash, const uint8_t *name, size_t len)
{
	uint32_t at = hash & draft->mask;
	for (; draft->cells[at].owner != 0; at = (at + 1) & draft->mask) {
		if (draft->cells[at].hash != hash)
			continue;
		const struct draft_owner *owner = owner_at(draft, draft->cells[at].owner);
		if (owner->name_len == len && memcmp(owner->name, name, len) == 0)
			break;
	}
	return &draft->cells[at];
}

static void cells_grow(struct draft *draft)
{
	uint32_t room = draft->mask + 1, mask = 2 * room - 1;
	struct draft_cell *cells = mem_alloc((size_t)room * 2 * sizeof(*cells));
	for (uint32_t i = 0; i < room; i++) {
		thread_step((size_t)i + 1, CELLS_TURN);
		uint32_t at = draft->cells[i].hash & mask;
		if (draft->cells[i].owner == 0)
			continue;
		while (cells[at].owner != 0)
			at = (at + 1) & mask;
		cells[at] = draft->cells[i];
	}
	free(draft->cells);
	draft->cells = cells;
	draft->mask = mask;
}

/* Adds an owner that is not there yet. */
static uint32_t owner_add(struct draft *draft, uint32_t hash, const uint8_t *name, size_t len,
			  unsigned labels)
{
	size_t size = owner_size(len);
	if ((draft->n + 1) * 3 > ((size_t)draft->mask + 1) * 2)
		cells_grow(draft);
	draft->owners = mem_grow(draft->owners, &draft->cap, draft->size + size, 1);
	struct draft_owner *owner = memset(draft->owners + draft->size, 0, size);
	owner->labels = (uint8_t)labels;
	owner->name_len = (uint8_t)len;
	memcpy(owner->name, name, len);
	draft->n++;
	draft->size += size;
	uint32_t ref = draft_ref(draft, owner);
	*cell_find(draft, hash, name, len) = (struct draft_cell){hash, ref};
	return ref;
}

static struct draft *draft_make(void)
{
	struct draft *draft = mem_raw(sizeof(*draft));
	*draft = (struct draft){.arena = arena_new(), .mask = CELLS_MIN - 1};
	draft->cells = mem_alloc(CELLS_MIN * sizeof(*draft->cells));
	draft->owners = mem_grow(NULL, &draft->cap, OWNERS_MIN, 1);
	return draft;
}

struct draft *draft_new(struct draft *again, const struct name *apex, uint64_t seed)
{
	struct draft *draft = again != NULL ? again : draft_make();
	draft->seed = seed;
	name_from_octets(apex->octets, &draft->apex);
	owner_add(draft, (uint32_t)name_hash(apex->octets, apex->len, seed), apex->octets, apex->len,
		  apex->labels);
	return draft;
}

static void files_free(struct draft *draft)
{
	for (size_t i = 0; i < draft->n_files; i++)
		free(draft->files[i]);
	draft->n_files = 0;
}

struct draft *draft_leave(struct draft *draft)
{
	if (draft->room == NULL || draft->mask >= CELLS_SMALL || arena_size(draft->arena) > 0 ||
	    draft->n_blocks > 1 || (draft->n_blocks == 1 && draft->blocks->octets == NULL)) {
		draft_free(draft);
		return NULL;
	}
	files_free(draft);
	memset(draft->cells, 0, (draft->mask + 1) * sizeof(*draft->cells));
	draft->owners = draft->room;
	draft->room = NULL;
	draft->settled = draft->dnames = false;
	draft->n = draft->size = draft->freezing = 0;
	if (draft->n_blocks == 1)
		draft->blocks->used = draft->blocks->waiting = 0;
	return draft;
}

void draft_free(struct draft *draft)
{
	arena_free(draft->arena);
	for (size_t i = 0; i < draft->n_blocks; i++)
		free(draft->blocks[i].octets);
	files_free(draft);
	if (!draft->settled)
		free(draft->owners);
	free(draft->room);
	free(draft->cells);
	free(draft->blocks);
	free(draft->files);
	free(draft->steered);
	free(draft->linked);
	free(draft);
}

struct draft_owner *draft_find(const struct draft *draft, const struct name *name)
{
	uint32_t hash = (uint32_t)name_hash(name->octets, name->len, draft->seed);
	uint32_t ref = cell_find(draft, hash, name->octets, name->len)->owner;
	return ref == 0 ? NULL : owner_at(draft, ref);
}

struct draft_owner *draft_owner(struct draft *draft, const struct name *name)
{
	uint8_t at[NAME_LABELS_MAX + 1];
	uint32_t hashes[NAME_LABELS_MAX + 1], ref;
	unsigned missing = 0;
	name_labels(name, at);
	for (;; missing++) { /* this ends at the apex */
		const uint8_t *octets = name->octets + at[missing];
		size_t len = name->len - (size_t)at[missing];
		hashes[missing] = (uint32_t)name_hash(octets, len, draft->seed);
		ref = cell_find(draft, hashes[missing], octets, len)->owner;
		if (ref != 0)
			break;
	}
	while (missing-- > 0) {
		const uint8_t *octets = name->octets + at[missing];
		owner_at(draft, ref)->parent |= !label_is_wildcard(octets);
		ref = owner_add(draft, hashes[missing], octets, name->len - (size_t)at[missing],
				name->labels - missing);
	}
	return owner_at(draft, ref);
}

struct draft_owner *draft_next(const struct draft *draft, const struct draft_owner *owner)
{
	const uint8_t *next = (const uint8_t *)owner + owner_size(owner->name_len);
	if (((uintptr_t)owner ^ (uintptr_t)next) >= OWNERS_TURN)
		sched_yield();
	return next == draft->owners + draft->size ? NULL : (struct draft_owner *)(uintptr_t)next;
}

struct draft_owner *draft_parent(const struct draft *draft, const struct draft_owner *owner)
{
	struct name above;
	if (owner->labels == draft->apex.labels)
		return NULL;
	if (owner->labels == draft->apex.labels + 1)
		return draft_apex(draft);
	name_from_octets(owner->name + owner->name[0] + 1, &above);
	return draft_find(draft, &above);
}

struct draft_owner *draft_cut(const struct draft *draft, const struct draft_owner *owner)
{
	return owner->cut == 0 ? NULL : owner_at(draft, owner->cut);
}

struct draft_steered *draft_steer(struct draft *draft, struct draft_owner *owner)
{
	if (owner->steered == 0) {
		draft->steered = mem_grow(draft->steered, &draft->cap_steered, draft->n_steered + 1,
					  sizeof(*draft->steered));
		draft->steered[draft->n_steered++] = arena_alloc(draft->arena, sizeof(struct draft_steered));
		owner->steered = (uint32_t)draft->n_steered;
	}
	return draft->steered[owner->steered - 1];
}

uint32_t draft_file(struct draft *draft, const char *name)
{
	draft->files = mem_grow(draft->files, &draft->cap_files, draft->n_files + 1, sizeof(*draft->files));
	draft->files[draft->n_files] = mem_copy_text(name, strlen(name));
	return (uint32_t)draft->n_files++;
}

/* Room for a record; in blocks that double up to a size that those of a large zone can go back in, one by
 * one. */
static struct draft_record *record_room(struct draft *draft, size_t size)
{
	struct draft_block *b = draft->n_blocks ? &draft->blocks[draft->n_blocks - 1] : NULL;
	size = (size + 7) & ~(size_t)7;
	if (b == NULL || b->size - b->used < size) {
		size_t room = b ? b->size * 2 : BLOCK_MIN;
		room = room > BLOCK_MAX ? BLOCK_MAX : room;
		room = room < size ? size : room;
		draft->blocks = mem_grow(draft->blocks, &draft->cap_blocks, draft->n_blocks + 1, sizeof(*b));
		b = &draft->blocks[draft->n_blocks++];
		*b = (struct draft_block){.octets = mem_raw(room), .size = room};
	}
	struct draft_record *record = (struct draft_record *)(b->octets + b->used);
	b->used += size;
	b->waiting++;
	return record;
}

struct draft_record *draft_add(struct draft *draft, struct draft_owner *owner, uint16_t type,
			       const uint8_t *rdata, uint16_t len)
{
	struct draft_record *record = record_room(draft, sizeof(*record) + len), *last = owner->records;
	*record = (struct draft_record){.type = type, .len = len, .next = record};
	memcpy(record->rdata, rdata, len);
	if (last != NULL) {
		record->next = last->next;
		last->next = record;
	}
	owner->records = record;
	draft->dnames |= type == TYPE_DNAME;
	return record;
}

void draft_settle(struct draft *draft, struct arena *arena)
{
	if (draft->cap <= OWNERS_SMALL) {
		draft->room = draft->owners;
		draft->owners = arena_copy(arena, draft->room, draft->size);
	} else {
		draft->owners = arena_take(arena, draft->owners, draft->size);
	}
	draft->settled = true;
	for (struct draft_owner *o = draft_apex(draft); o != NULL; o = draft_next(draft, o)) {
		struct draft_record *last = o->records;
		if (o->steered != 0)
			draft->steered[o->steered - 1]->node = (struct node *)o;
		if (last == NULL)
			continue;
		o->records = last->next;
		last->next = NULL;
	}
	const struct draft_steered *apex = draft_steered(draft, draft_apex(draft));
	draft->policy = apex ? apex->steer : NULL;
}

static bool in_block(const struct draft_block *b, const void *p)
{
	return b->octets != NULL && (uintptr_t)p - (uintptr_t)b->octets < b->size;
}

void draft_drop(struct draft *draft, const struct draft_record *record)
{
	if (!in_block(&draft->blocks[draft->freezing], record)) {
		draft->freezing = 0;
		while (!in_block(&draft->blocks[draft->freezing], record))
			draft->freezing++;
	}
	struct draft_block *b = &draft->blocks[draft->freezing];
	if (--b->waiting > 0 || b->size == BLOCK_MIN)
		return;
	free(b->octets);
	b->octets = NULL;
}
