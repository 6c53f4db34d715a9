# SPDX-License-Identifier: ISC
"""A start under a small limit of open files: all is served within it, or the start says what it takes and ends."""

import contextlib
import os
import re
import socket
import subprocess
import time

import pytest
from admin import AdminServer
from harness import GSLBD, SOA, free_port, wait_until
from honest import Honest, over_tcp

TARGETS, SILENT = 60, 20
HEAD = "listen 127.0.0.1:@PORT@\nworkers @WORKERS@\nadmin 127.0.0.1:@ADMIN@ token-file=admin.token\n"
ZONE = "www A 192.0.2.1\nall STEER pool\n" + "".join(f"all AT d{i} A 192.0.2.{i + 1}\n" for i in range(TARGETS))


class Limited(AdminServer):
    """A server with a limit, soft and hard; it checks many targets, each slow to accept, some of them silent."""

    def __init__(self, limit, workers, conf="", soft=None):
        self.limit, self.soft = limit, soft or limit
        self.open, self.silent = slow_port(), slow_port()
        centers = [(i, self.silent if i < SILENT else self.open) for i in range(TARGETS)]
        checks = "".join(f"check {name} tcp interval=500ms timeout=400ms rise=1 fall=2 port={sock.getsockname()[1]} {more}\n"
                         for name, sock, more in (("silent", self.silent, "expect=hello"), ("open", self.open, "")))
        conf += checks + "".join(f"datacenter d{i} address=127.0.1.{i + 1} check={'silent' if i < SILENT else 'open'}\n"
                                 for i, _ in centers)
        super().__init__(conf, ZONE, head=HEAD, WORKERS=workers)

    def command(self):
        return ["prlimit", f"--nofile={self.soft}:{self.limit}", *super().command()]

    def stop(self):
        super().stop()
        self.open.close()
        self.silent.close()


def slow_port():
    """The kernel accepts for it, and nobody says anything."""
    return socket.create_server(("0.0.0.0", 0), backlog=4096)


@pytest.mark.parametrize("limit, workers, needs", [(4, 1, 32), (16, 4, 32), (31, 1, 32), (32, 4, 56), (48, 4, 56), (64, 16, 152)])
def test_what_can_not_be_served_says_what_it_takes(tmp_path, limit, workers, needs):
    (tmp_path / "gslbd.conf").write_text(f"listen 127.0.0.1:{free_port()}\nworkers {workers}\nzone app.example.com z.zone\n")
    (tmp_path / "z.zone").write_text(SOA)
    done = subprocess.run(["prlimit", f"--nofile={limit}:{limit}", GSLBD, str(tmp_path / "gslbd.conf")], timeout=60,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert re.search(rf"open files: the limit is {limit}, but .*\b{needs}: raise it \(LimitNOFILE= of the unit", done.stderr)


def cpu_s(server):
    fields = open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def states(server):
    return [target["state"] for target in sorted(server.status()["targets"], key=lambda target: target["check"])]


@pytest.mark.parametrize("limit, workers", [(32, 1), (56, 4), (64, 4), (100, 2)])
def test_what_can_is_served_and_checked_with_less(limit, workers):
    """More checks and clients than descriptors: each has its turn."""
    with Limited(limit, workers) as server, Honest(server, "192.0.2.1"):
        assert re.search(rf"open files: the limit of {limit} leaves room for \d+ TCP connections? and \d+ checks? at once; "
                         r"LimitNOFILE=\d+", server.log())
        right = ["up"] * (TARGETS - SILENT) + ["down"] * SILENT
        wait_until(lambda: states(server) == right, 60, "the health of all targets")
        with contextlib.ExitStack() as stack:
            for _ in range(2 * limit):
                stack.enter_context(socket.create_connection((server.address, server.port), 10))
            before, begin = cpu_s(server), time.monotonic()
            wait_until(lambda: over_tcp(server) == "192.0.2.1", 30, "a client over TCP among many")
            server.reload()
            wait_until(lambda: time.monotonic() - begin > 2, 30, "a rate is measured over a time")
            print(f"{(cpu_s(server) - before) / (time.monotonic() - begin):.2f} of a CPU")
            assert "reload: done" in server.log()
        wait_until(lambda: states(server) == right, 60, "the health of all targets")


def test_more_connections_than_fit_are_told():
    with Limited(64, 1, "tcp connections=500\n") as server:
        assert "LimitNOFILE=1064 (ulimit -n) would do for 500 and 60" in server.log()


def test_the_soft_limit_is_raised_and_enough_is_not_told():
    with Limited(4096, 2, "tcp connections=500\n", soft=40) as server:
        limits = open(f"/proc/{server.process.pid}/limits").read()
        assert re.search(r"Max open files +4096 +4096", limits)
        assert "open files" not in server.log()
