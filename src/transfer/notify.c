/* SPDX-License-Identifier: ISC */
/* NOTIFY messages under way, and the one timer that sends them. */
#include "transfer/notify.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "transfer/tsig.h"
#include "wire/octets.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TRIES_MAX = 6, /* with pauses of 1, 2, 4, 8, 16 and 32 s */
	FIRST_PAUSE_MS = 1000,
	TICK_MS = 50,
	SENDS_MAX = 100, /* a tick: what is sent at once to many is lost */
	RECEIVES_MAX = 256,
	MESSAGE_MAX = HEADER_OCTETS + NAME_OCTETS_MAX + 4 + RECORD_RDATA_AT + 2 * NAME_OCTETS_MAX + 20,
};

/* One zone's serial, for one server. */
struct notice {
	TAILQ_ENTRY(notice) list;
	struct endpoint to;
	uint32_t serial;
	uint16_t id;
	unsigned tries;
	int64_t due_ms;               /* when it is sent again, or given up */
	const char *trouble;          /* with the answers so far; NULL: there was none */
	struct tsig_session *session; /* of the last try; NULL: it is not signed */
	size_t len;
	uint8_t message[]; /* the zone's name is its question; without its TSIG record */
};

TAILQ_HEAD(notices, notice);

struct notifier {
	struct event_base *base;
	struct event *tick;
	struct event *answered[2]; /* by family: IPv4, IPv6; NULL until it is needed */
	struct random random;
	struct notices notices;
	struct notifier_counts counts;
};

static void notice_end(struct notifier *n, struct notice *notice)
{
	TAILQ_REMOVE(&n->notices, notice, list);
	n->counts.waiting--;
	if (notice->session != NULL)
		tsig_end(notice->session);
	free(notice->session);
	free(notice);
}

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && addr_equal(&a->addr, &b->addr);
}

static void tell(const struct notice *notice, void (*log)(const char *, ...), const char *text)
{
	char name[NAME_TEXT_MAX], to[ADDR_TEXT_MAX];
	log("notify: %s serial %" PRIu32 " to %s: %s", name_format(notice->message + HEADER_OCTETS, name),
	    notice->serial, endpoint_format(&notice->to, to), text);
}

static const char *rcode_text(unsigned rcode)
{
	static const char *const texts[] = {"accepted",
					    "refused with FORMERR",
					    "refused with SERVFAIL",
					    "refused with NXDOMAIN",
					    "refused with NOTIMP",
					    "refused with REFUSED"};
	if (rcode < sizeof(texts) / sizeof(texts[0]))
		return texts[rcode];
	return rcode == RCODE_NOTAUTH ? "refused with NOTAUTH" : "refused";
}

/* The notice that a datagram answers, or NULL. */
static struct notice *notice_of(struct notifier *n, struct span answer, const struct endpoint *from)
{
	struct notice *notice;
	unsigned flags = octets_get16(answer.octets + 2);
	if (!(flags & FLAG_QR) || (flags >> 11 & 0xf) != OPCODE_NOTIFY)
		return NULL;
	TAILQ_FOREACH(notice, &n->notices, list)
	{
		if (notice->tries > 0 && notice->id == octets_get16(answer.octets) &&
		    same_endpoint(&notice->to, from))
			return notice;
	}
	return NULL;
}

static void take_answer(struct notifier *n, struct span answer, const struct endpoint *from)
{
	struct notice *notice = answer.len < HEADER_OCTETS ? NULL : notice_of(n, answer, from);
	if (notice == NULL)
		return;
	unsigned rcode = octets_get16(answer.octets + 2) & 0xf;
	const char *text = rcode_text(rcode);
	if (notice->session != NULL) {
		struct tsig_session session = *notice->session;
		bool right = tsig_verify_response(&session, &answer, (uint64_t)clock_wall_ms() / 1000);
		tsig_end(&session);
		if (!right) { /* anyone may have sent it */
			notice->trouble =
				rcode == RCODE_NOERROR ? "accepted, but with no right signature" : text;
			return;
		}
	}
	bool accepted = rcode == RCODE_NOERROR;
	*(accepted ? &n->counts.accepted : &n->counts.refused) += 1;
	tell(notice, accepted ? log_info : log_warn, text);
	notice_end(n, notice);
}

static void on_answer(evutil_socket_t fd, short what, void *argument)
{
	(void)what;
	struct notifier *n = argument;
	for (int i = 0; i < RECEIVES_MAX; i++) {
		uint8_t octets[MESSAGE_MAX + TSIG_ROOM];
		struct sockaddr_storage address;
		socklen_t address_len = sizeof(address);
		struct endpoint from;
		ssize_t got = recvfrom(fd, octets, sizeof(octets), MSG_DONTWAIT, (struct sockaddr *)&address,
				       &address_len);
		if (got < 0)
			return;
		endpoint_from_sockaddr((struct sockaddr *)&address, &from);
		take_answer(n, (struct span){octets, (size_t)got}, &from);
	}
}

