/* SPDX-License-Identifier: ISC */
/*
 * Measured round trips over a restart, as text:
 *
 *   gslbd-measured 1 1763711999000 24 48           version, time of the calendar (ms), grains
 *   192.0.2.0/24 fra 45210 44000 12 3600000        area, datacenter, average and published (us), samples, age
 * (ms) country:17477 fra 51000 0 2 20 end 2                                          how many lines there
 * were
 *
 * Who can write to the file is not trusted: each line is checked as if it came from anywhere.
 */
#include "base/memory.h"
#include "config/value.h"
#include "health/figures.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char magic[] = "gslbd-measured";

/* The longest sound line has 39 + 3 octets of prefix, 63 of name and five numbers. */
enum { VERSION = 1, LINE_ROOM = 256, FIELDS_MAX = 6, BUFFER_SIZE = 1 << 16 };

static uint64_t area_save(const struct measured *m, const struct area *area, int64_t now_ms, FILE *out)
{
	char text[ADDR_TEXT_MAX];
	uint64_t lines = 0;
	area_format(&area->key, m->grain, text);
	for (uint32_t i = area->first_figure; i != FIGURE_NONE; i = m->figures.list[i].next, lines++) {
		const struct figure *f = &m->figures.list[i];
		int64_t age_ms = now_ms > f->updated_ms ? now_ms - f->updated_ms : 0;
		fprintf(out, "%s %s %u %u %u %" PRId64 "\n", text, m->sites.list[f->site].name, f->average_us,
			f->published_us, f->samples, age_ms);
	}
	return lines;
}

/* Errors stay with the stream. */
static void store_save(const struct measured *m, struct measured_time at, FILE *out)
{
	const struct areas *all[] = {&m->regions, &m->prefixes};
	uint64_t lines = 0;
	fprintf(out, "%s %d %" PRIu64 " %u %u\n", magic, VERSION, at.wall_ms, m->grain.v4, m->grain.v6);
	for (int i = 0; i < 2; i++) {
		for (uint32_t j = 0; j < all[i]->n; j++)
			lines += area_save(m, &all[i]->list[j], (int64_t)at.now_ms, out);
	}
	fprintf(out, "end %" PRIu64 "\n", lines);
}

/* The name of a file is on the disk only when its folder is. */
static bool folder_sync(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? mem_copy_text(".", 1)
				     : mem_copy_text(path, slash == path ? 1 : (size_t)(slash - path));
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	free(folder);
	return ok;
}

static bool file_write(const struct measured *m, const char *path, struct measured_time at)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (out == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	setvbuf(out, NULL, _IOFBF, BUFFER_SIZE);
	store_save(m, at, out);
	bool ok = fflush(out) == 0 && !ferror(out) && fsync(fd) == 0;
	int error = errno;
	ok &= fclose(out) == 0;
	errno = error;
	return ok;
}

bool measured_save(const struct measured *m, const char *path, struct measured_time at, struct faults *faults)
{
	size_t size = strlen(path) + sizeof(".new");
	char *beside = mem_alloc(size);
	snprintf(beside, size, "%s.new", path);
	bool ok = file_write(m, beside, at) && rename(beside, path) == 0 && folder_sync(path);
	if (!ok) {
		fault_add(faults, (struct spot){.file = path}, "can't be saved: %s", strerror(errno));
		unlink(beside);
	}
	free(beside);
	return ok;
}

/* A file being read: one line at a time, cut into fields. */
struct loading {
	struct measured *m;
	struct faults *faults;
	const char *path;
	FILE *in;
	int64_t now_ms;
	uint64_t since_ms; /* how long ago the file was written */
	struct area_grain grain;
	bool foreign; /* the prefixes are of other lengths than the store's */
	unsigned line;
	char text[LINE_ROOM];
	char *fields[FIELDS_MAX];
	unsigned n;
};

__attribute__((format(printf, 3, 4))) static bool refuse(struct loading *l, const char *at,
							 const char *format, ...)
{
	char text[LINE_ROOM * 2];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fault_add(l->faults, (struct spot){l->path, l->line, (unsigned)(at - l->text) + 1}, "%s", text);
	return false;
}

/* Cuts the line at single spaces. */
static bool fields_cut(struct loading *l)
{
	l->n = 0;
	for (char *at = l->text, *end; at != NULL; at = end) {
		end = strchr(at, ' ');
		if (end != NULL)
			*end++ = '\0';
		if (*at == '\0')
			return refuse(l, at, "a field is missing; one space stands between two");
		if (l->n == FIELDS_MAX)
			return refuse(l, at, "more than %d fields", FIELDS_MAX);
		l->fields[l->n++] = at;
	}
	return true;
}

static bool line_read(struct loading *l)
{
	l->line++;
	if (fgets(l->text, sizeof(l->text), l->in) == NULL)
		return refuse(l, l->text, "%s",
			      ferror(l->in) ? strerror(errno) : "the file ends before its end line");
	size_t len = strlen(l->text);
	if (len == 0 || l->text[len - 1] != '\n')
		return refuse(l, l->text, "no line of at most %d characters", LINE_ROOM - 2);
	l->text[len - 1] = '\0';
	for (const char *c = l->text; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			return refuse(l, c, "a character that is not of ASCII's printable ones");
	}
	return fields_cut(l);
}

