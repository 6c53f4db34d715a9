# SPDX-License-Identifier: ISC
"""Over TCP: connections that stay with queries pipelined on them, and a connection a query."""

import queries
import setups
from measure import Workload


def persistent_workload(bench):
    return Workload("tcp", "TCP, 16 connections with up to 16 queries in flight on each", setups.static(), queries.plain(),
                    bench.named, tool="tcp", half_load=False)


def run(bench):
    bench.contest(persistent_workload(bench))
    bench.contest(Workload("tcp-each", "TCP, a connection a query, 16 at a time", setups.static(), queries.plain(), bench.named,
                           tool="tcp", flags=("-1",), half_load=False))
