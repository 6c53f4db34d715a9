# SPDX-License-Identifier: ISC
"""What all measurements stand on: built programs, ports, unprivileged pinned processes, their CPU time and memory."""

import os
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("GSLBD_BENCH_BUILD", ROOT / "build/release"))
TICKS = os.sysconf("SC_CLK_TCK")
NOBODY = 65534
SERVER_CPU, LOAD_CPU = 0, min(1, (os.cpu_count() or 1) - 1)


def build():
    if "GSLBD_BENCH_BUILD" in os.environ:
        return
    if not (BUILD / "build.ninja").exists():
        subprocess.run(["cmake", "--log-level=WARNING", "-S", ROOT, "-B", BUILD, "-G", "Ninja", "-DCMAKE_C_COMPILER=gcc",
                        "-DGSLBD_TREE=release", "-DGSLBD_TESTS="], check=True)
    subprocess.run(["ninja", "-C", BUILD, "--quiet", "gslbd", "bench"], check=True, stdout=subprocess.DEVNULL)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.bind(("127.0.0.1", 0))
        return tcp.getsockname()[1]


def unprivileged():
    """Before a command: what makes it run as nobody, where that is not so already."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def hand_over(folder):
    """Gives a folder and all in it to whom unprivileged() runs things as."""
    if os.geteuid() == 0:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)


def pinned(cpu, command):
    return ["taskset", "-c", str(cpu), *map(str, command)]


def family(pid):
    """A process and all below it: NSD answers in a grandchild."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # it has ended meanwhile
            continue
        for child in children:
            found += family(int(child))
    return found


def thread_seconds(pid, task):
    """CPU time of one thread."""
    return int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0]) / 1e9


def process_clock(pid):
    """The number of the clock that is the CPU time of a process, threads that have ended included: MAKE_PROCESS_CPUCLOCK of Linux."""
    return ~pid << 3 | 2


class CpuTimes:
    """
    User, system and exact time of a process and all below it, until now. The first two are split by what the kernel saw
    at its ticks, so they need runs of seconds.
    """

    def __init__(self, pid):
        self.pid, self.of = pid, {}
        for member in family(pid):
            try:
                exact = time.clock_gettime(process_clock(member))
                fields = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:  # it has ended meanwhile
                continue
            self.of[member] = int(fields[11]) / TICKS, int(fields[12]) / TICKS, exact

    def sums(self):
        return [sum(times) for times in zip(*self.of.values())]

    def since(self):
        """What was spent from then to now; None: a process has ended, and nobody knows its time any more."""
        now = CpuTimes(self.pid)
        if self.of.keys() - now.of.keys():
            return None
        return [after - before for after, before in zip(now.sums(), self.sums())]


def watch():
    """
    The flags that make a load generator leave out of latencies what the machine took and not the server: none
    where this process lacks the privilege for that, or where there is one core.
    """
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(os.sched_get_priority_max(os.SCHED_FIFO)))
        os.sched_setscheduler(0, *before)
    except PermissionError:
        return []
    return ["-k", str(SERVER_CPU)] if SERVER_CPU != LOAD_CPU else []


def memory_mb(pid):
    """What a process and all below it hold, shared pages divided among who shares them (PSS)."""
    total = 0
    for member in family(pid):
        try:
            lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
        except OSError:  # it has ended meanwhile
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024
