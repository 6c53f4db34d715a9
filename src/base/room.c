/* SPDX-License-Identifier: ISC */
/* Where the kernel says what memory is limited to, and taken. */
#include "base/room.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { TEXT_ROOM = 8192 };

/* What is known so far. */
struct search {
	const char *root; /* of the files; "": the machine's */
	struct room room;
	struct room swap; /* that part of what the machine has */
	char text[TEXT_ROOM];
};

/* What a file of each control group says, and how much of that is taken. */
struct group_limit {
	const char *mark; /* that the group's name follows in /proc/self/cgroup */
	const char *groups;
	const char *most, *taken;
	const char *inactive, *active; /* files that were read, in memory.stat; NULL: they don't count */
	const char *by;                /* NULL: of swap */
};

static const struct group_limit group_limits[] = {
	/* version 2 */
	{"0::/", "/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file ", "active_file ",
	 "memory.max of its control group, or MemoryMax="},
	{"0::/", "/sys/fs/cgroup", "memory.swap.max", "memory.swap.current", NULL, NULL, NULL},
	/* version 1: of memory, and of that and swap together */
	{":memory:/", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
	 "total_inactive_file ", "total_active_file ", "memory.limit_in_bytes of its control group"},
	{":memory:/", "/sys/fs/cgroup/memory", "memory.memsw.limit_in_bytes", "memory.memsw.usage_in_bytes",
	 "total_inactive_file ", "total_active_file ", "memory.memsw.limit_in_bytes of its control group"},
};

/* The beginning of a file, as s->text. False: it can't be had. */
static bool text_read(struct search *s, const char *path)
{
	char whole[2 * PATH_MAX];
	snprintf(whole, sizeof(whole), "%s%s", s->root, path);
	int fd = open(whole, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t len = read(fd, s->text, TEXT_ROOM - 1);
	close(fd);
	s->text[len > 0 ? len : 0] = '\0';
	return len > 0;
}

/* The number that a file begins with. False: it can't be had, or says "max". */
static bool number_read(struct search *s, const char *path, uint64_t *out)
{
	char *end;
	if (!text_read(s, path))
		return false;
	*out = strtoull(s->text, &end, 10);
	return end > s->text;
}

/* The number behind a word at the beginning of a line of s->text; 0: it is not there. */
static uint64_t number_of(const struct search *s, const char *word)
{
	size_t len = strlen(word);
	for (const char *line = s->text; *line != '\0'; line = strchrnul(line, '\n'), line += *line == '\n') {
		if (strncmp(line, word, len) == 0)
			return strtoull(line + len, NULL, 10);
	}
	return 0;
}

static void limit(struct room *room, uint64_t most, uint64_t taken, const char *by)
{
	uint64_t left = most > taken ? most - taken : 0;
	if (left < room->octets)
		*room = (struct room){left, by};
}

static void limit_process(struct search *s)
{
	struct rlimit all, data;
	uint64_t pages, data_pages, page = (uint64_t)sysconf(_SC_PAGESIZE);
	if (getrlimit(RLIMIT_AS, &all) != 0 || getrlimit(RLIMIT_DATA, &data) != 0 ||
	    (all.rlim_cur == RLIM_INFINITY && data.rlim_cur == RLIM_INFINITY) ||
	    !text_read(s, "/proc/self/statm") ||
	    sscanf(s->text, "%" SCNu64 " %*u %*u %*u %*u %" SCNu64, &pages, &data_pages) != 2)
		return;
	if (all.rlim_cur != RLIM_INFINITY)
		limit(&s->room, all.rlim_cur, pages * page, "RLIMIT_AS");
	if (data.rlim_cur != RLIM_INFINITY)
		limit(&s->room, data.rlim_cur, data_pages * page, "RLIMIT_DATA");
}

/* A group's limit is less the memory that it can't give back: files that were read it can. */
static void limit_group(struct search *s, const struct group_limit *g, const char *group)
{
	char path[PATH_MAX + 96];
	uint64_t most, taken, files = 0;
	snprintf(path, sizeof(path), "%s%s/%s", g->groups, group, g->most);
	if (!number_read(s, path, &most))
		return;
	snprintf(path, sizeof(path), "%s%s/%s", g->groups, group, g->taken);
	if (!number_read(s, path, &taken))
		return;
	snprintf(path, sizeof(path), "%s%s/memory.stat", g->groups, group);
	if (g->inactive != NULL && text_read(s, path))
		files = number_of(s, g->inactive) + number_of(s, g->active);
	limit(g->by ? &s->room : &s->swap, most, taken > files ? taken - files : 0, g->by);
}

/* Its own group's, and that of each above it: in a container, whose name for it is another, that is the one
 * that it sees as the first of all. */
static void limit_groups(struct search *s, const struct group_limit *g)
{
	char group[PATH_MAX];
	const char *own = text_read(s, "/proc/self/cgroup") ? strstr(s->text, g->mark) : NULL;
	if (own == NULL)
		return;
	own += strlen(g->mark) - 1;
	snprintf(group, sizeof(group), "%.*s", (int)strcspn(own, "\n"), own);
	limit_group(s, g, group);
	for (char *end; (end = strrchr(group, '/')) != NULL;) {
		*end = '\0';
		limit_group(s, g, group);
	}
}

/* Memory and swap, and where the machine never promises more than those (strict overcommit), promises. */
static void limit_machine(struct search *s)
{
	uint64_t overcommit;
	bool strict = number_read(s, "/proc/sys/vm/overcommit_memory", &overcommit) && overcommit == 2;
	if (!text_read(s, "/proc/meminfo"))
		return;
	limit(&s->swap, number_of(s, "SwapFree:") * 1024, 0, NULL);
	if (strstr(s->text, "MemAvailable:") != NULL)
		limit(&s->room, number_of(s, "MemAvailable:") * 1024 + s->swap.octets, 0,
		      "what this machine has");
	if (strict)
		limit(&s->room, number_of(s, "CommitLimit:") * 1024, number_of(s, "Committed_AS:") * 1024,
		      "vm.overcommit_memory=2 of this machine");
}

struct room room_left_by(const char *root)
{
	struct search s = {.root = root, .room = {UINT64_MAX, "nothing"}, .swap = {UINT64_MAX, NULL}};
	limit_process(&s);
	for (size_t i = 0; i < sizeof(group_limits) / sizeof(group_limits[0]); i++)
		limit_groups(&s, &group_limits[i]);
	limit_machine(&s);
	return s.room;
}

struct room room_left(void)
{
	return room_left_by("");
}

bool room_for(const struct room *room, uint64_t octets)
{
	return room->octets >= octets + (octets < ROOM_KEPT ? octets : ROOM_KEPT);
}

bool room_suffices(struct room_watch *watch, uint64_t steps, uint64_t before)
{
	watch->unseen += steps;
	if (watch->short_of || watch->unseen < ROOM_STEPS)
		return !watch->short_of;
	watch->unseen = 0;
	watch->last = room_left();
	uint64_t left = watch->last.octets, taken = before > left ? before - left : 0;
	watch->short_of = left < ROOM_KEPT + taken / 8 * 5;
	return !watch->short_of;
}
