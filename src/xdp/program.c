/* SPDX-License-Identifier: ISC */
/* Writing the filter's instructions. */
#include "xdp/program.h"
#include "wire/octets.h"
#include "xdp/frame.h"
#include "xdp/layout.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum {
	IP_AT = FRAME_ETHERNET_OCTETS,
	KEY_AT = -(int)sizeof(struct program_key), /* on the stack */
};

/* What registers hold; those from RESULT to ARGUMENT_3 are lost in a call. */
enum { RESULT, ARGUMENT_1, ARGUMENT_2, ARGUMENT_3, VALUE = 5, CONTEXT, PACKET, END, STACK = 10 };

/* Jumps to what comes last are given their distance once that is known. */
enum { TO_PASS = -1 };

static void put(struct program *p, struct bpf_insn instruction)
{
	assert(p->n < PROGRAM_INSTRUCTIONS_MAX);
	p->list[p->n++] = instruction;
}

static void move(struct program *p, unsigned to, unsigned from)
{
	put(p, (struct bpf_insn){BPF_ALU64 | BPF_MOV | BPF_X, to & 15, from & 15, 0, 0});
}

static void move_number(struct program *p, unsigned to, int number)
{
	put(p, (struct bpf_insn){BPF_ALU64 | BPF_MOV | BPF_K, to & 15, 0, 0, number});
}

static void add(struct program *p, unsigned to, int number)
{
	put(p, (struct bpf_insn){BPF_ALU64 | BPF_ADD | BPF_K, to & 15, 0, 0, number});
}

static void load(struct program *p, unsigned size, unsigned to, unsigned from, size_t at)
{
	put(p, (struct bpf_insn){(uint8_t)(BPF_LDX | size | BPF_MEM), to & 15, from & 15, (int16_t)at, 0});
}

static void store(struct program *p, unsigned size, int at, unsigned from)
{
	put(p, (struct bpf_insn){(uint8_t)(BPF_STX | size | BPF_MEM), STACK, from & 15, (int16_t)at, 0});
}

static void load_map(struct program *p, unsigned to, int map)
{
	put(p, (struct bpf_insn){BPF_LD | BPF_DW | BPF_IMM, to & 15, BPF_PSEUDO_MAP_FD, 0, map});
	put(p, (struct bpf_insn){0});
}

static void call(struct program *p, int function)
{
	put(p, (struct bpf_insn){BPF_JMP | BPF_CALL, 0, 0, 0, function});
}

static void leave(struct program *p)
{
	put(p, (struct bpf_insn){BPF_JMP | BPF_EXIT, 0, 0, 0, 0});
}

/* Passes the frame on to the kernel unless the value is this one. */
static void expect(struct program *p, uint32_t number)
{
	put(p, (struct bpf_insn){BPF_JMP32 | BPF_JNE | BPF_K, VALUE, 0, TO_PASS, (int)number});
}

/* Unless the frame has at least so many octets. */
static void expect_length(struct program *p, int len)
{
	move(p, VALUE, PACKET);
	add(p, VALUE, len);
	put(p, (struct bpf_insn){BPF_JMP | BPF_JGT | BPF_X, VALUE, END, TO_PASS, 0});
}

static void expect_octet(struct program *p, size_t at, uint8_t octet)
{
	load(p, BPF_B, VALUE, PACKET, at);
	expect(p, octet);
}

static uint32_t memory16(const uint8_t *octets)
{
	uint16_t v;
	memcpy(&v, octets, sizeof(v));
	return v;
}

static uint32_t memory32(const uint8_t *octets)
{
	uint32_t v;
	memcpy(&v, octets, sizeof(v));
	return v;
}

/* A number as the filter loads it from two octets of a packet. */
static uint32_t network16(unsigned number)
{
	uint8_t octets[2];
	octets_put16(octets, number);
	return memory16(octets);
}

static void begin(struct program *p, const uint8_t *mac)
{
	move(p, CONTEXT, ARGUMENT_1);
	load(p, BPF_W, PACKET, CONTEXT, offsetof(struct xdp_md, data));
	load(p, BPF_W, END, CONTEXT, offsetof(struct xdp_md, data_end));
	move(p, VALUE, PACKET);
	add(p, VALUE, PROGRAM_FRAME_MAX);
	put(p, (struct bpf_insn){BPF_JMP | BPF_JLT | BPF_X, VALUE, END, TO_PASS, 0});
	expect_length(p, IP_AT + IPV4_OCTETS + UDP_OCTETS);
	load(p, BPF_W, VALUE, PACKET, 0);
	expect(p, memory32(mac));
	load(p, BPF_H, VALUE, PACKET, 4);
	expect(p, memory16(mac + 4));
	move_number(p, VALUE, 0);
	for (int at = KEY_AT; at < 0; at += 8)
		store(p, BPF_DW, at, VALUE);
}

