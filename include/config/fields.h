/* SPDX-License-Identifier: ISC */
/* What the option tables fill in: an entry's result, and values that it takes apart. Private to config/. */
#ifndef CONFIG_FIELDS_H
#define CONFIG_FIELDS_H

#include "config/schema.h"
#include "config/steering.h"

struct check_fields {
	struct check check;
	struct statuses expect;
};

struct datacenter_fields {
	struct datacenter datacenter;
	struct optional_endpoint address;
	struct location location;
};

struct at_fields {
	struct at_entry at;
	struct optional_endpoint address;
};

/* The words of enum pick and enum all_down, in their order; each list ends with NULL. */
extern const char *const pick_words[];
extern const char *const all_down_words[];

#endif
