/* SPDX-License-Identifier: ISC */
/* Any octets as a PROXY header: what is read lies within them, and a header is one however it comes in
 * pieces. */
#include "wire/proxy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* As a stream gives it: never more than is asked for. */
static enum proxy_result read_in_pieces(uint8_t *octets, size_t size, struct endpoint *client, size_t *len)
{
	size_t have = 0;
	enum proxy_result result;
	while ((result = proxy_read((struct span){octets, have}, client, len)) == PROXY_SHORT &&
	       have < size) {
		require(*len > have && *len <= PROXY_MAX);
		have = *len < size ? *len : size;
	}
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct endpoint proxy = {{FAMILY_V4, {127, 0, 0, 1}}, 53};
	struct endpoint client = proxy, again = proxy;
	size_t len, len_again;
	uint8_t *exact = malloc(size + 1);
	memcpy(exact + 1, data, size); /* it ends where the room does */
	enum proxy_result result = proxy_read((struct span){exact + 1, size}, &client, &len);
	if (result == PROXY_SOUND)
		require(len >= PROXY_FIXED && len <= size && len <= PROXY_MAX);
	else
		require(addr_equal(&client.addr, &proxy.addr) && client.port == proxy.port);
	require(client.addr.family == FAMILY_V4 || client.addr.family == FAMILY_V6);
	require(read_in_pieces(exact + 1, size, &again, &len_again) == result);
	require(addr_equal(&client.addr, &again.addr) && client.port == again.port &&
		(result != PROXY_SOUND || len == len_again));
	free(exact);
	return 0;
}
