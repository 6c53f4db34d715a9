# SPDX-License-Identifier: ISC
"""User instructions a query, by callgrind: the same server binaries, and only what queries cost."""

import re
import subprocess

import floods
import lab
import speed
import tcp
from measure import Asker, WrongAnswers, entries
from servers import Failed, Gslbd

COUNT = 20000
WRAPPER = ("valgrind", "--tool=callgrind", "--instr-atstart=no", "--trace-children=yes", "--callgrind-out-file=callgrind.%p")
CHECK_INTERVAL_S = 250  # so that no check falls into what is counted
PROFILE_LINES = 15


def control(server, *words):
    for pid in lab.family(server.pid):
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
    for inclusive in ("no", "yes"):
        text = subprocess.run(["callgrind_annotate", f"--inclusive={inclusive}", "--auto=no", "--threshold=100", path],
                              capture_output=True, text=True).stdout
        found = re.findall(r"^\s*([\d,]+) \([ \d.]+%\)\s+(\S.*)$", text, re.MULTILINE)
        lines.append("    inclusive" if inclusive == "yes" else "    exclusive")
        for count, where in [f for f in found if "PROGRAM TOTALS" not in f[1]][:PROFILE_LINES]:
            function = re.sub(r"^.*?:|\s*\[.*", "", where)
            lines.append(f"    {int(count.replace(',', '')) / replies:9.1f}  {function}")
    return "\n".join(lines)


def count(kind, workload, want_profile):
    """Instructions a query, and a profile or None. Caches are filled before counting begins."""
    server = kind(workload.setup, WRAPPER)
    try:
        asker = Asker(workload.lines, server, workload.tool, workload.flags)
        asker.run("-u0", "-t60", f"-N{COUNT}")
        control(server, "-i", "on")
        asker.run("-u0", "-t60", f"-N{COUNT // 10}")
        control(server, "-d")
        replies = asker.run("-u0", "-t60", f"-N{COUNT}")["received"]
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
