# SPDX-License-Identifier: ISC
"""Contests: servers started side by side, loaded in turns, and the medians of what they took."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field

import lab
import queries
from servers import Failed, Floor

LOSS_MAX = 0.001
SETTLING = 10  # runs
STALLED_MAX = 0.9  # of the time
LEAST_US = 0.1  # of CPU a query: even its share of a system call for a whole batch takes more


@dataclass
class Workload:
    """What is served and what is asked. Servers that can't serve the setup don't take part."""
    setup: object
    lines: list
    tool: str = "load"
    flags: tuple = ()
    half_load: bool = True


@dataclass
class Figures:
    """A row of a table. Times a query in µs; what was not measured is None."""
    qps: float = None
    total_us: float = None
    user_us: float = None
    p50_us: float = None
    p99_us: float = None
    p999_us: float = None
    memory_mb: float = None
    ready_s: float = None
    instructions: float = None
    more: dict = field(default_factory=dict)
    problem: str = None  # why there are no figures

    def as_dict(self):
        return {key: value for key, value in asdict(self).items() if value not in (None, {})}


class WrongAnswers(Exception):
    pass


class Asker:
    """The queries of a workload in a file, for a server."""

    def __init__(self, lines, server, tool="load", flags=()):
        self.server, self.tool, self.flags = server, tool, flags
        self.file = tempfile.NamedTemporaryFile("w", suffix=".queries")
        if isinstance(server, Floor):
            lines = queries.any_answer(lines)
        self.file.write("\n".join(lines) + "\n")
        self.file.flush()

    def command(self, *flags):
        port = self.server.tls_port if "-T" in self.flags else self.server.port
        return [lab.BUILD / f"tools/bench-{self.tool}", "-s", f"127.0.0.1:{port}", "-q", self.file.name, *self.flags, *flags]

    def run(self, *flags):
        done = subprocess.run(lab.pinned(lab.LOAD_CPU, self.command(*flags)), capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(done.stderr.strip())
        report = json.loads(done.stdout)
        if report["wrong"] > 0:
            raise WrongAnswers(f"{report['wrong']} of {report['received']} replies were wrong")
        if report["received"] == 0:
            raise Failed("answered nothing")
        return report

    def watched(self, *flags, tries=3):
        """At a rate. None: the machine stood still nearly all the time, and no latency was the server's own."""
        for _ in range(tries):
            report = self.run(*flags, *lab.watch())
            if report["stalled"] < STALLED_MAX:
                return report
        print(f"warning: {self.server.name}: the machine stood still nearly all the time; no latencies", file=sys.stderr, flush=True)
        return None

    def settle(self, *flags):
        """Fills caches, and lets the first checks come in: until then answers may be wrong."""
        for left in reversed(range(SETTLING)):
            try:
                self.run("-u0", *flags)
                return
            except WrongAnswers:
                if left == 0:
                    raise


class CpuMeter:
    """The CPU time that a server spends from here on, on the cores it has. What can't be true is no figure."""

    def __init__(self, pid, cores=1):
        self.cores, self.begin, self.times = cores, time.monotonic(), lab.CpuTimes(pid)

    def spent(self, queries):
        """User, system and exact seconds, for so many queries."""
        spent, wall = self.times.since(), time.monotonic() - self.begin
        if spent is None:
            raise Failed("lost a process while it was measured, and what CPU time that took")
        if spent[-1] * 1e6 < LEAST_US * queries:
            raise Failed(f"took {spent[-1] * 1e6 / queries:.3f} us of CPU a query, which can't be: what answered was not measured")
        if spent[-1] > wall * self.cores * 1.05:
            raise Failed(f"took the CPU time of {spent[-1] / wall:.2f} cores, which can't be: it has {self.cores}")
        return spent


