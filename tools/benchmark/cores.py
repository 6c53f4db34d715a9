# SPDX-License-Identifier: ISC
"""
One worker and two, on two cores that the load generators share. Two have less than twice the time of one, and come to
their turns more often: batches are smaller, so a query takes somewhat more.
"""

import json
import statistics
import subprocess

import lab
import queries
import speed
from measure import Asker, CpuMeter, Figures, WrongAnswers
from servers import Failed, Gslbd

WORKERS = (1, 2)
SOCKETS = 64  # of each generator, so that the kernel spreads them evenly over workers


class GslbdOn(Gslbd):
    """With so many workers, free to run on both cores."""

    cpus = sorted({lab.SERVER_CPU, lab.LOAD_CPU})

    def __init__(self, setup, workers):
        self.workers = workers
        super().__init__(setup)

    def place(self, command):
        return lab.pinned(",".join(map(str, self.cpus)), command)


def load_both(asker, seconds):
    """A generator on each core; their reports together."""
    generators = [subprocess.Popen(lab.pinned(cpu, asker.command("-u0", f"-t{seconds}", f"-c{SOCKETS}", "-w128")),
                                   stdout=subprocess.PIPE, text=True) for cpu in GslbdOn.cpus]
    reports = [json.loads(g.communicate()[0] or '{"received":0,"sent":0,"lost":0,"wrong":0,"qps":0}') for g in generators]
    report = {key: sum(r[key] for r in reports) for key in ("received", "sent", "lost", "wrong", "qps")}
    if report["wrong"] or not report["received"]:
        raise Failed(f"{report['wrong']} wrong replies of {report['received']}")
    return report


class Runs:
    """What one number of workers took."""

    def __init__(self, server, lines):
        self.server, self.asker = server, Asker(lines, server)
        self.rates, self.times, self.lost, self.sent = [], [], 0, 0
        self.asker.settle("-t1")

    def add(self, seconds):
        meter = CpuMeter(self.server.pid, len(GslbdOn.cpus))
        report = load_both(self.asker, seconds)
        user, system, exact = meter.spent(report["received"])
        self.rates.append(report["qps"])
        self.times.append((exact * 1e6 / report["received"], user, user + system))
        self.lost, self.sent = self.lost + report["lost"], self.sent + report["sent"]

    def figures(self):
        totals, users, alls = zip(*self.times)
        f = Figures(qps=statistics.median(self.rates), total_us=statistics.median(totals), more={"lost": self.lost / self.sent})
        if sum(users) > 0:
            f.user_us = f.total_us * sum(users) / sum(alls)
        return f


def contest(bench, workload):
    """Figures for each number of workers, in turns."""
    servers = []
    try:
        servers += [GslbdOn(workload.setup, n) for n in WORKERS]
        runs = [Runs(server, workload.lines) for server in servers]
        for _ in range(bench.rounds):
            for run_of in runs:
                run_of.add(bench.seconds)
        return [(f"{s.workers} worker" + "s" * (s.workers > 1), r.figures()) for s, r in zip(servers, runs)]
    except (Failed, WrongAnswers) as error:
        return [("workers", Figures(problem=str(error)))]
    finally:
        for server in servers:
            server.stop()


def run(bench):
    if len(GslbdOn.cpus) < 2:
        bench.report.warn("cores is left out: there is but one")
        return
    bench.report.add("cores", "Workers on two cores, which the generators share", contest(bench, speed.static_workload()))
