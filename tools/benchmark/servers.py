# SPDX-License-Identifier: ISC
"""A server under measurement: a folder of its own, a process on one core, an end by its pid."""

import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import lab
from setups import SOA

PATIENCE_S = 90


class Failed(Exception):
    """A server could not be started, or did not answer; says why."""


def question(name, qtype=1):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    return struct.pack(">6H", 1, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", qtype, 1)


def soa_serial(reply):
    """Of the SOA record that a reply to question(NAME, 6) begins its answer with, names compressed or not."""
    at = 12
    while reply[at]:
        at += reply[at] + 1
    at += 5
    while 0 < reply[at] < 0xc0:
        at += reply[at] + 1
    at += 2 if reply[at] else 1
    length, = struct.unpack_from(">H", reply, at + 8)
    return struct.unpack_from(">I", reply, at + 10 + length - 20)[0]


class Server:
    """
    Writes the files for a setup by write_KIND (a server without that method does not take part), starts, and
    waits for the first right answer. `wrapper` goes before the command: valgrind.
    """

    name = program = ""
    environment = {}

    @classmethod
    def serves(cls, setup):
        return hasattr(cls, "write_" + setup.kind)

    def __init__(self, setup, wrapper=()):
        self.setup = setup
        self.port = lab.free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="gslbd-bench-"))
        getattr(self, "write_" + setup.kind)(setup)
        lab.hand_over(self.folder)
        self.log = open(self.folder / "log", "w+b")
        begin = time.monotonic()
        try:
            self.process = subprocess.Popen(
                self.place([*lab.unprivileged(), *wrapper, *self.command()]), cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env={**os.environ, **self.environment})
        except OSError as error:
            self.clean()
            raise Failed(str(error)) from error
        self.pid = self.process.pid
        try:
            self.await_answer(setup.probe)
        except BaseException:  # an interrupt too
            self.stop()
            raise
        self.ready_s = time.monotonic() - begin
        self.ready_cpu_s = lab.CpuTimes(self.pid).sums()[-1]

    def ask(self, query, patience_s=1.0):
        """A reply to a query over UDP; None: there was none."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", self.port))
            udp.settimeout(patience_s)
            try:
                udp.send(query)
                return udp.recv(4096)
            except TimeoutError:
                return None
            except OSError:  # nobody listens yet
                time.sleep(0.002)
                return None

    def await_answer(self, name):
        query, deadline = question(name), time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Failed(f"ended with {self.process.returncode}: {self.last_words()}")
            reply = self.ask(query, 0.002)
            if reply is not None and reply[3] & 15 == 0 and reply[6:8] != b"\0\0":
                return
        raise Failed(f"did not answer in {PATIENCE_S} s: {self.last_words()}")

    def last_words(self):
        return " / ".join((self.folder / "log").read_text(errors="replace").strip().splitlines()[-3:])

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def command(self):
        raise NotImplementedError

    def place(self, command):
        return lab.pinned(lab.SERVER_CPU, command)

    def reload(self):
        """Makes it read its zones again."""
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.clean()

    def clean(self):
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Floor(Server):
    """A bare responder: what the kernel takes."""

    name = "floor"

    def write_plain(self, setup):
        pass

    write_placed = write_checked = write_plain

    def command(self):
        return [lab.BUILD / "tools/bench-floor", f"127.0.0.1:{self.port}"]


class Gslbd(Server):
    name = "gslbd"
    token = "bench"
    workers = 1

    def conf(self, text):
        self.admin = lab.free_port()
        self.write("token", self.token)
        (self.folder / "token").chmod(0o600)
        self.write("gslbd.conf", f"listen 127.0.0.1:{self.port}\nadmin 127.0.0.1:{self.admin} token-file=token\nworkers {self.workers}\n" + text)

    def write_plain(self, setup):
        for origin, text in setup.zones.items():
            self.write(f"zones/{origin}", text)
        self.conf("".join(f"zone {origin} zones/{origin}\n" for origin in setup.zones))

    def write_placed(self, setup):
        check = "check=c" if setup.farm_port else ""
        lines = [f"geoip {setup.database}"] + [f"datacenter {name}" for name in setup.records]
        if check:
            lines.append(f"check c http port={setup.farm_port} interval={setup.interval_s}s timeout=1s")
        lines += [f"geomap world {place or '*'} {order}" for place, order in setup.places.items()]
        self.conf("\n".join(lines) + "\nzone example zone\n")
        records = "".join(f"n{i} AT {dc} {check} weight={weight} A {address}\n" for i in range(setup.n)
                          for dc in setup.records for address, weight in setup.addresses(dc).items())
        self.write("zone", SOA + "@ STEER geo world pick=weighted\n" + records)

    write_checked = write_placed

    def write_own(self, setup):
        self.conf(setup.conf + "zone example zone\n")
        self.write("zone", setup.zone)
        for name, text in setup.files.items():
            self.write(name, text)

    def command(self):
        return [lab.BUILD / "gslbd", self.folder / "gslbd.conf"]

    def metric(self, name):
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin}/metrics",
                                         headers={"Authorization": f"Bearer {self.token}"})
        text = urllib.request.urlopen(request, timeout=30).read().decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith(name) and line[len(name)] in " {")


class GslbdTls(Gslbd):
    """The same with a listen for TLS, whose port `-T` of the load generator goes to."""

    def conf(self, text):
        self.tls_port = lab.free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=bench", "-keyout", "tls.key", "-out", "tls.pem"], cwd=self.folder, check=True, capture_output=True)
        super().conf(f"listen 127.0.0.1:{self.tls_port} tls cert=tls.pem key=tls.key\n" + text)
