/* SPDX-License-Identifier: ISC */
/* The tcp check: well is what accepts a connection. */
#include "check/kind.h"

static void prepare(struct transfer *transfer, const struct endpoint *address)
{
	transfer_aim(transfer, address);
	curl_easy_setopt(transfer->easy, CURLOPT_CONNECT_ONLY, 1L);
}

static void judge(const struct transfer *transfer, CURLcode code, struct check_result *result)
{
	if (code != CURLE_OK) {
		result_fail_transfer(result, transfer, code);
		return;
	}
	result->ok = true;
	result->latency_us = transfer_time(transfer, CURLINFO_CONNECT_TIME_T);
}

const struct kind kind_tcp = {prepare, judge};
