/* SPDX-License-Identifier: ISC */
/*
 * What the control thread knows of everything in a roster: of each target what its checks said, of each
 * datacenter what operators said. Times are milliseconds of a clock that never goes back; 0 means never.
 */
#ifndef HEALTH_VITALS_H
#define HEALTH_VITALS_H

#include "health/machine.h"
#include "health/result.h"
#include "health/roster.h"

#include <stdbool.h>
#include <stdint.h>

/* What a target was. */
struct state_before {
	struct health health;
	int64_t since_ms, down_ms, up_ms;
	uint32_t transitions;
	int64_t until_ms; /* when the silence began */
};

/* A target's. */
struct vital {
	struct health health;
	bool silent;                        /* its last check failed without a sign of life */
	struct state_before before_silence; /* until it first failed so, as long as it goes on */
	bool has_connections;
	uint8_t weight_percent;
	enum admin_state agent;
	uint32_t connections;
	uint32_t latency_us;       /* average of its checks; 0: none yet */
	uint32_t shown_latency_us; /* what answers go by: follows the average in steps of 10 % */
	int64_t result_ms;         /* of the last check */
	int64_t since_ms;          /* of its state */
	int64_t down_ms, up_ms;    /* when it last went down, and came up from that */
	int64_t certificate_end_s; /* since 1970; 0: none seen */
	uint64_t passed, failed;   /* checks */
	uint32_t transitions;
	enum health_state logged; /* what the log was told last, of a calc */
	char why[128];            /* the last failure */
};

/* What an operator says of a datacenter, over what its checks and configuration say. */
enum override_state { OVERRIDE_NONE, OVERRIDE_UP, OVERRIDE_DRAIN, OVERRIDE_DOWN };

struct override {
	enum override_state state;
	int64_t since_ms;
	int64_t until_ms; /* INT64_MAX: until it is cleared */
	char who[64];
	char why[160];
};

struct datacenter_vital {
	struct override override;
	int64_t released_ms; /* when an operator last cleared it: nothing holds back what was well by then */
	int64_t returned_ms; /* when a drain or a forced outage last ended */
};

struct vitals {
	struct vital *targets;
	struct health *paces;
	struct datacenter_vital *datacenters;
	int64_t loose_released_ms; /* as released_ms, of the records that are in no datacenter */
};

/* Vitals of a roster: everything unknown. */
void vitals_init(struct vitals *vitals, const struct roster *roster);
void vitals_free(struct vitals *vitals);

/* What a result has changed. */
enum change {
	CHANGE_NONE,
	CHANGE_FIGURE, /* a latency, a load, a count: the board would differ a little */
	CHANGE_PACE,   /* a target is slow now, or fast again */
	CHANGE_STATE,  /* a target is up or down now */
};

/* A target's check has ended; it is no calc. Calcs made of it follow. */
enum change vitals_result(struct vitals *vitals, const struct roster *roster, uint32_t target,
			  const struct check_result *result, int64_t now_ms);

/* Parts of it: a state has changed; a latency is compared with the limits on it, and whether that changed a
 * pace; what answers go by follows the average in steps of 10 %, and whether it has. */
void vital_transition(struct vital *v, enum health_state before, int64_t now_ms);
bool vital_pace(struct vitals *vitals, const struct roster *roster, uint32_t target, uint32_t latency_us);
bool vital_show_latency(struct vital *v);

/*
 * Has this server lost the network, rather than all targets their lives? So it is where there are several,
 * and the last check of each failed in silence. Then their health stays what it was before.
 */
bool vitals_isolated(const struct vitals *vitals, const struct roster *roster);

/* Sets an override. */
void vitals_override(struct vitals *vitals, uint32_t datacenter, const struct override *override);

/* An operator clears a datacenter: ends its override, and lets it come back from what return= holds. */
void vitals_clear(struct vitals *vitals, uint32_t datacenter, int64_t now_ms);

/* Ends overrides whose time has come; returns when the next ends, INT64_MAX: none will. */
int64_t vitals_expire(struct vitals *vitals, const struct roster *roster, int64_t now_ms);

/*
 * For each target of `roster` the one of `from` that has the same address and an equal check, or ROSTER_NONE;
 * no two have the same. The caller frees the array.
 */
uint32_t *targets_match(const struct roster *roster, const struct roster *from);

/* Copies what is known of the targets, paces and datacenters that are the same in both; what is new stays
 * unknown. */
void vitals_carry(struct vitals *to, const struct roster *roster, const struct vitals *from,
		  const struct roster *from_roster, int64_t now_ms);

#endif
