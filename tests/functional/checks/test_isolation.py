# SPDX-License-Identifier: ISC
"""When everything falls silent at once it is this server that has lost the network: health stays as it was."""

import os
import re
import subprocess

import harness
import pytest
from admin import HEAD, AdminServer
from api import Api
from harness import wait_until
from targets import Web

CHECK = "check site http interval=100ms timeout=200ms rise=2 fall=2\n"
HASTY = CHECK.replace("rise=2 fall=2", "rise=1 fall=1")
ZONE = """www STEER failover fra iad all-down=nodata
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
"""
FRA, IAD, NOBODY = ["192.0.2.1"], ["192.0.2.2"], []


@pytest.fixture
def sites(request):
    check = getattr(request, "param", CHECK)
    fra, iad = Web(address="127.0.1.1"), Web(address="127.0.1.2")
    conf = f"{check}datacenter fra address={fra.endpoint} check=site\ndatacenter iad address={iad.endpoint} check=site\n"
    with AdminServer(conf, ZONE) as server:
        yield server, fra, iad
    fra.stop()
    iad.stop()


def failures(server):
    return [target["failed"] for target in server.status()["targets"]]


def rounds(server, n, allowed):
    """So many more failures of every check; answers and nothing but `allowed` meanwhile."""
    before, seen = failures(server), set()

    def done():
        seen.add(tuple(server.ask("www")))
        return all(now - then >= n for now, then in zip(failures(server), before))
    wait_until(done, 20, f"{n} rounds")
    assert seen <= {tuple(answer) for answer in allowed}, seen


def is_isolated(server):
    return server.status()["isolated"] and server.metric("gslbd_isolated") == 1


def test_silence_of_all_is_isolation(sites):
    server, fra, iad = sites
    assert not server.status()["isolated"] and server.metric("gslbd_isolated") == 0
    fra.speaks.clear()
    iad.speaks.clear()
    rounds(server, 5, [FRA])
    assert is_isolated(server)
    assert not re.search("(up|down): check", server.log())
    assert server.log().count("isolated: no target at all gives a sign of life") == 1
    assert server.datacenter("fra")["state"] == "up"
    assert all("timed out after 200 ms" in target["why"] for target in server.status()["targets"])


def test_the_end_of_isolation_takes_nobody_down(sites):
    """What failed meanwhile says nothing of the targets: they start over from where they were."""
    server, fra, iad = sites
    fra.speaks.clear()
    iad.speaks.clear()
    rounds(server, 4, [FRA])
    seen = set()
    fra.speaks.set()
    iad.speaks.set()

    def over():
        seen.add(tuple(server.ask("www")))
        status = server.status()
        return not status["isolated"] and all(t["state"] == "up" and t["why"] is None for t in status["targets"])
    wait_until(over, 10, "the end of isolation")
    assert seen == {tuple(FRA)}
    assert server.metric("gslbd_isolated") == 0
    assert "no longer isolated" in server.log()


@pytest.mark.parametrize("sites", [HASTY], ids=["fall=1"], indirect=True)
def test_who_went_down_just_before_the_last_is_up_again(sites):
    """No two notice in the same moment; with fall=1 the first is down by then."""
    server, fra, iad = sites
    fra.speaks.clear()
    server.waits_for("www", IAD)
    iad.speaks.clear()
    server.waits_for("www", FRA)
    assert is_isolated(server) and all(target["state"] == "up" for target in server.status()["targets"])
    rounds(server, 2, [FRA])


def test_who_stays_silent_after_isolation_goes_down(sites):
    server, fra, iad = sites
    fra.speaks.clear()
    iad.speaks.clear()
    rounds(server, 3, [FRA])
    iad.speaks.set()
    server.waits_for("www", IAD)
    assert not server.status()["isolated"]
    fra.speaks.set()
    server.waits_for("www", FRA)


def test_who_was_down_before_stays_down(sites):
    server, fra, iad = sites
    fra.speaks.clear()
    wait_until(lambda: failures(server)[0] >= 10, 10, "longer than all might need to fall silent together")
    assert server.ask("www") == IAD
    iad.speaks.clear()
    rounds(server, 4, [IAD])
    assert is_isolated(server)


