/* SPDX-License-Identifier: ISC */
/* Asks many questions of one server at once, by UDP, and by TCP where an answer does not fit. */
#ifndef GSLBCTL_ASKER_H
#define GSLBCTL_ASKER_H

#include "dns.h"

struct asker;

/* A reply to the question of that number, which is freed afterwards. */
typedef void asker_reply(void *context, size_t question, const struct dns_reply *reply);

/* What is asked for. NULL: there is no way to that server; told. */
struct asker *asker_open(const struct endpoint *server, asker_reply *reply, void *context);
void asker_close(struct asker *asker);

/*
 * Asks each question once, and again where nothing comes; calls for each with what came. Ends early, and
 * returns false, once `stop_fd` can be read.
 */
bool asker_round(struct asker *asker, const struct dns_question *questions, size_t n, int stop_fd);

#endif
