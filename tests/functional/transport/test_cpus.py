# SPDX-License-Identifier: ISC
"""Workers that stay on CPUs, and are handed what their CPU receives."""

import contextlib
import os
import signal
import socket
from pathlib import Path

import dns.message
import dns.query
import pytest
from harness import SOA, Server, run_gslbd, wait_until
from streams import framed

REST = "datacenter fra\nzone app.example.com z.zone\n"
ZONE = SOA + "www A 192.0.2.1\n"
QUERY = dns.message.make_query("www.app.example.com.", "A")
CPUS = sorted(os.sched_getaffinity(0))

two_cpus = pytest.mark.skipif(len(CPUS) < 2, reason="there are no two CPUs")


def conf(cpus):
    return f"listen 127.0.0.1:@PORT@\nworkers {len(cpus)} cpus={','.join(map(str, cpus))}\n" + REST


@contextlib.contextmanager
def on(cpu):
    """Whatever this thread sends to loopback is received by that CPU."""
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, CPUS)


@contextlib.contextmanager
def stopped(server):
    tasks = Path(f"/proc/{server.process.pid}/task")
    server.process.send_signal(signal.SIGSTOP)
    try:
        wait_until(lambda: all("State:\tT" in (task / "status").read_text() for task in tasks.iterdir()), what="it stops")
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


def waiting(kind, port):
    """What waits in each socket: octets, or connections of one that listens, by inode."""
    rows = [line.split() for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]
    return {row[9]: int(row[4].split(":")[1], 16) for row in rows
            if int(row[1].split(":")[1], 16) == port and row[3] in ("07", "0A")}


def receivers(kind, port, before):
    return {inode for inode, n in waiting(kind, port).items() if n > before[inode]}


@two_cpus
def test_each_worker_stays_on_its_cpu():
    cpus = CPUS[:2][::-1]
    with Server({"gslbd.conf": conf(cpus), "z.zone": ZONE}) as server:
        threads = {}
        for task in Path(f"/proc/{server.process.pid}/task").iterdir():
            status = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
            threads[status["Name"]] = status["Cpus_allowed_list"]
        assert [threads[f"gslbd/{i}"] for i in range(2)] == [str(cpu) for cpu in cpus]
        assert threads["gslbd"] != threads["gslbd/0"]


@two_cpus
def test_what_a_cpu_receives_is_for_its_worker():
    with Server({"gslbd.conf": conf(CPUS[:2]), "z.zone": ZONE}) as server, contextlib.ExitStack() as sockets, stopped(server):
        chosen = {"udp": [], "tcp": []}
        for cpu in CPUS[:2]:
            before = {kind: waiting(kind, server.port) for kind in chosen}
            assert [len(before[kind]) for kind in chosen] == [2, 2]
            with on(cpu):
                for _ in range(20):  # addresses and ports alone would spread them
                    udp = sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    udp.sendto(QUERY.to_wire(), ("127.0.0.1", server.port))
                    tcp = sockets.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                    tcp.sendall(framed())
            for kind in chosen:
                chosen[kind].append(receivers(kind, server.port, before[kind]))
        for kind, (first, second) in chosen.items():
            assert len(first) == 1 and len(second) == 1 and first != second, kind


@two_cpus
def test_a_cpu_without_a_worker_is_served_too():
    with Server({"gslbd.conf": conf(CPUS[:1]), "z.zone": ZONE}) as server:
        for cpu in CPUS[:2]:
            with on(cpu):
                assert dns.query.udp(QUERY, server.address, port=server.port, timeout=5).answer
                assert dns.query.tcp(QUERY, server.address, port=server.port, timeout=5).answer


def test_a_cpu_that_is_not_there_is_an_error(tmp_path):
    if 1023 in CPUS:
        pytest.skip("CPU 1023 is there")
    (tmp_path / "z.zone").write_text(ZONE)
    (tmp_path / "gslbd.conf").write_text("listen 127.0.0.1:5399\nworkers 1 cpus=1023\n" + REST)
    result = run_gslbd(tmp_path / "gslbd.conf")
    assert result.returncode == 1
    assert "workers: cpus: this machine has no CPU 1023, or it may not be used" in result.stderr
    assert run_gslbd("--check", tmp_path / "gslbd.conf").returncode == 0  # it may be another machine's


def test_other_cpus_take_a_restart():
    with Server({"gslbd.conf": conf(CPUS[:1]), "z.zone": ZONE}) as server:
        server.reload()
        assert "a change of workers" not in server.log()
        server.write("gslbd.conf", "listen 127.0.0.1:@PORT@\nworkers 1\n" + REST)
        server.reload()
        wait_until(lambda: "a change of workers takes effect at the next start" in server.log())
