# SPDX-License-Identifier: ISC
"""
CPU time a query over a veth pair between two network namespaces: sockets beside AF_XDP, bare and in servers.

What the server's interface receives is worked on while the generator sends, and the other way round, so the generator's
time is told too: the sum of both is what a query costs the machine.
"""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import lab
import queries
import setups
from measure import CpuMeter, Figures
from servers import Failed

SERVER, CLIENT = f"bench-{os.getpid()}-s", f"bench-{os.getpid()}-c"
ADDRESS, PORT, INTERFACE = "10.78.0.1", 5300, "veth0"
PATIENCE_S, WARM_UP_S = 10, 0.5
MODES = {"xdp": ("in the driver", 1500), "xdp-generic": ("generic mode", 9000)}
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
    file: {folder}/zone
"""


def ip(*words):
    done = subprocess.run(["ip", *map(str, words)], stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failed(f"ip {words[0]}: {done.stderr.strip()}")


@contextmanager
def pair(mtu):
    """The two namespaces. A pair for each run, as some servers leave programs there."""
    try:
        for namespace in (SERVER, CLIENT):
            ip("netns", "add", namespace)
        ip("-n", SERVER, "link", "add", INTERFACE, "mtu", mtu, "type", "veth", "peer", "name", INTERFACE, "mtu", mtu, "netns", CLIENT)
        for namespace, address in ((SERVER, ADDRESS), (CLIENT, "10.78.0.2")):
            ip("-n", namespace, "addr", "add", f"{address}/24", "dev", INTERFACE)
            for link in ("lo", INTERFACE):
                ip("-n", namespace, "link", "set", link, "up")
        yield
    finally:
        for namespace in (SERVER, CLIENT):
            subprocess.run(["ip", "netns", "del", namespace], stderr=subprocess.DEVNULL)


def within(namespace, cpu, command):
    return ["ip", "netns", "exec", namespace, *lab.pinned(cpu, command)]


def load(asked, seconds):
    """What came back, and the CPU time that asking took."""
    command = [lab.BUILD / "tools/bench-load", "-s", f"{ADDRESS}:{PORT}", "-q", asked, f"-t{seconds}", "-u0"]
    generator = subprocess.Popen(within(CLIENT, lab.LOAD_CPU, command), stdout=subprocess.PIPE, text=True)
    text = generator.stdout.read()
    _, generator.returncode, usage = os.wait4(generator.pid, 0)
    return json.loads(text), usage.ru_utime + usage.ru_stime


@contextmanager
def server(command, conf, zone):
    """A server with those files in its folder; what stands for {folder} is put in."""
    folder = Path(tempfile.mkdtemp(prefix="gslbd-bench-"))
    log = open(folder / "log", "w+b")
    process = None
    try:
        (folder / "zone").write_text(zone)
        (folder / "conf").write_text(conf.replace("{folder}", str(folder)))
        command = [str(word).replace("{folder}", str(folder)) for word in command]
        process = subprocess.Popen(within(SERVER, lab.SERVER_CPU, command), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        yield process, folder / "log"
    finally:
        if process is not None:
            process.terminate()
            process.wait()
        log.close()
        shutil.rmtree(folder)


def await_answers(process, log, asked):
    """Until it answers; also by the way it is to be measured, as that may open after the sockets."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        if load(asked, 0.1)[0]["received"] > 0:
            load(asked, WARM_UP_S)
            return
    raise Failed("did not answer: " + " / ".join(log.read_text(errors="replace").strip().splitlines()[-2:]))


def run_once(entry, zone, mtu, seconds):
    """Times a query, in µs: user, in all, and the generator's; the report of the generator."""
    command, conf, asked = entry
    with pair(mtu), server(command, conf, zone) as (process, log):
        await_answers(process, log, asked)
        meter = CpuMeter(process.pid)
        report, generator = load(asked, seconds)
        if report["wrong"] or not report["received"]:
            raise Failed(f"{report['wrong']} wrong replies of {report['received']}")
        user, _, total = meter.spent(report["received"])
        return [time_s * 1e6 / report["received"] for time_s in (user, total, generator)], report


def measure(entries, zone, mtu, rounds, seconds):
    """Figures by label; in turns, because a machine's speed drifts."""
    runs, rows = {label: [] for label in entries}, {}
    for _ in range(rounds):
        for label, entry in entries.items():
            try:
                if label not in rows:
                    runs[label].append(run_once(entry, zone, mtu, seconds))
            except Failed as error:
                rows[label] = Figures(problem=str(error))
    for label, done in runs.items():
        if label in rows:
            continue
        user, total, generator = (statistics.median(times[i] for times, _ in done) for i in range(3))
        rows[label] = Figures(qps=statistics.median(report["qps"] for _, report in done), total_us=total, user_us=user or None)
        rows[label].more = {"with_generator_us": total + generator,
                            "lost": sum(r["lost"] for _, r in done) / sum(r["sent"] for _, r in done)}
    return {label: rows[label] for label in entries}


def entries_of(bench, mode, plain, bare):
    """By label: the command, its configuration, what is asked. A peer's name comes last, as its failure is not ours."""
    at = f"{ADDRESS}:{PORT}"
    conf = f"listen {at}%s\nworkers 1\nzone example zone\n"
    ours = [lab.BUILD / "gslbd", "{folder}/conf"]
    entries = {"floor": ([lab.BUILD / "tools/bench-floor", at], "", bare),
               "floor, AF_XDP": ([lab.BUILD / "tools/bench-floor-xdp", at, INTERFACE], "", bare),
               "gslbd": (ours, conf % "", plain),
               "gslbd, AF_XDP": (ours, conf % f" xdp={INTERFACE}", plain)}
    for kind in bench.named:
        if kind.name == "Knot":
            knot = [shutil.which("knotd", path="/usr/sbin:/usr/local/sbin"), "-c", "{folder}/conf"]
            entries["Knot"] = (knot, KNOT.replace("{listen}", f"  listen: {ADDRESS}@{PORT}"), plain)
            if mode == "xdp-generic":
                bench.report.warn("Knot can't ask for AF_XDP's generic mode: it takes the driver's, which veth refuses with a large MTU")
                continue
            entries["AF_XDP, Knot"] = (knot, KNOT.replace("{listen}", f"  listen: {ADDRESS}@{PORT}\nxdp:\n  listen: {INTERFACE}@{PORT}"),
                                       plain)
    return entries


def impossible():
    """Why nothing can be measured here; None: it can."""
    if os.geteuid() != 0:
        return "network namespaces take root"
    if shutil.which("ip") is None:
        return "there is no `ip` (package iproute2)"
    try:
        with pair(1500):
            return None
    except Failed as error:
        return str(error)


def write_lines(folder, name, lines):
    path = Path(folder) / name
    path.write_text("\n".join(lines) + "\n")
    return path


def run(bench):
    why = impossible()
    if why is not None:
        bench.report.warn(f"xdp is left out: {why}")
        return
    setup = setups.static()
    with tempfile.TemporaryDirectory(prefix="gslbd-bench-") as folder:
        plain = write_lines(folder, "plain", queries.plain())
        bare = write_lines(folder, "bare", queries.any_answer(queries.plain()))
        for name, (mode, mtu) in list(MODES.items())[:1 if bench.quick else None]:
            rows = measure(entries_of(bench, name, plain, bare), setup.zones[setups.ORIGIN], mtu, bench.rounds, bench.seconds)
            bench.report.add(name, f"Over a pair of veth interfaces, AF_XDP {mode}", rows.items())
