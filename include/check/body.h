/* SPDX-License-Identifier: ISC */
/* The body of a reply as it comes, and what a check asks of it: a text, a member of its JSON, an agent's
 * word.
 */
#ifndef CHECK_BODY_H
#define CHECK_BODY_H

#include "check/schedule.h"

struct body {
	size_t octets;   /* that were looked at, at most the limit */
	size_t matched;  /* characters of the text that match, as search_feed() counts them */
	bool over;       /* more has come than the limit */
	bool line_whole; /* the first line has come with its end */
	char *kept;      /* owned: the octets that JSON or an agent's words are read from */
	size_t len, cap;
};

/* Does the check ask anything of the body? */
bool body_wanted(const struct check *check);

/* Takes a piece. False once the rest of the body can't change the verdict. */
bool body_take(struct body *body, const struct check *check, const char *piece, size_t len);

/* Can the rest of the body change nothing? */
bool body_settled(const struct body *body, const struct check *check);

/* Judges a body that has ended, or is settled: ok, or why not; and the load. */
void body_judge(const struct body *body, const struct check *check, struct check_result *result);

void body_clear(struct body *body);

#endif
