# SPDX-License-Identifier: ISC
"""The results as text for people and JSON for programs."""

import json
import sys

import goals

COLUMNS = [("qps", "k/s", 7, lambda v: f"{v / 1000:.1f}"), ("total_us", "CPU us", 7, "{:.2f}".format),
           ("user_us", "user us", 8, "{:.2f}".format), ("instructions", "instr", 7, "{:.0f}".format),
           ("p50_us", "p50 us", 7, "{:.0f}".format), ("p99_us", "p99 us", 7, "{:.0f}".format),
           ("p999_us", "p99.9", 7, "{:.0f}".format), ("memory_mb", "MB", 6, "{:.1f}".format),
           ("ready_s", "ready s", 8, "{:.3f}".format)]
MORE = {"lost": lambda v: f"lost {v * 100:.2f} %" if v else "", "reload_p999_us": "reload p99.9 {:.0f} us".format,
        "reload_s": "reload {:.2f} s".format, "reload_peak_mb": "peak {:.0f} MB".format,
        "control_share": lambda v: f"control thread {v * 100:.1f} %", "flip_ms": "a flip published in {:.1f} ms".format}
UNITS = {"us": "us", "s": "s", "mb": "MB", "instructions": "instr"}


class Report:
    """Rows by workload and server; printed as they come."""

    def __init__(self, parts):
        self.parts = parts
        self.rows, self.titles, self.warnings = {}, {}, []

    def warn(self, text):
        self.warnings.append(text)
        print(f"warning: {text}", file=sys.stderr, flush=True)

    def add(self, name, title, results):
        self.rows[name], self.titles[name] = results, title
        print(f"\n{title}\n  {'':10}" + "".join(f"{head:>{width + 1}}" for _, head, width, _ in COLUMNS))
        for server, figures in results.items():
            self.line(server, figures)
            if figures.problem:
                self.warn(f"{name}: {server} {figures.problem}")

    def line(self, server, figures):
        if figures.problem:
            print(f"  {server:10} no figures: {figures.problem}")
            return
        cells = []
        for key, _, width, form in COLUMNS:
            value = getattr(figures, key)
            cells.append(f"{'' if value is None else form(value):>{width + 1}}")
        more = [MORE[key](value) for key, value in figures.more.items() if key in MORE]
        print(f"  {server:10}" + "".join(cells) + "  " + ", ".join(filter(None, more)), flush=True)

    def goals(self):
        verdicts = goals.judge(self.rows)
        if verdicts:
            print("\nGoals of gslbd")
        for goal, measured, limit, met in verdicts:
            of = f"  ({goal.limit} x {goal.of})" if goal.of else ""
            print(f"  {'met   ' if met else 'MISSED'}  {goal.workload:16} {goal.figure:16} {measured:9.2f}  <= {limit:9.2f}{of}")
        for text in goals.NOT_YET:
            print(f"  not measured: {text}")

    def as_dict(self):
        return {"titles": self.titles,
                "rows": {name: {server: f.as_dict() for server, f in results.items()} for name, results in self.rows.items()},
                "goals": [{"workload": g.workload, "figure": g.figure, "measured": m, "limit": limit, "met": met}
                          for g, m, limit, met in goals.judge(self.rows)],
                "not_measured": goals.NOT_YET, "warnings": self.warnings}

    def write_json(self, path):
        path.write_text(json.dumps(self.as_dict(), indent=1) + "\n")
