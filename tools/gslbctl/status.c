/* SPDX-License-Identifier: ISC */
/* gslbctl status: a picture that is read in two seconds. */
#include "status.h"
#include "stop.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WATCH_MS = 1000 };

/* One look. The RESULT of it. */
static int look(struct api *api, const struct options *o)
{
	struct json_object *status = api_get(api, "/v1/status");
	int result = RESULT_TROUBLE;
	if (status != NULL && o->json) {
		int flags = o->watch ? JSON_C_TO_STRING_PLAIN : JSON_C_TO_STRING_PRETTY;
		puts(json_object_to_json_string_ext(status, flags | JSON_C_TO_STRING_NOSLASHESCAPE));
		result = status_well(status) ? RESULT_GOOD : RESULT_BAD;
	} else if (status != NULL) {
		result = status_print(api_address(api), status, stdout);
	}
	json_object_put(status);
	fflush(stdout);
	return result;
}

/* On a terminal each picture takes the place of the last; elsewhere an empty line parts them. */
static int look_on(struct api *api, const struct options *o)
{
	int stop = stop_open(), result;
	bool terminal = isatty(STDOUT_FILENO) != 0;
	do {
		if (terminal)
			fputs("\033[H\033[J", stdout);
		result = look(api, o);
		if (!terminal && !o->json)
			putchar('\n');
		fflush(stdout);
	} while (!stop_wait(stop, WATCH_MS));
	close(stop);
	return result;
}

int command_status(const struct options *o)
{
	struct api *api = api_open(o);
	if (api == NULL)
		return RESULT_TROUBLE;
	int result = o->watch ? look_on(api, o) : look(api, o);
	api_close(api);
	return result;
}