class Contestant:
    def __init__(self, server, workload):
        self.server, self.workload = server, workload
        self.asker = Asker(workload.lines, server, workload.tool, workload.flags)
        self.window = 256
        self.tops, self.halves, self.user_s, self.cpu_s = [], [], 0.0, 0.0
        self.figures = Figures(ready_s=server.ready_s)

    def attempt(self, step):
        """What goes wrong for one ends it for that one alone, and is told."""
        if self.figures.problem is None:
            try:
                step()
            except (Failed, WrongAnswers) as error:
                self.figures.problem = str(error)

    def warm_up(self):
        self.asker.settle("-t1")
        self.figures.memory_mb = lab.memory_mb(self.server.pid)

    def top(self, seconds):
        """As fast as it goes with less than 0.1 % lost: where more are, fewer are kept in flight."""
        window = ("-w", str(self.window)) if self.workload.tool == "load" else ()
        meter = CpuMeter(self.server.pid)
        report = self.asker.run("-u0", f"-t{seconds}", *window)
        user, system, exact = meter.spent(report["received"])
        if report["lost"] > LOSS_MAX * report["sent"] and window and self.window > 16:
            self.window //= 2
            return self.top(seconds)
        self.tops.append((report, exact * 1e6 / report["received"]))
        self.user_s += user
        self.cpu_s += user + system

    def half(self, seconds):
        if self.tops:
            rate = statistics.median(report["qps"] for report, _ in self.tops) / 2
            report = self.asker.watched("-u0.2", f"-t{seconds}", f"-r{rate:.0f}")
            if report is not None:
                self.halves.append(report)

    def result(self):
        f = self.figures
        if f.problem:
            return Figures(problem=f.problem)
        f.qps = statistics.median(report["qps"] for report, _ in self.tops)
        f.total_us = statistics.median(cpu for _, cpu in self.tops)
        if self.user_s > 0:  # else no tick fell into it, which tells nothing
            f.user_us = f.total_us * self.user_s / self.cpu_s
        for key in ("p50_us", "p99_us", "p999_us"):
            runs = self.halves if self.workload.half_load else [report for report, _ in self.tops]
            if runs:
                setattr(f, key, statistics.median(run[key] for run in runs))
        if self.halves:
            f.more["stalled"] = statistics.mean(run["stalled"] for run in self.halves)
        f.more["lost"] = sum(r["lost"] for r, _ in self.tops) / sum(r["sent"] for r, _ in self.tops)
        return f


def median(rows):
    """Of several rows of the same; or one with a problem."""
    for row in rows:
        if row.problem is not None:
            return row
    figures = Figures()
    for key in ("qps", "total_us", "user_us", "p50_us", "p99_us", "p999_us", "memory_mb", "ready_s"):
        known = [getattr(row, key) for row in rows if getattr(row, key) is not None]
        setattr(figures, key, statistics.median(known) if known else None)
    for key in {key for row in rows for key in row.more}:
        figures.more[key] = statistics.median(row.more[key] for row in rows if key in row.more)
    return figures


def entries(kinds, workload):
    """The usual rows: a server each."""
    return [(kind.name, kind, workload) for kind in kinds]


def start(entries, rows):
    """A server for each kind and setup among the entries: (label of the row, kind, workload)."""
    started = {}
    for label, kind, workload in entries:
        key = kind, id(workload.setup)
        if key in started or not kind.serves(workload.setup):
            continue
        try:
            started[key] = kind(workload.setup)
        except Failed as error:
            rows[label] = Figures(problem=f"not started: {error}")
    return started


def contest(entries, rounds, seconds):
    """Figures by label, in the order of the entries. In turns, because a machine's speed drifts."""
    failed = {}
    servers = start(entries, failed)
    try:
        contestants = {label: Contestant(servers[kind, id(workload.setup)], workload) for label, kind, workload in entries
                       if (kind, id(workload.setup)) in servers}
        for c in contestants.values():
            c.attempt(c.warm_up)
        for _ in range(rounds):
            for c in contestants.values():
                c.attempt(lambda: c.top(seconds))
                if c.workload.half_load:
                    c.attempt(lambda: c.half(seconds))
        done = {label: c.result() for label, c in contestants.items()}
        return {label: done.get(label) or failed[label] for label, *_ in entries if label in done or label in failed}
    finally:
        for server in servers.values():
            server.stop()
