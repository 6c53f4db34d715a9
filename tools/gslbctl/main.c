/* SPDX-License-Identifier: ISC */
/* The command line of gslbctl: tables of commands and options, which parse and print the help. */
#include "options.h"
#include "base/memory.h"
#include "config/value.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
	OPTION_SERVER,
	OPTION_TOKEN,
	OPTION_CONF,
	OPTION_JSON,
	OPTION_WATCH,
	OPTION_CLIENT,
	OPTION_DOWN,
	OPTION_FOR,
	OPTION_WHY,
	OPTION_FORCE,
	OPTION_FAIL,
	OPTION_DRAIN,
	OPTION_DRY_RUN,
	OPTION_DNS,
	OPTION_NAME,
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS
};

struct option_row {
	char letter; /* 0: none */
	const char *word, *argument, *help;
};

static const struct option_row option_rows[OPTIONS] = {
	[OPTION_SERVER] = {'s', "at", "ADDR",
			   "the admin API: 127.0.0.1:8053, [::1]:8053 or the path of a UNIX socket"},
	[OPTION_TOKEN] = {'t', "token-file", "FILE", "what holds the token that the server wants"},
	[OPTION_CONF] = {'c', "conf", "FILE", "the server's configuration, to find both in"},
	[OPTION_JSON] = {0, "json", NULL, "for programs"},
	[OPTION_WATCH] = {0, "watch", NULL, "again each second, until ^C"},
	[OPTION_CLIENT] = {0, "client", "ADDR[/LEN]", "for whom: an address, or an EDNS client-subnet"},
	[OPTION_DOWN] = {0, "down", "DC", "as if this datacenter were down; may repeat"},
	[OPTION_FOR] = {0, "for", "TIME", "how long, such as 10m or 1h30m; drill: 60s where not given"},
	[OPTION_WHY] = {0, "why", "TEXT", "what others read in the status"},
	[OPTION_FORCE] = {0, "force", NULL, "even where a name has nothing left then"},
	[OPTION_FAIL] = {0, "fail", NULL, "force the datacenter down"},
	[OPTION_DRAIN] = {0, "drain", NULL, "drain it (what drill does where nothing is said)"},
	[OPTION_DRY_RUN] = {0, "dry-run", NULL, "change nothing and ask nobody: who would move where"},
	[OPTION_DNS] = {0, "server", "ADDR", "where to ask by DNS; the first address that gslbd listens at"},
	[OPTION_NAME] = {0, "name", "NAME", "only this name; may repeat"},
	[OPTION_HELP] = {'h', "help", NULL, "this text"},
	[OPTION_VERSION] = {'V', "version", NULL, "the version"},
};

#define BIT(option) (1u << (option))
enum {
	EVERYWHERE = BIT(OPTION_SERVER) | BIT(OPTION_TOKEN) | BIT(OPTION_CONF) | BIT(OPTION_JSON),
	OVERRIDING = BIT(OPTION_FOR) | BIT(OPTION_WHY) | BIT(OPTION_FORCE),
	DRILLING = BIT(OPTION_FOR) | BIT(OPTION_FORCE) | BIT(OPTION_FAIL) | BIT(OPTION_DRAIN) |
		   BIT(OPTION_DRY_RUN) | BIT(OPTION_DNS) | BIT(OPTION_NAME),
};

struct command_row {
	const char *word, *form, *help, *ends;
	int words; /* behind it */
	unsigned options;
	int (*run)(const struct options *o);
};

static const struct command_row command_rows[] = {
	{"status", "", "what is up, what is not, since when and why",
	 "1: something is not up, or the last reload failed", 0, BIT(OPTION_WATCH), command_status},
	{"explain", "NAME[/TYPE]",
	 "how the client of --client, which is needed, is answered now, step by step",
	 "1: the question is wrong", 1, BIT(OPTION_CLIENT) | BIT(OPTION_DOWN), command_explain},
	{"drain", "DC", "no new clients for a datacenter", "1: refused, as names would have nothing left", 1,
	 OVERRIDING, command_drain},
	{"force", "DC up|down", "a datacenter is up, or down, whatever its check says", "1: as drain", 2,
	 OVERRIDING, command_force},
	{"undrain", "DC", "ends what drain or force began; lets a held datacenter come back",
	 "1: as drain, where it was forced up", 1, BIT(OPTION_FORCE), command_clear},
	{"clear", "DC", "the same", "1: as undrain", 1, BIT(OPTION_FORCE), command_clear},
	{"reload", "", "the server reads its files again; says what is wrong with them", "1: it failed", 0, 0,
	 command_reload},
	{"upgrade", "",
	 "the server starts its program anew, as it is on the disk now, and hands its sockets over: no query "
	 "is "
	 "lost",
	 "1: it failed, and the server goes on as it was", 0, 0, command_upgrade},
	{"drill", "DC",
	 "a failover drill: drains a datacenter for a while, asks as clients of every geomap line all the "
	 "while, "
	 "and says who moved where, how fast, and whether anyone was answered wrongly",
	 "1: somebody was, or would be, or the way back failed", 1, DRILLING, command_drill},
};
enum { COMMANDS = sizeof(command_rows) / sizeof(command_rows[0]) };

