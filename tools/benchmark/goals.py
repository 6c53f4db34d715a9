# SPDX-License-Identifier: ISC
"""What gslbd must reach, and whether it did."""

from dataclasses import dataclass

import floods


@dataclass
class Goal:
    table: str
    figure: str  # of Figures, or a key of their `more`
    limit: float
    of: str = ""  # the limit is so many times this: a figure of the same row, or the same figure of another row
    row: str = "gslbd"


# Times are of the machine that the goals were set on.
GOALS = [
    Goal("static", "total_us", 1.08, "floor"), Goal("static", "user_us", 0.20), Goal("static", "instructions", 700),
    Goal("geo", "total_us", 1.10, "floor"), Goal("geo", "user_us", 0.25), Goal("geo", "instructions", 1000),
    Goal("checked", "total_us", 1.12, "floor"), Goal("checked", "user_us", 0.28), Goal("checked", "instructions", 1100),
    Goal("city", "user_us", 0.28), Goal("city", "memory_mb", 24),
    Goal("tcp", "total_us", 3.5), Goal("tcp-each", "total_us", 21),
    Goal("million", "ready_s", 1.2), Goal("million", "memory_mb", 110), Goal("million", "reload_peak_mb", 240),
    Goal("million", "reload_peak_mb", 2.2, "memory_mb"), Goal("million", "reload_p999_us", 1.25, "p999_us"),
    Goal("small-zones", "ready_s", 0.05), Goal("small-zones", "memory_mb", 20),
    Goal("checks", "p99_us", 1.25, "none due", row="each 10 s"),
    *(Goal("floods", figure, 2, "plain", row) for row in floods.PLAIN for figure in ("total_us", "instructions")),
    *(Goal("floods", figure, 2, "steered", row) for row in ("candidates", "subnets") for figure in ("total_us", "instructions")),
]
# The same on any machine, by what gdnsd took on that one: 0.32, 0.35, 0.49 and 0.39 us, 22.6 us, 85 ms.
GOALS += [
    Goal("static", "user_us", 0.20 / 0.32, "gdnsd"), Goal("geo", "user_us", 0.25 / 0.35, "gdnsd"),
    Goal("checked", "user_us", 0.28 / 0.49, "gdnsd"), Goal("city", "user_us", 0.28 / 0.39, "gdnsd"),
    Goal("tcp-each", "total_us", 21 / 22.6, "gdnsd"), Goal("small-zones", "ready_s", 0.050 / 0.085, "gdnsd"),
]
# What nobody measures yet, so that nobody forgets.
NOT_YET = []


def value(tables, table, row, figure):
    figures = tables.get(table, {}).get(row)
    if figures is None or figures.problem:
        return None
    found = getattr(figures, figure, None)
    return figures.more.get(figure) if found is None else found


def limit_of(goal, tables):
    if not goal.of:
        return goal.limit
    base = value(tables, goal.table, goal.row, goal.of) or value(tables, goal.table, goal.of, goal.figure)
    return base and base * goal.limit


def judge(tables):
    """For each goal that was measured: (goal, measured, limit, met)."""
    verdicts = []
    for goal in GOALS:
        measured, limit = value(tables, goal.table, goal.row, goal.figure), limit_of(goal, tables)
        if measured is not None and limit is not None:
            verdicts.append((goal, measured, limit, measured <= limit))
    return verdicts
