# SPDX-License-Identifier: ISC
"""Where it can't be had, the log says why and sockets serve; and it ends with the process."""

import contextlib
import os
import re
import signal
import socket

import dns.flags
import dns.message
import harness
import pytest
from harness import wait_until
from lab import ADMIN, LISTENS, PORT, REST, V4, V6, Gslbd, Lab, inside, query, run


@pytest.fixture
def lab():
    lab = Lab()
    yield lab
    lab.close()


def ways(lab, server, address=V4, times=1):
    """By which ways so many queries were answered."""
    before = server.counts()
    for _ in range(times):
        assert lab.ask(query(), address) is not None
    after = server.counts()
    return {t: after[t] - before[t] for t in after if after[t] != before[t]}


@pytest.mark.parametrize("interface, why", [
    ("nosuch0", "there is no such interface"),
    ("lo", "it is no Ethernet interface"),
])
def test_an_interface_that_has_it_not(lab, interface, why):
    with lab.gslbd(LISTENS.replace("veth0", interface)) as server:
        lines = [line for line in server.log().splitlines() if f"xdp={interface}" in line]
        assert len(lines) == 1 and lines[0].endswith(f"error xdp={interface}: {why}: its packets go through ordinary sockets")
        assert ways(lab, server) == {"udp": 1} and ways(lab, server, V6) == {"udp": 1}


def test_another_program_is_there_already(lab):
    with lab.gslbd() as first:
        with lab.gslbd(f"listen {V4}:{PORT + 1} xdp=veth0\n", admin="") as second:
            assert "another XDP program is attached already: its packets go through ordinary sockets" in second.log()
            assert lab.ask(query(), V4, PORT + 1) is not None
        assert ways(lab, first) == {"xdp": 1}


def test_without_the_privilege(lab, monkeypatch, tmp_path):
    if not os.access("/usr/bin/setpriv", os.X_OK):
        pytest.skip("no setpriv")
    script = tmp_path / "gslbd"
    script.write_text(f'#!/bin/sh\nexec setpriv --bounding-set=-all --inh-caps=-all {harness.GSLBD} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setattr(harness, "GSLBD", str(script))
    with lab.gslbd() as server:
        assert "error xdp=veth0: loading the filter: not permitted; it takes CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW: " \
            "its packets go through ordinary sockets" in server.log()
        assert lab.ask(query()) is not None and not lab.attached()


def test_as_a_user_that_is_not_root(lab, monkeypatch):
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")  # see privileges
    conf = "user nobody\n" + LISTENS + REST
    server = Gslbd(lab, conf, owner="nobody")
    assert lab.attached()
    with inside(lab.client), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.connect((V4, PORT))
        for i in range(300):  # more than one look at the rings
            sock.send(query(ident=i).to_wire())
            assert int.from_bytes(sock.recv(512)[:2], "big") == i
    status = open(f"/proc/{server.process.pid}/status", encoding="ascii").read()
    assert "error" not in server.log() and "CapEff:\t0000000000000000" in status
    server.end(signal.SIGTERM)
    assert not lab.attached()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_filter_ends_with_the_process(lab, number):
    server = lab.gslbd()
    assert lab.attached() and ways(lab, server) == {"xdp": 1}
    server.end(number)
    wait_until(lambda: not lab.attached(), what="no program at the interface")
    server.write("gslbd.conf", (server.folder / "gslbd.conf").read_text().replace(" xdp=veth0", ""))
    server.start()
    assert ways(lab, server) == {"udp": 1}
    server.stop()


def test_no_query_is_lost_when_it_stops(lab):
    """What is under way is answered by the frames or, once the filter is gone, by the sockets."""
    server = lab.gslbd()
    n = 200
    with inside(lab.client), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.connect((V4, PORT))
        server.process.send_signal(signal.SIGSTOP)
        for i in range(n):
            sock.send(query(ident=i).to_wire())
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGCONT)
        assert {int.from_bytes(sock.recv(512)[:2], "big") for _ in range(n)} == set(range(n))
    server.stop()


def test_lost_frames_are_counted(lab):
    with lab.gslbd() as server:
        assert server.lost() == 0
        server.process.send_signal(signal.SIGSTOP)
        with inside(lab.client), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect((V4, PORT))
            for i in range(5000):  # there are 2048 frames
                sock.send(query(ident=i).to_wire())
        server.process.send_signal(signal.SIGCONT)
        wait_until(server.lost, what="lost frames")
        wait_until(lambda: lab.ask(query(), timeout=0.5), what="an answer behind all that were not lost")
        assert server.counts()["xdp"] > 2048


