/* SPDX-License-Identifier: ISC */
/* Metrics as Prometheus reads them. */
#include "admin/metrics.h"

#include <event2/buffer.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* And empties it, as it is sent. */
static void assert_holds(struct metrics_text *text, const char *expected)
{
	struct evbuffer *out = evbuffer_new();
	metrics_send(text, out);
	evbuffer_add(out, "", 1);
	assert_string_equal((const char *)evbuffer_pullup(out, -1), expected);
	evbuffer_free(out);
}

static void a_metric_has_a_head_and_a_line_a_value(void **state)
{
	(void)state;
	struct metrics_text out = {0};
	struct metrics m = metrics_begin(&out, "gslbd_queries_total", METRICS_COUNTER, "Queries.");
	metrics_count(&m, NULL, 0, 7);
	m = metrics_begin(&out, "gslbd_up", METRICS_GAUGE, "A back\\slash,\na \"new\" line.");
	metrics_count(&m, (struct metrics_label[]){{"datacenter", "fra"}, {"state", "up"}}, 2, UINT64_MAX);
	metrics_number(&m, (struct metrics_label[]){{"datacenter", "iad"}}, 1, 0.25);
	assert_holds(&out, "# HELP gslbd_queries_total Queries.\n"
			   "# TYPE gslbd_queries_total counter\n"
			   "gslbd_queries_total 7\n"
			   "# HELP gslbd_up A back\\\\slash,\\na \"new\" line.\n"
			   "# TYPE gslbd_up gauge\n"
			   "gslbd_up{datacenter=\"fra\",state=\"up\"} 18446744073709551615\n"
			   "gslbd_up{datacenter=\"iad\"} 0.25\n");
}

static void label_values_are_escaped(void **state)
{
	(void)state;
	static const struct {
		const char *name, *value, *expected;
	} rows[] = {
		{"plain", "fra", "x{l=\"fra\"} 1\n"},
		{"empty", "", "x{l=\"\"} 1\n"},
		{"backslash", "a\\b", "x{l=\"a\\\\b\"} 1\n"},
		{"quote", "\"a\"", "x{l=\"\\\"a\\\"\"} 1\n"},
		{"newline", "a\nb\n", "x{l=\"a\\nb\\n\"} 1\n"},
		{"all at once", "\\\"\n", "x{l=\"\\\\\\\"\\n\"} 1\n"},
		{"UTF-8 and what printf knows", "é%s{}", "x{l=\"é%s{}\"} 1\n"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct metrics_text out = {0};
		print_message("  %s\n", rows[i].name);
		metrics_count(&(struct metrics){&out, "x", 1}, &(struct metrics_label){"l", rows[i].value}, 1,
			      1);
		assert_holds(&out, rows[i].expected);
	}
}

static void numbers_are_read_back_as_they_were(void **state)
{
	(void)state;
	static const struct {
		double value;
		const char *expected;
	} rows[] = {
		{0, "x 0\n"},
		{-1.5, "x -1.5\n"},
		{-0.0, "x -0\n"},
		{0.1, "x 0.1\n"},
		{1, "x 1\n"},
		{1.5, "x 1.5\n"},
		{0.000001, "x 0.000001\n"},
		{0.0000001, "x 1e-07\n"},
		{12.000345, "x 12.000345\n"},
		{1700000000, "x 1700000000\n"},
		{1700000000.123, "x 1700000000.123\n"},
		{12345678901234567890.0, "x 1.2345678901234567e+19\n"},
		{1.0 / 3, "x 0.33333333333333331\n"},
		{1e300, "x 1e+300\n"},
		{(double)NAN, "x NaN\n"},
		{(double)INFINITY, "x +Inf\n"},
		{-(double)INFINITY, "x -Inf\n"},
	};
	struct metrics_text out = {0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		metrics_number(&(struct metrics){&out, "x", 1}, NULL, 0, rows[i].value);
		assert_holds(&out, rows[i].expected);
	}
}

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	return *seed ^= *seed << 17;
}

static void any_number_is_read_back_as_it_was(void **state)
{
	(void)state;
	uint64_t seed = 88172645463325252u;
	for (int i = 0; i < 100000; i++) {
		static const double divisors[] = {1, 1e3, 1e6, 1e9, 7};
		struct metrics_text out = {0};
		double value = (double)(next(&seed) >> next(&seed) % 64) / divisors[next(&seed) % 5];
		metrics_number(&(struct metrics){&out, "x", 1}, NULL, 0, value);
		out.octets[out.len - 1] = '\0';
		if (strtod(out.octets + 2, NULL) != value)
			fail_msg("%.17g is written as %s", value, out.octets + 2);
		free(out.octets);
	}
}

static void labels_may_be_written_once_for_many_values(void **state)
{
	(void)state;
	struct metrics_text out = {0}, labels = {0};
	metrics_labels(&labels, (struct metrics_label[]){{"a", "1"}, {"b", "\""}}, 2);
	metrics_number_of(&(struct metrics){&out, "x", 1}, labels.octets, labels.len, 0.5);
	metrics_number_of(&(struct metrics){&out, "y", 1}, labels.octets, labels.len, 2);
	assert_holds(&out, "x{a=\"1\",b=\"\\\"\"} 0.5\ny{a=\"1\",b=\"\\\"\"} 2\n");
	free(labels.octets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_metric_has_a_head_and_a_line_a_value),
		cmocka_unit_test(label_values_are_escaped),
		cmocka_unit_test(numbers_are_read_back_as_they_were),
		cmocka_unit_test(any_number_is_read_back_as_it_was),
		cmocka_unit_test(labels_may_be_written_once_for_many_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
