# SPDX-License-Identifier: ISC
"""A server whose process changes: as its successors' guardian this one learns how each ends."""

import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from harness import GSLBD, Server, wait_until

PR_SET_CHILD_SUBREAPER = 36
QUERY = b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x03app\x07example\x03com\x00\x00\x01\x00\x01"


class Line(Server):
    """It is started by a path that can be pointed at another program."""

    def __init__(self, files, **options):
        self.told_to_end = False
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        super().__init__(files, **options)

    def start(self, wait=True):
        self.program = self.folder / "gslbd"
        self.point_at(GSLBD)
        self.log_file = open(self.log_path, "ab")
        self.process = subprocess.Popen([str(self.program), str(self.conf)], stderr=self.log_file,
                                        stdout=self.log_file, **self.how())
        self.pid = self.process.pid
        wait_until(lambda: "ready:" in self.log() or self.process.poll() is not None, 20, "ready")
        assert self.process.poll() is None, self.log()

    def how(self):
        return {}

    def point_at(self, program):
        beside = self.folder / "gslbd.new"
        beside.symlink_to(program)
        beside.rename(self.program)

    def upgrade(self):
        """Asks for one, and waits for its end. Is it another process now?"""
        done, failed = self.ends()
        os.kill(self.pid, signal.SIGUSR2)
        wait_until(lambda: self.ends() != (done, failed), 60, "the end of the upgrade")
        if self.ends()[1] != failed:
            return False
        before, self.pid = self.pid, int(re.findall(r"upgrade: process (\d+) serves now", self.log())[-1])
        self.reap(before)
        return True

    def starter(self):
        """The process that starts another; None: there is none."""
        return next((pid for pid in children(self.pid) if name(pid) == "gslbd-starter"), None)

    def ends(self):
        log = self.log()
        return len(re.findall(r"upgrade: process \d+ serves now", log)), len(re.findall(r"upgrade: failed", log))

    def reap(self, pid):
        """Waits for a process's end, which must be in order."""
        if pid == self.process.pid:
            status = self.process.wait(60)
        else:
            status = os.waitstatus_to_exitcode(wait_until(lambda: ended(pid), 60, "the end of a process")[1])
        assert status == 0, f"exit status {status}\n{self.log()}"

    def terminate(self):
        self.told_to_end = True
        os.kill(self.pid, signal.SIGTERM)

    def stop(self):
        if not self.told_to_end:  # a second signal may come after its handler
            self.terminate()
        self.reap(self.pid)
        self.log_file.close()
        log = self.log()
        assert "Sanitizer" not in log and "runtime error" not in log, log
        shutil.rmtree(self.folder)

    def tasks(self):
        return [dict(line.split(":", 1) for line in (path / "status").read_text().splitlines())
                for path in Path(f"/proc/{self.pid}/task").iterdir()]


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def name(pid):
    return Path(f"/proc/{pid}/comm").read_text().strip()


def ended(pid):
    found = os.waitpid(pid, os.WNOHANG)
    return found if found[0] else None


class Load:
    """Queries at a steady rate from several clients, each of which waits for its answer."""

    def __init__(self, server, expected):
        self.server, self.expected = server, expected
        self.stop, self.failures, self.counts = threading.Event(), [], {}
        kinds = [("udp", self.udp)] * 4 + [("tcp", self.tcp)] * 2 + [("kept", self.kept)] + [("slow", self.slow)]
        self.threads = [threading.Thread(target=self.go, args=kind) for kind in kinds]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *args):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        print(", ".join(f"{kind}: {count}" for kind, count in sorted(self.counts.items())))

    def go(self, kind, client):
        count = 0
        try:
            for _ in client():
                count += 1
                if self.stop.is_set():
                    break
                time.sleep(0.002)
        except Exception as error:  # noqa: BLE001
            self.failures.append((kind, count, repr(error), time.time()))
        self.counts[kind] = self.counts.get(kind, 0) + count

    def check(self, reply, ident):
        assert reply[:2] == ident and reply[3] == 0 and socket.inet_ntoa(reply[-4:]) in self.expected, reply

    def ident(self):
        return os.urandom(2)

    def udp(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(10)
            sock.connect(("127.0.0.1", self.server.port))
            while True:
                ident = self.ident()
                sock.send(ident + QUERY)
                self.check(sock.recv(512), ident)
                yield

    def over(self, sock):
        ident = self.ident()
        sock.sendall((len(QUERY) + 2).to_bytes(2, "big") + ident + QUERY)
        octets = b""
        while len(octets) < 2 or len(octets) < 2 + int.from_bytes(octets[:2], "big"):
            more = sock.recv(600)
            assert more, "closed without an answer"
            octets += more
        self.check(octets[2:], ident)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=10)

    def tcp(self):
        while True:
            with self.connect() as sock:
                self.over(sock)
            yield

    def slow(self):
        """Its query comes some time after its connection."""
        while True:
            with self.connect() as sock:
                time.sleep(0.1)
                self.over(sock)
            yield

    def kept(self):
        """One connection for many queries."""
        while True:
            with self.connect() as sock:
                for _ in range(20):
                    self.over(sock)
                    time.sleep(0.05)
                    yield
