/* SPDX-License-Identifier: ISC */
/* Tables of system calls, which libseccomp makes a program of. */
#include "process/filter.h"
#include "base/memory.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct filter {
	struct sock_fprog program; /* its code is owned */
};

/* What a worker calls, and what malloc(), abort() and the end of a thread do. */
static const char worker_calls[] =
	"recvmmsg sendmmsg epoll_wait epoll_pwait epoll_pwait2 epoll_ctl accept4 accept read "
	"readv write writev recvmsg sendmsg recvfrom sendto close shutdown setsockopt getsockopt "
	"getsockname getpeername fcntl ioctl poll ppoll futex brk munmap mremap madvise getrandom "
	"clock_gettime clock_getres gettimeofday nanosleep clock_nanosleep timerfd_settime "
	"sched_yield sched_getaffinity rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack "
	"restart_syscall getpid gettid tgkill set_robust_list rseq membarrier exit exit_group";

/* What gslbd has no use for, nor what checks a service. */
static const char foreign_calls[] =
	"ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp perf_event_open userfaultfd "
	"io_uring_setup io_uring_enter io_uring_register init_module finit_module delete_module "
	"kexec_load kexec_file_load reboot swapon swapoff move_mount open_tree fsopen fsconfig "
	"fsmount fspick mount_setattr sethostname setdomainname settimeofday clock_settime "
	"clock_adjtime adjtimex acct quotactl syslog iopl ioperm add_key request_key keyctl "
	"open_by_handle_at vhangup personality";

/* The way into other name spaces, which a program takes that checks from within one. */
static const char space_calls[] = "mount umount2 pivot_root chroot unshare setns";

static const char program_calls[] = "execve execveat";

/* A call that this machine's kernel or libseccomp does not know is none to speak of. */
static void add(scmp_filter_ctx *filter, uint32_t action, const char *names)
{
	char name[32];
	for (int len = 0; sscanf(names, " %31s%n", name, &len) == 1; names += len) {
		int number = seccomp_syscall_resolve_name(name);
		if (number != __NR_SCMP_ERROR)
			seccomp_rule_add(filter, action, number, 0);
	}
}

static scmp_filter_ctx *describe(enum filter_kind kind)
{
	static const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
	scmp_filter_ctx *filter = seccomp_init(kind == FILTER_WORKER ? refuse : SCMP_ACT_ALLOW);
	if (filter == NULL)
		return NULL;
	if (kind == FILTER_PROGRAMS) /* on x86-64 they may be of 32 bits */
		seccomp_arch_add(filter, SCMP_ARCH_X86);
	if (kind == FILTER_WORKER) {
		add(filter, SCMP_ACT_ALLOW, worker_calls);
		seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
		seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	} else {
		add(filter, refuse, foreign_calls);
	}
	if (kind == FILTER_CONTROL)
		add(filter, refuse, space_calls);
	if (kind != FILTER_PROGRAMS)
		add(filter, SCMP_ACT_KILL_PROCESS, program_calls);
	return filter;
}

/* libseccomp hands its program out over a descriptor only. */
static struct filter *export(scmp_filter_ctx *description)
{
	struct stat st;
	struct filter *filter = NULL;
	int fd = memfd_create("filter", MFD_CLOEXEC);
	if (fd >= 0 && seccomp_export_bpf(description, fd) == 0 && fstat(fd, &st) == 0) {
		size_t size = (size_t)st.st_size;
		filter = mem_alloc(sizeof(*filter));
		filter->program.filter = mem_alloc(size);
		filter->program.len = (unsigned short)(size / sizeof(struct sock_filter));
		if (pread(fd, filter->program.filter, size, 0) != (ssize_t)size) {
			filter_free(filter);
			filter = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	return filter;
}

bool filter_possible(void)
{
	return !GSLBD_SANITIZED;
}

struct filter *filter_new(enum filter_kind kind)
{
	if (!filter_possible())
		return NULL;
	scmp_filter_ctx *description = describe(kind);
	if (description == NULL)
		return NULL;
	struct filter *filter = export(description);
	seccomp_release(description);
	return filter;
}

void filter_free(struct filter *filter)
{
	if (filter != NULL)
		free(filter->program.filter);
	free(filter);
}

bool filter_apply(const struct filter *filter)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter->program) == 0;
}