/* The key has its address by now; `udp_at` is where the UDP header is. */
static void look_up(struct program *p, enum family family, size_t udp_at, const int maps[2])
{
	load(p, BPF_H, VALUE, PACKET, udp_at + 2);
	store(p, BPF_H, KEY_AT + (int)offsetof(struct program_key, port), VALUE);
	move_number(p, VALUE, (int)family);
	store(p, BPF_H, KEY_AT + (int)offsetof(struct program_key, family), VALUE);
	load_map(p, ARGUMENT_1, maps[0]);
	move(p, ARGUMENT_2, STACK);
	add(p, ARGUMENT_2, KEY_AT);
	call(p, BPF_FUNC_map_lookup_elem);
	put(p, (struct bpf_insn){BPF_JMP | BPF_JEQ | BPF_K, RESULT, 0, TO_PASS, 0});
	load_map(p, ARGUMENT_1, maps[1]);
	load(p, BPF_W, ARGUMENT_2, CONTEXT, offsetof(struct xdp_md, rx_queue_index));
	move_number(p, ARGUMENT_3, XDP_PASS); /* where the queue has no socket */
	call(p, BPF_FUNC_redirect_map);
	leave(p);
}

static void take_ipv4(struct program *p, const int maps[2])
{
	expect_octet(p, IP_AT, IPV4_PLAIN);
	expect_octet(p, IP_AT + 9, PROTOCOL_UDP);
	load(p, BPF_H, VALUE, PACKET, IP_AT + 6);
	put(p, (struct bpf_insn){BPF_ALU64 | BPF_AND | BPF_K, VALUE, 0, 0, (int)network16(FRAGMENT_MASK)});
	expect(p, 0);
	load(p, BPF_W, VALUE, PACKET, IP_AT + 16);
	store(p, BPF_W, KEY_AT, VALUE);
	look_up(p, FAMILY_V4, IP_AT + IPV4_OCTETS, maps);
}

static void take_ipv6(struct program *p, const int maps[2])
{
	load(p, BPF_H, VALUE, PACKET, ETHERNET_TYPE_AT);
	expect(p, network16(TYPE_IPV6));
	expect_length(p, IP_AT + IPV6_OCTETS + UDP_OCTETS);
	expect_octet(p, IP_AT + 6, PROTOCOL_UDP);
	for (int i = 0; i < 16; i += 4) {
		load(p, BPF_W, VALUE, PACKET, (size_t)(IP_AT + 24 + i));
		store(p, BPF_W, KEY_AT + i, VALUE);
	}
	look_up(p, FAMILY_V6, IP_AT + IPV6_OCTETS, maps);
}

/* The last instructions; every jump to them is known now. */
static void pass(struct program *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		unsigned kind = BPF_CLASS(p->list[i].code);
		if ((kind == BPF_JMP || kind == BPF_JMP32) && p->list[i].off == TO_PASS)
			p->list[i].off = (int16_t)(p->n - i - 1);
	}
	move_number(p, RESULT, XDP_PASS);
	leave(p);
}

void program_write(struct program *p, const uint8_t mac[6], int endpoints, int sockets)
{
	const int maps[2] = {endpoints, sockets};
	p->n = 0;
	begin(p, mac);
	load(p, BPF_H, VALUE, PACKET, ETHERNET_TYPE_AT);
	unsigned branch = p->n;
	put(p, (struct bpf_insn){BPF_JMP32 | BPF_JNE | BPF_K, VALUE, 0, 0, (int)network16(TYPE_IPV4)});
	take_ipv4(p, maps);
	p->list[branch].off = (int16_t)(p->n - branch - 1);
	take_ipv6(p, maps);
	pass(p);
}

void program_key_write(struct program_key *key, const struct endpoint *endpoint)
{
	*key = (struct program_key){.family = endpoint->addr.family};
	memcpy(key->addr, endpoint->addr.octets, sizeof(key->addr));
	key->port = __builtin_bswap16(endpoint->port);
}
