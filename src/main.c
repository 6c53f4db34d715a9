/* SPDX-License-Identifier: ISC */
/* The command line. */
#include "answer/explain.h"
#include "base/memory.h"
#include "base/plural.h"
#include "config/config.h"
#include "control/control.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

struct options {
	bool check, json;
	const char *question; /* --explain */
	const char *client;
	size_t n_down, cap_down;
	const char **down;
	const char *conf_path;
};

static void usage(FILE *out)
{
	fputs("usage: gslbd [options] FILE\n"
	      "  FILE                     gslbd.conf; without options its zones are served, in the "
	      "foreground\n"
	      "  --check                  validate FILE and every zone it names; exit 0 if they are sound, 1 "
	      "if not\n"
	      "  --explain NAME[/TYPE]    say how a client would be answered, step by step, with all checks "
	      "taken as up\n"
	      "  --client ADDR[/LEN]      the client to explain for: an address, or an EDNS client-subnet\n"
	      "  --down DATACENTER        explain as if this datacenter were down; may repeat\n"
	      "  --json                   explain as JSON\n"
	      "  --keywords               describe every keyword of the configuration and of zone files\n"
	      "  --version\n"
	      "  --help\n",
	      out);
}

/* Validates, and says so: a world that can be built is one that could be served. */
static int run_check(const struct options *o)
{
	struct faults faults = {0};
	struct world *world = control_check(o->conf_path, &faults);
	int status = world ? 0 : 1;
	faults_print(&faults, stderr);
	if (world != NULL)
		printf("%s: ok: %zu zone%s, %u target%s to check\n", o->conf_path, world->zones->n,
		       plural(world->zones->n), world->roster->n_targets, plural(world->roster->n_targets));
	else
		fprintf(stderr, "%s: %zu error%s\n", o->conf_path, faults.errors, plural(faults.errors));
	faults_free(&faults);
	world_free(world);
	return status;
}

static bool force_down(const struct options *o, const struct world *world, struct vitals *vitals)
{
	for (size_t i = 0; i < o->n_down; i++) {
		int datacenter = config_datacenter(world->config, o->down[i], strlen(o->down[i]));
		if (datacenter == CONFIG_NONE) {
			fprintf(stderr, "gslbd: --down: no datacenter is named \"%s\"\n", o->down[i]);
			return false;
		}
		vitals->datacenters[datacenter].override.state = OVERRIDE_DOWN;
	}
	return true;
}

static void print_explanation(const struct options *o, const struct world *world, const struct vitals *vitals,
			      const struct explain_request *request)
{
	struct board *board = board_build(world->roster, vitals, 1);
	struct view view = {.world = world, .board = board};
	struct json_object *explanation = explain(&view, world->databases, request);
	if (o->json)
		puts(json_object_to_json_string_ext(explanation, JSON_C_TO_STRING_PRETTY |
									 JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		explain_print(explanation, stdout);
	json_object_put(explanation);
	board_free(board);
}

static int run_explain(const struct options *o)
{
	struct explain_request request;
	struct faults faults = {0};
	const char *why;
	if (!explain_parse(o->question, o->client, &request, &why)) {
		fprintf(stderr, "gslbd: --explain: %s\n", why);
		return EXIT_USAGE;
	}
	struct world *world = world_load(o->conf_path, true, &faults);
	faults_print(&faults, stderr);
	faults_free(&faults);
	if (world == NULL)
		return 1;
	struct vitals vitals;
	vitals_init(&vitals, world->roster);
	bool ok = force_down(o, world, &vitals);
	if (ok)
		print_explanation(o, world, &vitals, &request);
	vitals_free(&vitals);
	world_free(world);
	return ok ? 0 : 1;
}

enum { OPTION_CHECK = 256, OPTION_EXPLAIN, OPTION_CLIENT, OPTION_DOWN, OPTION_JSON, OPTION_KEYWORDS };

/* Returns false where the program is to end at once, with *status. */
static bool parse(int argc, char **argv, struct options *o, int *status)
{
	static const struct option long_options[] = {
		{"check", no_argument, NULL, OPTION_CHECK},
		{"explain", required_argument, NULL, OPTION_EXPLAIN},
		{"client", required_argument, NULL, OPTION_CLIENT},
		{"down", required_argument, NULL, OPTION_DOWN},
		{"json", no_argument, NULL, OPTION_JSON},
		{"keywords", optional_argument, NULL, OPTION_KEYWORDS},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	*status = 0;
	for (int c; (c = getopt_long(argc, argv, "hV", long_options, NULL)) != -1;) {
		switch (c) {
		case OPTION_CHECK: o->check = true; break;
		case OPTION_EXPLAIN: o->question = optarg; break;
		case OPTION_CLIENT: o->client = optarg; break;
		case OPTION_DOWN:
			o->down = mem_grow(o->down, &o->cap_down, o->n_down + 1, sizeof(*o->down));
			o->down[o->n_down++] = optarg;
			break;
		case OPTION_JSON: o->json = true; break;
		case OPTION_KEYWORDS:
			if (!config_help(optarg ? optarg : "text", stdout)) {
				fprintf(stderr, "gslbd: --keywords: \"%s\" is none of its forms\n", optarg);
				*status = EXIT_USAGE;
			}
			return false;
		case 'V': puts("gslbd " GSLBD_VERSION); return false;
		case 'h': usage(stdout); return false;
		default:
			usage(stderr);
			*status = EXIT_USAGE;
			return false;
		}
	}
	if (optind + 1 != argc || (o->question == NULL) != (o->client == NULL)) {
		if (optind + 1 == argc)
			fputs("gslbd: --explain and --client go together\n", stderr);
		usage(stderr);
		*status = EXIT_USAGE;
		return false;
	}
	o->conf_path = argv[optind];
	return true;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	int status;
	mem_init();
	if (parse(argc, argv, &o, &status)) {
		if (o.check)
			status = run_check(&o);
		else if (o.question != NULL)
			status = run_explain(&o);
		else
			status = control_run(o.conf_path, argv);
	}
	free(o.down);
	return status;
}
