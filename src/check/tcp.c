/* SPDX-License-Identifier: ISC */
/* The tcp check: well is what accepts a connection and, where one is asked for, says the right thing over it.
 */
#include "check/kind.h"

static void prepare(struct transfer *transfer, const struct endpoint *address)
{
	transfer->address = *address;
	transfer->talk.wanted = true;
}

static void judge(const struct transfer *transfer, CURLcode code, struct check_result *result)
{
	const struct talk *talk = &transfer->talk;
	bool hears = body_wanted(transfer->check);
	if (code != CURLE_OK) {
		result_fail_transfer(result, transfer, code);
		return;
	}
	result->ok = true;
	if (hears)
		body_judge(&transfer->reply.body, transfer->check, result);
	if (result->ok)
		result->latency_us = hears ? talk->first_us : talk->connected_us;
}

const struct kind kind_tcp = {.prepare = prepare, .judge = judge};
