/* SPDX-License-Identifier: ISC */
/* Measured round trips, random ones, against a model that looks back over the whole history. */
#include "measured_feed.h"
#include "base/random.h"

#include <math.h>
#include <stdio.h>

enum { HISTORY = 2000, CLIENTS = 12, MAX_AGE = 1000 };

/* All samples of an area and datacenter; naive() is the definition, told by looking back over all of them. */
struct history {
	unsigned n;
	uint32_t us[HISTORY];
	uint64_t at_ms[HISTORY];
};

static uint32_t naive(const struct history *h, uint64_t now_ms)
{
	double average = 0, is = 0;
	unsigned n = 0;
	if (h->n == 0 || now_ms - h->at_ms[h->n - 1] > MAX_AGE)
		return 0;
	for (unsigned i = 0; i < h->n; i++) {
		if (i > 0 && h->at_ms[i] - h->at_ms[i - 1] > MAX_AGE) {
			n = 0;
			is = 0;
		}
		n++;
		unsigned weight = n < 8 ? n : 8;
		average = floor((average * (weight - 1) + h->us[i]) / weight + 0.5);
		if (n >= 5 && (is == 0 || fabs(average - is) > fmax(2000, is / 10)))
			is = average;
	}
	return (uint32_t)is;
}

struct model {
	struct history prefixes[CLIENTS / 2][DATACENTERS]; /* two clients each */
	struct history countries[3][DATACENTERS];          /* the first is for unknown */
	struct history continents[2][DATACENTERS];
};

static void history_add(struct history *h, uint32_t us, uint64_t now_ms)
{
	h->us[h->n] = us;
	h->at_ms[h->n++] = now_ms;
}

static void row_check(const uint32_t *row, const struct history *histories, uint64_t now_ms)
{
	uint32_t any = 0;
	for (unsigned i = 0; i < DATACENTERS; i++) {
		uint32_t expected = naive(&histories[i], now_ms);
		any |= expected;
		if ((row ? row[i] : 0) != expected)
			fail_msg("%u is published, not %u", row ? row[i] : 0, expected);
	}
	assert_int_equal(row != NULL, any != 0);
}

static struct addr model_client(unsigned i)
{
	char text[ADDR_TEXT_MAX];
	unsigned prefix = i / 2, host = i % 2 + 1;
	snprintf(text, sizeof(text), prefix % 2 ? "2001:db8:%x:%x::" : "192.0.%u.%u", prefix, host);
	return addr_of(text);
}

static void model_check(struct measured *m, const struct model *model, uint64_t now_ms)
{
	measured_sweep(m, now_ms);
	struct measurements *s = measurements_snapshot(m, datacenters, DATACENTERS);
	for (unsigned i = 0; i < CLIENTS; i++) {
		struct addr client = model_client(i);
		row_check(measurements_find(s, &client), model->prefixes[i / 2], now_ms);
	}
	for (uint16_t i = 1; i < 3; i++)
		row_check(measurements_country(s, i), model->countries[i], now_ms);
	row_check(measurements_continent(s, 1), model->continents[1], now_ms);
	measurements_free(s);
}

static void random_samples_agree_with_the_definition(void **state)
{
	(void)state;
	struct random r;
	random_seed_with(&r, 20261121);
	for (int run = 0; run < 30; run++) {
		struct model *model = calloc(1, sizeof(*model));
		struct measured *m = measured_new(&(struct measured_limits){.max_age_ms = MAX_AGE});
		uint64_t now_ms = random_below(&r, 100);
		uint32_t step_ms = 1 + random_below(&r, 100), spread = 1 + random_below(&r, 300000);
		for (unsigned i = 0; i < HISTORY; i++) {
			unsigned c = random_below(&r, CLIENTS), dc = random_below(&r, DATACENTERS);
			uint32_t us = 1 + dc * 1000 + random_below(&r, spread);
			uint16_t country = (uint16_t)random_below(&r, 3);
			uint8_t continent = (uint8_t)random_below(&r, 2);
			struct addr client = model_client(c);
			now_ms += random_below(&r, 50) == 0 ? MAX_AGE / 2 : random_below(&r, step_ms);
			struct measurement sample = {&client, datacenters[dc], us, country, continent};
			assert_true(measured_add(m, &sample, now_ms));
			history_add(&model->prefixes[c / 2][dc], us, now_ms);
			history_add(&model->countries[country][dc], us, now_ms);
			history_add(&model->continents[continent][dc], us, now_ms);
			if (random_below(&r, 40) == 0)
				model_check(m, model, now_ms);
		}
		measured_free(m);
		free(model);
	}
}

/* A prefix that is held is found, and one that is not is not, however they come and go. */
static void the_table_agrees_with_a_list(void **state)
{
	(void)state;
	enum { PREFIXES = 400 };
	struct random r;
	random_seed_with(&r, 8);
	struct measured_limits limits = {.prefixes = PREFIXES, .min_samples = 1, .max_age_ms = MAX_AGE};
	struct measured *m = measured_new(&limits);
	uint64_t fed_ms[PREFIXES] = {0}, now_ms = MAX_AGE * 2;
	for (int step = 0; step < 300; step++) {
		for (uint32_t i = random_below(&r, 200); i > 0; i--) {
			uint32_t number = random_below(&r, PREFIXES);
			struct addr client = addr_number(number);
			assert_true(feed(m, &client, "fra", number + 1, now_ms));
			fed_ms[number] = now_ms;
		}
		now_ms += random_below(&r, MAX_AGE / 2);
		measured_sweep(m, now_ms);
		struct measurements *s = measurements_snapshot(m, datacenters, DATACENTERS);
		uint32_t held = 0;
		for (uint32_t i = 0; i < PREFIXES; i++) {
			struct addr client = addr_number(i);
			const uint32_t *row = measurements_find(s, &client);
			assert_int_equal(row ? row[FRA] : 0, now_ms - fed_ms[i] > MAX_AGE ? 0 : i + 1);
			held += row != NULL;
		}
		assert_int_equal(measured_prefixes(m), held);
		assert_int_equal(measurements_prefixes(s), held);
		measurements_free(s);
	}
	measured_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_samples_agree_with_the_definition),
		cmocka_unit_test(the_table_agrees_with_a_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
