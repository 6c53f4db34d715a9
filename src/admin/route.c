/* SPDX-License-Identifier: ISC */
/* Matching a path to the table of routes. */
#include "admin/route.h"

#include <stdio.h>
#include <string.h>

static bool matches(const struct http_route *route, const char *path)
{
	size_t len = strlen(route->path);
	if (route->path[len - 1] != '/')
		return strcmp(route->path, path) == 0;
	return strncmp(route->path, path, len) == 0 && path[len] != '\0';
}

const struct http_route *route_find(const struct http_api *api, const char *path, enum http_method method)
{
	const struct http_route *best = NULL;
	for (size_t i = 0; i < api->n_routes; i++) {
		const struct http_route *route = &api->routes[i];
		if (route->method == method && matches(route, path) &&
		    (best == NULL || strlen(route->path) > strlen(best->path)))
			best = route;
	}
	return best;
}

char *route_allow(const struct http_api *api, const char *path, char *out)
{
	static const char *const names[] = {
		[HTTP_GET] = "GET, HEAD", [HTTP_PUT] = "PUT", [HTTP_POST] = "POST", [HTTP_DELETE] = "DELETE"};
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (route_find(api, path, (enum http_method)i) != NULL)
			len += (size_t)snprintf(out + len, ROUTE_ALLOW_MAX - len, "%s%s", len ? ", " : "",
						names[i]);
	return out;
}

const char *route_stranger(const struct http_route *route, const struct uri *uri)
{
	for (size_t i = 0; i < uri->n; i++) {
		const char *const *known = route->parameters;
		while (known != NULL && *known != NULL && strcmp(*known, uri->parameters[i].name) != 0)
			known++;
		if (known == NULL || *known == NULL)
			return uri->parameters[i].name;
	}
	return NULL;
}

const char *route_rest(const struct http_route *route, const char *path)
{
	size_t len = strlen(route->path);
	return route->path[len - 1] == '/' ? path + len : "";
}
