/* SPDX-License-Identifier: ISC */
/* gslbctl explain: as gslbd --explain, of the server that runs. */
#include "answer/explain.h"
#include "api.h"
#include "base/memory.h"
#include "question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *explain_path(const struct asked *asked)
{
	char *path = NULL, *name = api_escape(asked->name), *client = api_escape(asked->client);
	char *type = api_escape(asked->type ? asked->type : "A"), *down = api_escape(asked->down);
	if (asprintf(&path, "/v1/explain?name=%s&type=%s&client=%s%s%s%s", name, type, client,
		     asked->down[0] ? "&down=" : "", down, asked->possible ? "&possible=yes" : "") < 0)
		abort();
	free(name);
	free(client);
	free(type);
	free(down);
	return path;
}

/* The datacenters, with commas between. The caller frees it. */
static char *join(const struct words *words)
{
	size_t len = 1;
	for (size_t i = 0; i < words->n; i++)
		len += strlen(words->list[i]) + 1;
	char *text = mem_alloc(len);
	for (size_t i = 0; i < words->n; i++) {
		strcat(text, i ? "," : "");
		strcat(text, words->list[i]);
	}
	return text;
}

static int explain_at(struct api *api, const struct options *o, const char *path)
{
	struct json_object *reply;
	int status = api_call(api, "GET", path, NULL, &reply);
	if (status != 200)
		api_complain(status, reply);
	else if (o->json)
		puts(json_object_to_json_string_ext(reply, JSON_C_TO_STRING_PRETTY |
								   JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		explain_print(reply, stdout);
	json_object_put(reply);
	if (status == 400 || status == 404)
		return RESULT_BAD;
	return status == 200 ? RESULT_GOOD : RESULT_TROUBLE;
}

int command_explain(const struct options *o)
{
	if (o->client == NULL) {
		fputs("gslbctl: explain needs --client, an address or a network, such as 203.0.113.7\n",
		      stderr);
		return RESULT_TROUBLE;
	}
	struct api *api = api_open(o);
	if (api == NULL)
		return RESULT_TROUBLE;
	const char *slash = strrchr(o->words[0], '/');
	size_t len = slash ? (size_t)(slash - o->words[0]) : strlen(o->words[0]);
	char *name = mem_copy_text(o->words[0], len), *down = join(&o->down);
	char *path = explain_path(&(struct asked){
		.name = name, .type = slash ? slash + 1 : NULL, .client = o->client, .down = down});
	int result = explain_at(api, o, path);
	free(path);
	free(name);
	free(down);
	api_close(api);
	return result;
}
