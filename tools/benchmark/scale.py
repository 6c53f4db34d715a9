# SPDX-License-Identifier: ISC
"""Many targets, and many names on few targets: what checks take from queries, and how fast a flip is published."""

import time

import lab
import queries
import setups
import speed
from measure import Contestant, Figures, Workload, median
from servers import Failed, Gslbd

TARGETS, INTERVAL_S, ROUNDS, HALVES = 10000, 10, 4, 2
NAMES, FEW_TARGETS, FLIPS = 100000, 1000, 20


def address(i):
    return f"127.1.{i // 250}.{i % 250 + 1}"


def targets_zone(n):
    return setups.SOA + "@ STEER pool\n" + "".join(f"n{i // 64} AT * check=c A {address(i)}\n" for i in range(n))


class Checked:
    """10,000 targets that are checked so often. A process a round, as the others' checks would go on beside it."""

    def __init__(self, port, interval):
        self.own = setups.Own(f"check c http port={port} interval={interval} timeout=2s\n", targets_zone(TARGETS))
        self.workload = Workload(self.own, [f"n{i % (TARGETS // 64)}.example. A - 0 127.0.0.0/8" for i in range(queries.COUNT)])
        self.rounds = []

    def round(self, seconds):
        server = Gslbd(self.own)
        try:
            contestant = Contestant(server, self.workload)
            contestant.attempt(contestant.warm_up)
            time.sleep(INTERVAL_S)  # every target has its own time within the interval now
            before, begin = lab.thread_seconds(server.pid, server.pid), time.monotonic()
            contestant.attempt(lambda: contestant.top(seconds))
            for _ in range(HALVES):
                contestant.attempt(lambda: contestant.half(2 * seconds))
            share = (lab.thread_seconds(server.pid, server.pid) - before) / (time.monotonic() - begin)
            self.rounds.append(contestant.result())
            self.rounds[-1].more["control_share"] = share
        finally:
            server.stop()


def many_targets(bench, port):
    """In turns, as a machine's speed drifts."""
    rows = {"none due": Checked(port, "1d"), f"each {INTERVAL_S} s": Checked(port, f"{INTERVAL_S}s")}
    try:
        for _ in range(1 if bench.quick else ROUNDS):
            for row in rows.values():
                row.round(bench.seconds)
    except Failed as error:
        return [(label, Figures(problem=f"not started: {error}")) for label in rows]
    return [(label, median(row.rounds)) for label, row in rows.items()]


def names_zone():
    return setups.SOA + "@ STEER pool\n" + "".join(
        f"n{i} AT * check=c A {address((i * 3 + k) % FEW_TARGETS)}\n" for i in range(NAMES) for k in range(3))


def many_names(port, orders):
    server = Gslbd(setups.Own(f"check c http port={port} interval=1s timeout=1s rise=1 fall=1\n", names_zone()))
    try:
        figures = Figures(ready_s=server.ready_s, memory_mb=lab.memory_mb(server.pid))
        for i in range(FLIPS):
            orders.write(f"down {address(i * 7)}\n")
            time.sleep(0.3)
        time.sleep(2)
        if server.metric("gslbd_check_transitions_total") < FLIPS:
            return Figures(problem="not every flip was seen")
        figures.more["flip_ms"] = server.metric("gslbd_publish_max_seconds") * 1000
        return figures
    finally:
        server.stop()


def run(bench):
    with speed.farm() as (port, orders):
        bench.report.add("checks", "10,000 targets, checked while queries come", many_targets(bench, port))
        bench.report.add("flips", "100,000 steered names on 1,000 targets, 20 of which go down",
                         [("gslbd", many_names(port, orders))])
