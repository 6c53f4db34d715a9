# SPDX-License-Identifier: ISC
"""Large zones and many: how soon they are served, in what memory, and what a reload does to queries."""

import random
import statistics
import threading
import time

import lab
import queries
import servers
import setups
from measure import Asker, Figures, WrongAnswers, median
from servers import Failed

RECORDS, SMALL_ZONES = 1000000, 10000
RELOAD_PATIENCE_S, SETTLING_S = 60, 1


def serial(server, origin):
    reply = server.ask(servers.question(origin, 6))
    return None if reply is None else servers.soa_serial(reply)


class Reload:
    """A changed serial, read again: how long until it is served, and the most memory meanwhile."""

    def __init__(self, server, text, serial_now):
        self.server, self.serial = server, serial_now
        path = server.folder / "zones" / setups.ORIGIN
        fresh = path.with_suffix(".new")
        fresh.write_text(text.replace("hostmaster 1 ", f"hostmaster {serial_now} ", 1))
        fresh.replace(path)
        lab.hand_over(path.parent)

    def run(self, watch_memory):
        self.server.reload()
        return self.wait(watch_memory)

    def wait(self, watch_memory=False):
        peak, begin = 0.0, time.monotonic()
        while serial(self.server, setups.ORIGIN) != self.serial:
            if time.monotonic() - begin > RELOAD_PATIENCE_S:
                raise Failed(f"did not reload in {RELOAD_PATIENCE_S} s")
            if watch_memory:
                peak = max(peak, lab.memory_mb(self.server.pid))
            time.sleep(0.01)
        return time.monotonic() - begin, peak


def measure_million(server, text, rounds, figures):
    asker = Asker(queries.plain(RECORDS, random.Random(5)), server)
    half = asker.run("-u0", "-t2")["qps"] / 2
    figures.memory_mb = lab.memory_mb(server.pid)
    took, peak = Reload(server, text, 2).run(watch_memory=True)
    figures.more.update(reload_s=took, reload_peak_mb=peak)
    seconds = took * 1.5 + 1
    quiet, busy = [], []
    for serial_now in range(3, 3 + rounds):
        quiet.append(asker.watched("-u0.2", f"-t{seconds}", f"-r{half:.0f}"))
        reload = Reload(server, text, serial_now)
        threading.Timer(0.3, reload.server.reload).start()
        busy.append(asker.watched("-u0.2", f"-t{seconds}", f"-r{half:.0f}", tries=1))
        reload.wait()
        time.sleep(SETTLING_S)
    quiet, busy = [run for run in quiet if run], [run for run in busy if run]
    for key in ("p50_us", "p99_us", "p999_us"):
        if quiet:
            setattr(figures, key, statistics.median(run[key] for run in quiet))
    if busy:
        figures.more["reload_p999_us"] = statistics.median(run["p999_us"] for run in busy)
        figures.more["stalled"] = statistics.mean(run["stalled"] for run in busy)
        figures.more["lost"] = sum(run["lost"] for run in busy) / sum(run["sent"] for run in busy)


def measure_small(server, figures):
    time.sleep(0.5)
    figures.memory_mb = lab.memory_mb(server.pid)


def one(kind, setup, measure):
    server = None
    try:
        server = kind(setup)
        figures = Figures(ready_s=server.ready_s, more={"ready_cpu_s": server.ready_cpu_s})
        measure(server, figures)
        return figures
    except (Failed, WrongAnswers) as error:
        return Figures(problem=str(error))
    finally:
        if server is not None:
            server.stop()


def run(bench):
    """One server after the other: a million records in each at once would not fit every machine."""
    million, rounds = setups.static(RECORDS), 1 if bench.quick else 3
    text = million.zones[setups.ORIGIN]
    bench.report.add("million", "A zone of a million records; latencies at half load, quiet and while it reloads",
                     ((kind.name, one(kind, million, lambda server, figures: measure_million(server, text, rounds, figures)))
                      for kind in bench.named))
    small = setups.small_zones(SMALL_ZONES)
    bench.report.add("small-zones", "10,000 small zones",
                     ((kind.name, median([one(kind, small, measure_small) for _ in range(rounds)])) for kind in bench.named))
