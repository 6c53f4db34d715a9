# SPDX-License-Identifier: ISC
"""dnstap: readers that others wrote get every message; one that is not there, or does not read, holds nothing up."""

import contextlib
import re
import shutil
import signal
import socket
import struct
import subprocess

import pytest
from api import serving
from harness import SOA, wait_until
from recorded import ask_many, counts

pytestmark = pytest.mark.skipif(not (shutil.which("fstrm_capture") and shutil.which("dnstap-read")),
                                reason="fstrm-bin and bind9-dnsutils are not there")

CONF = "datacenter fra\nzone app.example.com z.zone\n"
ZONE = SOA + "www AT fra A 192.0.2.1\nlarge TXT " + " ".join(['"' + "x" * 250 + '"'] * 4) + "\n"
TYPE = b"protobuf:dnstap.Dnstap"
READY, ACCEPT, START = 4, 1, 2


def has_read_all(sock):
    """Nothing waits in the UNIX sockets of this path."""
    lines = subprocess.run(["ss", "-Hxn", "state", "established"], capture_output=True, text=True, check=True).stdout.splitlines()
    return all(line.split()[1] == "0" for line in lines if str(sock) in line)


@contextlib.contextmanager
def capture(server):
    """fstrm_capture, which writes what it has when it ends."""
    path = server.folder / "captured"
    process = subprocess.Popen(["fstrm_capture", "-t", TYPE.decode(), "-u", server.folder / "tap.sock", "-w", path],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until((server.folder / "tap.sock").exists)
        yield path
        wait_until(lambda: has_read_all(server.folder / "tap.sock"), what="it has read all")
    finally:
        process.terminate()
        process.wait(20)


def messages(path, *options):
    done = subprocess.run(["dnstap-read", *options, path], capture_output=True, text=True, check=True)
    return done.stdout


def test_queries_and_responses_as_bind_reads_them():
    with serving(CONF + 'dnstap tap.sock identity="ns1 in fra" version=9.9\n', ZONE) as (server, api):
        with capture(server) as path:
            server.dig("www.app.example.com")
            server.dig("www.app.example.com", tcp=True)
            server.dig("example.org")
            wait_until(lambda: counts(api, "dnstap") == (3, 0))
        told = messages(path).splitlines()
        port = server.port
        expected = [rf"AQ 127.0.0.1:\d+ -> 127.0.0.1:{port} UDP \d+b www.app.example.com/IN/A",
                    rf"AR 127.0.0.1:\d+ <- 127.0.0.1:{port} UDP \d+b www.app.example.com/IN/A",
                    rf"AQ 127.0.0.1:\d+ -> 127.0.0.1:{port} TCP \d+b www.app.example.com/IN/A",
                    rf"AR 127.0.0.1:\d+ <- 127.0.0.1:{port} TCP \d+b www.app.example.com/IN/A",
                    rf"AQ 127.0.0.1:\d+ -> 127.0.0.1:{port} UDP \d+b example.org/IN/A",
                    rf"AR 127.0.0.1:\d+ <- 127.0.0.1:{port} UDP \d+b example.org/IN/A"]
        assert len(told) == len(expected)
        assert all(any(re.search(pattern, line) for line in told) for pattern in expected), told
        whole = messages(path, "-y")
        assert whole.count("identity: ns1 in fra") == 6 and whole.count("version: 9.9") == 6
        assert whole.count("query_zone: app.example.com.") == 4
        assert "www.app.example.com. 30 IN A 192.0.2.1" in whole


def test_the_servers_identity_is_the_readers_too():
    with serving(CONF + "dnstap tap.sock\nidentity ns7.fra\n", ZONE) as (server, api):
        with capture(server) as path:
            server.dig("www.app.example.com")
            wait_until(lambda: counts(api, "dnstap") == (1, 0))
        assert messages(path, "-y").count("identity: ns7.fra") == 2


@pytest.mark.parametrize("which, letters", [("queries", {"AQ"}), ("responses", {"AR"})])
def test_one_kind_of_messages(which, letters):
    with serving(CONF + f"dnstap tap.sock messages={which}\n", ZONE) as (server, api):
        with capture(server) as path:
            assert ask_many(server, "www.app.example.com", 300) == 300
            wait_until(lambda: counts(api, "dnstap") == (300, 0))
        told = messages(path).splitlines()
        assert len(told) == 300 and {line.split()[2] for line in told} == letters


def test_a_reader_that_comes_late_and_comes_back():
    with serving(CONF + "dnstap tap.sock\n", ZONE) as (server, api):
        wait_until(lambda: "tap.sock can't be written to: No such file or directory" in server.log())
        assert ask_many(server, "www.app.example.com", 100) == 100
        with capture(server) as path:
            wait_until(lambda: counts(api, "dnstap") == (100, 0))
        assert len(messages(path).splitlines()) == 200
        assert "tap.sock is written to again" in server.log()
        for _ in range(100):  # the first of these finds out that nobody is there
            ask_many(server, "www.app.example.com", 16)
            if server.log().count("can't be written to") == 2:
                break
        (server.folder / "tap.sock").unlink()
        before = counts(api, "dnstap")[0]
        with capture(server):
            wait_until(lambda: server.log().count("is written to again") == 2)
            ask_many(server, "www.app.example.com", 16)
            wait_until(lambda: counts(api, "dnstap")[0] >= before + 16)
        assert server.log().count("can't be written to") <= 3


def control(kind):
    frame = struct.pack("!III", kind, 1, len(TYPE)) + TYPE
    return struct.pack("!II", 0, len(frame)) + frame


def greet(listening):
    """A reader's part of the beginning."""
    reader, _ = listening.accept()
    reader.settimeout(10)
    assert reader.recv(200) == control(READY)
    reader.sendall(control(ACCEPT))
    assert reader.recv(len(control(START)), socket.MSG_WAITALL) == control(START)
    return reader


@contextlib.contextmanager
def listen(server):
    path = server.folder / "tap.sock"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        listening.settimeout(20)
        yield listening


def test_a_reader_that_does_not_read():
    with serving(CONF + "dnstap tap.sock\n", ZONE) as (server, api):
        with listen(server) as listening, greet(listening):
            assert ask_many(server, "large.app.example.com", 15000) == 15000
            wait_until(lambda: counts(api, "dnstap")[1] > 0)
            wait_until(lambda: "dnstap: " in server.log() and "were not recorded" in server.log())
            assert server.log().count("were not recorded") == 1
            server.write("gslbd.conf", server.conf.read_text().replace("tap.sock", "other.sock"))
            server.reload()
            assert server.answers("www.app.example.com") == ["192.0.2.1"]
            recorded, dropped = wait_until(lambda: (lambda c: c if sum(c) == 15000 else None)(counts(api, "dnstap")), 20)
            assert dropped > 0, recorded
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(20) == 0


def test_one_that_accepts_and_says_nothing_holds_no_end_up():
    with serving(CONF + "dnstap tap.sock\n", ZONE) as (server, _):
        with listen(server) as listening:
            reader, _ = listening.accept()
            with reader:
                assert server.answers("www.app.example.com") == ["192.0.2.1"]
                server.process.send_signal(signal.SIGTERM)
                assert server.process.wait(10) == 0


def test_a_sample_of_it():
    with serving(CONF + "dnstap tap.sock sample=1/20 messages=queries\nquery-log queries.log\n", ZONE) as (server, api):
        with capture(server) as path:
            assert ask_many(server, "www.app.example.com", 4000) == 4000
            wait_until(lambda: counts(api, "query-log") == (4000, 0))
            wait_until(lambda: counts(api, "dnstap")[0] > 100)
        assert 130 < len(messages(path).splitlines()) < 270  # 200, and eight sigma
