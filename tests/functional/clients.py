# SPDX-License-Identifier: ISC
"""Many clients by ECS, each asking once, fast: one template of a query, its prefix filled in."""

import collections
import ipaddress
import random
import socket
import struct

import dns.edns
import dns.message

WINDOW = 64  # queries under way

Told = collections.namedtuple("Told", "answer scope")  # the last octets of the RDATA of its one record; b"" for none


def prefixes(n, seed, length=24):
    """`n` different networks of that length, always the same ones."""
    numbers = random.Random(seed).sample(range(1 << (length - 3)), n)
    return [str(ipaddress.ip_address((0b001 << 29) | number << (32 - length))) for number in numbers]


def prefixes6(n, seed, length=56):
    bits = min(length - 16, 62)
    numbers = random.Random(seed).sample(range(1 << bits), n)
    return [str(ipaddress.ip_address((0x2001 << 112) | number << (112 - bits))) for number in numbers]


class Clients:
    """A socket that asks one name and type for clients of networks of one length."""

    def __init__(self, server, name, kind="A", length=24, family=4):
        sample = "0.0.0.0" if family == 4 else "::"
        query = dns.message.make_query(name, kind, use_edns=True, options=[dns.edns.ECSOption(sample, length)])
        query.flags = 0
        self.template = query.to_wire()
        self.octets = (length + 7) // 8
        self.question = len(dns.message.make_query(name, kind).to_wire()) - 12
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.settimeout(20)
        self.sock.connect((server.address, server.port))

    def close(self):
        self.sock.close()

    def read(self, reply):
        """Where there are answers, all have the question's name as their owner, compressed to two octets."""
        flags, _, n, _, _ = struct.unpack_from("!HHHHH", reply, 2)
        assert flags & 0x820f == 0x8000, f"no plain answer: flags {flags:#x}"
        at, answer = 12 + self.question, b""
        for _ in range(n):
            size = struct.unpack_from("!H", reply, at + 10)[0]
            answer += reply[at + 12:at + 12 + size]
            at += 12 + size
        return Told(answer, reply[-1 - self.octets])

    def ask(self, networks):
        """What each network is told, in their order."""
        head, wanted, told = self.template[2:len(self.template) - self.octets], [], [None] * len(networks)
        for network in networks:
            wanted.append(ipaddress.ip_address(network).packed[:self.octets])
        for start in range(0, len(wanted), WINDOW):
            part = wanted[start:start + WINDOW]
            for i, prefix in enumerate(part):
                self.sock.send(struct.pack("!H", start + i & 0xffff) + head + prefix)
            for _ in part:
                reply = self.sock.recv(1232)
                number = start + ((struct.unpack_from("!H", reply)[0] - start) & 0xffff)
                told[number] = self.read(reply)
        return told


def ask_all(server, name, networks, **options):
    clients = Clients(server, name, **options)
    try:
        return clients.ask(networks)
    finally:
        clients.close()


def shares(told):
    """How many clients each answer has."""
    return collections.Counter(t.answer for t in told)
