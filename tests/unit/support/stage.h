/* SPDX-License-Identifier: ISC */
/* A world out of texts, all of its checks taken as up, and who answers from it. */
#ifndef TESTS_UNIT_STAGE_H
#define TESTS_UNIT_STAGE_H

#include "answer/respond.h"
#include "base/memory.h"
#include "folder.h"

#include <stdio.h>
#include <stdlib.h>

struct stage {
	struct world *world;
	struct board *board;
	struct view view; /* of both; what else belongs to it is up to the test */
	struct responder *responder;
};

struct stage_file {
	const char *name, *text;
};

/* The world of `files`, the first of which is the configuration. The caller frees it. */
static inline struct world *stage_world(const struct stage_file *files, size_t n)
{
	struct folder folder;
	struct faults faults = {0};
	char path[FOLDER_PATH_ROOM];
	folder_make(&folder);
	for (size_t i = 0; i < n; i++)
		folder_write(&folder, files[i].name, files[i].text);
	struct world *world = world_load(folder_path(&folder, files[0].name, path), false, &faults);
	folder_remove(&folder);
	faults_print(&faults, stderr);
	faults_free(&faults);
	assert_non_null(world);
	return world;
}

static inline void stage_open(struct stage *s, const struct stage_file *files, size_t n)
{
	struct vitals vitals;
	s->world = stage_world(files, n);
	vitals_init(&vitals, s->world->roster);
	s->board = board_build(s->world->roster, &vitals, 1);
	vitals_free(&vitals);
	s->view = (struct view){.world = s->world, .board = s->board};
	s->responder = mem_alloc(sizeof(*s->responder));
	s->responder->view = &s->view;
	random_seed_with(&s->responder->picker.random, 1);
}

static inline void stage_close(struct stage *s)
{
	free(s->responder);
	board_free(s->board);
	world_free(s->world);
}

/* The same as the state of cmocka's tests; `files` end with one that has no name. */
static inline int stage_setup(void **state, const struct stage_file *files)
{
	size_t n = 0;
	while (files[n].name != NULL)
		n++;
	*state = mem_alloc(sizeof(struct stage));
	stage_open(*state, files, n);
	return 0;
}

static inline int stage_teardown(void **state)
{
	stage_close(*state);
	free(*state);
	return 0;
}

#endif
