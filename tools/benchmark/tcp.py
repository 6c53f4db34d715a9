# SPDX-License-Identifier: ISC
"""Over TCP and TLS: connections that stay with queries pipelined on them, and a connection a query."""

import queries
import servers
import setups
from measure import Workload, entries


def persistent_workload():
    return Workload(setups.static(), queries.plain(), tool="tcp", half_load=False)


def run(bench):
    bench.table("tcp", "TCP: 16 connections with up to 16 queries in flight on each", entries(bench.named, persistent_workload()))
    each = Workload(setups.static(), queries.plain(), tool="tcp", flags=("-1", "-c8"), half_load=False)
    bench.table("tcp-each", "TCP: a connection a query, 8 at a time", entries(bench.servers, each))

    tls = Workload(setups.static(), queries.plain(), tool="tcp", flags=("-T",), half_load=False)
    bench.table("tls", "TLS: 16 connections with up to 16 queries in flight on each", entries([servers.GslbdTls], tls))
    each = Workload(setups.static(), queries.plain(), tool="tcp", flags=("-T", "-1", "-c8"), half_load=False)
    bench.table("tls-each", "TLS: a connection a query, resumed, 8 at a time", entries([servers.GslbdTls], each))
