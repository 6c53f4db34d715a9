/* SPDX-License-Identifier: ISC */
/* What is known of a calc check follows from its parts. */
#ifndef HEALTH_CALC_H
#define HEALTH_CALC_H

#include "health/vitals.h"

/* A part has had a result: its calcs follow. Returns the most that this changed of them. */
enum change calcs_update(struct vitals *vitals, const struct roster *roster, uint32_t part, int64_t now_ms);

/* Vitals were changed otherwise: all calcs follow. */
void calcs_derive(struct vitals *vitals, const struct roster *roster, int64_t now_ms);

#endif
