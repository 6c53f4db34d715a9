/* SPDX-License-Identifier: ISC */
/* Pinning threads, and steering packets to them. */
#include "serve/cpus.h"
#include "base/memory.h"

#include <linux/filter.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>

_Static_assert(CONFIG_CPU_MAX < CPU_SETSIZE, "every CPU that can be named fits a set");

enum { NO_SOCKET = -1 }; /* of the group: the kernel then chooses by addresses and ports */

unsigned *cpus_of(const struct numbers *numbers, struct faults *faults)
{
	cpu_set_t usable;
	unsigned *cpus = NULL;
	size_t n = 0, cap = 0;
	if (sched_getaffinity(0, sizeof(usable), &usable) != 0)
		CPU_ZERO(&usable);
	for (size_t i = 0; i < numbers->n; i++) {
		for (unsigned cpu = numbers->list[i].first; cpu <= numbers->list[i].last; cpu++) {
			if (!CPU_ISSET(cpu, &usable))
				fault_add(faults, (struct spot){.file = "workers"},
					  "cpus: this machine has no CPU %u, or it may not be used", cpu);
			cpus = mem_grow(cpus, &cap, n + 1, sizeof(*cpus));
			cpus[n++] = cpu;
		}
	}
	return cpus;
}

bool cpus_steer(int fd, const unsigned *cpus, unsigned n)
{
	struct sock_filter *code = mem_alloc((2 * (size_t)n + 2) * sizeof(*code)), *at = code;
	*at++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_CPU));
	for (unsigned i = 0; i < n; i++) {
		*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, cpus[i], 0, 1);
		*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, i);
	}
	*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (uint32_t)NO_SOCKET);
	const struct sock_fprog program = {(unsigned short)(at - code), code};
	bool ok = setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) == 0;
	free(code);
	return ok;
}

bool cpus_pin(pthread_t thread, unsigned cpu)
{
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return pthread_setaffinity_np(thread, sizeof(one), &one) == 0;
}
