/* SPDX-License-Identifier: ISC */
/* How the reference of the dialect is written: as text, as macros of man(7), as Markdown. Private to config/.
 */
#ifndef CONFIG_HELP_H
#define CONFIG_HELP_H

#include <stdbool.h>
#include <stdio.h>

/* One thing that is described: a keyword, an option, a word that may stand at a place. */
struct help_item {
	const char *term;
	const char *form;     /* what stands behind it; "": nothing */
	const char *text;     /* what it is or says; NULL: it is not supported yet */
	bool option;          /* written term=value */
	const char *expected; /* of an option: what its value may be */
	const char *fallback; /* of an option: its default; NULL: none */
	const char *kinds;    /* of an option: "http and https checks", those it is for; "": all there are */
};

struct help_style {
	const char *word;
	bool apart; /* an empty line stands between two tables */
	void (*heading)(FILE *out, const char *title, bool options);
	void (*item)(FILE *out, const struct help_item *item);
};

extern const struct help_style help_styles[];
extern const size_t n_help_styles;

#endif
