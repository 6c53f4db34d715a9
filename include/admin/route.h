/* SPDX-License-Identifier: ISC */
/* Which route serves a request, and what is said where none does. */
#ifndef ADMIN_ROUTE_H
#define ADMIN_ROUTE_H

#include "admin/http.h"
#include "admin/uri.h"

enum { ROUTE_ALLOW_MAX = 64 };

/* The route for a path and method; NULL: none. */
const struct http_route *route_find(const struct http_api *api, const char *path, enum http_method method);

/* The methods that the path is served with, as an Allow header has them, into `out` of ROUTE_ALLOW_MAX; ""
 * where the path is unknown. Returns `out`. */
char *route_allow(const struct http_api *api, const char *path, char *out);

/* A parameter that the route doesn't take; NULL: all are known. */
const char *route_stranger(const struct http_route *route, const struct uri *uri);

/* What follows the route in the path. */
const char *route_rest(const struct http_route *route, const char *path);

#endif
