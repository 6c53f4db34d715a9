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

/* The beginning of a file, as a text. False: it can't be had. */
static bool text_read(const char *path, char text[static TEXT_ROOM])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t len = read(fd, text, TEXT_ROOM - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	return len > 0;
}

/* The number behind a word at the beginning of a line; 0: it is not there. */
static uint64_t number_of(const char *text, const char *word)
{
	size_t len = strlen(word);
	for (; text != NULL; text = strchr(text, '\n'), text += text != NULL) {
		if (strncmp(text, word, len) == 0)
			return strtoull(text + len, NULL, 10);
	}
	return 0;
}

static void limit(struct room *room, uint64_t most, uint64_t taken, const char *by)
{
	uint64_t left = most > taken ? most - taken : 0;
	if (left < room->octets)
		*room = (struct room){left, by};
}

static void limit_process(struct room *room, char text[static TEXT_ROOM])
{
	struct rlimit all, data;
	uint64_t pages, data_pages, page = (uint64_t)sysconf(_SC_PAGESIZE);
	if (getrlimit(RLIMIT_AS, &all) != 0 || getrlimit(RLIMIT_DATA, &data) != 0 ||
	    (all.rlim_cur == RLIM_INFINITY && data.rlim_cur == RLIM_INFINITY) ||
	    !text_read("/proc/self/statm", text) ||
	    sscanf(text, "%" SCNu64 " %*u %*u %*u %*u %" SCNu64, &pages, &data_pages) != 2)
		return;
	if (all.rlim_cur != RLIM_INFINITY)
		limit(room, all.rlim_cur, pages * page, "RLIMIT_AS");
	if (data.rlim_cur != RLIM_INFINITY)
		limit(room, data.rlim_cur, data_pages * page, "RLIMIT_DATA");
}

/* A group's limit is less the memory that it can't give back: files that were read it can. */
static void limit_group(struct room *room, const char *group, char text[static TEXT_ROOM])
{
	char path[PATH_MAX + 64];
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", group);
	uint64_t most = text_read(path, text) ? strtoull(text, NULL, 10) : 0; /* or the word "max" */
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.current", group);
	if (most == 0 || !text_read(path, text))
		return;
	uint64_t taken = strtoull(text, NULL, 10), files = 0;
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.stat", group);
	if (text_read(path, text))
		files = number_of(text, "inactive_file ") + number_of(text, "active_file ");
	limit(room, most, taken > files ? taken - files : 0,
	      "memory.max of its control group, or MemoryMax=");
}

/* Its own group's, and that of each above it. */
static void limit_groups(struct room *room, char text[static TEXT_ROOM])
{
	char group[PATH_MAX];
	const char *own = text_read("/proc/self/cgroup", text) ? strstr(text, "0::/") : NULL;
	if (own == NULL)
		return;
	snprintf(group, sizeof(group), "%.*s", (int)strcspn(own + 3, "\n"), own + 3);
	limit_group(room, group, text);
	for (char *end; (end = strrchr(group, '/')) != NULL;) {
		*end = '\0';
		limit_group(room, group, text);
	}
}

struct room room_left(void)
{
	char text[TEXT_ROOM];
	struct room room = {.octets = UINT64_MAX, .by = "nothing"};
	limit_process(&room, text);
	limit_groups(&room, text);
	if (text_read("/proc/meminfo", text) && strstr(text, "MemAvailable:") != NULL)
		limit(&room, (number_of(text, "MemAvailable:") + number_of(text, "SwapFree:")) * 1024, 0,
		      "what this machine has");
	return room;
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
