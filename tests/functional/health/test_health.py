# SPDX-License-Identifier: ISC
"""Checks of real HTTP and TCP servers: answers move away from what is down, and come back."""

import socket
import threading
import time

import pytest
from harness import SOA, Server, datacenters, wait_until

# interval 200 ms, fall 2, timeout 1 s: a dead server is out within 2 x 200 + 1000 + 50 ms; the rest is for slow machines
INTERVAL, TIMEOUT, FALL, SLACK = 0.2, 1.0, 2, 8.0

CONF = """listen 127.0.0.1:@PORT@
check site http path=/health host=app.example.com interval=200ms timeout=1s rise=2 fall=2
datacenter fra address=127.0.0.1:@FRA@ check=site
datacenter iad address=127.0.0.1:@IAD@ check=site
zone app.example.com z.zone
"""
ZONE = SOA + """www STEER failover fra iad
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
""" + "".join(f"n{i} STEER failover fra iad\nn{i} AT fra A 192.0.2.1\nn{i} AT iad A 192.0.2.2\n" for i in range(200))
FILES = {"gslbd.conf": CONF, "z.zone": ZONE}


@pytest.fixture
def pair():
    with datacenters() as (fra, iad), Server(FILES, FRA=fra.port, IAD=iad.port) as server:
        yield server, fra, iad


def moves_to(server, address, since, name="www.app.example.com"):
    wait_until(lambda: server.answers(name) == [address], 10, f"{name} answers {address}")
    return time.monotonic() - since


def test_a_dead_server_is_left_and_taken_again(pair):
    server, fra, iad = pair
    assert server.answers("www.app.example.com") == ["192.0.2.1"]
    start = time.monotonic()
    fra.stop()
    took = moves_to(server, "192.0.2.2", start)
    assert took < INTERVAL * FALL + TIMEOUT + 0.05 + SLACK
    print(f"moved away after {took * 1000:.0f} ms")
    start = time.monotonic()
    fra.start()
    took = moves_to(server, "192.0.2.1", start)
    assert took < INTERVAL * 2 + 0.05 + SLACK
    print(f"came back after {took * 1000:.0f} ms")


@pytest.mark.parametrize("break_it", [
    lambda dc: setattr(dc, "status", 503),
    lambda dc: setattr(dc, "delay", 3.0),
    lambda dc: setattr(dc, "status", 302),
], ids=["status 503", "slower than the timeout", "a redirect"])
def test_a_wrong_reply_is_a_failure(pair, break_it):
    server, fra, _ = pair
    break_it(fra)
    moves_to(server, "192.0.2.2", time.monotonic())
    fra.status, fra.delay = 200, 0.0
    moves_to(server, "192.0.2.1", time.monotonic())


def test_one_poll_a_target_however_many_names_use_it(pair):
    server, fra, _ = pair
    before = len(fra.requests)
    time.sleep(2)  # a rate is measured over a time
    polls = len(fra.requests) - before
    assert 7 <= polls <= 13, f"{polls} polls in 2 s at an interval of 200 ms"
    assert set(fra.hosts) == {"app.example.com"} and set(fra.paths) == {"/health"}


def test_the_first_answer_knows_who_is_down():
    with datacenters() as (fra, iad):
        fra.stop()
        with Server(FILES, wait=False, FRA=fra.port, IAD=iad.port) as server:
            def first():
                return server.dig("www.app.example.com").answers
            assert wait_until(first, 10, "the first answer") == ["192.0.2.2"]


def test_body_and_status_that_are_expected():
    conf = CONF.replace("rise=2", 'rise=2 expect=200-204,418 body="all is \\"well\\""')
    with datacenters() as (fra, iad):
        for dc in (fra, iad):
            dc.status, dc.body = 418, b'x' * 5000 + b' all is "well" '
        with Server({"gslbd.conf": conf, "z.zone": ZONE}, FRA=fra.port, IAD=iad.port) as server:
            assert server.answers("www.app.example.com") == ["192.0.2.1"]
            fra.body = b"all is lost"
            moves_to(server, "192.0.2.2", time.monotonic())
            assert "body" in server.log()


def test_a_tcp_check_needs_a_listener_only():
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    conf = f"""listen 127.0.0.1:@PORT@
check port tcp port={port} interval=200ms timeout=1s rise=1 fall=1
datacenter fra address=127.0.0.1 check=port
datacenter iad
zone app.example.com z.zone
"""
    stop = threading.Event()

    def accept():
        while not stop.is_set():
            try:
                listener.accept()[0].close()
            except OSError:
                return
    threading.Thread(target=accept, daemon=True).start()
    with Server({"gslbd.conf": conf, "z.zone": ZONE}) as server:
        assert server.answers("www.app.example.com") == ["192.0.2.1"]
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        moves_to(server, "192.0.2.2", time.monotonic())


def test_a_record_has_a_check_beside_its_datacenters():
    zone = SOA + """www STEER failover fra iad
www AT fra check=site address=127.0.0.1:@ONE@ A 192.0.2.1
www AT fra check=site address=127.0.0.1:@TWO@ A 192.0.2.2
www AT iad A 192.0.2.3
"""
    with datacenters(4) as (fra, iad, one, two), \
            Server({"gslbd.conf": CONF, "z.zone": zone}, FRA=fra.port, IAD=iad.port, ONE=one.port, TWO=two.port) as server:
        one.status = 500
        wait_until(lambda: f"down: check site of 127.0.0.1:{one.port}: status 500" in server.log(), 10)
        assert all(server.answers("www.app.example.com") == ["192.0.2.2"] for _ in range(20))
        fra.status = 500  # now the whole datacenter
        moves_to(server, "192.0.2.3", time.monotonic())
        fra.status = 200
        moves_to(server, "192.0.2.2", time.monotonic())


def test_a_change_is_published_in_milliseconds():
    """From the reply that decides to the first different answer, asked without pause."""
    conf = CONF.replace("fall=2", "fall=1")
    query = b"\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x03app\x07example\x03com\x00\x00\x01\x00\x01"
    with datacenters() as (fra, iad), Server({"gslbd.conf": conf, "z.zone": ZONE}, FRA=fra.port, IAD=iad.port) as server, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.connect(("127.0.0.1", server.port))

        def address():
            sock.send(query)
            return sock.recv(512)[-1]
        took = []
        for status, expected in ((503, 2), (200, 1)) * 3:
            fra.status = status
            end = time.monotonic() + 10
            while address() != expected:
                assert time.monotonic() < end
            took.append(time.monotonic() - fra.answered)
        print("published after", ", ".join(f"{t * 1000:.1f} ms" for t in took))
        assert sorted(took)[len(took) // 2] < 0.5
