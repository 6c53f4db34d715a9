/* SPDX-License-Identifier: ISC */
/* A zone file's text, and exactly the faults it must have. */
#ifndef ZONE_FAULTS_H
#define ZONE_FAULTS_H

#include "zone_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#define N(x)  (sizeof(x) / sizeof((x)[0]))
#define START "$TTL 1\n@ SOA n h 1 2 3 4 5\n@ NS n.x.\n"
static const char conf[] = "check s http\ncheck t tcp\ncheck e exec command=/x\ncheck k calc of s e\ncheck l "
			   "calc of s t\ndatacenter a address=192.0.2.1 check=s location=1,2\n"
			   "datacenter b\ngeomap m * a b\nzone example z\n";

/* The faults as main would print them; the caller frees them. */
static inline char *faults_text(const struct faults *faults)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	faults_print(faults, out);
	fclose(out);
	return text;
}

static inline void check_faults(const char *text, const char *expected)
{
	struct built_zone b;
	zones_build(conf, &text, &b);
	char *got = faults_text(&b.faults);
	if (strcmp(got, expected) != 0)
		fail_msg("\n%s\nis told as\n%sin place of\n%s", text, got, expected);
	free(got);
	zones_discard(&b);
}

#endif
