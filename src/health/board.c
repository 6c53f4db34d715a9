/* SPDX-License-Identifier: ISC */
/* From what is known of each target to what a query needs of each set of candidates. */
#include "health/board.h"
#include "base/memory.h"

#include <stdlib.h>

static enum standing datacenter_standing(const struct roster *roster, const struct vitals *vitals,
					 int datacenter)
{
	if (datacenter == CONFIG_NONE)
		return STANDING_FAST;
	if (vitals->datacenters[datacenter] == ADMIN_DOWN)
		return STANDING_DATACENTER_FORCED;
	if (vitals->datacenters[datacenter] == ADMIN_DRAIN)
		return STANDING_DATACENTER_DRAINED;
	uint32_t target = roster->datacenter_targets[datacenter];
	if (target != ROSTER_NONE && vitals->targets[target].state == HEALTH_DOWN)
		return STANDING_DATACENTER_DOWN;
	return STANDING_FAST;
}

static enum standing slot_standing(const struct roster *roster, const struct vitals *vitals,
				   const struct roster_slot *slot)
{
	enum standing standing = datacenter_standing(roster, vitals, slot->datacenter);
	if (standing != STANDING_FAST)
		return standing;
	if (slot->state == ADMIN_DOWN)
		return STANDING_RECORD_FORCED;
	if (slot->state == ADMIN_DRAIN)
		return STANDING_RECORD_DRAINED;
	if (slot->target != ROSTER_NONE && vitals->targets[slot->target].state == HEALTH_DOWN)
		return STANDING_RECORD_DOWN;
	for (int i = 0; i < 2; i++) {
		if (slot->paces[i] != ROSTER_NONE && vitals->paces[slot->paces[i]].state == HEALTH_DOWN)
			return STANDING_SLOW;
	}
	return STANDING_FAST;
}

static struct set_masks set_masks(const struct roster_set *set, const uint8_t *standings)
{
	struct set_masks masks = {0};
	for (uint32_t i = 0; i < set->n; i++) {
		uint8_t standing = standings[set->slots[i]];
		masks.usable |= (uint64_t)(standing <= STANDING_SLOW) << i;
		masks.fast |= (uint64_t)(standing == STANDING_FAST) << i;
	}
	return masks;
}

struct board *board_build(const struct roster *roster, const struct vitals *vitals)
{
	struct board *board = mem_alloc(sizeof(*board) + roster->n_sets * sizeof(board->sets[0]));
	board->standings = mem_alloc(roster->n_slots);
	for (uint32_t i = 0; i < roster->n_slots; i++)
		board->standings[i] = (uint8_t)slot_standing(roster, vitals, &roster->slots[i]);
	for (uint32_t i = 0; i < roster->n_sets; i++)
		board->sets[i] = set_masks(&roster->sets[i], board->standings);
	return board;
}

void board_free(struct board *board)
{
	if (board == NULL)
		return;
	free(board->standings);
	free(board);
}
