#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""CPU time a query over a veth pair between two network namespaces: sockets beside AF_XDP, bare and in servers. Takes root.

`tools/benchmark/xdp.py [BUILD]`, where BUILD is a build tree with gslbd, bench-load, bench-floor and bench-floor-xdp.
What the server's interface receives is worked on while the generator sends, and the other way round, so the generator's
time is told too: the sum of both is what a query costs the machine.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release").resolve()
SERVER, CLIENT = f"bench-{os.getpid()}-s", f"bench-{os.getpid()}-c"
ADDRESS, PORT, NAMES, RUNS, SECONDS, WARM_UP = "10.78.0.1", 5300, 10000, 5, 2, 0.5
TICKS = os.sysconf("SC_CLK_TCK")
ZONE = "$TTL 30\n@ SOA ns1 hostmaster 1 1h 15m 14d 30s\n@ NS ns1\nns1 A 192.0.2.53\n" + \
    "".join(f"n{i} A 192.0.{i // 250}.{i % 250 + 1}\n" for i in range(NAMES))
KNOT = """server:
  rundir: {folder}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
{listen}
database:
  storage: {folder}
zone:
  - domain: example
    file: {folder}/z
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def open_lab(mtu):
    for namespace in (SERVER, CLIENT):
        ip("netns", "add", namespace)
    ip("-n", SERVER, "link", "add", "veth0", "mtu", mtu, "type", "veth", "peer", "name", "veth0", "mtu", mtu, "netns", CLIENT)
    for namespace, address in ((SERVER, ADDRESS), (CLIENT, "10.78.0.2")):
        ip("-n", namespace, "addr", "add", f"{address}/24", "dev", "veth0")
        for link in ("lo", "veth0"):
            ip("-n", namespace, "link", "set", link, "up")


def close_lab():
    for namespace in (SERVER, CLIENT):
        subprocess.run(["ip", "netns", "del", namespace], check=False)


def within(namespace, cpu, command):
    return ["ip", "netns", "exec", namespace, "taskset", "-c", str(cpu), *map(str, command)]


def process_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS, int(fields[11]) / TICKS


class Server:
    def __init__(self, what, command, files=None):
        self.what, self.folder = what, Path(tempfile.mkdtemp(prefix="bench-"))
        for name, text in (files or {}).items():
            (self.folder / name).write_text(text.replace("{folder}", str(self.folder)))
        command = [str(word).replace("{folder}", str(self.folder)) for word in command]
        self.log = open(self.folder / "log", "w+b")
        self.process = subprocess.Popen(within(SERVER, 0, command), stdout=self.log, stderr=self.log)
        time.sleep(1.5)

    def up(self):
        return self.process.poll() is None

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder)


def gslbd(what, options):
    return Server(what, [BUILD / "gslbd", "{folder}/c"],
                  {"z": ZONE, "c": f"listen {ADDRESS}:{PORT}{options}\nworkers 1\nzone example z\n"})


def knot(what, listen):
    return Server(what, ["/usr/sbin/knotd", "-c", "{folder}/c"], {"z": ZONE, "c": KNOT.replace("{listen}", listen)})


def servers():
    """Each is opened, measured and closed in its turn."""
    at = f"{ADDRESS}:{PORT}"
    yield lambda: Server("bare, sockets (the floor)", [BUILD / "tools/bench-floor", at])
    yield lambda: Server("bare, AF_XDP", [BUILD / "tools/bench-floor-xdp", at, "veth0"])
    yield lambda: gslbd("gslbd, sockets", "")
    yield lambda: gslbd("gslbd, AF_XDP", " xdp=veth0")
    if Path("/usr/sbin/knotd").exists():
        yield lambda: knot("Knot, sockets", f"  listen: {ADDRESS}@{PORT}")
        yield lambda: knot("Knot, AF_XDP", f"  listen: {ADDRESS}@{PORT}\nxdp:\n  listen: veth0@{PORT}")


def load(names, seconds):
    command = within(CLIENT, 1, [BUILD / "tools/bench-load", "-s", f"{ADDRESS}:{PORT}", "-n", names, f"-t{seconds}", "-u0", "-R0"])
    generator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    text = generator.stdout.read()
    _, status, usage = os.wait4(generator.pid, 0)
    generator.returncode = status
    return json.loads(text), usage.ru_utime + usage.ru_stime


def run_once(server, names):
    load(names, WARM_UP)
    before = process_seconds(server.process.pid)
    report, generator = load(names, SECONDS)
    after = process_seconds(server.process.pid)
    n = report["received"] or 1
    return ((after[0] - before[0]) * 1e6 / n, (after[1] - before[1]) * 1e6 / n, generator * 1e6 / n,
            report["qps"] / 1000, report["lost"] / n, report["wrong"])


def measure(names, mtu):
    """The runs of all servers are interleaved, as a machine's speed drifts; each has a fresh pair, as some leave programs there."""
    rows = {}
    for _ in range(RUNS):
        for make in servers():
            open_lab(mtu)
            try:
                server = make()
                if server.up():
                    rows.setdefault(server.what, []).append(run_once(server, names))
                server.close()
            finally:
                close_lab()
    return {what: [statistics.median(column) for column in zip(*runs)] for what, runs in rows.items()}


def print_rows(rows):
    base = rows["bare, sockets (the floor)"]
    for what, (process, user, generator, kqps, lost, wrong) in rows.items():
        both = process + generator
        print(f"  {what:28} {process:5.2f} us ({user:4.2f} user) {process / base[0]:5.2f} x   with the generator {both:5.2f} us "
              f"{both / (base[0] + base[2]):5.2f} x   {kqps:4.0f} k/s   lost {lost * 100:.2f} %   wrong {wrong:.0f}", flush=True)


def main():
    if os.geteuid() != 0:
        sys.exit("network namespaces take root")
    with tempfile.NamedTemporaryFile("w", suffix=".names") as names:
        names.write("".join(f"n{i}.example.\n" for i in range(NAMES)))
        names.flush()
        for mode, mtu in (("in the driver", "1500"), ("generic mode", "9000")):
            print(f"CPU time a query over veth, XDP {mode}:")
            print_rows(measure(names.name, mtu))


main()
