/* SPDX-License-Identifier: ISC */
/* Asks many questions of one server at once, by UDP, and by TCP where an answer does not fit. */
#ifndef GSLBCTL_ASKER_H
#define GSLBCTL_ASKER_H

#include "dns.h"

struct asker;

/* A reply to the question of that number, which is freed afterwards. False: the round is to end, as lost. */
typedef bool asker_reply(void *context, size_t question, const struct dns_reply *reply);

/* How a round ended: whole; with an end asked for; or without answers, be it that none come, or too slowly.
 */
enum round { ROUND_WHOLE, ROUND_STOPPED, ROUND_LOST };

/* What is asked for. NULL: there is no way to that server; told. */
struct asker *asker_open(const struct endpoint *server, asker_reply *reply, void *context);
void asker_close(struct asker *asker);

/*
 * Asks each question once, and again where nothing comes; calls for each with what came. Ends early once
 * `stop_fd` can be read, when as many in a row have no reply as are under way at once, and at the moment
 * `until_us` (dns_now_us()), which it may pass by a few seconds.
 */
enum round asker_round(struct asker *asker, const struct dns_question *questions, size_t n, int64_t until_us,
		       int stop_fd);

#endif
