# SPDX-License-Identifier: ISC
"""User instructions a query, by callgrind: the same server binaries, and only what queries cost."""

import re
import subprocess
from pathlib import Path

import floods
import lab
import speed
import tcp
from measure import Asker, WrongAnswers, entries
from servers import Failed, Gslbd

COUNT, PATIENCE_S = 20000, 8
WRAPPER = ("valgrind", "--tool=callgrind", "--instr-atstart=no", "--trace-children=yes", "--callgrind-out-file=callgrind.%p")
LIMITS = (f"-N{COUNT}", f"-t{PATIENCE_S}")  # slow servers answer fewer, which are counted all the same
CHECK_INTERVAL_S = 250  # so that no check falls into what is counted
PROFILE_LINES = 15


def executes(pid):
    """Who waits for an upgrade does nothing until then, and would not hear callgrind_control either."""
    return Path(f"/proc/{pid}/comm").read_text().strip() != "gslbd-starter"


def control(server, *words):
    for pid in filter(executes, lab.family(server.pid)):
        done = subprocess.run([*lab.unprivileged(), "callgrind_control", *words, str(pid)], cwd=server.folder,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"callgrind_control: {done.stdout} {done.stderr}")


def dumps(server):
    """Of each process its last."""
    last = {}
    for path in server.folder.glob("callgrind.*.*"):
        _, pid, number = path.name.split(".")
        last[pid] = max(last.get(pid, (0, None)), (int(number), path))
    return [path for _, path in last.values()]


def total(path):
    return int(re.findall(r"^(?:totals|summary): (\d+)", path.read_text(), re.MULTILINE)[-1])


def profile(path, replies):
    """The functions that most instructions a query are spent in, and those they are spent below."""
    lines = []
    for kind, option, combine in (("exclusive", "no", lambda a, b: a + b), ("inclusive", "yes", max)):
        text = subprocess.run(["callgrind_annotate", f"--inclusive={option}", "--auto=no", "--threshold=100", path],
                              capture_output=True, text=True).stdout
        functions = {}  # inlining makes several entries for one
        for spent, where in re.findall(r"^\s*([\d,]+) \([ \d.]+%\)\s+(\S.*)$", text, re.MULTILINE):
            function = re.sub(r"^.*?:|\s*\[.*", "", where)
            functions[function] = combine(functions.get(function, 0), int(spent.replace(",", "")) / replies)
        functions.pop("PROGRAM TOTALS", None)
        most = sorted(functions.items(), key=lambda item: -item[1])[:PROFILE_LINES]
        lines += [f"    {kind}", *(f"    {spent:9.1f}  {function}" for function, spent in most)]
    return "\n".join(lines)


def count(kind, workload, want_profile):
    """Instructions a query, and a profile or None. Caches are filled before counting begins."""
    server = kind(workload.setup, WRAPPER)
    try:
        asker = Asker(workload.lines, server, workload.tool, workload.flags)
        asker.settle(*LIMITS)
        control(server, "-i", "on")
        asker.run("-u0", "-t2", f"-N{COUNT // 10}")
        control(server, "-d")
        replies = asker.run("-u0", *LIMITS)["received"]
        control(server, "-d")
        paths = dumps(server)
        return sum(map(total, paths)) / replies, profile(paths[0], replies) if want_profile else None
    finally:
        server.stop()


def measure(bench, name, rows):
    for label, kind, workload in rows:
        if not kind.serves(workload.setup):
            continue
        try:
            instructions, text = count(kind, workload, bench.profile and kind is Gslbd)
        except (Failed, WrongAnswers) as error:
            bench.report.warn(f"instructions, {name}: {label} {error}")
            continue
        bench.report.add_instructions(name, label, instructions)
        if text:
            print(text)


def run(bench):
    print("\nUser instructions a query, by callgrind")
    measure(bench, "static", entries(bench.servers, speed.static_workload()))
    if speed.database(bench, speed.COUNTRY):
        measure(bench, "geo", entries(bench.servers, speed.geo_workload()))
        with speed.farm() as (port, _):
            measure(bench, "checked", entries(bench.servers, speed.checked_workload(port, CHECK_INTERVAL_S)))
    measure(bench, "tcp", entries(bench.named, tcp.persistent_workload()))
    measure(bench, "floods", floods.rows(bench, bench.own))