static bool number_read(struct loading *l, unsigned field, uint64_t min, uint64_t max, uint64_t *out)
{
	const char *text = l->fields[field];
	if (value_number(text, strlen(text), out) && *out >= min && *out <= max)
		return true;
	return refuse(l, text, "\"%s\" is no number from %" PRIu64 " to %" PRIu64, text, min, max);
}

static bool header_read(struct loading *l, uint64_t wall_ms)
{
	uint64_t version, stamp, v4, v6;
	if (!line_read(l))
		return false;
	if (l->n != 5 || strcmp(l->fields[0], magic) != 0)
		return refuse(l, l->text, "no header: %s VERSION TIME GRAIN GRAIN", magic);
	if (!number_read(l, 1, VERSION, VERSION, &version) || !number_read(l, 2, 0, INT64_MAX, &stamp) ||
	    !number_read(l, 3, 1, 32, &v4) || !number_read(l, 4, 1, 64, &v6))
		return false;
	l->since_ms = wall_ms > stamp ? wall_ms - stamp : 0;
	l->grain = (struct area_grain){(uint8_t)v4, (uint8_t)v6};
	l->foreign = l->grain.v4 != l->m->grain.v4 || l->grain.v6 != l->m->grain.v6;
	if (l->foreign)
		fault_warn(l->faults, (struct spot){l->path, l->line, 1},
			   "measured by prefixes of %u and %u bits, not %u and %u: only countries and "
			   "continents are kept",
			   l->grain.v4, l->grain.v6, l->m->grain.v4, l->m->grain.v6);
	return true;
}

/* What a line says of a figure. */
struct row {
	struct area_key key;
	uint64_t average_us, published_us, samples, age_ms;
};

static bool row_read(struct loading *l, struct row *row)
{
	if (l->n != 6)
		return refuse(l, l->text, "not AREA DATACENTER AVERAGE PUBLISHED SAMPLES AGE");
	if (!area_parse(l->fields[0], strlen(l->fields[0]), l->grain, &row->key))
		return refuse(l, l->fields[0],
			      "\"%s\" is no country:N, continent:N or prefix of %u or %u bits", l->fields[0],
			      l->grain.v4, l->grain.v6);
	return number_read(l, 2, 1, MEASURED_US_MAX, &row->average_us) &&
	       number_read(l, 3, 0, MEASURED_US_MAX, &row->published_us) &&
	       number_read(l, 4, 1, UINT16_MAX, &row->samples) &&
	       number_read(l, 5, 0, MEASURED_AGE_MAX_MS, &row->age_ms);
}

static bool figure_load(struct loading *l, const struct row *row, uint16_t site)
{
	struct measured *m = l->m;
	struct area *owner;
	struct figure *f = figure_at(m, &row->key, site, &owner);
	if (f == NULL)
		return refuse(l, l->text, "more areas than there can be");
	if (f->samples > 0)
		return refuse(l, l->text, "%s has a figure for %s already", l->fields[0], l->fields[1]);
	f->average_us = (uint32_t)row->average_us;
	f->published_us = (uint32_t)row->published_us;
	f->samples = (uint16_t)row->samples;
	f->updated_ms = l->now_ms - (int64_t)(row->age_ms + l->since_ms);
	/* older than whatever will be measured, and as old among each other as they are; any unit does */
	int64_t touched = -(int64_t)((row->age_ms + l->since_ms) / 1000);
	owner->touched = owner->touched < touched ? touched : owner->touched;
	m->changed |= f->published_us > 0;
	figure_publish(m, owner, f);
	return true;
}

static bool row_load(struct loading *l)
{
	struct row row;
	if (!row_read(l, &row))
		return false;
	uint16_t site = sites_hold(&l->m->sites, l->fields[1]);
	if (site == SITE_NONE)
		return refuse(l, l->fields[1], "\"%s\" is no name of a datacenter, or one more than %d",
			      l->fields[1], MEASURED_DATACENTERS_MAX);
	bool skip = l->since_ms > l->m->limits.max_age_ms ||
		    row.age_ms + l->since_ms > l->m->limits.max_age_ms ||
		    (l->foreign && (row.key.kind == AREA_V4 || row.key.kind == AREA_V6));
	bool ok = skip || figure_load(l, &row, site);
	sites_release(&l->m->sites, site);
	return ok;
}

static bool store_load(struct loading *l, uint64_t wall_ms)
{
	uint64_t rows = 0, told;
	if (!header_read(l, wall_ms))
		return false;
	for (;; rows++) {
		if (!line_read(l))
			return false;
		if (l->n == 2 && strcmp(l->fields[0], "end") == 0)
			break;
		if (!row_load(l))
			return false;
	}
	if (!number_read(l, 1, rows, rows, &told))
		return false;
	if (fgetc(l->in) != EOF)
		return refuse(l, l->text, "the file goes on after its end line");
	return true;
}

bool measured_load(struct measured *m, const char *path, struct measured_time at, struct faults *faults)
{
	struct loading l = {.m = m, .faults = faults, .path = path, .now_ms = (int64_t)at.now_ms};
	l.in = fopen(path, "re");
	if (l.in == NULL && errno == ENOENT)
		return true;
	if (l.in == NULL) {
		fault_add(faults, (struct spot){.file = path}, "can't be read: %s", strerror(errno));
		return false;
	}
	setvbuf(l.in, NULL, _IOFBF, BUFFER_SIZE);
	bool ok = store_load(&l, at.wall_ms);
	fclose(l.in);
	if (!ok)
		figures_forget(m);
	return ok;
}
