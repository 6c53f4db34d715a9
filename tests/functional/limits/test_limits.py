# SPDX-License-Identifier: ISC
"""Floods from forged addresses, which loopback has plenty of, and who else asks meanwhile."""

import re
import socket
import struct
import threading
import time
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.query
import pytest

import api
from harness import Server, free_port, wait_until

FLOOD, RATE = 600, 20


class Limited(Server):
    """The story's server with this rate-limit."""

    def __init__(self, limit):
        folder = Path(__file__).parent
        files = {p.name: p.read_text() for p in folder.iterdir() if p.suffix in (".conf", ".zone")}
        self.admin = free_port()
        super().__init__(files | {"admin.token": "secret\n"}, ADMIN=self.admin, LIMIT=limit)

    def limit(self, limit):
        self.values["LIMIT"] = limit
        self.write("gslbd.conf", (Path(__file__).parent / "gslbd.conf").read_text())
        self.reload()

    def metric(self, pattern):
        text = api.Api(self.admin).ask("GET", "/metrics").text
        return sum(int(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(pattern, line))

    def limited(self, kind, action):
        return self.metric(f'gslbd_limited_total{{kind="{kind}",action="{action}"}}')

    def seen(self, kind=""):
        """Queries of that type that were answered, and all that were dropped for the limit."""
        return self.metric(f'gslbd_queries_total.*type="{kind}') + self.metric("gslbd_limited_total.*dropped")

    def ask(self, client, name, kind="A", tcp=False, timeout=5):
        """The reply that this client gets, None where none comes."""
        query = dns.message.make_query(name, kind)
        send = dns.query.tcp if tcp else dns.query.udp
        try:
            return send(query, "127.0.0.1", timeout, self.port, source=client)
        except dns.exception.Timeout:
            return None


class Flood:
    """What came back of many queries from the hosts of one network: `questions` in turns, or these octets."""

    def __init__(self, server, network, questions=(("www.example.com", "A"),), n=FLOOD, octets=None, kind=""):
        self.replies, self.n = [], n
        wires = [octets] if octets else [dns.message.make_query(*question).to_wire()[2:] for question in questions]
        socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
        before, begin = server.seen(kind), time.monotonic()
        for i, sock in enumerate(socks):
            sock.bind((f"{network}.{i + 1}", 0))
            sock.setblocking(False)
        for i in range(n):
            wire = struct.pack("!H", i) + wires[i % len(wires)]
            socks[i % 4].sendto(wire, ("127.0.0.1", server.port))
            if i % 50 == 49:
                wait_until(lambda: server.seen(kind) - before == i + 1, what="the flood is dealt with")
        self.most = RATE * (int(time.monotonic() - begin) + 2)
        for sock in socks:
            self.take(sock)

    def take(self, sock):
        while True:
            try:
                self.replies.append(sock.recv(4096))
            except BlockingIOError:
                sock.close()
                return

    def truncated(self):
        return sum(reply[2] & 0x02 > 0 for reply in self.replies)

    def whole(self):
        return len(self.replies) - self.truncated()


def is_whole(reply):
    return reply is not None and not reply.flags & dns.flags.TC and len(reply.answer) == 1


def test_a_flood_is_limited_and_nobody_else():
    with Limited(f"rate-limit {RATE}") as server:
        others, stop = [], threading.Event()

        def ask_on():
            while not stop.wait(0.1):  # below the rate
                others.append(server.ask("127.2.2.2", "x.wild.example.com", "TXT"))

        asking = threading.Thread(target=ask_on)
        asking.start()
        try:
            flood = Flood(server, "127.1.1", kind="A")
            wait_until(lambda: others, what="another client")
        finally:
            stop.set()
            asking.join()
        assert all(map(is_whole, others))
        assert RATE <= flood.whole() <= flood.most
        above = FLOOD - flood.whole()
        assert above * 0.3 < flood.truncated() < above * 0.7  # one of two, at random
        assert server.limited("answers", "slipped") == flood.truncated()
        assert server.limited("answers", "dropped") == FLOOD - len(flood.replies)
        assert "rate-limit: answers to 127.1.1.0/24 are limited: they are over 20 a second, the first for " \
               "www.example.com" in wait_until(lambda: "are limited" in server.log() and server.log())
        assert "127.2.2.0/24" not in server.log()


def test_who_is_let_slip_comes_back_over_tcp():
    with Limited("rate-limit 1 slip=1") as server:
        assert is_whole(server.ask("127.1.1.1", "www.example.com"))
        reply = wait_until(lambda: (r := server.ask("127.1.1.1", "www.example.com")).flags & dns.flags.TC and r)
        assert reply.rcode() == 0 and not reply.answer and reply.flags & dns.flags.AA
        for _ in range(20):
            assert is_whole(server.ask("127.1.1.1", "www.example.com", tcp=True))


def test_nothing_slips_with_slip_0():
    with Limited(f"rate-limit {RATE} slip=0") as server:
        flood = Flood(server, "127.1.1")
        assert flood.truncated() == 0 and RATE <= flood.whole() <= flood.most


def test_a_secondary_s_address_is_limited_too():
    with Limited(f"rate-limit {RATE} slip=2") as server:
        flood = Flood(server, "127.1.1", questions=[("example.com", "IXFR")])
        assert RATE <= flood.whole() <= flood.most and flood.truncated() > 0


@pytest.mark.parametrize("name, kind", [("www.example.com", "A"), ("example.com", "IXFR"), ("nowhere.example.com", "A")])
def test_who_shows_its_cookie_is_not_limited(name, kind):
    def ask(cookie):
        query = dns.message.make_query(name, kind, use_edns=0, options=[dns.edns.GenericOption(dns.edns.COOKIE, cookie)])
        reply = dns.query.udp(query, "127.0.0.1", 5, server.port, source="127.1.1.1")
        return reply, next(option.data for option in reply.options if option.otype == dns.edns.COOKIE)

    with Limited("rate-limit 1 slip=1") as server:
        _, cookie = ask(b"12345678")
        assert not any(ask(cookie)[0].flags & dns.flags.TC for _ in range(40))
        assert any(ask(cookie[:8])[0].flags & dns.flags.TC for _ in range(40))


def test_exempt_clients_and_other_networks():
    with Limited(f"rate-limit {RATE} exempt=10.0.0.0/8,127.9.0.0/16 prefix=32,64") as server:
        assert Flood(server, "127.9.1").whole() == FLOOD
        flood = Flood(server, "127.1.1")  # four clients, each a network
        assert 4 * RATE <= flood.whole() <= 4 * flood.most
        assert "127.9." not in server.log()


@pytest.mark.parametrize("kind, questions", [
    ("answers", [("web.example.com", "A")]),
    ("answers", [(f"n{i}.wild.example.com", "TXT") for i in range(100)]),
    ("nodata", [("web.example.com", "AAAA"), ("web.example.com", "MX")]),
    ("nxdomains", [(f"n{i}.example.com", "A") for i in range(100)]),
    ("referrals", [(f"n{i}.child.example.com", "A") for i in range(100)]),
    ("errors", [(f"n{i}.other.example", "A") for i in range(100)]),
    ("errors", [("example.com", "AXFR"), ("other.example", "IXFR")]),
])
def test_each_kind_has_its_rate(kind, questions):
    rates = {"answers": 900} | {other: 900 for other in ("referrals", "nodata", "nxdomains", "errors")} | {kind: RATE}
    options = " ".join(f"{other}={rate}" for other, rate in rates.items() if other != "answers")
    with Limited(f"rate-limit {rates['answers']} {options} slip=0") as server:
        flood = Flood(server, "127.1.1", questions)
        assert RATE <= flood.whole() <= flood.most
        assert server.limited(kind, "dropped") == FLOOD - flood.whole()


def test_malformed_queries_are_errors():
    with Limited(f"rate-limit 1000 errors={RATE}") as server:
        flood = Flood(server, "127.1.1", octets=bytes.fromhex("00000001000000000000"))
        assert flood.truncated() == 0  # an error that slips is sent as it is
        assert RATE <= flood.whole() - server.limited("errors", "slipped") <= flood.most
        wait_until(lambda: "errors to 127.1.1.0/24 are limited: they are over 20 a second, the first for a malformed query"
                   in server.log(), what="the log")


def test_log_mode_answers_all_and_tells():
    with Limited(f"rate-limit {RATE} mode=log") as server:
        assert Flood(server, "127.1.1").whole() == FLOOD
        assert server.limited("answers", "logged") > 0
        assert server.metric("gslbd_limited_total") == server.limited("answers", "logged")
        wait_until(lambda: "rate-limit: answers to 127.1.1.0/24 would be limited" in server.log(), what="the log")


def test_a_reload_changes_the_limit():
    with Limited("") as server:
        assert Flood(server, "127.1.1").whole() == FLOOD
        server.limit("rate-limit 1 slip=0")
        assert Flood(server, "127.1.1").whole() < FLOOD / 4
        server.limit("rate-limit 2 slip=0")  # the table goes on, as its size is the same
        dropped = server.limited("answers", "dropped")
        assert dropped > 0
        server.limit("rate-limit 1 slip=0 table=5000 exempt=127.1.1.0/24")
        assert Flood(server, "127.1.1").whole() == FLOOD
        server.limit("rate-limit 1 mode=off")
        assert Flood(server, "127.1.2").whole() == FLOOD
        assert server.limited("answers", "dropped") == dropped


def test_the_log_tells_when_it_ends():
    with Limited("rate-limit 1 slip=0") as server:
        Flood(server, "127.1.1", n=100)
        line = r"rate-limit: answers to 127\.1\.1\.0/24 are no longer limited, after \d+ s"
        wait_until(lambda: re.search(line, server.log()), 30, "the end")
        assert server.log().count("are limited") == 1
