/* SPDX-License-Identifier: ISC */
/* From what a handler leaves to what evhttp sends. */
#ifndef ADMIN_REPLY_H
#define ADMIN_REPLY_H

#include "admin/http.h"

struct evhttp_request;

/* Sends the reply and frees what it holds; a HEAD gets the headers alone. */
void reply_send(struct evhttp_request *request, struct http_reply *reply);

#endif
