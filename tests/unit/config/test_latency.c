/* SPDX-License-Identifier: ISC */
/* Latency tables: what is read from sound ones, and the faults of others. */
#include "config/config.h"
#include "support/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

static struct folder folder;

static int enter_folder(void **state)
{
	(void)state;
	folder_make(&folder);
	return chdir(folder.path);
}

static int leave_folder(void **state)
{
	(void)state;
	folder_remove(&folder);
	return chdir("/");
}

/* The faults as main would print them, or else the rows; the caller frees the text. */
static char *read_tables(const char *conf)
{
	struct faults faults = {0};
	char *text = NULL, place[ADDR_TEXT_MAX];
	size_t len;
	struct config *config = config_read_text("c", conf, strlen(conf), &faults);
	FILE *out = open_memstream(&text, &len);
	faults_print(&faults, out);
	for (size_t i = 0; faults.n == 0 && i < config->n_latencies; i++) {
		const struct latency_row *row = &config->latencies[i];
		fprintf(out, "%s:%u %s %u %u\n", row->from.at.file, row->from.at.line,
			place_key_format(&row->from, place), row->datacenter, row->us);
	}
	fclose(out);
	faults_free(&faults);
	config_free(config);
	return text;
}

static void check_tables(const char *conf, const char *expected)
{
	char *got = read_tables(conf);
	if (strcmp(got, expected) != 0)
		fail_msg("%s\nexpected: %s\ngot: %s", conf, expected, got);
	free(got);
}

static void rows_are_read(void **state)
{
	(void)state;
	folder_write(&folder, "t",
		     "; measured\nEU fra 12\neu/de  fra 8ms ; near\nna/us/CA iad 1m\nAS64500 fra 1\n"
		     "203.0.113.0/24 iad 1s500ms\n2001:db8::/32 fra 60000\n* fra 200\n");
	check_tables("latency t\ndatacenter fra\ndatacenter iad\n",
		     "t:2 EU 0 12000\nt:3 EU/DE 0 8000\nt:4 NA/US/CA 1 60000000\nt:5 AS64500 0 1000\n"
		     "t:6 203.0.113.0/24 1 1500000\nt:7 2001:db8::/32 0 60000000\nt:8 * 0 200000\n");
}

static void what_is_wrong_stands_at_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *table, *expected;
	} rows[] = {
		{"EU fra", "t:1:4: a line of a latency table is: PLACE-OR-NETWORK DATACENTER TIME\n"},
		{"EU fra 1 2", "t:1:10: a line of a latency table is: PLACE-OR-NETWORK DATACENTER TIME\n"},
		{"EU fr 1", "t:1:4: unknown datacenter \"fr\", did you mean \"fra\"?\n"},
		{"EU fra 0", "t:1:8: \"0\" is no time from 1ms to 60s; a number alone is in milliseconds\n"},
		{"EU fra 60001",
		 "t:1:8: \"60001\" is no time from 1ms to 60s; a number alone is in milliseconds\n"},
		{"EU fra 61s",
		 "t:1:8: \"61s\" is no time from 1ms to 60s; a number alone is in milliseconds\n"},
		{"EU fra 8.5",
		 "t:1:8: \"8.5\" is no time from 1ms to 60s; a number alone is in milliseconds\n"},
		{"10.0.0.1/8 fra x",
		 "t:1:1: \"10.0.0.1/8\" has bits set behind its length; 10.0.0.0/8 would be right\n"
		 "t:1:16: \"x\" is no time from 1ms to 60s; a number alone is in milliseconds\n"},
		{"eu/de fra 1\nEU iad 1\nEU/DE iad 1\nEU/DE fra 2",
		 "t:4:1: EU/DE has a time to that datacenter already, at line 1\n"},
		{"$INCLUDE nope", "t:1:10: nope can't be read: No such file or directory\n"},
	};
	for (size_t i = 0; i < N(rows); i++) {
		folder_write(&folder, "t", rows[i].table);
		check_tables("latency t\ndatacenter fra\ndatacenter iad\n", rows[i].expected);
	}
}

/* What is noted of one table outlives it: its rows may be met again in another. */
static void rows_of_several_tables_are_told_apart(void **state)
{
	(void)state;
	folder_write(&folder, "t", "EU fra 1\n$INCLUDE u\nNA fra 2\n");
	folder_write(&folder, "u", "\nAS fra 3\n");
	folder_write(&folder, "v", "OC fra 4\nAS fra 5\n");
	check_tables("latency t\ndatacenter fra\n", "t:1 EU 0 1000\nu:2 AS 0 3000\nt:3 NA 0 2000\n");
	check_tables("latency t\nlatency v\ndatacenter fra\n",
		     "v:2:1: AS has a time to that datacenter already, at line 2 of u\n");
	check_tables("latency t\nlatency t\ndatacenter fra\n", "c:2:9: latency t stands there already\n");
}

static void a_table_that_can_not_be_read_is_told(void **state)
{
	(void)state;
	check_tables("datacenter fra\nlatency nope\n",
		     "c:2:9: nope can't be read: No such file or directory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_read),
		cmocka_unit_test(what_is_wrong_stands_at_its_place),
		cmocka_unit_test(rows_of_several_tables_are_told_apart),
		cmocka_unit_test(a_table_that_can_not_be_read_is_told),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
