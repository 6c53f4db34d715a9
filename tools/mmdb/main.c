/* SPDX-License-Identifier: ISC */
/* The command line of mmdb-build. */
#include "base/memory.h"
#include "mmdb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Writes beside the target and renames, so that nobody ever opens half a database. */
static bool file_write(const struct bytes *file, const char *path)
{
	size_t len = strlen(path);
	char *temporary = mem_alloc(len + 8);
	memcpy(temporary, path, len);
	memcpy(temporary + len, ".XXXXXX", 8);
	int fd = mkstemp(temporary);
	FILE *out = fd >= 0 ? fdopen(fd, "wb") : NULL;
	bool ok =
		out != NULL && fchmod(fd, 0644) == 0 && fwrite(file->octets, 1, file->len, out) == file->len;
	if (out != NULL)
		ok &= fclose(out) == 0;
	ok = ok && rename(temporary, path) == 0;
	if (!ok) {
		fprintf(stderr, "mmdb-build: %s: %s\n", path, strerror(errno));
		unlink(temporary);
	}
	free(temporary);
	return ok;
}

static void builder_free(struct builder *b)
{
	faults_free(&b->faults);
	free(b->lines);
	free(b->nodes);
	free(b->data);
	free(b->offsets);
	free(b->section.octets);
}

int main(int argc, char **argv)
{
	struct builder b = {0};
	int at = 1;
	for (; at < argc && argv[at][0] == '-'; at++) {
		if (strcmp(argv[at], "--flat") == 0)
			b.flat = true;
		else if (strcmp(argv[at], "--ipv4") == 0)
			b.v4_only = true;
		else
			break;
	}
	if (argc - at != 2 || argv[at][0] == '-') {
		fputs("usage: mmdb-build [--flat] [--ipv4] SOURCE.txt OUT.mmdb\n"
		      "a line of the source is a network and what is known of it, such as\n"
		      "  203.0.113.0/24  continent=EU country=DE subdivision=BE asn=64500 "
		      "location=52.52,13.40\n"
		      "a more specific network inherits what it does not say; `;` begins a comment\n",
		      stderr);
		return 2;
	}
	bool ok = source_read(&b, argv[at]);
	faults_print(&b.faults, stderr);
	if (ok) {
		tree_build(&b);
		struct bytes file = file_encode(&b);
		ok = file_write(&file, argv[at + 1]);
		free(file.octets);
	}
	builder_free(&b);
	return ok ? 0 : 1;
}
