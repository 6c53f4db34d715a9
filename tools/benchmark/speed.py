# SPDX-License-Identifier: ISC
"""CPU time a query, side by side in one run: the floor, gslbd, and other name servers that tools/oracles has unpacked."""

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import lab

NAMES = 10000
SOA = "$TTL 30\n@ SOA ns1 hostmaster 1 1h 15m 14d 30s\n@ NS ns1\nns1 A 192.0.2.53\n"
CONTINENTS = {"*": "iad fra sin", "EU": "fra iad sin", "AS": "sin fra iad", "AF": "fra sin iad", "OC": "sin iad fra"}


def static_zone():
    return SOA + "".join(f"n{i} A 192.0.{i // 250}.{i % 250 + 1}\n" for i in range(NAMES))


def geomap(datacenter):
    lines = [f"geomap world {key} {order}" for key, order in CONTINENTS.items()]
    return "\n".join([f"geoip {lab.ROOT}/geoip/dbip-country.mmdb", *map(datacenter, ("fra", "iad", "sin")), *lines]) + "\n"


def geo_conf():
    return geomap(lambda name: f"datacenter {name}") + "zone example z\n"


def checked_conf():
    hosts = {"fra": "127.0.0.21", "iad": "127.0.0.22", "sin": "127.0.0.23"}
    return ("check c http interval=1s port=@FARM@\n" +
            geomap(lambda name: f"datacenter {name} address={hosts[name]} check=c") + "zone example z\n")


def geo_zone():
    records = "".join(f"n{i} AT {dc} A 192.0.2.{k}\n" for i in range(NAMES) for k, dc in enumerate(("fra", "iad", "sin")))
    return SOA + "@ STEER geo world\n" + records


def weighted_zone():
    records = "".join(f"n{i} AT {dc} weight={weight} A 192.0.2.{k}{weight}\n" for i in range(NAMES)
                      for k, dc in enumerate(("fra", "iad", "sin"), 1) for weight in (3, 1))
    return SOA + "@ STEER geo world pick=weighted\n" + records


class Process:
    """A server that is no gslbd, pinned to CPU 0, in a folder of its own."""

    def __init__(self, command, port, folder, environment=None):
        self.port, self.folder = port, folder
        self.process = subprocess.Popen(lab.pinned(0, command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, **(environment or {})}, cwd=folder)
        self.pid = self.process.pid
        time.sleep(2)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


def floor():
    port = lab.free_port()
    return Process([lab.BUILD / "tools/bench-floor", f"127.0.0.1:{port}"], port, tempfile.mkdtemp(prefix="bench-"))


def unpacked(package, program):
    path = lab.ROOT / "build/oracles" / package / "usr/sbin" / program
    return path if path.exists() else None


def knot():
    program, port, folder = unpacked("knot", "knotd"), lab.free_port(), tempfile.mkdtemp(prefix="bench-")
    if program is None:
        return None
    Path(folder, "z").write_text(static_zone())
    Path(folder, "knot.conf").write_text(
        f"server:\n  listen: 127.0.0.1@{port}\n  rundir: {folder}\n  udp-workers: 1\n  tcp-workers: 1\n"
        f"  background-workers: 1\ndatabase:\n  storage: {folder}\nzone:\n  - domain: example\n    file: {folder}/z\n")
    return Process([program, "-c", f"{folder}/knot.conf"], port, folder)


def nsd():
    program, port, folder = unpacked("nsd", "nsd"), lab.free_port(), tempfile.mkdtemp(prefix="bench-")
    if program is None:
        return None
    Path(folder, "z").write_text(static_zone())
    Path(folder, "nsd.conf").write_text(
        f'server:\n  ip-address: 127.0.0.1@{port}\n  server-count: 1\n  username: ""\n  zonesdir: "{folder}"\n'
        f'  pidfile: "{folder}/pid"\n  xfrdfile: "{folder}/xfrd"\n  zonelistfile: "{folder}/zones"\n  database: ""\n'
        f'  xfrdir: "{folder}"\n  logfile: "{folder}/log"\nremote-control:\n  control-enable: no\n'
        f'zone:\n  name: example\n  zonefile: "z"\n')
    return Process([program, "-d", "-c", f"{folder}/nsd.conf"], port, folder)


def family(pid):
    """A process and all below it: NSD answers in a grandchild."""
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return [pid] + [p for child in children for p in family(int(child))]


def family_cpu(pid):
    times = [lab.cpu_seconds(p) for p in family(pid)]
    return sum(t[0] for t in times), sum(t[1] for t in times)


def measure(server, names, subnet):
    """Queries a second, user and system time a query in microseconds: the median of three runs."""
    runs = []
    for _ in range(3):
        before = family_cpu(server.pid)
        report = lab.load(server.port, names, e=subnet, t=4, u=0, R=0)
        after = family_cpu(server.pid)
        n = report["received"] or 1
        runs.append((report["qps"], (after[0] - before[0]) * 1e6 / n, (after[1] - before[1]) * 1e6 / n,
                     report["lost"] / n, report["wrong"]))
    return [statistics.median(column) for column in zip(*runs)]


def row(what, server, names, subnet, base):
    if server is None:
        return None
    with server:
        qps, user, system, lost, wrong = measure(server, names, subnet)
        total = user + system
        ratio = f"{total / base:.2f} x floor" if base else ""
        print(f"  {what:24} {qps / 1000:7.0f} k/s   {total:5.2f} us ({user:4.2f} user)   {ratio:12}  "
              f"lost {lost * 100:.2f} %   wrong {wrong:.0f}", flush=True)
        return total


def main():
    lab.build()
    names = [f"n{i}.example." for i in range(NAMES)]
    print("CPU time a query, server on one core, generator on another:")
    base = row("the floor", floor(), names, 0, None)
    row("gslbd, static", lab.Gslbd("zone example z\n", {"z": static_zone()}), names, 0, base)
    row("Knot, static", knot(), names, 0, base)
    row("NSD, static", nsd(), names, 0, base)
    if not (lab.ROOT / "geoip/dbip-country.mmdb").exists():
        print("  (no geoip/dbip-country.mmdb: tools/geoip-fetch country gets it)")
        return
    base = row("the floor, ECS", floor(), names, 24, None)
    row("gslbd, geo", lab.Gslbd(geo_conf(), {"z": geo_zone()}), names, 24, base)
    import scale
    farm = scale.Farm()
    conf = checked_conf().replace("@FARM@", str(farm.port))
    row("gslbd, geo+weights+health", lab.Gslbd(conf, {"z": weighted_zone()}), names, 24, base)
    farm.stop()
