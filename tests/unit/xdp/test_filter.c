/* SPDX-License-Identifier: ISC */
/* Which frames the kernel's filter takes: the kernel itself runs it on each. Skipped without the privilege.
 */
#include "frames.h"
#include "xdp/filter.h"

#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define N(x)                   (sizeof(x) / sizeof((x)[0]))

#define V4                     FAMILY_V4
#define V6                     FAMILY_V6
#define SET(where, count, ...) .at = (where), .n = (count), .octets = {__VA_ARGS__}

enum { IP = 14, UDP4 = 34, UDP6 = 54, PAYLOAD = 20 };

static const uint8_t mac[] = {2, 0, 0, 0, 0, 1};

/* What the filter says of a frame. */
static int run(const struct filter *filter, const struct sent *f)
{
	uint8_t out[FRAMES_ROOM];
	union bpf_attr attributes;
	memset(&attributes, 0, sizeof(attributes));
	attributes.test.prog_fd = (unsigned)filter->program;
	attributes.test.data_in = (uintptr_t)f->octets;
	attributes.test.data_size_in = (unsigned)f->len;
	attributes.test.data_out = (uintptr_t)out;
	attributes.test.data_size_out = sizeof(out);
	assert_int_equal(syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attributes, sizeof(attributes)), 0);
	return (int)attributes.test.retval;
}

static void take(const struct filter *filter, const char *text)
{
	struct endpoint endpoint;
	assert_true(endpoint_parse(text, strlen(text), &endpoint));
	assert_true(filter_add_endpoint(filter, &endpoint));
}

static bool load(struct filter *filter)
{
	char why[XDP_WHY_MAX] = "";
	if (filter_load(filter, mac, 1, why))
		return true;
	print_message("%s\n", why);
	filter_close(filter);
	return false;
}

static void frames_that_are_taken(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		enum family family;
		size_t payload, at, n;
		uint8_t octets[16];
		int longer;
		bool taken;
	} rows[] = {
		{"IPv4", V4, PAYLOAD, .taken = true},
		{"IPv6", V6, PAYLOAD, .taken = true},
		{"no payload, IPv4", V4, 0, .taken = true},
		{"no payload, IPv6", V6, 0, .taken = true},
		{"as long as they get", V4, 1472, .taken = true},
		{"longer", V4, 1473, .taken = false},
		{"padding", V4, 0, .longer = 18, .taken = true},
		{"cut off in the UDP header, IPv4", V4, 0, .longer = -1},
		{"cut off in the UDP header, IPv6", V6, 0, .longer = -1},
		{"an Ethernet header alone", V4, 0, .longer = -28},
		{"to another Ethernet address", V4, PAYLOAD, SET(3, 1, 1)},
		{"to another in its last octet", V6, PAYLOAD, SET(5, 1, 2)},
		{"to broadcast", V4, PAYLOAD, SET(0, 6, 255, 255, 255, 255, 255, 255)},
		{"another port, IPv4", V4, PAYLOAD, SET(UDP4 + 3, 1, 54)},
		{"another port, IPv6", V6, PAYLOAD, SET(UDP6 + 2, 1, 1)},
		{"the port of another address", V4, PAYLOAD, SET(UDP4 + 2, 2, 20, 233)},
		{"another IPv4 address", V4, PAYLOAD, SET(IP + 19, 1, 2)},
		{"another IPv6 address", V6, PAYLOAD, SET(IP + 24, 1, 0x21)},
		{"another IPv6 address, in its last octet", V6, PAYLOAD, SET(IP + 39, 1, 9)},
		{"IPv6 that begins like our IPv4", V6, PAYLOAD, SET(IP + 24, 16, 10, 1, 2, 1)},
		{"from our port to theirs", V4, PAYLOAD, SET(UDP4, 4, 0, 53, 16, 225)},
		{"TCP, IPv4", V4, PAYLOAD, SET(IP + 9, 1, 6)},
		{"ICMP", V4, PAYLOAD, SET(IP + 9, 1, 1)},
		{"TCP, IPv6", V6, PAYLOAD, SET(IP + 6, 1, 6)},
		{"neighbour discovery", V6, PAYLOAD, SET(IP + 6, 1, 58)},
		{"an extension header", V6, PAYLOAD, SET(IP + 6, 1, 0)},
		{"do not fragment", V4, PAYLOAD, SET(IP + 6, 1, 0x40), .taken = true},
		{"a first fragment", V4, PAYLOAD, SET(IP + 6, 1, 0x20)},
		{"a later fragment", V4, PAYLOAD, SET(IP + 7, 1, 1)},
		{"IPv4 options", V4, PAYLOAD, SET(IP, 1, 0x46)},
		{"ARP", V4, PAYLOAD, SET(12, 2, 8, 6)},
		{"a VLAN tag", V4, PAYLOAD, SET(12, 2, 0x81, 0)},
	};
	struct filter filter;
	int sock = socket(AF_XDP, SOCK_RAW, 0);
	if (sock < 0 || !load(&filter))
		skip();
	take(&filter, "10.1.2.1:53");
	take(&filter, "[2001:db8::1]:53");
	take(&filter, "10.1.2.9:5353");
	assert_true(filter_add_socket(&filter, 0, sock));
	for (size_t i = 0; i < N(rows); i++) {
		struct sent f;
		frames_write(&f, rows[i].family, rows[i].payload);
		memcpy(f.octets + rows[i].at, rows[i].octets, rows[i].n);
		f.len = (size_t)((int)f.len + rows[i].longer);
		int verdict = run(&filter, &f);
		if (verdict != (rows[i].taken ? XDP_REDIRECT : XDP_PASS))
			fail_msg("%s: verdict %d", rows[i].name, verdict);
	}
	filter_close(&filter);
	close(sock);
}

static void a_queue_without_a_socket(void **state)
{
	(void)state;
	struct filter filter;
	struct sent f;
	if (!load(&filter))
		skip();
	take(&filter, "10.1.2.1:53");
	frames_write(&f, V4, PAYLOAD);
	assert_int_equal(run(&filter, &f), XDP_PASS);
	filter_close(&filter);
}

static void where_there_is_nothing_to_attach_to(void **state)
{
	(void)state;
	char why[XDP_WHY_MAX] = "";
	struct filter filter;
	if (!load(&filter))
		skip();
	assert_false(filter_attach(&filter, 0x7ffffff0, why));
	assert_non_null(strstr(why, "attaching to the interface: "));
	filter_detach(&filter);
	filter_close(&filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_that_are_taken),
		cmocka_unit_test(a_queue_without_a_socket),
		cmocka_unit_test(where_there_is_nothing_to_attach_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
