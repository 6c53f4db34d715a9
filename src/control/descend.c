/* SPDX-License-Identifier: ISC */
/* Which privileges go when. */
#include "control/descend.h"
#include "base/log.h"
#include "process/filter.h"
#include "process/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PRIVILEGED_PORTS = 1024, PATH_ROOM = 4096 };

/* The capabilities that remain: for ports below 1024, where one is configured, so that an upgrade may open
 * another. */
static uint64_t kept_by(const struct config *config)
{
	bool privileged = config->admin.given && config->admin.path == NULL &&
			  config->admin.endpoint.port < PRIVILEGED_PORTS;
	for (size_t i = 0; i < config->n_listens; i++)
		privileged |= config->listens[i].port < PRIVILEGED_PORTS;
	return privileged ? CAPABILITY(CAP_NET_BIND_SERVICE) : 0;
}

uint64_t descend_inherited(const struct config *config)
{
	uint64_t kept = kept_by(config);
	if (config->n_bypasses > 0)
		kept |= CAPABILITY(CAP_NET_ADMIN) | CAPABILITY(CAP_NET_RAW) | CAPABILITY(CAP_BPF) |
			CAPABILITY(CAP_IPC_LOCK);
	return kept;
}

/* For sockets there is one more: for receive buffers above the system's limit. */
static uint64_t opening(const struct config *config)
{
	return descend_inherited(config) | CAPABILITY(CAP_NET_ADMIN);
}

/* A folder that is not there is made, and is the user's. */
static void make_state_folder(const struct config *config, const struct identity *identity)
{
	if (mkdir(config->state_dir, 0750) == 0 &&
	    chown(config->state_dir, identity->uid, identity->gid) != 0)
		log_error("state: %s can't be given to %s: %s", config->state_dir, identity->name,
			  strerror(errno));
}

/* What would fail later, as this user, and be noticed late. */
static bool can_go_on(const struct config *config, struct faults *faults)
{
	char file[PATH_ROOM];
	if (access(config->path, R_OK) != 0)
		fault_warn(faults, (struct spot){.file = config->path},
			   "user %s can't read it: a reload would fail", config->user);
	if (config->state_dir == NULL)
		return true;
	struct spot at = {.file = config->state_dir};
	snprintf(file, sizeof(file), "%s/state.json", config->state_dir);
	if (access(config->state_dir, R_OK | W_OK | X_OK) != 0)
		fault_add(faults, at, "user %s can't keep state there: %s; `chown -R %s` it", config->user,
			  strerror(errno), config->user);
	else if (access(file, R_OK) != 0 && errno == EACCES)
		fault_add(faults, at, "user %s can't read state.json there; `chown -R %s` the folder",
			  config->user, config->user);
	else
		return true;
	return false;
}

bool descend(const struct config *config, struct faults *faults)
{
	struct identity identity;
	const struct identity_names names = {config->user, config->group, config->user_at};
	bool root = geteuid() == 0;
	if (!root)
		identity = (struct identity){0};
	else if (!identity_find(&names, &identity, faults))
		return false;
	if (root && config->user == NULL)
		log_warn("root serves: `user NAME` in the configuration would give that up");
	if (!root && config->user != NULL && !identity_is_ours(config->user))
		log_info("user %s: only root can become another; user id %u goes on", config->user,
			 geteuid());
	if (identity.name != NULL && config->state_dir != NULL)
		make_state_folder(config, &identity);
	return privileges_drop(&identity, opening(config), faults) &&
	       (identity.name == NULL || can_go_on(config, faults));
}

static const struct check *program_of(const struct config *config)
{
	for (size_t i = 0; i < config->n_checks; i++) {
		if (config->checks[i].kind == CHECK_EXEC)
			return &config->checks[i];
	}
	return NULL;
}

void descend_filter(const struct config *config)
{
	struct filter *filter = filter_new(program_of(config) ? FILTER_PROGRAMS : FILTER_CONTROL);
	if (!filter_possible())
		log_info("system calls are not filtered, as this build has sanitizers");
	else if (filter == NULL || !filter_apply(filter))
		log_warn("system calls can't be filtered on this machine: %s", strerror(errno));
	filter_free(filter);
}

void descend_last(const struct config *config)
{
	char text[256];
	if (geteuid() != 0)
		privileges_limit(kept_by(config));
	log_info("privileges: %s; no new ones%s%s", privileges_text(text, sizeof(text)),
		 filter_possible() ? "; system calls filtered" : "",
		 program_of(config) ? "; checks may start programs" : "; no program may be started");
}

bool descend_programs(const struct config *config)
{
	return program_of(config) != NULL;
}

bool descend_allows(bool programs, const struct config *next, struct faults *faults)
{
	const struct check *program = program_of(next);
	if (program == NULL || programs || !filter_possible())
		return true;
	fault_add(faults, (struct spot){.file = next->path},
		  "check %s starts a program, and no check did so at the start: that was given up then; "
		  "gslbctl upgrade, or a restart, brings it back",
		  program->name);
	return false;
}
