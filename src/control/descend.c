/* SPDX-License-Identifier: ISC */
/* Which privileges go when. */
#include "control/descend.h"
#include "base/log.h"
#include "process/filter.h"
#include "process/privileges.h"

#include <errno.h>
#include <libgen.h>
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

/*
 * A folder that is not there is made, and is the user's. A trial looks only where it would be made. Where it
 * can't be had, a configuration with a user is in error; else what is served goes before what is kept.
 */
static bool make_state_folder(const struct config *config, const struct identity *identity, bool trial,
			      struct faults *faults)
{
	const char *folder = config->state_dir;
	char copy[PATH_ROOM], inside[PATH_ROOM + 4];
	void (*tell)(struct faults *, struct spot, const char *, ...) = config->user ? fault_add : fault_warn;
	bool ok = true;
	snprintf(copy, sizeof(copy), "%s", folder);
	const char *parent = dirname(copy);
	snprintf(inside, sizeof(inside), "%s/.", parent);
	if (trial)
		ok = access(folder, F_OK) == 0 || access(inside, F_OK) == 0 || errno == EACCES;
	else if (mkdir(folder, 0750) == 0)
		ok = identity->name == NULL || chown(folder, identity->uid, identity->gid) == 0;
	else
		ok = errno == EEXIST;
	if (!ok && errno == ENOENT)
		tell(faults, config->state_at, "%s can't be made, as there is no %s; `mkdir -p %s`", folder,
		     parent, parent);
	else if (!ok)
		tell(faults, config->state_at, "%s can't be made: %s", folder, strerror(errno));
	return ok || config->user == NULL;
}

/* What would fail later, as this user, and be noticed late. */
static bool can_keep_state(const struct config *config, bool trial, struct faults *faults)
{
	const char *folder = config->state_dir, *user = config->user;
	char file[PATH_ROOM];
	snprintf(file, sizeof(file), "%s/state.json", folder);
	if (access(folder, R_OK | W_OK | X_OK) != 0 && !(trial && errno == ENOENT))
		fault_add(faults, config->state_at, "user %s can't keep state in %s: %s; `chown -R %s` it",
			  user, folder, strerror(errno), user);
	else if (access(file, R_OK) != 0 && errno == EACCES)
		fault_add(faults, config->state_at, "user %s can't read %s; `chown -R %s` its folder", user,
			  file, user);
	else
		return true;
	return false;
}

static void tell_who(const struct config *config, bool root)
{
	if (root && config->user == NULL)
		log_warn("root serves: `user NAME` in the configuration would give that up");
	if (!root && config->user != NULL && !identity_is_ours(config->user))
		log_info("user %s: only root can become another; user id %u goes on", config->user,
			 geteuid());
}

/* False: an error in `faults`. */
static bool become_user(const struct config *config, bool trial, struct faults *faults)
{
	struct identity identity = {0};
	const struct identity_names names = {config->user, config->group, config->user_at};
	bool root = geteuid() == 0, keeps = config->state_dir != NULL;
	if ((root || trial) && !identity_find(&names, &identity, faults))
		return false;
	if (!trial)
		tell_who(config, root);
	if (keeps && !make_state_folder(config, &identity, trial, faults))
		return false;
	return privileges_drop(&identity, opening(config), descend_inherited(config), faults) &&
	       (!keeps || !root || config->user == NULL || can_keep_state(config, trial, faults));
}

struct config *descend(const char *conf_path, bool trial, struct faults *faults)
{
	struct config *config = config_read(conf_path, faults);
	if (config == NULL || faults->errors > 0 || !become_user(config, trial, faults) ||
	    config->user == NULL)
		return config;
	config_free(config);
	faults_free(faults); /* warnings, which the second reading has too */
	return config_read(conf_path, faults);
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
