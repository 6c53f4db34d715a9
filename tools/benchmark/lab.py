# SPDX-License-Identifier: ISC
"""What benchmarks share: built programs, a server in a folder of its own, CPU time, load."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
TICKS = os.sysconf("SC_CLK_TCK")


def build():
    if not (BUILD / "build.ninja").exists():
        subprocess.run(["cmake", "--log-level=WARNING", "-S", ROOT, "-B", BUILD, "-G", "Ninja", "-DCMAKE_C_COMPILER=gcc",
                        "-DGSLBD_TREE=release", "-DGSLBD_TESTS="], check=True)
    subprocess.run(["ninja", "-C", BUILD, "--quiet", "gslbd", "bench-load", "bench-floor", "bench-farm"], check=True,
                   stdout=subprocess.DEVNULL)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.bind(("127.0.0.1", 0))
        return tcp.getsockname()[1]


def pinned(cpu, command):
    return ["taskset", "-c", str(cpu), *map(str, command)]


def cpu_seconds(pid, task=None):
    """User and system time of a process, or of one of its threads."""
    path = f"/proc/{pid}/stat" if task is None else f"/proc/{pid}/task/{task}/stat"
    fields = Path(path).read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) / TICKS, int(fields[12]) / TICKS


def resident_mb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


class Gslbd:
    """A server on CPU 0 with an admin API."""

    TOKEN = "bench"

    def __init__(self, conf, files, cpu=0):
        self.folder = Path(tempfile.mkdtemp(prefix="gslbd-bench-"))
        self.port, self.admin = free_port(), free_port()
        (self.folder / "token").write_text(self.TOKEN)
        head = f"listen 127.0.0.1:{self.port}\nadmin 127.0.0.1:{self.admin} token-file=token\nworkers 1\n"
        (self.folder / "gslbd.conf").write_text(head + conf)
        for name, text in files.items():
            (self.folder / name).write_text(text)
        self.log = open(self.folder / "log", "w+b")
        begin = time.monotonic()
        self.process = subprocess.Popen(pinned(cpu, [BUILD / "gslbd", self.folder / "gslbd.conf"]), stderr=self.log)
        while not self.ready():
            if self.process.poll() is not None:
                raise SystemExit((self.folder / "log").read_text())
            time.sleep(0.02)
        self.started = time.monotonic() - begin
        self.pid = self.process.pid

    def ready(self):
        return b" ready: " in (self.folder / "log").read_bytes()

    def get(self, path):
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin}{path}",
                                         headers={"Authorization": f"Bearer {self.TOKEN}"})
        return urllib.request.urlopen(request, timeout=30).read().decode()

    def metric(self, name):
        return sum(float(line.rsplit(" ", 1)[1]) for line in self.get("/metrics").splitlines()
                   if line.startswith(name) and line[len(name)] in " {")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder)


def load(port, names, cpu=1, **options):
    """Runs the load generator; its report as a dict."""
    with tempfile.NamedTemporaryFile("w", suffix=".names") as file:
        file.write("\n".join(names) + "\n")
        file.flush()
        flags = [f"-{key}{value}" for key, value in options.items()]
        command = pinned(cpu, [BUILD / "tools/bench-load", "-s", f"127.0.0.1:{port}", "-n", file.name, *flags])
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
