/* SPDX-License-Identifier: ISC */
/* The exec check: well is what a program says is, by an exit status of 0. */
#include "check/exec.h"
#include "base/memory.h"
#include "check/printable.h"
#include "check/transfer.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_CAP = 81 };

int exec_start(struct process *process, const struct target *target, rlim_t descriptors)
{
	const struct texts *command = &target->check->command;
	char address[sizeof("GSLBD_ADDRESS=") + ADDR_TEXT_MAX] = "GSLBD_ADDRESS=";
	char port[] = "GSLBD_PORT=65535", *name;
	char *address_value = strchr(address, '=') + 1, *port_value = strchr(port, '=') + 1;
	addr_format(&target->address.addr, address_value);
	snprintf(port_value, sizeof("65535"), "%u", target->address.port);
	if (asprintf(&name, "GSLBD_CHECK=%s", target->check->name) < 0)
		abort();
	const char *environment[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		address,
		name,
		target->address.port != 0 ? port : NULL,
		NULL,
	};
	const char **argv = mem_alloc((command->n + 3) * sizeof(*argv));
	memcpy(argv, command->list, command->n * sizeof(*argv));
	argv[command->n] = address_value;
	argv[command->n + 1] = target->address.port != 0 ? port_value : NULL;
	int error = process_start(process, argv, environment, descriptors);
	free(argv);
	free(name);
	return error;
}

void exec_fail_start(struct check_result *result, const char *path, int error)
{
	const char *words = error == EAGAIN ? "Too many processes" : strerrordesc_np(error);
	if (words == NULL)
		words = "Unknown error";
	char first = (char)tolower((unsigned char)words[0]);
	result->ours = error == EAGAIN || error == EMFILE || error == ENFILE || error == ENOMEM;
	if (result->ours)
		result_fail(result, "not checked, this machine's fault: %c%s", first, words + 1);
	else
		result_fail(result, "can't start %.80s: %c%s", path, first, words + 1);
}

void exec_judge(struct check_result *result, const siginfo_t *how, const char *output, size_t len)
{
	char line[LINE_CAP];
	size_t n = printable_line(line, sizeof(line), output, len);
	if (how->si_code == CLD_KILLED || how->si_code == CLD_DUMPED) {
		result_fail(result, "killed by signal %d", how->si_status);
	} else if (how->si_code != CLD_EXITED) {
		result->ours = true;
		result_fail(result, "not checked, this machine's fault: the exit status is lost");
	} else if (how->si_status != 0) {
		result_fail(result, "exit status %d%s%s", how->si_status, n > 0 ? ": " : "", line);
	} else {
		result->ok = true;
	}
}
