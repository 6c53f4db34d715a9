/* SPDX-License-Identifier: ISC */
/*
 * Any octets over TCP, in pieces of any size, to a client that reads or does not: what comes back are the
 * replies that the messages have one by one, up to the first that is not answered.
 */
#include "oracle.h"
#include "quiet.h"
#include "serve/stream.h"
#include "served.h"

#include <fcntl.h>
#include <sys/socket.h>

/* Without cookies, as the stream takes the time that it is. */
static const char conf[] = "cookies off\ndatacenter fra location=50,8\ndatacenter iad location=39,-77\n"
			   "geomap world * iad fra\ngeomap world 10.0.0.0/8 fra ...\n"
			   "key k secret=MDEyMzQ1Njc4OWFiY2RlZg==\n"
			   "zone example z.zone allow-transfer=10.0.0.0/8\n";
enum { SENT_MAX = 1 << 20, STEPS_MAX = 1 << 16, CLIENT_READS_MAX = 4096, BUFFER = 4096 };

static struct view view;
static struct publisher publisher;
static struct hazard hazard;
static struct server server;
static struct responder *ours, *theirs; /* asked one by one; of the stream */

/* What comes back, as it should and as it does. */
static uint8_t *expected, *received;
static size_t expected_len, received_len;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	char *zone = served_long_zone();
	served_load(conf, zone, &view);
	free(zone);
	ours = mem_alloc(sizeof(*ours));
	theirs = mem_alloc(sizeof(*theirs));
	publisher = (struct publisher){.current = &view, .n = 1, .hazards = &hazard};
	server = (struct server){.publisher = &publisher,
				 .hazard = &hazard,
				 .responder = theirs,
				 .input = mem_alloc(STREAM_INPUT_ROOM),
				 .replies = mem_alloc(STREAM_REPLIES_ROOM)};
	expected = mem_alloc(SENT_MAX + MESSAGE_OCTETS_MAX);
	received = mem_alloc(SENT_MAX + 2 * MESSAGE_OCTETS_MAX);
	return 0;
}

static const struct addr client = {.family = FAMILY_V4, .octets = {10, 1, 2, 3}};

static void expect(const struct span *reply)
{
	octets_put16(expected + expected_len, (unsigned)reply->len);
	memcpy(expected + expected_len + 2, reply->octets, reply->len);
	expected_len += 2 + reply->len;
}

/* All messages of the reply to one query. False: it is not answered. */
static bool ask(uint8_t *octets, size_t len)
{
	static uint8_t room[MESSAGE_OCTETS_MAX];
	const struct peer peer = {.addr = client, .transport = TRANSPORT_TCP};
	struct span reply = {room, sizeof(room)};
	struct transfer *transfer = NULL;
	if (transfer_door(ours, &peer, responder_read_one(ours, (struct span){octets, len}), &reply,
			  &transfer) != OUTCOME_REPLY)
		return false;
	expect(&reply);
	while (transfer != NULL) {
		reply.len = sizeof(room);
		require(transfer_next(ours, &transfer, &reply));
		expect(&reply);
	}
	return true;
}

/* Whole messages one by one. Returns how much of the input has an answer within what is compared here. */
static size_t ask_all(const uint8_t *data, size_t size)
{
	size_t at = 0;
	bool answered = true;
	expected_len = 0;
	served_begin(ours, &view);
	while (answered && expected_len < SENT_MAX && size - at >= 2 &&
	       size - at - 2 >= octets_get16(data + at)) {
		size_t len = octets_get16(data + at);
		uint8_t *query = exactly(data + at + 2, len);
		answered = ask(query, len);
		free(query);
		at += 2 + len;
	}
	return expected_len < SENT_MAX ? size : at;
}

static void client_reads(int fd, size_t most)
{
	while (most > 0) {
		size_t n = most < CLIENT_READS_MAX ? most : CLIENT_READS_MAX;
		ssize_t got = recv(fd, received + received_len, n, MSG_DONTWAIT);
		if (got <= 0)
			return;
		received_len += (size_t)got;
		most -= (size_t)got;
		require(received_len <= expected_len);
	}
}

/* As tcp.c does once something has happened. False: the stream is over. */
static bool serve(struct stream *s)
{
	if (stream_waits(s))
		return stream_proceed(s);
	require(stream_reads(s));
	enum received got = stream_receive(s);
	return got == RECEIVED_NOTHING || (got == RECEIVED_SOME && stream_proceed(s));
}

static void talk(struct stream *s, int fd, const uint8_t *data, size_t size, uint64_t seed)
{
	struct random random;
	size_t at = 0;
	bool open = true, ended = false;
	random_seed_with(&random, seed);
	for (unsigned step = 0; open; step++) {
		require(step < STEPS_MAX + 4 * size);
		uint32_t dice = random_below(&random, 16),
			 piece = 1 + random_below(&random, 1u << (1 + dice));
		size_t n = size - at < piece ? size - at : piece;
		if (n > 0) {
			ssize_t sent = send(fd, data + at, n, MSG_DONTWAIT | MSG_NOSIGNAL);
			at += sent > 0 ? (size_t)sent : 0;
		}
		if (at == size && !ended)
			ended = shutdown(fd, SHUT_WR) == 0;
		open = serve(s);
		if (dice & 1 || ended)
			client_reads(fd, piece * 64);
		if (open)
			require(stream_octets(s) <= STREAM_REPLIES_ROOM + MESSAGE_OCTETS_MAX + 2);
	}
}

/* Message by message; of one that refuses a signature, and says the time, the header alone. */
static bool same(void)
{
	if (received_len != expected_len)
		return false;
	for (size_t at = 0; at < expected_len; at += 2 + octets_get16(expected + at)) {
		size_t len = octets_get16(expected + at);
		const uint8_t *a = expected + at, *b = received + at;
		if (memcmp(a, b, 2 + HEADER_OCTETS) != 0)
			return false;
		if ((a[5] & 0xf) != RCODE_NOTAUTH && memcmp(a, b, 2 + len) != 0)
			return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int small = BUFFER;
	int pair[2];
	uint64_t seed = take_octet(&data, &size);
	struct stream stream;
	size = ask_all(data, size);
	require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	fcntl(pair[1], F_SETFL, O_NONBLOCK);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	received_len = 0;
	served_begin(theirs, &view);
	stream_open(&stream, &server, pair[1], &client, NULL);
	talk(&stream, pair[0], data, size, seed);
	stream_close(&stream);
	client_reads(pair[0], SENT_MAX);
	close(pair[0]);
	require(same() && theirs->transfers == 0);
	return 0;
}
