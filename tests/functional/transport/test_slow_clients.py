# SPDX-License-Identifier: ISC
"""Clients that pipeline much and read late lose nothing; those that never read cost little."""

import resource
import select
import threading
import time

import dns.message
import dns.query
import harness
import pytest
from harness import SOA, Server, wait_until
from proc import cpu_s, descriptors
from streams import Replies, connect, framed, many

CONF = "listen 127.0.0.1:@PORT@\nworkers 1\ntcp per-client=0\ndatacenter fra\nzone app.example.com z.zone\n"
ZONE = SOA + "www A 192.0.2.1\n" + "".join(f"huge TXT \"{i:04} {'x' * 240}\"\n" for i in range(210))


@pytest.fixture(scope="module")
def server():
    with Server({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        yield server


@pytest.mark.parametrize("n, name, kind, pause", [(300, "huge", "TXT", 0.3), (200000, "www", "A", 2.0)])
def test_a_late_reader_gets_every_reply(server, n, name, kind, pause):
    with connect(server) as sock:
        sender = threading.Thread(target=sock.sendall, args=(many(n, name, kind),))
        sender.start()
        time.sleep(pause)  # not for something to happen: being late is the story
        assert Replies(sock).idents(n) == [i & 0xFFFF for i in range(n)]
        sender.join()


def test_a_late_reader_that_has_said_all_gets_every_reply(server):
    with connect(server) as sock:
        sender = threading.Thread(target=lambda: (sock.sendall(many(100, "huge", "TXT")), sock.shutdown(1)))
        sender.start()
        time.sleep(0.3)
        assert Replies(sock).idents(101) == list(range(100))
        sender.join()


def test_all_that_waits_for_clients_who_do_not_read_is_bounded():
    """Of 64 MiB each of 8 listens has its share; 600 clients would have more wait, so the longest idle of them must go."""
    listens = "".join(f"listen 127.0.0.{i}:@PORT@\n" for i in range(2, 9))
    queries = many(40, "huge", "TXT")
    with Server({"gslbd.conf": listens + CONF, "z.zone": ZONE}) as server:
        patient, greedy = connect(server), []
        for _ in range(600):
            sock = connect(server, receive_buffer=4096)
            sock.sendall(queries)
            greedy.append(sock)
        poll = select.poll()
        for sock in greedy:
            poll.register(sock, select.POLLRDHUP)

        def closed():
            return {fd for fd, _ in poll.poll(0)}
        wait_until(lambda: greedy[0].fileno() in closed(), 5, "the first is closed")
        assert greedy[-1].fileno() not in closed()
        patient.sendall(framed(ident=6))
        assert Replies(patient).idents(1) == [6]
        assert server.dig("www.app.example.com", tcp=True).answers == ["192.0.2.1"]
        for sock in [*greedy, patient]:
            sock.close()


def test_connections_leave_the_checks_their_descriptors(tmp_path, monkeypatch):
    """Of 256 descriptors 128 are for checks, and 300 clients do not change that; new clients are still heard."""
    limited = tmp_path / "gslbd"
    limited.write_text(f'#!/bin/sh\nulimit -n 256\nexec "{harness.GSLBD}" "$@"\n')
    limited.chmod(0o755)
    monkeypatch.setattr(harness, "GSLBD", str(limited))
    with Server({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        clients = []
        for i in range(300):
            clients.append(connect(server))
            clients[-1].sendall(framed(ident=i))
            assert Replies(clients[-1]).idents(1) == [i]
        assert descriptors(server.process.pid) <= 128
        assert "can't accept" not in server.log()
        for sock in clients:
            sock.close()


def test_no_descriptor_left_is_no_reason_to_spin():
    """Accepting rests for a moment where it can't succeed, and goes on once it can."""
    with Server({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        pid = server.process.pid
        used = descriptors(pid)
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, before[1]))
        with connect(server) as sock:
            sock.sendall(framed(ident=5))
            wait_until(lambda: "can't accept" in server.log(), what="accept fails")
            before_s = cpu_s(pid)
            with pytest.raises(TimeoutError):
                sock.settimeout(1)
                sock.recv(1)
            assert cpu_s(pid) - before_s < 0.5
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
            sock.settimeout(10)
            assert Replies(sock).idents(1) == [5]


def test_datagrams_are_answered_beside_a_client_that_never_reads(server):
    with connect(server, receive_buffer=4096) as sock:
        sock.sendall(many(100, "huge", "TXT"))
        query = dns.message.make_query("www.app.example.com.", "A")
        assert dns.query.udp(query, server.address, port=server.port, timeout=5).answer


def test_silent_clients_keep_nobody_out(server):
    """More than the kernel holds for a server that has not heard of them yet."""
    silent = [connect(server) for _ in range(1500)]
    assert server.dig("www.app.example.com", tcp=True).answers == ["192.0.2.1"]
    late = silent[-1]
    late.sendall(framed(ident=8))
    assert Replies(late).idents(1) == [8]
    for sock in silent:
        sock.close()
