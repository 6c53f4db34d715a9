# SPDX-License-Identifier: ISC
"""UDP and TCP as operators expect them."""

import socket
import struct
import threading

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest
from harness import SOA, Server, free_port, run_gslbd
from proc import memory_kib

CONF = "listen 127.0.0.1:@PORT@\nlisten [::1]:@PORT@\nlisten 0.0.0.0:@WILD@\nworkers 2\ndatacenter fra\nzone app.example.com z.zone\n"
ZONE = SOA + "www A 192.0.2.1\n" + "".join(f"big A 192.0.2.{i}\n" for i in range(1, 101)) + \
    "".join(f"huge TXT \"{i:04} {'x' * 240}\"\n" for i in range(200))


@pytest.fixture(scope="module")
def server():
    with Server({"gslbd.conf": CONF, "z.zone": ZONE}, WILD=free_port()) as server:
        yield server


def connect(server):
    sock = socket.create_connection((server.address, server.port), 5)
    return sock


def framed(name="www", ident=1):
    wire = dns.message.make_query(f"{name}.app.example.com.", "A", id=ident).to_wire()
    return struct.pack("!H", len(wire)) + wire


def read_message(sock):
    def exactly(n):
        data = b""
        while len(data) < n:
            more = sock.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data
    return dns.message.from_wire(exactly(struct.unpack("!H", exactly(2))[0]))


def test_both_families(server):
    assert server.dig("www.app.example.com").answers == ["192.0.2.1"]
    server.address = "::1"
    for tcp in (False, True):
        assert server.dig("www.app.example.com", tcp=tcp).answers == ["192.0.2.1"]
    server.address = "127.0.0.1"


def test_a_wildcard_listen_answers_from_the_address_it_was_asked_at(server):
    query = dns.message.make_query("www.app.example.com.", "A")
    for address in ("127.0.0.1", "127.0.0.2", "127.9.9.9"):
        reply = dns.query.udp(query, address, port=server.values["WILD"], timeout=5)  # refuses another source
        assert reply.rcode() == dns.rcode.NOERROR


def test_truncation_and_retry_over_tcp(server):
    query = dns.message.make_query("big.app.example.com.", "A")
    reply = dns.query.udp(query, "127.0.0.1", port=server.port, timeout=5)
    assert reply.flags & dns.flags.TC and len(reply.to_wire()) <= 512
    assert len(server.dig("big.app.example.com").answers) == 100  # dig tries again over TCP
    query.use_edns(payload=4096)
    reply = dns.query.udp(query, "127.0.0.1", port=server.port, timeout=5)
    assert reply.flags & dns.flags.TC  # 1,600 octets: more than is sent over UDP, whatever the client takes
    huge = dns.message.make_query("huge.app.example.com.", "TXT")
    assert len(dns.query.tcp(huge, "127.0.0.1", port=server.port, timeout=5).answer[0]) == 200


@pytest.mark.parametrize("payload, limit", [(0, 512), (100, 512), (512, 512), (1232, 1232), (65535, 1232)])
def test_sizes(server, payload, limit):
    query = dns.message.make_query("huge.app.example.com.", "TXT")
    query.use_edns(payload=payload)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.sendto(query.to_wire(), ("127.0.0.1", server.port))
        assert len(sock.recv(65535)) <= limit


def test_letter_case_is_kept(server):
    query = dns.message.make_query("wWw.aPP.exAMple.cOm.", "A")
    reply = dns.query.udp(query, "127.0.0.1", port=server.port, timeout=5)
    assert str(reply.question[0].name) == "wWw.aPP.exAMple.cOm."
    assert str(reply.answer[0].name) == "wWw.aPP.exAMple.cOm."


def test_what_is_not_served(server):
    for option, status in (("+opcode=notify", "NOTIMP"), ("+edns=1", "BADVERS"), ("-c CH", "REFUSED")):
        answer = server.dig("www.app.example.com", extra=[*option.split(), "+noednsnegotiation"])
        assert answer.status == status, option
    assert server.dig("example.net").status == "REFUSED"
    assert server.dig("app.example.com", "AXFR", tcp=True).answers == []


