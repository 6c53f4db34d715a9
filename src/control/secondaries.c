/* SPDX-License-Identifier: ISC */
/* What a new world means for the servers that copy its zones. */
#include "base/plural.h"
#include "control/server.h"

#include <inttypes.h>

enum { WARNINGS_MAX = 10 };

static void tell_of(struct control *c, const struct config *config, const struct zone *zone)
{
	const struct zone_peers *peers = config->zones[zone->number].peers;
	for (size_t i = 0; peers != NULL && i < peers->n_notifies; i++) {
		const struct notify_target *target = &peers->notifies[i];
		notifier_tell(c->notifier, zone, &target->to,
			      target->key == CONFIG_NONE ? NULL : &config->keys[target->key]);
	}
}

/* Would secondaries miss something? */
static bool serial_wrong(const struct zone *before, const struct zone *now)
{
	uint32_t was = zone_serial(before), is = zone_serial(now);
	return was == is ? before->digest != now->digest : !serial_above(is, was);
}

static void warn_of_serial(const struct zone *before, const struct zone *now, struct faults *faults)
{
	char name[NAME_TEXT_MAX];
	uint32_t was = zone_serial(before), is = zone_serial(now);
	name_format(now->apex->octets, name);
	if (was == is)
		fault_warn(faults, control_reload_spot,
			   "zone %s has changed, but its serial is %" PRIu32
			   " still; secondaries keep what they have",
			   name, is);
	else
		fault_warn(faults, control_reload_spot,
			   "zone %s: its serial %" PRIu32 " is below %" PRIu32
			   " before; secondaries keep what they have",
			   name, is, was);
}

void control_tell_secondaries(struct control *c, const struct world *before, struct faults *faults)
{
	const struct world *world = control_world(c);
	size_t wrong = 0;
	notifier_settle(c->notifier, world->zones);
	for (size_t i = 0; i < world->zones->n; i++) {
		const struct zone *zone = world->zones->list[i];
		const struct zone *old = before ? zones_apex(before->zones, zone->apex) : NULL;
		if (old == NULL || serial_above(zone_serial(zone), zone_serial(old)))
			tell_of(c, world->config, zone);
		else if (serial_wrong(old, zone) && wrong++ < WARNINGS_MAX)
			warn_of_serial(old, zone, faults);
	}
	if (wrong > WARNINGS_MAX)
		fault_warn(faults, control_reload_spot, "and %zu more zone%s whose serial has not risen",
			   wrong - WARNINGS_MAX, plural(wrong - WARNINGS_MAX));
}
