# SPDX-License-Identifier: ISC
"""SIGTERM: what has been received is answered before the end, over UDP and TCP."""

import signal
import socket

import pytest
from harness import SOA, Server
from streams import Replies, connect, framed, many

CONF = "listen 127.0.0.1:@PORT@\nworkers 2\ndatacenter fra\nzone app.example.com z.zone\n"
ZONE = SOA + "www A 192.0.2.1\n" + "".join(f"huge TXT \"{i:04} {'x' * 240}\"\n" for i in range(210))


@pytest.fixture
def server():
    with Server({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        yield server


def stop_after(server, send):
    """Lets send() happen while the server can't do a thing; it is asked to stop before it can again."""
    server.process.send_signal(signal.SIGSTOP)
    try:
        send()
        server.process.send_signal(signal.SIGTERM)
    finally:
        server.process.send_signal(signal.SIGCONT)


def test_what_an_established_connection_has_sent_is_answered(server):
    with connect(server) as sock:
        sock.sendall(framed(ident=7))
        replies = Replies(sock)
        assert replies.idents(1) == [7]
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        stop_after(server, lambda: sock.sendall(many(5000)))
        assert replies.idents(5001) == list(range(5000))
    assert server.process.wait(20) == 0


def test_large_replies_are_finished(server):
    with connect(server, receive_buffer=4096) as sock:
        stop_after(server, lambda: sock.sendall(many(50, "huge", "TXT")))
        assert Replies(sock).idents(51) == list(range(50))
    assert server.process.wait(20) == 0


def test_what_waits_to_be_accepted_is_answered(server):
    clients = []

    def send():
        for i in range(100):
            clients.append(connect(server))
            clients[-1].sendall(framed(ident=i))
    stop_after(server, send)
    for i, sock in enumerate(clients):
        assert Replies(sock).idents(2) == [i]
        sock.close()
    assert server.process.wait(20) == 0


def test_datagrams_are_answered(server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.connect((server.address, server.port))
        stop_after(server, lambda: [sock.send(framed(ident=i)[2:]) for i in range(200)])
        assert {int.from_bytes(sock.recv(512)[:2], "big") for _ in range(200)} == set(range(200))
    assert server.process.wait(20) == 0


def test_a_client_that_never_reads_does_not_keep_it_from_ending(server):
    with connect(server, receive_buffer=4096) as sock:
        sock.sendall(many(100, "huge", "TXT"))
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0


def test_idle_connections_do_not_keep_it_from_ending(server):
    with connect(server) as sock:
        sock.sendall(framed(ident=1) + b"\0")
        assert Replies(sock).idents(1) == [1]
        server.process.send_signal(signal.SIGTERM)
        assert sock.recv(1) == b""
        assert server.process.wait(20) == 0