@pytest.mark.parametrize("raw", [b"", b"x", b"\0" * 11, b"\0\1\x80\0" + b"\0" * 8])
def test_no_reply_to_what_is_no_query(server, raw):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(raw, ("127.0.0.1", server.port))
        sock.sendto(framed()[2:], ("127.0.0.1", server.port))
        sock.settimeout(5)
        assert sock.recv(512)[0:2] == b"\0\1"


def test_pipelined_queries_in_one_segment(server):
    with connect(server) as sock:
        sock.sendall(b"".join(framed(ident=i) for i in range(1000)))
        assert [read_message(sock).id for _ in range(1000)] == list(range(1000))


def test_a_query_octet_by_octet(server):
    with connect(server) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in framed(ident=9):
            sock.send(bytes([octet]))
        assert read_message(sock).id == 9


def test_queries_in_pieces_over_connections_that_take_turns(server):
    """Short and long ones; what is kept of one connection is not mixed up with what comes over another."""
    def long(ident):
        padding = struct.pack("!BHHIHHH", 0, 41, 1232, 0, 20004, 12, 20000) + bytes(20000)
        wire = framed(ident=ident)[2:] + padding
        wire = wire[:10] + b"\0\1" + wire[12:]
        return struct.pack("!H", len(wire)) + wire
    with connect(server) as one, connect(server) as other:
        for sock in (one, other):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        octets = [b"".join(framed(ident=i) + long(i + 1) for i in range(base, base + 6, 2)) + framed(ident=base + 6)
                  for base in (100, 200)]
        for at in range(0, len(octets[0]), 1021):
            one.sendall(octets[0][at:at + 1021])
            other.sendall(octets[1][at:at + 1021])
        assert [read_message(one).id for _ in range(7)] == list(range(100, 107))
        assert [read_message(other).id for _ in range(7)] == list(range(200, 207))


def test_half_closed_clients_get_their_answers(server):
    with connect(server) as sock:
        sock.sendall(framed(ident=1) + framed(ident=2))
        sock.shutdown(socket.SHUT_WR)
        assert [read_message(sock).id for _ in range(2)] == [1, 2]
        assert sock.recv(1) == b""


@pytest.mark.parametrize("raw", [b"\0\0", b"\0\x05hello", struct.pack("!H", 12) + b"\0\1\x80\0" + b"\0" * 8])
def test_nonsense_closes_the_connection(server, raw):
    with connect(server) as sock:
        sock.sendall(framed(ident=3) + raw)
        assert read_message(sock).id == 3
        assert sock.recv(1) == b""


def test_a_client_that_never_reads_costs_little(server):
    with connect(server) as greedy:
        greedy.settimeout(1)
        query = dns.message.make_query("huge.app.example.com.", "TXT").to_wire()
        frame = struct.pack("!H", len(query)) + query
        try:
            for _ in range(20000):
                greedy.sendall(frame)
        except (TimeoutError, OSError):
            pass  # gslbd has stopped to read
        assert server.dig("www.app.example.com", tcp=True).answers == ["192.0.2.1"]
        print(f"resident: {memory_kib(server.process.pid)} KiB")


def test_an_idle_connection_is_closed():
    conf = "listen 127.0.0.1:@PORT@\ntcp idle=1s\nzone app.example.com z.zone\n"
    with Server({"gslbd.conf": conf, "z.zone": SOA + "www A 192.0.2.1\n"}) as server, connect(server) as sock:
        sock.sendall(framed(ident=4) + b"\0")
        assert read_message(sock).id == 4
        sock.settimeout(20)
        assert sock.recv(1) == b""


def test_many_connections_at_once(server):
    failures = []

    def client(n):
        try:
            with connect(server) as sock:
                for i in range(20):
                    sock.sendall(framed(ident=n * 100 + i))
                    assert read_message(sock).id == n * 100 + i
        except Exception as error:  # noqa: BLE001
            failures.append(error)
    threads = [threading.Thread(target=client, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_two_servers_do_not_share_a_port(server):
    result = run_gslbd(server.conf)
    assert result.returncode == 1
    assert f"listen 127.0.0.1:{server.port}: another program listens there already" in result.stderr