static void usage(FILE *out)
{
	fputs("usage: gslbctl [-s ADDR] [-t TOKEN_FILE] [-c CONF] [--json] COMMAND ...\n\n", out);
	for (int i = 0; i < COMMANDS; i++) {
		const struct command_row *c = &command_rows[i];
		fprintf(out, "  %s %s", c->word, c->form);
		for (int j = 0; j < OPTIONS; j++) {
			const struct option_row *r = &option_rows[j];
			if (c->options & BIT(j))
				fprintf(out, " [--%s%s%s]", r->word, r->argument ? " " : "",
					r->argument ? r->argument : "");
		}
		fprintf(out, "\n      %s%s%s\n", c->help, c->ends[0] ? "; exit status " : "", c->ends);
	}
	fputs("\noptions:\n", out);
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_row *r = &option_rows[i];
		char left[64];
		snprintf(left, sizeof(left), "%c%c%s--%s%s%s", r->letter ? '-' : ' ',
			 r->letter ? r->letter : ' ', r->letter ? ", " : "  ", r->word,
			 r->argument ? " " : "", r->argument ? r->argument : "");
		fprintf(out, "  %-24s %s\n", left, r->help);
	}
	fputs("\nThe server is that of -s, else of GSLBCTL_SERVER, else of the admin line of CONF, of "
	      "./gslbd.conf or of\n"
	      "/etc/gslbd/gslbd.conf; the token is in the file of -t, else of GSLBCTL_TOKEN_FILE, else of "
	      "that line's\n"
	      "token-file=, else in ./admin.token. Exit status: 0 good, 1 as said above, 2 it could not be "
	      "found out.\n",
	      out);
}

static void words_add(struct words *words, const char *word)
{
	words->list = mem_grow(words->list, &words->cap, words->n + 1, sizeof(*words->list));
	words->list[words->n++] = word;
}

static void take(struct options *o, enum option_id id)
{
	switch (id) {
	case OPTION_SERVER: o->server = optarg; break;
	case OPTION_TOKEN: o->token_file = optarg; break;
	case OPTION_CONF: o->conf_path = optarg; break;
	case OPTION_JSON: o->json = true; break;
	case OPTION_WATCH: o->watch = true; break;
	case OPTION_CLIENT: o->client = optarg; break;
	case OPTION_DOWN: words_add(&o->down, optarg); break;
	case OPTION_FOR: o->length = optarg; break;
	case OPTION_WHY: o->why = optarg; break;
	case OPTION_FORCE: o->force = true; break;
	case OPTION_FAIL: o->fail = true; break;
	case OPTION_DRAIN: o->drain = true; break;
	case OPTION_DRY_RUN: o->dry_run = true; break;
	case OPTION_DNS: o->dns_server = optarg; break;
	case OPTION_NAME: words_add(&o->names, optarg); break;
	case OPTION_HELP:
	case OPTION_VERSION:
	case OPTIONS: break;
	}
}

/* Which options are given, as bits; all of them where one is wrong, which was told. */
static unsigned parse(int argc, char **argv, struct options *o)
{
	struct option longs[OPTIONS + 1] = {0};
	char shorts[2 * OPTIONS + 1];
	size_t len = 0;
	unsigned given = 0;
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_row *r = &option_rows[i];
		longs[i] = (struct option){r->word, r->argument ? required_argument : no_argument, NULL,
					   256 + i};
		if (r->letter)
			shorts[len++] = r->letter;
		if (r->letter && r->argument)
			shorts[len++] = ':';
	}
	shorts[len] = '\0';
	for (int c; (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
		int id = c - 256;
		for (int i = 0; c < 256 && i < OPTIONS; i++)
			id = option_rows[i].letter == c ? i : id;
		if (c == '?')
			return ~0u;
		take(o, (enum option_id)id);
		given |= BIT(id);
	}
	return given;
}

static const struct command_row *command_named(const char *word)
{
	const char *words[COMMANDS];
	for (int i = 0; i < COMMANDS; i++) {
		words[i] = command_rows[i].word;
		if (strcmp(words[i], word) == 0)
			return &command_rows[i];
	}
	const char *near = value_nearest(word, strlen(word), words, COMMANDS);
	fprintf(stderr, "gslbctl: unknown command \"%s\"", word);
	if (near != NULL)
		fprintf(stderr, ", did you mean \"%s\"?\n", near);
	else
		fputs("; --help lists them\n", stderr);
	return NULL;
}

/* Does the command go with what stands behind it? */
static bool fits(const struct command_row *command, int words, unsigned given)
{
	for (int i = 0; i < OPTIONS; i++) {
		if (given & ~(command->options | EVERYWHERE) & BIT(i)) {
			fprintf(stderr, "gslbctl: %s takes no --%s\n", command->word, option_rows[i].word);
			return false;
		}
	}
	if (words == command->words)
		return true;
	fprintf(stderr, "gslbctl: it is: %s %s\n", command->word, command->form);
	return false;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	int result = RESULT_TROUBLE;
	unsigned given = parse(argc, argv, &o);
	bool sound = given != ~0u;
	if (sound && given & BIT(OPTION_HELP)) {
		usage(stdout);
		result = RESULT_GOOD;
	} else if (sound && given & BIT(OPTION_VERSION)) {
		puts("gslbctl " GSLBD_VERSION);
		result = RESULT_GOOD;
	} else if (sound && optind < argc) {
		const struct command_row *command = command_named(argv[optind]);
		o.words = (const char *const *)(argv + optind + 1);
		if (command != NULL && fits(command, argc - optind - 1, given))
			result = command->run(&o);
	} else {
		usage(stderr);
	}
	free(o.down.list);
	free(o.names.list);
	return result;
}
