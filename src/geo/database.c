/* SPDX-License-Identifier: ISC */
/* Opening, checking and walking one MaxMind database. */
#include "geo/database.h"
#include "base/memory.h"
#include "base/room.h"
#include "geo/metadata.h"
#include "geo/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

struct database {
	MMDB_s mmdb;
	struct intern *places; /* borrowed */
	struct memo at;        /* offset of a data entry -> number of its place */
	uint8_t *heights; /* while checking: levels below each node; 0: not seen, HEIGHT_OPEN: on the path to
			     here */
	uint8_t *shared;  /* a bit a node */
	uint64_t before;  /* octets of memory that were left; 0: it is small */
	struct room_watch room;
};

enum { HEIGHT_OPEN = 255, SEPARATOR = 16, IPV4_DEPTH = 96, LARGE = 1 << 20 };

static const char NO_ROOM[] = "there is too little memory for it";

/* Is there room for a copy of so many octets? */
static bool has_room(struct database *db, uint64_t octets)
{
	if (octets <= LARGE)
		return true;
	const struct room room = room_left();
	db->before = room.octets;
	return room_for(&room, octets);
}

/* The octets of a file in a nameless file in memory, or -1 and why not. */
static int file_copy(struct database *db, const char *path, const char **why)
{
	int in = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), out = -1;
	struct stat st = {0};
	*why = NULL;
	if (in < 0 || fstat(in, &st) != 0)
		*why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		*why = "it is no regular file";
	else if (st.st_size == 0)
		*why = "it is empty";
	else if (!has_room(db, (uint64_t)st.st_size))
		*why = NO_ROOM;
	else if ((out = memfd_create("geoip", MFD_CLOEXEC)) < 0)
		*why = strerror(errno);

	off_t left = st.st_size; /* and no more, should it grow */
	for (ssize_t sent = 1; *why == NULL && left > 0 && sent > 0; left -= sent) {
		sent = sendfile(out, in, NULL, (size_t)left);
		if (sent < 0)
			*why = strerror(errno);
	}
	if (in >= 0)
		close(in);
	if (*why != NULL && out >= 0)
		close(out);
	return *why == NULL ? out : -1;
}

/* Whether libmaxminddb can be trusted with the file. */
static bool file_check(int fd, const char **why)
{
	struct stat st;
	void *octets = MAP_FAILED;
	if (fstat(fd, &st) == 0)
		octets = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (octets == MAP_FAILED) {
		*why = strerror(errno);
		return false;
	}
	struct metadata metadata;
	bool ok = metadata_read(octets, (size_t)st.st_size, &metadata, why);
	munmap(octets, (size_t)st.st_size);
	return ok;
}

static bool map(struct database *db, const char *path, const char **why)
{
	int fd = file_copy(db, path, why);
	if (fd < 0)
		return false;
	if (!file_check(fd, why)) {
		close(fd);
		return false;
	}
	char name[32];
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	int status = MMDB_open(name, MMDB_MODE_MMAP, &db->mmdb);
	close(fd);
	if (status != MMDB_SUCCESS) {
		*why = MMDB_strerror(status);
		db->mmdb.file_content = NULL;
	}
	return status == MMDB_SUCCESS;
}

/* Has the data entry a place? It is decoded when it is first met. */
static bool entry_check(struct database *db, MMDB_entry_s *entry, const char **why)
{
	uint32_t *held = memo_at(&db->at, &entry->offset);
	struct place place;
	if (*held != MEMO_NONE)
		return true;
	*why = NO_ROOM;
	if (!room_suffices(&db->room, 1, db->before))
		return false;
	*why = "a record of its data can't be decoded";
	if (!schema_read(entry, &place))
		return false;
	*held = places_add(db->places, &place);
	return true;
}

struct record {
	uint64_t value;
	uint8_t type;
	MMDB_entry_s entry;
};

static bool node_read(const struct database *db, uint32_t node, struct record out[2])
{
	MMDB_search_node_s n;
	if (MMDB_read_node(&db->mmdb, node, &n) != MMDB_SUCCESS)
		return false;
	out[0] = (struct record){n.left_record, n.left_record_type, n.left_record_entry};
	out[1] = (struct record){n.right_record, n.right_record_type, n.right_record_entry};
	return true;
}

/* Walks what is below a node, and returns how many levels that is, or 0 and why it can't be used. */
static uint8_t check(struct database *db, uint32_t node, unsigned room, const char **why)
{
	struct record records[2];
	*why = room == 0 ? "its search tree is too deep or runs in a circle" : "its search tree is corrupt";
	if (room == 0 || !node_read(db, node, records))
		return 0;
	uint8_t height = 0;
	db->heights[node] = HEIGHT_OPEN;
	for (int side = 0; side < 2; side++) {
		uint8_t below = 0;
		uint32_t child = (uint32_t)records[side].value;
		switch (records[side].type) {
		case MMDB_RECORD_TYPE_EMPTY: break;
		case MMDB_RECORD_TYPE_DATA:
			*why = "a record of its data can't be decoded";
			if (records[side].entry.offset >= db->mmdb.data_section_size ||
			    !entry_check(db, &records[side].entry, why))
				return 0;
			break;
		case MMDB_RECORD_TYPE_SEARCH_NODE:
			below = db->heights[child];
			if (below != 0)
				db->shared[child / 8] |= (uint8_t)(1 << child % 8);
			else if ((below = check(db, child, room - 1, why)) == 0)
				return 0;
			if (below >= room) {
				*why = "its search tree is too deep or runs in a circle";
				return 0;
			}
			break;
		default: *why = "its search tree points outside of the file"; return 0;
		}
		height = below > height ? below : height;
	}
	db->heights[node] = (uint8_t)(height + 1);
	return db->heights[node];
}