def test_an_address_for_all(lab):
    run("ip", "-n", lab.server, "addr", "add", "10.77.0.8/24", "dev", "veth0")
    run("ip", "-n", lab.server, "addr", "add", "10.99.0.1/32", "dev", "lo")
    run("ip", "-n", lab.client, "route", "add", "10.99.0.1/32", "via", V4)
    with lab.gslbd(f"listen 0.0.0.0:{PORT} xdp=veth0\nlisten [::]:{PORT} xdp=veth0\n") as server:
        assert ways(lab, server) == ways(lab, server, "10.77.0.8") == ways(lab, server, V6) == {"xdp": 1}
        assert ways(lab, server, "10.99.0.1") == {"udp": 1}  # another interface's
        run("ip", "-n", lab.server, "addr", "add", "10.77.0.9/24", "dev", "veth0")
        assert ways(lab, server, "10.77.0.9") == {"udp": 1}  # came later
        assert "xdp=veth0" in server.log() and "error" not in server.log()


def test_one_interface_of_two_can_not(lab):
    run("ip", "-n", lab.server, "link", "add", "small0", "mtu", "1500", "type", "veth", "peer", "name", "small1")
    with lab.gslbd(f"listen 127.0.0.1:{PORT} xdp=small1\nlisten [::1]:{PORT} xdp=nosuch0\n" + LISTENS) as server:
        assert "xdp=small1: 1 queue, in the driver" in server.log() and "xdp=veth0: 1 queue, in the driver" in server.log()
        assert "error xdp=nosuch0" in server.log()
        assert ways(lab, server) == ways(lab, server, V6) == {"xdp": 1}


def test_the_interface_goes_away(lab):
    with lab.gslbd() as server:
        assert ways(lab, server) == {"xdp": 1}
        run("ip", "-n", lab.server, "link", "set", "veth0", "down")
        run("ip", "-n", lab.server, "link", "set", "veth0", "up")
        assert wait_until(lambda: lab.ask(query(), timeout=0.2), what="an answer after the link was down")
        assert ways(lab, server) == {"xdp": 1}
        run("ip", "-n", lab.server, "link", "del", "veth0")
        lab.plug()
        assert ways(lab, server) == {"udp": 1}  # another interface of that name


@contextlib.contextmanager
def lab_with(**options):
    lab = Lab(**options)
    try:
        yield lab
    finally:
        lab.close()


def test_queues_are_shared_among_workers():
    with lab_with(queues=3) as lab, lab.gslbd() as server:
        assert "xdp=veth0: 3 queues, in the driver" in server.log()
        assert ways(lab, server, times=60) == {"xdp": 60}
        assert ways(lab, server, V6, times=60) == {"xdp": 60}


def test_generic_mode_where_the_driver_can_not():
    with lab_with(mtu=9000) as lab, lab.gslbd() as server:
        assert "warning xdp=veth0: attaching to the driver: " in server.log() and ": in generic mode, which is slower" in server.log()
        assert "xdp=veth0: 1 queue, generic mode, copied" in server.log()
        assert ways(lab, server, times=100) == {"xdp": 100} and ways(lab, server, V6) == {"xdp": 1}
        big = query("big", use_edns=0, payload=4096).to_wire()
        assert len(lab.ask(big)) <= 1232


@pytest.mark.parametrize("mtu, limit", [(576, 548), (700, 672)])
def test_a_reply_fits_the_mtu(mtu, limit):
    with lab_with(mtu=mtu) as lab, lab.gslbd(f"listen {V4}:{PORT} xdp=veth0\n") as server:
        reply = lab.ask(query("big", use_edns=0, payload=1232))
        assert len(reply) <= limit and dns.message.from_wire(reply).flags & dns.flags.TC
        assert ways(lab, server) == {"xdp": 1}


def test_a_reply_over_the_mtu_of_a_socket_comes_in_fragments():
    with lab_with(mtu=576) as lab, lab.gslbd(f"listen {V4}:{PORT}\n") as server:
        assert len(lab.ask(query("tall", use_edns=0, payload=1232))) > 576
        assert ways(lab, server) == {"udp": 1}


def test_an_mtu_too_small():
    with lab_with(mtu=575) as lab, lab.gslbd(f"listen {V4}:{PORT} xdp=veth0\n") as server:
        assert "error xdp=veth0: its MTU is under 576: " in server.log()
        assert ways(lab, server) == {"udp": 1}


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_a_successor_takes_the_interface_over(lab, monkeypatch, user):
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")  # see privileges
    server = Gslbd(lab, (f"user {user}\n" if user != "root" else "") + LISTENS + ADMIN + REST, owner=user)
    assert ways(lab, server) == {"xdp": 1}
    server.process.send_signal(signal.SIGUSR2)
    told = wait_until(lambda: re.search(r"upgrade: process (\d+) serves now", server.log()), 30, "the successor")
    successor = int(told[1])
    try:
        server.process.wait(20)
        assert lab.ask(query()) is not None
        wait_until(lambda: server.log().count("xdp=veth0: 1 queue") == 2, 20, "the interface")
        wait_until(lambda: ways(lab, server) == {"xdp": 1}, what="its queries")
        assert lab.attached() and " error " not in server.log()
        if user != "root":
            status = open(f"/proc/{successor}/status", encoding="ascii").read()
            assert "CapEff:\t0000000000000000" in status
        server.log_file.close()
    finally:
        os.kill(successor, signal.SIGTERM)
        wait_until(lambda: not lab.attached(), what="its end")
