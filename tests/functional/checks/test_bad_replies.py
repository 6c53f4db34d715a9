# SPDX-License-Identifier: ISC
"""Targets that do their worst: each is a failed check of that target alone, and costs this server nothing that lasts."""

import os
import socket
import struct
import time

import pytest
from checked import BACKUP, WELL, assert_verdicts, checked
from harness import wait_until
from proc import descriptors, memory_kib
from targets import Talker, Web


def floods(head, again):
    """Says `head`, then `again` without end."""
    def talk(connection):
        connection.recv(4096)
        connection.sendall(head)
        while True:
            connection.sendall(again)
    return talk


def drips(head, again):
    def talk(connection):
        connection.recv(4096)
        connection.sendall(head)
        while True:
            connection.sendall(again)
            time.sleep(0.05)
    return talk


def says(reply):
    def talk(connection):
        connection.recv(4096)
        connection.sendall(reply)
    return talk


def resets(connection):
    connection.recv(4096)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


OK, CHUNKED = b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ALERT = b"\x15\x03\x01\x00\x02\x02\x28"  # TLS: handshake failure
ROWS = {  # name: (what the target does, kind and options, what is said of it)
    "endless-body": (floods(OK + b"\r\n", b"x" * 65536), "http body=well",
                     'the first 64 KiB of the body do not contain "well"'),
    "huge-body": (floods(OK + b"Content-Length: 999999999999\r\n\r\n", b"x" * 65536), "http expect-json=a:b",
                  "the body is longer than 64 KiB"),
    "slow-body": (drips(OK + b"\r\n", b"x"), "http body=well", "timed out after 1 s while reading the body"),
    "endless-header": (floods(OK, b"X-More: yes\r\n" * 1000), "http", "header is longer than"),
    "endless-line": (floods(OK + b"X-More: ", b"x" * 65536), "http", "header"),
    "slow-header": (drips(OK, b"X-More: yes\r\n"), "http", "timed out after 1 s while reading the reply's header"),
    "endless-100": (floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500), "http", "header is longer than"),
    "chunk-extension": (floods(CHUNKED + b"1;", b"x" * 65536), "http body=well", "the reply is a flood"),
    "chunk-size": (says(CHUNKED + b"f" * 40 + b"\r\nx"), "http body=well", "the body is badly chunked"),
    "chunk-trailer": (floods(CHUNKED + b"0\r\n", b"X-More: yes\r\n" * 1000), "http body=well", "trailer is longer"),
    "small-chunks": (floods(CHUNKED, b"1\r\nx\r\n" * 5000), "http body=well", "the first 64 KiB of the body"),
    "compressed": (says(OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x00\x00"), "http body=well",
                   "body does not contain"),
    "other-protocol": (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "http", "the reply is not HTTP"),
    "folded": (says(OK + b" folded\r\n\r\nsick"), "http body=well", "the reply is not HTTP"),
    "half": (says(OK + b"Content-Length: 100\r\n\r\nhalf"), "http body=well", "connection closed in the middle"),
    "nothing": (says(b""), "http", "connection closed without a reply"),
    "resets": (resets, "http", "connection reset by peer"),
    "deep-json": (says(OK + b"\r\n" + b"[" * 60000), "http expect-json=a:b", "the reply is not JSON"),
    "endless-talk": (floods(b"", b"x" * 65536), "tcp send=hello expect=well", "the first 64 KiB of the reply"),
    "slow-talk": (drips(b"", b"x"), "tcp send=hello expect=well", "timed out after 1 s"),
    "tls-alert": (says(ALERT), "https", "TLS"),
    "tls-http": (says(OK + b"\r\n"), "https", "the reply is not TLS"),
    "tls-noise": (floods(b"", b"\x16\x03\x03\x40\x00" + b"x" * 16384), "https", ""),
    "tls-closes": (says(b""), "https", "connection closed in the TLS handshake"),
    "tls-resets": (resets, "https", "connection reset by peer"),
    "tls-mute": (lambda connection: time.sleep(3), "https", "timed out after 1 s"),
    "grpc-noise": (floods(b"", b"\x00\x40\x00\x00\x00\x00\x00\x00\x01" + b"x" * 16384), "grpc", "no reply in HTTP/2"),
    "agent-flood": (floods(b"", b"x" * 65536), "tcp send=hello load=agent", "the agent's line is longer than 64 KiB"),
}
PROGRAMS = {
    "prints": ("yes", "printed more than 1 MiB"),
    "prints-errors": ("yes >&2", "printed more than 1 MiB"),
    "forks": ('sleep 30 & sleep 30 & sleep 30 & echo $! >> "$0.pids"; wait', "timed out after 1 s"),
    "forks-and-leaves": ('(yes; sleep 30) & exit 1', "exit status 1"),
    "deaf": ("trap '' TERM INT HUP; while :; do sleep 0.1; done", "timed out after 1 s"),
}


def least_within(server, read, rounds):
    """The least of a figure of the process while each check ends so many times more: peaks come and go."""
    def ended():
        return {t["check"]: t["passed"] + t["failed"] for t in server.status()["targets"]}
    before, seen = ended(), []

    def done():
        seen.append(read(server.process.pid))
        return all(now - before[check] >= rounds for check, now in ended().items())
    wait_until(done, 30, f"{rounds} rounds")
    return min(seen)


def patience(why):
    """What says enough to be refused is refused however busy this machine is."""
    return "1s" if why == "" or "timed out" in why else "10s"


@pytest.fixture
def worst(tmp_path, monkeypatch):
    # what is freed must be seen to be free
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1")
    talkers = {name: Talker(talk) for name, (talk, _, _) in ROWS.items()}
    rows = {name: (talkers[name].endpoint, f"{check} port=1 timeout={patience(why)}") for name, (_, check, why) in ROWS.items()}
    for name, (text, why) in PROGRAMS.items():
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        rows[name] = ("192.0.2.9", f"exec command={path} timeout={patience(why)}")
    well = Web()
    rows["well"] = (well.endpoint, "http")
    with checked(rows) as server:
        yield server
    for target in (well, *talkers.values()):
        target.stop()


def test_each_fails_by_itself(worst):
    expected = {name: why for name, (*_, why) in (ROWS | PROGRAMS).items()}
    assert_verdicts(worst, {**expected, "well": "up"})
    assert all(worst.ask(name) == BACKUP for name in expected) and worst.ask("well") == WELL
    memory, files = least_within(worst, memory_kib, 1), least_within(worst, descriptors, 1)
    for _ in range(2):
        more_memory, more_files = least_within(worst, memory_kib, 1), least_within(worst, descriptors, 1)
    assert more_memory < memory + 4096, f"{memory} KiB became {more_memory} KiB"
    assert more_files <= files + 4, f"{files} descriptors became {more_files}"
    assert worst.target("well")["failed"] == 0 and worst.ask("well") == WELL
