/* SPDX-License-Identifier: ISC */
/*
 *   octet 0      1..4      5 ...
 *   compressed?  length    message: fields, each a tag (number << 3 | wire type) and a value
 */
#include "check/grpc_message.h"
#include "base/memory.h"

#include <string.h>

enum { FRAME = 5, VARINT_MAX = 10, TAG_SERVICE = 1 << 3 | 2, FIELD_STATUS = 1 };
enum wire_type { WIRE_VARINT, WIRE_64, WIRE_OCTETS, WIRE_32 = 5 };

static size_t varint_write(uint8_t *out, uint64_t n)
{
	size_t len = 0;
	for (; n >= 0x80; n >>= 7)
		out[len++] = (uint8_t)(n | 0x80);
	out[len++] = (uint8_t)n;
	return len;
}

uint8_t *grpc_request_write(const char *service, size_t *len)
{
	size_t n = strlen(service);
	uint8_t *frame = mem_alloc(FRAME + 1 + VARINT_MAX + n), *p = frame + FRAME;
	if (n > 0) {
		*p++ = TAG_SERVICE;
		p += varint_write(p, n);
		memcpy(p, service, n);
		p += n;
	}
	size_t message = (size_t)(p - frame) - FRAME;
	for (int i = 0; i < 4; i++)
		frame[1 + i] = (uint8_t)(message >> (24 - 8 * i));
	*len = FRAME + message;
	return frame;
}

struct reader {
	const uint8_t *p, *end;
};

static bool varint_read(struct reader *r, uint64_t *out)
{
	*out = 0;
	for (unsigned i = 0; i < VARINT_MAX && r->p < r->end; i++) {
		uint8_t octet = *r->p++;
		*out |= (uint64_t)(octet & 0x7f) << (7 * i);
		if (octet < 0x80)
			return true;
	}
	return false;
}

static bool skip(struct reader *r, uint64_t len)
{
	if (len > (uint64_t)(r->end - r->p))
		return false;
	r->p += len;
	return true;
}

/* `value` is that of a varint, or else 0. */
static bool value_read(struct reader *r, uint64_t wire_type, uint64_t *value)
{
	uint64_t len;
	*value = 0;
	switch (wire_type) {
	case WIRE_VARINT: return varint_read(r, value);
	case WIRE_64: return skip(r, 8);
	case WIRE_OCTETS: return varint_read(r, &len) && skip(r, len);
	case WIRE_32: return skip(r, 4);
	}
	return false;
}

bool grpc_reply_read(const uint8_t *body, size_t len, uint64_t *status)
{
	struct reader r = {body + FRAME, body + len};
	*status = SERVING_UNKNOWN; /* what is not said is 0 */
	if (len < FRAME || body[0] != 0)
		return false;
	uint64_t message =
		(uint64_t)body[1] << 24 | (uint64_t)body[2] << 16 | (uint64_t)body[3] << 8 | body[4];
	if (message != len - FRAME)
		return false;
	while (r.p < r.end) {
		uint64_t tag, value;
		if (!varint_read(&r, &tag) || !value_read(&r, tag & 7, &value))
			return false;
		if (tag == (FIELD_STATUS << 3 | WIRE_VARINT))
			*status = value;
	}
	return true;
}