static bool check_all(struct database *db, const char **why)
{
	const MMDB_metadata_s *m = &db->mmdb.metadata;
	*why = "its search tree is too large";
	if (m->node_count >= CURSOR_LEAF)
		return false;

	db->heights = mem_alloc(m->node_count);
	db->shared = mem_alloc(m->node_count / 8 + 1);
	bool ok = check(db, 0, m->ip_version == 4 ? 32 : 128, why) != 0;
	free(db->heights);
	db->heights = NULL;
	if (!ok)
		return false;
	*why = "no record has a country, continent, subdivision, autonomous system or location";
	for (uint32_t i = 0; i < db->at.keys.n; i++)
		if (db->at.values[i] != 0)
			return true;
	return false;
}

static void refuse(const char *path, const struct spot *named, const char *why, struct faults *faults)
{
	const struct spot at = named ? *named : (struct spot){.file = path};
	if (why == NO_ROOM) {
		const struct room room = room_left();
		fault_add(faults, at, "%s%scan't be read: %s: %" PRIu64 " MiB are left by %s",
			  named ? path : "", named ? " " : "", why, room.octets >> 20, room.by);
	} else if (named == NULL) {
		fault_add(faults, at, "not a usable MaxMind database: %s", why);
	} else {
		fault_add(faults, at, "%s is not a usable MaxMind database: %s", path, why);
	}
}

struct database *database_open(const char *path, const struct spot *named, struct intern *places,
			       struct faults *faults)
{
	struct database *db = mem_alloc(sizeof(*db));
	const char *why;
	db->places = places;
	memo_init(&db->at, sizeof(uint32_t));
	if (map(db, path, &why) && check_all(db, &why))
		return db;
	refuse(path, named, why, faults);
	database_close(db);
	return NULL;
}

struct database *database_peek(const char *path)
{
	struct database *db = mem_alloc(sizeof(*db));
	const char *why;
	memo_init(&db->at, sizeof(uint32_t));
	if (map(db, path, &why))
		return db;
	database_close(db);
	return NULL;
}

void database_close(struct database *db)
{
	if (db == NULL)
		return;
	if (db->mmdb.file_content != NULL)
		MMDB_close(&db->mmdb);
	memo_free(&db->at);
	free(db->heights);
	free(db->shared);
	free(db);
}

bool database_find(const struct database *db, const struct addr *addr, struct place *out, uint8_t *len)
{
	struct endpoint endpoint = {.addr = *addr};
	struct sockaddr_storage sa;
	int status;
	endpoint_to_sockaddr(&endpoint, &sa);
	MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&db->mmdb, (struct sockaddr *)&sa, &status);
	*len = 0;
	if (status != MMDB_SUCCESS)
		return false; /* an IPv6 address in a database of IPv4 */
	unsigned above = addr->family == FAMILY_V4 && db->mmdb.metadata.ip_version == 6 ? IPV4_DEPTH : 0;
	*len = (uint8_t)(found.netmask > above ? found.netmask - above : 0);
	return found.found_entry && schema_read(&found.entry, out);
}

/* Records were checked when the database was opened: what is no node has a place, or is of no known place. */
static uint32_t cursor(const struct database *db, const struct record *record)
{
	if (record->type == MMDB_RECORD_TYPE_SEARCH_NODE)
		return (uint32_t)record->value;
	if (record->type == MMDB_RECORD_TYPE_EMPTY)
		return CURSOR_LEAF;
	return CURSOR_LEAF | memo_get(&db->at, &record->entry.offset);
}

void database_children(const struct database *db, uint32_t node, uint32_t children[2])
{
	struct record records[2];
	if (!node_read(db, node, records)) {
		children[0] = children[1] = CURSOR_LEAF;
		return;
	}
	children[0] = cursor(db, &records[0]);
	children[1] = cursor(db, &records[1]);
}

uint32_t database_root(const struct database *db, enum family family)
{
	if (db->mmdb.metadata.ip_version == 4)
		return family == FAMILY_V4 ? 0 : CURSOR_LEAF;
	uint32_t at = 0, children[2];
	for (unsigned depth = 0; family == FAMILY_V4 && depth < IPV4_DEPTH && !(at & CURSOR_LEAF); depth++) {
		database_children(db, at, children);
		at = children[0];
	}
	return at;
}

size_t database_nodes(const struct database *db)
{
	return db->mmdb.metadata.node_count;
}

bool database_shared(const struct database *db, uint32_t cursor)
{
	return !(cursor & CURSOR_LEAF) && db->shared[cursor / 8] & 1 << cursor % 8;
}
