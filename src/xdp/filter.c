/* SPDX-License-Identifier: ISC */
/* Loading the filter into the kernel, its maps, and where it is attached. */
#include "xdp/filter.h"
#include "xdp/program.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENDPOINTS_MAX = 4096 };

static int bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int map_new(enum bpf_map_type type, unsigned key_size, unsigned n)
{
	union bpf_attr attributes = {0};
	attributes.map_type = type;
	attributes.key_size = key_size;
	attributes.value_size = sizeof(int);
	attributes.max_entries = n;
	return bpf(BPF_MAP_CREATE, &attributes);
}

static bool map_put(int map, const void *key, int value)
{
	union bpf_attr attributes = {0};
	attributes.map_fd = (unsigned)map;
	attributes.key = (uintptr_t)key;
	attributes.value = (uintptr_t)&value;
	return bpf(BPF_MAP_UPDATE_ELEM, &attributes) == 0;
}

static int program_load(const struct filter *filter, const uint8_t *mac)
{
	static const char name[] = "gslbd", license[] = "ISC";
	struct program program;
	program_write(&program, mac, filter->endpoints, filter->sockets);
	union bpf_attr attributes = {0};
	attributes.prog_type = BPF_PROG_TYPE_XDP;
	attributes.insn_cnt = program.n;
	attributes.insns = (uintptr_t)program.list;
	attributes.license = (uintptr_t)license;
	memcpy(attributes.prog_name, name, sizeof(name));
	return bpf(BPF_PROG_LOAD, &attributes);
}

static int link_new(const struct filter *filter, unsigned interface, unsigned mode)
{
	union bpf_attr attributes = {0};
	attributes.link_create.prog_fd = (unsigned)filter->program;
	attributes.link_create.target_ifindex = interface;
	attributes.link_create.attach_type = BPF_XDP;
	attributes.link_create.flags = mode;
	return bpf(BPF_LINK_CREATE, &attributes);
}

static void explain(char *why, const char *what)
{
	const char *error = errno == EPERM ? "not permitted; it takes CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW"
			    : errno == EBUSY  ? "another XDP program is attached already"
			    : errno == ENOSYS ? "this kernel has no BPF"
					      : strerror(errno);
	snprintf(why, XDP_WHY_MAX, "%s: %s", what, error);
}

bool filter_load(struct filter *filter, const uint8_t mac[6], unsigned queues, char *why)
{
	*filter = FILTER_NONE;
	filter->endpoints = map_new(BPF_MAP_TYPE_HASH, sizeof(struct program_key), ENDPOINTS_MAX);
	filter->sockets = map_new(BPF_MAP_TYPE_XSKMAP, sizeof(unsigned), queues);
	if (filter->endpoints >= 0 && filter->sockets >= 0)
		filter->program = program_load(filter, mac);
	if (filter->program < 0)
		explain(why, "loading the filter");
	return filter->program >= 0;
}

bool filter_attach(struct filter *filter, unsigned interface, char *why)
{
	why[0] = '\0';
	filter->link = link_new(filter, interface, XDP_FLAGS_DRV_MODE);
	if (filter->link >= 0)
		return true;
	int error = errno;
	explain(why, "attaching to the driver");
	if (error == EBUSY || error == EPERM)
		return false;
	filter->link = link_new(filter, interface, XDP_FLAGS_SKB_MODE);
	filter->generic = filter->link >= 0;
	if (!filter->generic)
		explain(why, "attaching to the interface");
	return filter->generic;
}

bool filter_add_socket(const struct filter *filter, unsigned queue, int fd)
{
	return map_put(filter->sockets, &queue, fd);
}

bool filter_add_endpoint(const struct filter *filter, const struct endpoint *endpoint)
{
	struct program_key key;
	program_key_write(&key, endpoint);
	return map_put(filter->endpoints, &key, 1);
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void filter_detach(struct filter *filter)
{
	shut(&filter->link);
}

void filter_close(struct filter *filter)
{
	shut(&filter->link);
	shut(&filter->program);
	shut(&filter->sockets);
	shut(&filter->endpoints);
}
