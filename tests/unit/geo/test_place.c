/* SPDX-License-Identifier: ISC */
/* What databases of each schema, and several together, say of an address. */
#include "geo/place.h"
#include "mmdb_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

static struct databases *open_all(struct writer *writers, size_t n)
{
	const char *paths[8];
	struct faults faults = {0};
	for (size_t i = 0; i < n; i++)
		paths[i] = writer_path(&writers[i]);
	struct databases *dbs = databases_open(paths, NULL, n, &faults);
	faults_print(&faults, stderr);
	assert_non_null(dbs);
	assert_int_equal(faults.n, 0);
	return dbs;
}

static struct place find(const struct databases *dbs, const char *text, uint8_t *len)
{
	struct addr addr;
	struct place place;
	assert_true(addr_parse(text, strlen(text), &addr));
	databases_find(dbs, &addr, &place, len);
	return place;
}

static void every_schema_is_recognised_from_its_data(void **state)
{
	(void)state;
	static const struct {
		const char *record, *continent, *country, *subdivision;
		uint32_t asn;
		double latitude, longitude; /* NAN: not asked */
	} rows[] = {
		{"{continent:{code:'EU'},country:{iso_code:'DE',names:{en:'Germany'}}}", "EU", "DE", "", 0,
		 NAN, NAN},
		{"{registered_country:{iso_code:'FR'}}", "EU", "FR", "", 0, NAN, NAN},
		{"{country:{iso_code:'CH'},registered_country:{iso_code:'FR'}}", "EU", "CH", "", 0, NAN, NAN},
		{"{registered_country:{iso_code:'FR'},country:{iso_code:'CH'}}", "EU", "CH", "", 0, NAN, NAN},
		{"{represented_country:{iso_code:'US'},continent:{code:'AS'}}", "AS", "", "", 0, NAN, NAN},
		{"{country:{iso_code:'US'},subdivisions:[{iso_code:'CA'},{iso_code:'XX'}]}", "NA", "US", "CA",
		 0, NAN, NAN},
		{"{country:{iso_code:'GB'},subdivisions:[{iso_code:'ENG'},{iso_code:'LND'}]}", "EU", "GB",
		 "ENG", 0, NAN, NAN},
		{"{country:{iso_code:'US'},location:{latitude:37.5,longitude:-122.25,metro_code:807}}", "NA",
		 "US", "", 0, 37.5, -122.25},
		{"{autonomous_system_number:64500,autonomous_system_organization:'X'}", "", "", "", 64500,
		 NAN, NAN},
		{"{traits:{autonomous_system_number:64501}}", "", "", "", 64501, NAN, NAN},
		{"{country_code:'JP'}", "AS", "JP", "", 0, NAN, NAN},
		{"{country_code:'jp',continent_code:'as'}", "AS", "JP", "", 0, NAN, NAN},
		{"{country:'United States',country_code:'US',continent:'North America'}", "NA", "US", "", 0,
		 NAN, NAN},
		{"{country:'BR',continent:'SA'}", "SA", "BR", "", 0, NAN, NAN},
		{"{country_code:'ZZ',continent_code:'EU'}", "EU", "", "", 0, NAN, NAN},
		{"{country_code:'',asn:7}", "", "", "", 7, NAN, NAN},
		{"{asn:'AS4200000000',as_name:'X'}", "", "", "", 4200000000, NAN, NAN},
		{"{asn:'64502'}", "", "", "", 64502, NAN, NAN},
		{"{asn:'unknown',country_code:'SE'}", "EU", "SE", "", 0, NAN, NAN},
		{"{country_code:'US',region:'California',region_code:'CA'}", "NA", "US", "CA", 0, NAN, NAN},
		{"{country_code:'US',state1:'California'}", "NA", "US", "", 0, NAN, NAN},
		{"{country_code:'US',subdivision:'US-NY'}", "NA", "US", "NY", 0, NAN, NAN},
		{"{country_code:'SE',latitude:59.5,longitude:18.25}", "EU", "SE", "", 0, 59.5, 18.25},
		{"{country_code:'SE',latitude:f59.5,longitude:f18.25}", "EU", "SE", "", 0, 59.5, 18.25},
		{"{country_code:'SE',latitude:'59.5',longitude:'-18.25'}", "EU", "SE", "", 0, 59.5, -18.25},
		{"{country_code:'SE',lat:'59.5',lng:'18.25'}", "EU", "SE", "", 0, 59.5, 18.25},
		{"{country_code:'SE',latitude:0.0,longitude:0.0}", "EU", "SE", "", 0, 59.3, 18.1},
		{"{country_code:'SE',latitude:91.5,longitude:18.0}", "EU", "SE", "", 0, 59.3, 18.1},
		{"{country_code:'SE',latitude:59.5}", "EU", "SE", "", 0, 59.3, 18.1},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct writer w;
		writer_init(&w, 4, 24);
		writer_add_text(&w, "192.0.2.0/24", rows[i].record);
		struct databases *dbs = open_all(&w, 1);
		struct place p = find(dbs, "192.0.2.1", NULL);
		assert_string_equal(p.continent, rows[i].continent);
		assert_string_equal(p.country, rows[i].country);
		assert_string_equal(p.subdivision, rows[i].subdivision);
		assert_int_equal(p.asn, rows[i].asn);
		assert_int_equal(p.located, rows[i].country[0] != '\0');
		if (!isnan(rows[i].latitude)) {
			assert_true(fabs((double)p.latitude - rows[i].latitude) < 0.001);
			assert_true(fabs((double)p.longitude - rows[i].longitude) < 0.001);
		}
		databases_close(dbs);
		writer_free(&w);
	}
}

