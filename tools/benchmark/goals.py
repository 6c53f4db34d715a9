# SPDX-License-Identifier: ISC
"""What gslbd must reach, and whether it did."""

from dataclasses import dataclass


@dataclass
class Goal:
    workload: str
    figure: str  # of gslbd's Figures, or a key of their `more`
    limit: float
    of: str = ""  # the limit is so many times this: a server of the same workload, or gslbd's figure for another workload


GOALS = [
    Goal("static", "total_us", 1.08, "floor"), Goal("static", "user_us", 0.20), Goal("static", "instructions", 700),
    Goal("geo", "total_us", 1.10, "floor"), Goal("geo", "user_us", 0.25), Goal("geo", "instructions", 1000),
    Goal("checked", "total_us", 1.12, "floor"), Goal("checked", "user_us", 0.28), Goal("checked", "instructions", 1100),
    Goal("city", "user_us", 0.28), Goal("city", "memory_mb", 24),
    Goal("tcp", "total_us", 3.5), Goal("tcp-each", "total_us", 21),
    Goal("million", "ready_s", 1.2), Goal("million", "memory_mb", 110), Goal("million", "reload_peak_mb", 240),
    Goal("million", "reload_peak_mb", 2.2, "memory_mb"), Goal("million", "reload_p999_us", 1.25, "p999_us"),
    Goal("small-zones", "ready_s", 0.05), Goal("small-zones", "memory_mb", 20),
    Goal("checks-10k", "p99_us", 1.25, "checks-none"),
    *(Goal(f"flood-{kind}", "user_us", 2, "flood-none") for kind in
      ("nxdomain", "labels", "long", "wildcard", "candidates", "ecs")),
]
# What nobody measures yet, so that nobody forgets.
NOT_YET = ["DNS over TLS: gslbd does not speak it yet"]


def value(rows, workload, server, figure):
    figures = rows.get(workload, {}).get(server)
    if figures is None or figures.problem:
        return None
    found = getattr(figures, figure, None)
    return figures.more.get(figure) if found is None else found


def limit_of(goal, rows):
    if not goal.of:
        return goal.limit
    base = (value(rows, goal.workload, "gslbd", goal.of) or value(rows, goal.workload, goal.of, goal.figure) or
            value(rows, goal.of, "gslbd", goal.figure))
    return base and base * goal.limit


def judge(rows):
    """For each goal that was measured: (goal, measured, limit, met)."""
    verdicts = []
    for goal in GOALS:
        measured, limit = value(rows, goal.workload, "gslbd", goal.figure), limit_of(goal, rows)
        if measured is not None and limit is not None:
            verdicts.append((goal, measured, limit, measured <= limit))
    return verdicts
