# SPDX-License-Identifier: ISC
"""What the stories share: a gslbd under test, datacenters that can be switched off, and dig."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from targets import HttpHandler, HttpServer

ROOT = Path(__file__).resolve().parents[2]
GSLBD = os.environ.get("GSLBD", str(ROOT / "build/asan/gslbd"))
MMDB_BUILD = os.environ.get("MMDB_BUILD", str(ROOT / "build/asan/tools/mmdb-build"))


def wait_until(condition, deadline=10.0, what="condition"):
    """The first true value of condition(), or a failure after `deadline` seconds."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what}")
        time.sleep(0.01)


def free_port(address="127.0.0.1"):
    """A port that is free for both UDP and TCP right now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for _ in range(100):
        with socket.socket(family, socket.SOCK_STREAM) as tcp, socket.socket(family, socket.SOCK_DGRAM) as udp:
            tcp.bind((address, 0))
            try:
                udp.bind((address, tcp.getsockname()[1]))
            except OSError:
                continue
            return tcp.getsockname()[1]
    raise AssertionError("no free port")


class Datacenter:
    """A real HTTP server whose health can be switched: up, status 503, another body, slow; stop() closes its port."""

    def __init__(self, address="127.0.0.1", port=0):
        self.status, self.body, self.delay = 200, b"ok\n", 0.0
        self.requests, self.hosts, self.paths = [], [], []
        self.address, self.port, self.server = address, port, None
        self.start()

    def start(self):
        outer = self

        class Handler(HttpHandler):
            def do_GET(self):
                outer.requests.append(time.monotonic())
                outer.hosts.append(self.headers.get("Host"))
                outer.paths.append(self.path)
                time.sleep(outer.delay)
                try:
                    self.send_response(outer.status)
                    self.send_header("Content-Length", str(len(outer.body)))
                    outer.answered = time.monotonic()
                    self.end_headers()
                    self.wfile.write(outer.body)
                except OSError:
                    pass

        self.server = HttpServer(self.address, self.port, Handler)
        self.port = self.server.server_port

    def stop(self):
        if self.server:
            self.server.stop()
            self.server = None


@contextlib.contextmanager
def datacenters(n=2):
    """So many of them, all well."""
    all_of_them = [Datacenter() for _ in range(n)]
    try:
        yield all_of_them
    finally:
        for datacenter in all_of_them:
            datacenter.stop()


class Answer:
    """What dig printed, taken apart."""

    def __init__(self, text):
        self.text = text
        self.status = (re.search(r"status: (\w+)", text) or [None, None])[1]
        flags = re.search(r"flags: ([a-z ]*);", text)
        self.flags = flags[1].split() if flags else []
        scope = re.search(r"CLIENT-SUBNET: \S+/(\d+)/(\d+)", text)
        self.scope = int(scope[2]) if scope else None
        self.sections = {}
        for name in ("ANSWER", "AUTHORITY", "ADDITIONAL"):
            match = re.search(rf";; {name} SECTION:\n(.*?)\n\n", text, re.S)
            lines = match[1].splitlines() if match else []
            self.sections[name] = [line.split(None, 4) for line in lines if not line.startswith(";")]
        self.answers = [record[4] for record in self.sections["ANSWER"]]
        self.ttls = [int(record[1]) for record in self.sections["ANSWER"]]


class Server:
    """A gslbd with its own folder. `files` are written there; @PORT@ and other @NAMES@ are filled in."""

    def __init__(self, files, conf="gslbd.conf", address="127.0.0.1", wait=True, **values):
        self.folder = Path(tempfile.mkdtemp(prefix="gslbd-test-"))
        self.address, self.port = address, free_port(address)
        self.values = {"PORT": self.port, **values}
        self.conf = self.folder / conf
        self.log_path = self.folder / "log"
        for name, text in files.items():
            self.write(name, text)
        self.process = None
        self.start(wait)

    @classmethod
    def of_story(cls, test_file, **values):
        """The story's own files: all *.conf and *.zone beside the test."""
        folder = Path(test_file).parent
        files = {p.name: p.read_text() for p in folder.iterdir() if p.suffix in (".conf", ".zone")}
        sources = [p for p in folder.iterdir() if p.suffix == ".geo"]
        databases = tempfile.mkdtemp(prefix="gslbd-geo-")
        for source in sources:
            build_mmdb(source, Path(databases) / (source.stem + ".mmdb"))
        server = cls(files, GEO=databases, **values)
        server.databases = databases
        return server

    def write(self, name, text):
        """Puts it in its place whole: the server may read it at any time."""
        for key, value in self.values.items():
            text = text.replace(f"@{key}@", str(value))
        path, beside = self.folder / name, self.folder / f".{name}.new"
        beside.write_text(text)
        if path.suffix == ".token":
            beside.chmod(0o600)
        beside.rename(path)

    def start(self, wait=True):
        self.log_file = open(self.log_path, "ab")
        self.process = subprocess.Popen(self.command(), stderr=self.log_file, stdout=self.log_file, env=self.environment())
        if wait:
            wait_until(lambda: "ready:" in self.log() or self.process.poll() is not None, 20, "ready")
            assert self.process.poll() is None, self.log()

    def command(self):
        return [GSLBD, str(self.conf)]

    def environment(self):
        return None  # as it is

    def log(self):
        return self.log_path.read_text(errors="replace")

    def dig(self, name, kind="A", subnet=None, tcp=False, extra=()):
        command = ["dig", f"@{self.address}", "-p", str(self.port), "+norecurse", "+tries=1", "+time=5", "+nocookie"]
        command += [f"+subnet={subnet}"] if subnet else []
        command += ["+tcp"] if tcp else []
        result = subprocess.run([*command, *extra, name, kind], capture_output=True, text=True, timeout=30)
        return Answer(result.stdout)

    def answers(self, name, kind="A", **options):
        return sorted(self.dig(name, kind, **options).answers)

    def reloads(self):
        """How many reloads have ended, either way."""
        return len(re.findall(r"reload: (?:done|\d+ error)", self.log()))

    def reload(self):
        before = self.reloads()
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.reloads() > before, 60, "the end of the reload")  # its thread has the lowest priority

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        self.log_file.close()
        log = self.log()
        assert "Sanitizer" not in log and "runtime error" not in log, log
        assert status == 0, f"exit status {status}\n{log}"
        shutil.rmtree(self.folder)
        if hasattr(self, "databases"):
            shutil.rmtree(self.databases)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.stop()


def build_mmdb(source, target, *options):
    subprocess.run([MMDB_BUILD, *options, str(source), str(target)], check=True)


def run_gslbd(*arguments, **options):
    result = subprocess.run([GSLBD, *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)
    assert "Sanitizer" not in result.stderr and "runtime error" not in result.stderr, result.stderr
    return result


SOA = """$TTL 30
@ IN SOA ns1 hostmaster 1 1h 15m 14d 30s
@ IN NS ns1
ns1 IN A 192.0.2.53
"""
