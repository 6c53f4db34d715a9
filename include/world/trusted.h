/* SPDX-License-Identifier: ISC */
/* The files of certificates that checks trust. */
#ifndef WORLD_TRUSTED_H
#define WORLD_TRUSTED_H

struct config;
struct faults;

/* Can the file of each ca-file= that is to be used be read, and does it hold a certificate? Else a fault. */
void trusted_check(const struct config *config, struct faults *faults);

#endif