/* The socket for a family, -1 where the machine has none. */
static int socket_for(struct notifier *n, uint8_t family)
{
	struct event **event = &n->answered[family == FAMILY_V6];
	static const int on = 1;
	if (*event != NULL)
		return event_get_fd(*event);
	int fd = socket(family == FAMILY_V6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0);
	if (fd < 0)
		return -1;
	if (family == FAMILY_V6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	*event = event_new(n->base, fd, EV_READ | EV_PERSIST, on_answer, n);
	event_add(*event, NULL);
	return fd;
}

static void send_notice(struct notifier *n, struct notice *notice)
{
	uint8_t octets[MESSAGE_MAX + TSIG_ROOM];
	struct span message = {octets, notice->len};
	struct sockaddr_storage address;
	socklen_t address_len = endpoint_to_sockaddr(&notice->to, &address);
	int fd = socket_for(n, notice->to.addr.family);
	memcpy(octets, notice->message, notice->len);
	if (notice->session != NULL) {
		notice->session->mac_len = 0;
		notice->session->continued = false;
		if (!tsig_sign(notice->session, &message, sizeof(octets), (uint64_t)clock_wall_ms() / 1000))
			return;
	}
	if (fd < 0 || sendto(fd, message.octets, message.len, MSG_DONTWAIT, (struct sockaddr *)&address,
			     address_len) < 0)
		notice->trouble = strerrordesc_np(errno);
	n->counts.sent++;
}

/* Sends it again, or gives it up. Returns when it is due the next time; INT64_MAX: it is no more. */
static int64_t notice_due(struct notifier *n, struct notice *notice, int64_t now_ms)
{
	if (notice->tries == TRIES_MAX) {
		tell(notice, log_warn, notice->trouble ? notice->trouble : "no answer; given up");
		n->counts.given_up++;
		notice_end(n, notice);
		return INT64_MAX;
	}
	send_notice(n, notice);
	notice->due_ms = now_ms + ((int64_t)FIRST_PAUSE_MS << notice->tries++);
	return notice->due_ms;
}

static void arm(struct notifier *n, int64_t wait_ms)
{
	struct timeval wait = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};
	evtimer_add(n->tick, &wait);
}

static void on_tick(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	struct notifier *n = argument;
	struct notice *next;
	int64_t now_ms = clock_ms(), soonest_ms = INT64_MAX;
	unsigned left = SENDS_MAX;
	for (struct notice *notice = TAILQ_FIRST(&n->notices); notice != NULL; notice = next) {
		next = TAILQ_NEXT(notice, list);
		int64_t due_ms = notice->due_ms;
		if (due_ms <= now_ms && left > 0) {
			left--;
			due_ms = notice_due(n, notice, now_ms);
		}
		soonest_ms = due_ms < soonest_ms ? due_ms : soonest_ms;
	}
	if (soonest_ms != INT64_MAX)
		arm(n, soonest_ms - now_ms > TICK_MS ? soonest_ms - now_ms : TICK_MS);
}

static size_t message_write(uint8_t *p, uint16_t id, const struct zone *zone)
{
	const uint8_t *begin = p;
	memset(p, 0, HEADER_OCTETS);
	octets_put16(p, id);
	octets_put16(p + 2, OPCODE_NOTIFY << 11 | FLAG_AA);
	octets_put16(p + 4, 1);
	octets_put16(p + 6, 1);
	p += HEADER_OCTETS;
	memcpy(p, zone->apex->octets, zone->apex->len);
	p += zone->apex->len;
	octets_put16(p, TYPE_SOA);
	octets_put16(p + 2, CLASS_IN);
	memcpy(p + 4, zone->soa.octets, zone->soa.octets_len);
	return (size_t)(p + 4 + zone->soa.octets_len - begin);
}

void notifier_tell(struct notifier *n, const struct zone *zone, const struct endpoint *to,
		   const struct tsig_key *key)
{
	struct notice *notice =
		mem_alloc(sizeof(*notice) + HEADER_OCTETS + zone->apex->len + 4 + zone->soa.octets_len);
	notice->to = *to;
	notice->serial = zone_serial(zone);
	notice->id = (uint16_t)random_next(&n->random);
	notice->len = message_write(notice->message, notice->id, zone);
	if (key != NULL) {
		notice->session = mem_alloc(sizeof(*notice->session));
		tsig_begin(notice->session, key);
		notice->session->id = notice->id;
	}
	TAILQ_INSERT_TAIL(&n->notices, notice, list);
	n->counts.waiting++;
	arm(n, 0);
}

void notifier_settle(struct notifier *n, const struct zones *zones)
{
	struct notice *next;
	for (struct notice *notice = TAILQ_FIRST(&n->notices); notice != NULL; notice = next) {
		struct name apex;
		next = TAILQ_NEXT(notice, list);
		name_from_octets(notice->message + HEADER_OCTETS, &apex);
		const struct zone *zone = zones_apex(zones, &apex);
		if (zone == NULL || zone_serial(zone) != notice->serial)
			notice_end(n, notice);
	}
}

struct notifier *notifier_new(struct event_base *base)
{
	struct notifier *n = mem_alloc(sizeof(*n));
	n->base = base;
	n->tick = evtimer_new(base, on_tick, n);
	random_seed(&n->random);
	TAILQ_INIT(&n->notices);
	return n;
}

void notifier_free(struct notifier *n)
{
	while (!TAILQ_EMPTY(&n->notices))
		notice_end(n, TAILQ_FIRST(&n->notices));
	for (int i = 0; i < 2; i++) {
		if (n->answered[i] == NULL)
			continue;
		close(event_get_fd(n->answered[i]));
		event_free(n->answered[i]);
	}
	event_free(n->tick);
	free(n);
}

struct notifier_counts notifier_counts(const struct notifier *n)
{
	return n->counts;
}
