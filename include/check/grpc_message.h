/* SPDX-License-Identifier: ISC */
/* The two messages of grpc.health.v1.Health/Check, in gRPC's frames. */
#ifndef CHECK_GRPC_MESSAGE_H
#define CHECK_GRPC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a server says of a service; numbers beyond are to come. */
enum serving { SERVING_UNKNOWN, SERVING_SERVING, SERVING_NOT_SERVING, SERVING_SERVICE_UNKNOWN };

/* A HealthCheckRequest for the service, "" for the server as a whole. The caller frees it. */
uint8_t *grpc_request_write(const char *service, size_t *len);

/* Reads the whole body of a reply: one HealthCheckResponse. False where it is anything else. `status` is an
 * enum serving, or another number. */
bool grpc_reply_read(const uint8_t *body, size_t len, uint64_t *status);

#endif
