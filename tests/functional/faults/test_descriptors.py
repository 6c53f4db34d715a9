# SPDX-License-Identifier: ISC
"""No descriptor is left, all of a sudden: what is served stays right, and all goes on as before once there are some."""

import contextlib
import resource
import socket
import time

import pytest
from admin import TOKEN, AdminServer
from harness import datacenters, wait_until
from honest import Honest, over_tcp
from proc import cpu_s

FRA, IAD = "192.0.2.1", "192.0.2.2"
CONF = """state state
check site http interval=200ms timeout=1s rise=1 fall=2
datacenter fra address=127.0.0.1:@FRA@ check=site
datacenter iad address=127.0.0.1:@IAD@ check=site
"""
ZONE = f"www STEER failover fra iad\nwww AT fra A {FRA}\nwww AT iad A {IAD}\n"


@pytest.fixture
def pair():
    with datacenters() as (fra, iad), AdminServer(CONF, ZONE, FRA=fra.port, IAD=iad.port) as server:
        yield server, fra, iad


FEWEST = 8  # it has these from its start to its end; poll() takes no more at once than the limit


@contextlib.contextmanager
def without_descriptors(server):
    """The server may open none beside those it has: not one for a check, a client, a file."""
    pid = server.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (FEWEST, limits[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)


def connected(port):
    """Somebody who has connected as far as the kernel is concerned."""
    sock = socket.create_connection(("127.0.0.1", port), 10)
    sock.settimeout(10)
    return sock


def test_answers_stay_as_they_are(pair):
    server, fra, _ = pair
    with Honest(server, FRA) as honest:
        with without_descriptors(server):
            checks, queries = len(fra.requests), honest.asked
            begin = time.monotonic()
            # several checks of each would have taken place, and failed
            wait_until(lambda: time.monotonic() - begin > 2 and honest.asked > queries + 100, 30, "honest queries go on")
            assert len(fra.requests) <= checks + 1
        wait_until(lambda: len(fra.requests) > checks + 3, 10, "checks go on")
        assert server.datacenter("fra")["state"] == "up"
        fra.status = 503
        honest.allowed = {FRA, IAD}
        server.waits_for("www", [IAD])
    assert honest.seen == {FRA, IAD}


def test_clients_of_every_kind_come_in_later(pair):
    """Those that wait to be accepted are, once there are descriptors; nothing spins meanwhile."""
    server, *_ = pair
    with Honest(server, FRA), contextlib.ExitStack() as stack:
        with without_descriptors(server):
            before = cpu_s(server.process.pid)
            waiting = [stack.enter_context(connected(server.port)) for _ in range(20)]
            admin = [stack.enter_context(connected(server.admin_port)) for _ in range(3)]
            wait_until(lambda: "can't accept" in server.log(), 10, "a word in the log")
            time.sleep(1)  # a rate is measured over a time
            assert cpu_s(server.process.pid) - before < 0.5
        for sock in admin:
            sock.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200" in sock.recv(4096)
        assert waiting and over_tcp(server) == FRA
        assert server.status()["datacenters"][0]["state"] == "up"


def test_a_reload_is_refused_and_works_later(pair):
    server, *_ = pair
    server.write("z.zone", (server.folder / "z.zone").read_text().replace(FRA, "192.0.2.101"))
    with Honest(server, FRA) as honest:
        with without_descriptors(server):
            server.reload()
            assert "oo many open files" in server.log()
            assert server.ask("www") == [FRA]
        honest.allowed = {FRA, "192.0.2.101"}
        server.reload()
        assert server.ask("www") == ["192.0.2.101"]


def test_what_an_operator_says_is_saved_later(pair):
    """Until then the file is that of before, whole."""
    server, *_ = pair
    state = server.folder / "state/state.json"
    assert server.call("PUT", "/v1/overrides/fra", {"state": "drain"})[0] == 200
    wait_until(lambda: state.exists() and '"drain"' in state.read_text(), 20, "the override is saved")
    with Honest(server, FRA, IAD), contextlib.closing(server.api.connection()) as connection:
        connection.request("GET", "/livez")  # accepted before they are gone
        connection.getresponse().read()
        before = state.read_bytes()
        with without_descriptors(server):
            connection.request("DELETE", "/v1/overrides/fra", None, {"Authorization": f"Bearer {TOKEN}"})
            assert connection.getresponse().status == 200
            wait_until(lambda: "can't be written" in server.log(), 20, "a word in the log")
            assert server.ask("www") == [FRA]
            assert state.read_bytes() == before
        wait_until(lambda: '"drain"' not in state.read_text(), 20, "its end is saved")
        wait_until(lambda: "is written again" in server.log(), 5, "a word in the log")
