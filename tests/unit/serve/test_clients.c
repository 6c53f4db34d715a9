/* SPDX-License-Identifier: ISC */
/* What a client may have at once, however its addresses and the threads differ. */
#include "serve/clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 20000 };

static struct addr address(const char *text)
{
	struct addr addr;
	assert_true(addr_parse(text, strlen(text), &addr));
	return addr;
}

static void a_client_has_as_many_as_it_may(void **state)
{
	(void)state;
	struct clients *clients = clients_new(3);
	const struct addr a = address("192.0.2.1");
	uint32_t place = 0;
	for (int i = 0; i < 3; i++)
		assert_int_not_equal(place = clients_enter(clients, &a), CLIENTS_NOBODY);
	for (int i = 0; i < 3; i++)
		assert_int_equal(clients_enter(clients, &a), CLIENTS_NOBODY);
	clients_leave(clients, place);
	clients_leave(clients, CLIENTS_NOBODY);
	assert_int_equal(clients_enter(clients, &a), place);
	assert_int_equal(clients_enter(clients, &a), CLIENTS_NOBODY);
	clients_free(clients);
}

static void a_limit_of_none(void **state)
{
	(void)state;
	struct clients *clients = clients_new(0);
	const struct addr a = address("192.0.2.1");
	for (int i = 0; i < 1000; i++)
		assert_int_not_equal(clients_enter(clients, &a), CLIENTS_NOBODY);
	clients_free(clients);
}

/* Who is one client; of those who are not, few share a place by chance. */
static void who_is_one_client(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		int one;
	} rows[] = {
		{"192.0.2.1", "192.0.2.1", 1},
		{"192.0.2.1", "192.0.2.2", 0},
		{"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", 1},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct addr a = address(rows[i].a), b = address(rows[i].b);
		int same = 0;
		for (int tries = 0; tries < 10; tries++) {
			struct clients *clients = clients_new(100);
			same += clients_enter(clients, &a) == clients_enter(clients, &b);
			clients_free(clients);
		}
		if (rows[i].one)
			assert_int_equal(same, 10);
		else
			assert_true(same < 5);
	}
}

static void *come_and_go(void *argument)
{
	struct clients *clients = argument;
	const struct addr a = {FAMILY_V4, {192, 0, 2, 1}};
	uintptr_t refused = 0;
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t place = clients_enter(clients, &a);
		refused += place == CLIENTS_NOBODY;
		clients_leave(clients, place);
	}
	return (void *)refused;
}

/* As many threads as it may have never meet the limit, and leave nothing behind. */
static void threads_count_right(void **state)
{
	(void)state;
	struct clients *clients = clients_new(THREADS);
	const struct addr a = address("192.0.2.1");
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, clients), 0);
	for (int i = 0; i < THREADS; i++) {
		void *refused;
		pthread_join(threads[i], &refused);
		assert_null(refused);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_not_equal(clients_enter(clients, &a), CLIENTS_NOBODY);
	assert_int_equal(clients_enter(clients, &a), CLIENTS_NOBODY);
	clients_free(clients);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_has_as_many_as_it_may),
		cmocka_unit_test(a_limit_of_none),
		cmocka_unit_test(who_is_one_client),
		cmocka_unit_test(threads_count_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