static void the_first_database_that_knows_an_attribute_wins(void **state)
{
	(void)state;
	struct writer w[3];
	writer_init(&w[0], 4, 28);
	writer_add_text(&w[0], "192.0.2.0/24", "{asn:64500}");
	writer_add_text(&w[0], "198.51.100.0/24", "{asn:64500,country_code:'CA'}");
	writer_init(&w[1], 6, 32);
	writer_add_text(&w[1], "192.0.2.0/25", "{country_code:'DE',asn:1}");
	writer_add_text(&w[1], "198.51.100.0/24",
			"{country:{iso_code:'DE'},location:{latitude:50.5,longitude:9.5}}");
	writer_add_text(&w[1], "2001:db8::/32", "{country_code:'SE'}");
	writer_init(&w[2], 6, 24);
	writer_add_text(&w[2], "192.0.2.0/26", "{country_code:'FR',continent_code:'AF',subdivision:'BY'}");
	struct databases *dbs = open_all(w, 3);
	uint8_t len;

	struct place p = find(dbs, "192.0.2.1", &len);
	assert_int_equal(p.asn, 64500);
	assert_string_equal(p.country, "DE");
	assert_string_equal(p.continent, "AF"); /* one database has it: it need not follow from the country */
	assert_string_equal(p.subdivision, "BY");
	assert_int_equal(len, 26);
	p = find(dbs, "192.0.2.65", &len);
	assert_string_equal(p.continent, "EU");
	assert_int_equal(len, 26);
	p = find(dbs, "192.0.2.129", &len);
	assert_int_equal(p.asn, 64500);
	assert_false(p.located);
	assert_int_equal(len, 25);
	p = find(dbs, "198.51.100.1", NULL);
	assert_string_equal(p.country, "CA");
	assert_true(p.latitude == 50.5f);
	p = find(dbs, "2001:db8::1", &len);
	assert_string_equal(p.country, "SE");
	assert_int_equal(len, 32);
	p = find(dbs, "203.0.113.1", NULL);
	assert_true(p.asn == 0 && p.country[0] == '\0' && p.continent[0] == '\0' && !p.located);
	databases_close(dbs);
	for (int i = 0; i < 3; i++)
		writer_free(&w[i]);
}

static void no_database_knows_nothing(void **state)
{
	(void)state;
	struct databases *dbs = open_all(NULL, 0);
	uint8_t len = 1;
	struct place p = find(dbs, "2001:db8::1", &len);
	assert_true(p.country[0] == '\0' && !p.located && len == 0);
	databases_close(dbs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_schema_is_recognised_from_its_data),
		cmocka_unit_test(the_first_database_that_knows_an_attribute_wins),
		cmocka_unit_test(no_database_knows_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
