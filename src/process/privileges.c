/* SPDX-License-Identifier: ISC */
/* Giving privileges up, by libcap-ng. */
#include "process/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static bool refuse(const char *what, struct faults *faults)
{
	fault_add(faults, (struct spot){.file = "user"}, "can't %s: %s", what, strerror(errno));
	return false;
}

bool identity_find(const struct identity_names *names, struct identity *out, struct faults *faults)
{
	*out = (struct identity){.name = names->user, .one_group = names->group != NULL};
	if (names->user == NULL)
		return true;
	const struct passwd *account = getpwnam(names->user);
	const struct group *group = names->group ? getgrnam(names->group) : NULL;
	struct spot group_at = names->at;
	group_at.column += (unsigned)strlen(names->user) + 1;
	if (account == NULL)
		fault_add(faults, names->at, "this machine has no user \"%s\"", names->user);
	if (group == NULL && names->group != NULL)
		fault_add(faults, group_at, "this machine has no group \"%s\"", names->group);
	if (account == NULL || (group == NULL && names->group != NULL))
		return false;
	out->uid = account->pw_uid;
	out->gid = group ? group->gr_gid : account->pw_gid;
	return true;
}

bool identity_is_ours(const char *user)
{
	const struct passwd *account = getpwnam(user);
	return account != NULL && account->pw_uid == geteuid();
}

/* Of what the thread may do, what is in `keep`, into the sets of libcap-ng that begin empty. */
static void choose(uint64_t keep, uint64_t had, capng_type_t sets)
{
	capng_clear(CAPNG_SELECT_CAPS);
	for (unsigned i = 0; i <= CAP_LAST_CAP; i++) {
		if (keep & had & CAPABILITY(i))
			capng_update(CAPNG_ADD, sets, i);
	}
}

static uint64_t permitted(void)
{
	uint64_t had = 0;
	capng_get_caps_process();
	for (unsigned i = 0; i <= CAP_LAST_CAP; i++)
		had |= capng_have_capability(CAPNG_PERMITTED, i) ? CAPABILITY(i) : 0;
	return had;
}

void privileges_limit(uint64_t keep)
{
	choose(keep, permitted(), CAPNG_EFFECTIVE | CAPNG_PERMITTED);
	capng_apply(CAPNG_SELECT_CAPS);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

void privileges_leave(void)
{
	if (geteuid() != 0)
		privileges_limit(0);
}

void privileges_pass_on(uint64_t keep)
{
	uint64_t had = permitted() & keep;
	choose(keep, had, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE);
	capng_apply(CAPNG_SELECT_CAPS);
	for (unsigned long i = 0; i <= CAP_LAST_CAP; i++) {
		if (had & CAPABILITY(i))
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
	}
}

/* The bounding set, which says what an exec may gain, can only be changed by who still has CAP_SETPCAP. */
static bool bound(uint64_t keep)
{
	bool ok = true;
	for (unsigned long i = 0; i <= CAP_LAST_CAP; i++) {
		if (!(keep & CAPABILITY(i)) && prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			ok &= prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0;
	}
	return ok;
}

/* Neither the user nor the group may come back. */
static bool is_for_good(const struct identity *identity)
{
	uid_t real, effective, saved;
	gid_t real_group, effective_group, saved_group;
	return getresuid(&real, &effective, &saved) == 0 &&
	       getresgid(&real_group, &effective_group, &saved_group) == 0 && real == identity->uid &&
	       effective == identity->uid && saved == identity->uid && real_group == identity->gid &&
	       effective_group == identity->gid && saved_group == identity->gid &&
	       (identity->uid == 0 || (setresuid(0, 0, 0) != 0 && setuid(0) != 0 && seteuid(0) != 0));
}

static bool become(const struct identity *identity, uint64_t keep, uint64_t pass_on, struct faults *faults)
{
	if (!bound(pass_on))
		return refuse("limit the bounding set", faults);
	choose(keep, permitted(), CAPNG_EFFECTIVE | CAPNG_PERMITTED);
	capng_flags_t groups = identity->one_group ? CAPNG_DROP_SUPP_GRP : CAPNG_INIT_SUPP_GRP;
	int result = capng_change_id((int)identity->uid, (int)identity->gid, groups);
	if (result != 0)
		fault_add(faults, (struct spot){.file = "user"}, "can't become %s (libcap-ng says %d): %s",
			  identity->name, result, strerror(errno));
	else if (!is_for_good(identity))
		fault_add(faults, (struct spot){.file = "user"},
			  "what was given up to become %s could be had again", identity->name);
	else
		return true;
	return false;
}

bool privileges_drop(const struct identity *identity, uint64_t keep, uint64_t pass_on, struct faults *faults)
{
	bool root = geteuid() == 0, change = identity->name != NULL && root;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return refuse("set no_new_privs", faults);
	if (change)
		return become(identity, keep, pass_on, faults);
	if (!root)
		privileges_limit(keep);
	return true;
}

char *privileges_text(char *out, size_t room)
{
	uint64_t had = permitted();
	const struct passwd *account = getpwuid(geteuid());
	size_t len = account ? (size_t)snprintf(out, room, "user %s", account->pw_name)
			     : (size_t)snprintf(out, room, "user %u", geteuid());
	bool root = geteuid() == 0, first = true;
	if (root || had == 0)
		snprintf(out + len, room - len, ", %s capabilities", root ? "root's" : "no");
	for (unsigned i = 0; !root && i <= CAP_LAST_CAP && len < room; i++) {
		if (!(had & CAPABILITY(i)))
			continue;
		len += (size_t)snprintf(out + len, room - len, "%s%s", first ? ", capabilities " : " ",
					capng_capability_to_name(i));
		first = false;
	}
	return out;
}
