/* SPDX-License-Identifier: ISC */
/* A text of gslbd.conf, and exactly the faults it must have. */
#ifndef CONFIG_TEST_FAULTS_H
#define CONFIG_TEST_FAULTS_H

#include "config/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

/* Stands before each row's text, which so begins at line 5. */
#define GIVEN                                                        \
	"check site http\n"                                          \
	"check port tcp\n"                                           \
	"datacenter fra address=192.0.2.1 check=site location=1,2\n" \
	"datacenter iad\n"

struct row {
	const char *text, *expected; /* faults as `line:column: text`, a line each; "": none */
};

static inline void check_text(const char *text, size_t len, const char *expected)
{
	struct faults faults = {0};
	char *got = NULL;
	size_t got_len = 0;
	struct config *config = config_read_text("c", text, len, &faults);
	FILE *out = open_memstream(&got, &got_len);
	for (size_t i = 0; i < faults.n; i++)
		fprintf(out, "%s%u:%u: %s%s", i ? "\n" : "", faults.list[i].line, faults.list[i].column,
			faults.list[i].warning ? "warning: " : "", faults.list[i].text);
	fclose(out);
	assert_non_null(config); /* whatever is wrong: other files are looked at with it */
	if (strcmp(got, expected) != 0)
		fail_msg("%s\nexpected: %s\ngot: %s", text, expected, got);
	config_free(config);
	faults_free(&faults);
	free(got);
}

static inline void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char text[4096];
		int len = snprintf(text, sizeof(text), "%s%s", GIVEN, rows[i].text);
		check_text(text, (size_t)len, rows[i].expected);
	}
}

#endif
