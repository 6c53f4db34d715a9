/* SPDX-License-Identifier: ISC */
/* A failover drill: who is asked as, what for, and what came of it. */
#ifndef GSLBCTL_DRILL_H
#define GSLBCTL_DRILL_H

#include "api.h"
#include "base/addr.h"
#include "dns.h"
#include "possible.h"

/* A client of one line of a geomap. */
struct sample {
	const char *map, *line; /* "": of no geomap */
	char network[ADDR_TEXT_MAX];
	struct prefix prefix;
	double share; /* of all IPv4 addresses */
};

/* A steered name and type. */
struct question {
	const char *name, *type;
	const char *map;        /* asked as clients of this one only; NULL: of all */
	char *asked;            /* a name that a wildcard stands for; owned */
	const char *asked_type; /* A in place of CNAME */
	uint16_t number;        /* of that type */
};

enum phase { PHASE_BEFORE, PHASE_DURING, PHASE_BACK };

/* What an answer is: right, or wrong in that way. */
enum judgement {
	JUDGEMENT_RIGHT,
	JUDGEMENT_NOTHING, /* no answer */
	JUDGEMENT_DRILLED, /* of the drilled datacenter */
	JUDGEMENT_LAST,    /* the last resort: nothing usable is left */
	JUDGEMENT_STRANGE, /* not what is explained */
};

/* A question of a client. Times count from the begin of their phase; -1: not yet. */
struct probe {
	const struct sample *sample;
	const struct question *question;
	struct possible before, during; /* `during`: with the datacenter down */
	bool drilled;                   /* answers may be of the drilled datacenter */
	bool concerned;                 /* answers change with it */
	bool had;                       /* it was answered before, with what is usable */
	bool lost;                      /* it was not, later */
	bool away;                      /* it is not back, and is to be */
	int64_t moved_us, back_us;
	int64_t certain_us;   /* when an answer came that could not have come before; dns_now_us() */
	int64_t refreshed_us; /* when `during` was last explained again */
	unsigned n_wrong;     /* wrong answers */
};

struct wrong {
	const struct probe *probe;
	enum phase phase;
	enum judgement judgement;
	int64_t at_us; /* in its phase */
	char *got, *allowed;
};

/* How the asking ended: as planned; by ^C and the like; with a server that answers no more. */
enum ending { ENDING_WHOLE, ENDING_STOPPED, ENDING_LOST };

struct drill {
	const struct options *o;
	struct api *api;
	const char *datacenter;
	uint32_t length_ms;
	struct endpoint server;
	struct json_object *status, *clients;
	struct json_object *after; /* the status at the end; NULL: not known */
	struct json_object *names; /* an array of replies; texts of all three are borrowed below */
	size_t n_samples, n_questions, cap_questions, n_probes;
	struct sample *samples;
	struct question *questions;
	struct probe *probes;
	struct dns_question *asked; /* by probe */
	int64_t n_names;            /* that are steered, those left out included */
	int stop_fd;
	enum phase phase;
	int64_t phase_us;
	uint64_t n_replies, n_wrong;
	size_t n_wrongs, cap_wrongs;
	struct wrong *wrongs;
	size_t n_away; /* not back at the end */
	enum ending ending;
	bool kept_away; /* it could not be given back, or is somebody else's now */
};

/* Finds out who is asked as what, and what may be answered. False: it can't be had; told. */
bool plan_make(struct drill *d);
void plan_free(struct drill *d);

/* What the server now says may be answered, the datacenters `down` (with commas; "": none) being down. False:
 * told. */
bool plan_explain(struct drill *d, const struct probe *probe, const char *down, struct possible *out);

/* The same for both of its sets. */
bool plan_probe(struct drill *d, struct probe *probe);

/* The datacenter's part of a status. NULL: there is none of that name. */
struct json_object *plan_datacenter(struct json_object *status, const char *name);

/* From now on times count from here, and answers are judged so. */
void drill_begin(struct drill *d, enum phase phase);

/* Takes the datacenter away. The RESULT: refused is bad; told. */
int drill_take(struct drill *d);

/* Gives it back, which is tried for a while. False: it is not given back, or somebody else's; told. */
bool drill_give_back(struct drill *d);

/* Is the answer right, in this phase? Notes what it tells of the probe. */
enum judgement judge(struct probe *probe, const char *datacenter, enum phase phase, int64_t phase_us,
		     const struct dns_reply *reply);

/* Has the name nothing left for this client, once the datacenter is away? */
bool probe_emptied(const struct probe *probe, const char *datacenter);

#endif
