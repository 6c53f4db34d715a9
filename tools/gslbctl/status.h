/* SPDX-License-Identifier: ISC */
/* The status for people. */
#ifndef GSLBCTL_STATUS_H
#define GSLBCTL_STATUS_H

#include "api.h"

#include <stdio.h>

/* Prints a datacenter of the status as a line. */
void status_datacenter_print(struct json_object *datacenter, FILE *out);

/* Prints the status: what is wrong, then datacenters, then targets of none. Returns the RESULT that it is. */
int status_print(const char *address, struct json_object *status, FILE *out);

/* Is everything up, and was the last reload good? */
bool status_well(struct json_object *status);

#endif
