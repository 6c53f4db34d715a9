# SPDX-License-Identifier: ISC
"""The admin API while its process leaves: what clients have begun to ask is answered to the end."""

import json
import os
import re
import signal
import socket

import pytest
from harness import SOA, wait_until
from successors import Line

NAMES = 1000
LABELS = ".".join("abc"[i] * 60 for i in range(3))  # so that the reply about all is long
CONF = "listen 127.0.0.1:@PORT@\nworkers 2\nadmin ./admin.sock\ndatacenter fra\ndatacenter iad\nzone app.example.com z.zone\n"
ZONE = SOA + "".join(
    f"n{i}.{LABELS} STEER failover fra iad\nn{i}.{LABELS} AT fra A 192.0.2.1\n" for i in range(NAMES))
FILES = {"gslbd.conf": CONF, "z.zone": ZONE}
LARGE = b"GET /v1/names HTTP/1.1\r\nHost: x\r\n\r\n"  # more than a UNIX socket's buffers take


class Client:
    """One connection, which reads only when it is told to."""

    def __init__(self, server, octets=b""):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(str(server.folder / "admin.sock"))
        self.sock.sendall(octets)
        self.got = b""

    def read(self, n):
        while len(self.got) < n:
            more = self.sock.recv(min(65536, n - len(self.got)))
            assert more, f"cut short after {len(self.got)} octets of {n}"
            self.got += more

    def reply(self):
        """Head and body of one that is whole."""
        while b"\r\n\r\n" not in self.got:
            self.read(len(self.got) + 1)
        head, _, rest = self.got.partition(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
        self.read(len(head) + 4 + length)
        return head.decode(), self.got[len(head) + 4:]

    def closed(self):
        return self.sock.recv(1) == b""


class Leaving(Line):
    """Its process is told to go, and what becomes of it is seen to in the end."""

    elder = None

    def upgraded(self):
        os.kill(self.pid, signal.SIGUSR2)
        wait_until(lambda: "serves now" in self.log(), 60, "the successor")
        self.elder, self.pid = self.pid, int(re.search(r"process (\d+) serves now", self.log())[1])

    def terminated(self):
        self.terminate()
        wait_until(lambda: "stopping" in self.log(), 20, "the end to begin")

    def stop(self):
        if self.elder:
            self.reap(self.elder)
        super().stop()


@pytest.fixture
def server():
    with Leaving(FILES) as server:
        yield server


@pytest.fixture(params=["upgraded", "terminated"])
def leave(request, server):
    return getattr(server, request.param)


def test_a_long_reply_under_way_is_finished(server, leave):
    slow = Client(server, LARGE)
    slow.read(1000)
    leave()
    _, body = slow.reply()
    assert body.count(b'"name"') == NAMES
    assert slow.closed()


def test_what_was_being_asked_is_answered(server, leave):
    half = Client(server, b"GET /v1/status HTTP/1.1\r\nHost: x\r\n")
    Client(server, LARGE).reply()  # the other has been accepted before
    leave()
    half.sock.sendall(b"\r\n")
    head, body = half.reply()
    assert "200 OK" in head and "Connection: close" in head and b'"version"' in body
    assert half.closed()


CHANGES = (
    (b"PUT /v1/overrides/fra", b'{"state":"drain"}'),
    (b"DELETE /v1/overrides/fra", b""),
    (b"POST /v1/latency", b'{"measurements":[{"client":"203.0.113.7","datacenter":"fra","ms":12.5}]}'),
    (b"POST /v1/reload", b""),
)


def test_a_change_is_refused_that_would_be_lost(server, leave):
    """Who leaves takes none; the connection's next is the successor's."""
    clients = [(Client(server, begin + b" HTTP/1.1\r\nHost: x\r\n"), body) for begin, body in CHANGES]
    Client(server, LARGE).reply()
    leave()
    for client, body in clients:
        client.sock.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        head, said = client.reply()
        why = "an upgrade is under way" if server.elder else "this process is about to end"
        assert "503" in head and json.loads(said) == {"error": f"{why}, which would lose this; try again"}
        assert client.closed()


def test_who_does_not_read_on_holds_nobody_up_for_long(server, leave):
    client = Client(server, LARGE)
    client.read(1000)
    leave()
    server.reap(server.elder or server.pid)  # in time
    if server.elder is None:
        server.reap = lambda pid: None  # nobody is left to be ended
    server.elder = None
    with pytest.raises(AssertionError, match="cut short"):
        client.reply()
