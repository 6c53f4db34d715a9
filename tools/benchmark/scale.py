# SPDX-License-Identifier: ISC
"""Many targets, and many names on few targets: what the control thread costs, and how fast a flip is published."""

import statistics
import subprocess
import time

import lab

SOA = "$TTL 30\n@ SOA ns1 hostmaster 1 1h 15m 14d 30s\n@ NS ns1\nns1 A 192.0.2.53\n"
TARGETS, INTERVAL = 10000, 10


def address(i):
    return f"127.1.{i // 250}.{i % 250 + 1}"


class Farm:
    def __init__(self):
        self.port = lab.free_port()
        self.process = subprocess.Popen(lab.pinned(1, [lab.BUILD / "tools/bench-farm", self.port]), stdin=subprocess.PIPE,
                                        text=True, bufsize=1)
        time.sleep(0.3)

    def say(self, line):
        self.process.stdin.write(line + "\n")

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def targets_zone(n):
    records = [f"n{i // 64} AT * check=c A {address(i)}" for i in range(n)]
    return SOA + "@ STEER pool\n" + "\n".join(records) + "\n"


def percentiles(server, names, rate):
    runs = [lab.load(server.port, names, r=rate, t=4) for _ in range(3)]
    return tuple(statistics.median(run[key] for run in runs) for key in ("p50_us", "p99_us", "p999_us"))


def many_targets():
    farm = Farm()
    names = [f"n{i}.example." for i in range(TARGETS // 64)]
    rows = {}
    for what, interval in (("with", f"{INTERVAL}s"), ("without", "1d")):
        conf = f"check c http port={farm.port} interval={interval} timeout=2s\nzone example z\n"
        with lab.Gslbd(conf, {"z": targets_zone(TARGETS)}) as server:
            top = lab.load(server.port, names, t=3)["qps"]
            time.sleep(INTERVAL)  # every target has its own time within the interval now
            before, begin = lab.cpu_seconds(server.pid, server.pid), time.monotonic()
            time.sleep(2 * INTERVAL)
            after, end = lab.cpu_seconds(server.pid, server.pid), time.monotonic()
            share = (sum(after) - sum(before)) / (end - begin)
            rows[what] = (share, *percentiles(server, names, top / 2), server.started, lab.resident_mb(server.pid))
    farm.stop()
    print(f"{TARGETS} targets every {INTERVAL} s, on one control thread:")
    for what, (share, p50, p99, p999, started, memory) in rows.items():
        print(f"  {what + ' checks':14}  control thread {share * 100:5.2f} % of a core   queries at half load: "
              f"p50 {p50:.0f} us, p99 {p99:.0f} us, p99.9 {p999:.0f} us   ready in {started:.1f} s, {memory:.0f} MB")


def names_zone(n, targets):
    lines = []
    for i in range(n):
        for k in range(3):
            lines.append(f"n{i} AT * check=c A {address((i * 3 + k) % targets)}")
    return SOA + "@ STEER pool\n" + "\n".join(lines) + "\n"


def many_names(n=100000, targets=1000):
    farm = Farm()
    conf = f"check c http port={farm.port} interval=1s timeout=1s rise=1 fall=1\nzone example z\n"
    with lab.Gslbd(conf, {"z": names_zone(n, targets)}) as server:
        memory = lab.resident_mb(server.pid)
        for i in range(20):
            farm.say(f"down {address(i * 7)}")
            time.sleep(0.3)
        time.sleep(2)
        flips = server.metric("gslbd_check_transitions_total")
        worst = server.metric("gslbd_publish_max_seconds")
        print(f"{n} steered names on {targets} targets: {flips:.0f} flips, each published within {worst * 1000:.1f} ms of its "
              f"result; ready in {server.started:.1f} s, {memory:.0f} MB")
    farm.stop()


def main():
    lab.build()
    many_targets()
    many_names()
