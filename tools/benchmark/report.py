# SPDX-License-Identifier: ISC
"""The results as text for people and JSON for programs."""

import json
import sys

import goals
from measure import Figures

LABEL = 24
COLUMNS = [("qps", "k/s", 7, lambda v: f"{v / 1000:.1f}"), ("total_us", "CPU us", 7, "{:.2f}".format),
           ("user_us", "user us", 8, "{:.2f}".format), ("p50_us", "p50 us", 7, "{:.0f}".format), ("p99_us", "p99 us", 7, "{:.0f}".format),
           ("p999_us", "p99.9", 7, "{:.0f}".format), ("memory_mb", "MB", 6, "{:.1f}".format),
           ("ready_s", "ready s", 8, "{:.3f}".format)]
MORE = {"lost": lambda v: f"lost {v * 100:.2f} %" if v else "",
        "stalled": lambda v: f"stood still {v * 100:.0f} %" if v else "", "ready_cpu_s": "ready after {:.3f} s of CPU".format,
        "reload_p999_us": "reload p99.9 {:.0f} us".format,
        "reload_s": "reload {:.2f} s".format, "reload_peak_mb": "peak {:.0f} MB".format,
        "control_share": lambda v: f"control thread {v * 100:.1f} %", "flip_ms": "a flip published in {:.1f} ms".format,
        "with_generator_us": "with the generator {:.2f} us".format}


class Report:
    """Tables of rows of figures, by their names; printed as they come."""

    def __init__(self):
        self.tables, self.titles, self.warnings = {}, {}, []

    def warn(self, text):
        self.warnings.append(text)
        print(f"warning: {text}", file=sys.stderr, flush=True)

    def add(self, name, title, rows):
        """`rows` are pairs of label and figures, and may be measured only as they are taken."""
        table = self.tables.setdefault(name, {})
        self.titles[name] = title
        print(f"\n{title}\n  {'':{LABEL}}" + "".join(f"{head:>{width + 1}}" for _, head, width, _ in COLUMNS),
              flush=True)
        for label, figures in rows:
            table[label] = figures
            self.line(label, figures)
            if figures.problem:
                self.warn(f"{name}: {label} {figures.problem}")

    def broken(self):
        """Is there a row of gslbd's or the floor's without figures?"""
        peers = ("gdnsd", "Knot", "NSD", "PowerDNS")
        return any(f.problem and not label.endswith(peers) for rows in self.tables.values() for label, f in rows.items())

    def add_instructions(self, name, label, instructions):
        """Into a row that was measured before, or one of its own."""
        figures = self.tables.setdefault(name, {}).setdefault(label, Figures())
        figures.instructions = instructions
        print(f"  {name:12} {label:24} {instructions:8.0f}", flush=True)

    def line(self, label, figures):
        if figures.problem:
            print(f"  {label:{LABEL}} no figures: {figures.problem}")
            return
        cells = []
        for key, _, width, form in COLUMNS:
            value = getattr(figures, key)
            cells.append(f"{'' if value is None else form(value):>{width + 1}}")
        more = [MORE[key](value) for key, value in figures.more.items() if key in MORE]
        print(f"  {label:{LABEL}}" + "".join(cells) + "  " + ", ".join(filter(None, more)), flush=True)

    def goals(self):
        verdicts = goals.judge(self.tables)
        if verdicts:
            print("\nGoals of gslbd")
        for goal, measured, limit, met in verdicts:
            of = f"  ({goal.limit:.3g} x {goal.of})" if goal.of else ""
            print(f"  {'met   ' if met else 'MISSED'}  {goal.table:12} {goal.row:14} {goal.figure:16} {measured:9.2f}  <= {limit:9.2f}{of}")
        for text in goals.NOT_YET:
            print(f"  not measured: {text}")

    def as_dict(self):
        return {"titles": self.titles,
                "tables": {name: {label: f.as_dict() for label, f in rows.items()} for name, rows in self.tables.items()},
                "goals": [{"table": g.table, "row": g.row, "figure": g.figure, "measured": m, "limit": limit, "met": met}
                          for g, m, limit, met in goals.judge(self.tables)],
                "not_measured": goals.NOT_YET, "warnings": self.warnings}

    def write_json(self, path):
        path.write_text(json.dumps(self.as_dict(), indent=1) + "\n")
