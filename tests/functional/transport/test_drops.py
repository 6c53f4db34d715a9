# SPDX-License-Identifier: ISC
"""Queries that come faster than they are answered are lost, and counted."""

import re
import signal
import socket

import dns.message
from admin import AdminServer
from harness import wait_until

QUERY = dns.message.make_query("www.app.example.com.", "A").to_wire()
SENT = 40000  # more than a receive buffer holds


def metric(server, name):
    text = server.call("GET", "/metrics")[1]
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.M))


def test_what_the_kernel_drops_is_counted_and_told_once():
    with AdminServer("datacenter fra\n", "www A 192.0.2.1\n") as server:
        listen = f"127.0.0.1:{server.port}"
        assert f'gslbd_udp_dropped_total{{listen="{listen}"}} 0\n' in server.call("GET", "/metrics")[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", server.port))
            server.process.send_signal(signal.SIGSTOP)
            try:
                for _ in range(SENT):
                    sock.send(QUERY)
            finally:
                server.process.send_signal(signal.SIGCONT)
            wait_until(lambda: metric(server, "gslbd_queries_total") + metric(server, "gslbd_udp_dropped_total") == SENT,
                       20, "every query is answered or counted as dropped")
            dropped = metric(server, "gslbd_udp_dropped_total")
            assert dropped > 0
            told = f"listen {listen}: the kernel has dropped {dropped:.0f} queries"
            wait_until(lambda: told in server.log(), what="it is in the log")
            seconds = [line.split()[0] for line in server.log().splitlines() if "the kernel has dropped" in line]
            assert len(seconds) == 1