def test_refusals_are_signs_of_life(sites):
    server, fra, iad = sites
    fra.stop()
    iad.stop()
    server.waits_for("www", NOBODY)
    rounds(server, 2, [NOBODY])
    assert not server.status()["isolated"] and server.metric("gslbd_isolated") == 0
    assert "isolated" not in server.log()


def test_one_that_is_silent_goes_down_as_usual(sites):
    server, fra, iad = sites
    fra.speaks.clear()
    server.waits_for("www", IAD)
    assert not server.status()["isolated"] and server.datacenter("fra")["state"] == "down"
    fra.speaks.set()
    server.waits_for("www", FRA)


def test_one_address_alone_is_no_network():
    """Two checks of one address fall silent with it."""
    site = Web(address="127.0.1.1")
    conf = f"""{CHECK}check other http path=/other interval=100ms timeout=200ms rise=2 fall=2
datacenter fra address={site.endpoint} check=site
datacenter iad address={site.endpoint} check=other
"""
    with AdminServer(conf, ZONE) as server:
        site.speaks.clear()
        server.waits_for("www", NOBODY)
        assert not server.status()["isolated"]
    site.stop()


@pytest.fixture
def namespace():
    name = f"gslbd-test-{os.getpid()}"
    if os.geteuid() != 0 or subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode != 0:
        pytest.skip("network namespaces need root and ip")

    def ip(*arguments):
        subprocess.run(["ip", "-n", name, *arguments], check=True)
    ip("link", "set", "lo", "up")
    ip.name, ip.inside = name, ["ip", "netns", "exec", name]
    yield ip
    subprocess.run(["ip", "netns", "del", name], check=True)


class InsideServer(AdminServer):
    """A server inside the namespace: asked by dig from there, and over a UNIX socket."""

    def __init__(self, namespace, conf):
        self.inside = namespace.inside
        super().__init__(conf, ZONE, head=HEAD.replace("127.0.0.1:@ADMIN@ token-file=admin.token", "./admin.sock"))
        self.api = Api(self.folder / "admin.sock")

    def ask(self, name):
        dig = ["dig", f"@{self.address}", "-p", str(self.port), "+short", "+tries=1", f"{name}.app.example.com"]
        return subprocess.run([*self.inside, *dig], capture_output=True, text=True).stdout.split()


def test_no_route_is_silence(namespace, tmp_path, monkeypatch):
    """Both sites have addresses of their own, whose loss leaves no route to them."""
    sites = {"fra": "192.0.2.1", "iad": "192.0.2.2"}

    def route(verb, *names):
        for name in names:
            namespace("address", verb, f"{sites[name]}/32", "dev", "lo")
    route("add", *sites)
    web = subprocess.Popen([*namespace.inside, "/usr/bin/python3", "-m", "http.server", "-d", str(tmp_path), "8080"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    within = tmp_path / "gslbd"
    within.write_text(f"#!/bin/sh\nexec {' '.join(namespace.inside)} {harness.GSLBD} \"$@\"\n")
    within.chmod(0o755)
    monkeypatch.setattr(harness, "GSLBD", str(within))
    conf = CHECK + "".join(f"datacenter {name} address={address}:8080 check=site\n" for name, address in sites.items())
    probe = [*namespace.inside, "/usr/bin/python3", "-c", "import socket; socket.create_connection(('192.0.2.1', 8080))"]
    try:
        wait_until(lambda: subprocess.run(probe, capture_output=True).returncode == 0, 20, "the sites")
        with InsideServer(namespace, conf) as server:
            assert server.ask("www") == FRA
            route("del", "fra")
            server.waits_for("www", IAD)
            assert "network is unreachable" in server.log() and not is_isolated(server)
            route("add", "fra")
            server.waits_for("www", FRA)
            route("del", *sites)
            rounds(server, 4, [FRA])
            assert is_isolated(server)
            route("add", *sites)
            wait_until(lambda: not is_isolated(server), 10, "the end of isolation")
            assert server.ask("www") == FRA
    finally:
        web.kill()
        web.wait()
