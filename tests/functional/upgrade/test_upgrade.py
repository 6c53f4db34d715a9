# SPDX-License-Identifier: ISC
"""SIGUSR2 and gslbctl upgrade: another process takes over, no query is lost, and what is broken changes nothing."""

import json
import os
import pwd
import re
import shutil
import signal
import subprocess

import pytest
from api import Api
from harness import GSLBD, SOA, Datacenter, datacenters, free_port, wait_until
from proc import descriptors
from successors import Line, Load, children, ended

GSLBCTL = os.environ.get("GSLBCTL", "build/asan/tools/gslbctl")
CONF = """listen 127.0.0.1:@PORT@
workers 2
admin 127.0.0.1:@ADMIN@ token-file=admin.token
check site http interval=200ms timeout=5s rise=2 fall=2
datacenter fra address=127.0.0.1:@FRA@ check=site
datacenter iad address=127.0.0.1:@IAD@ check=site
zone app.example.com z.zone
"""
ZONE = SOA + """www STEER failover fra iad
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
"""
FILES = {"z.zone": ZONE, "admin.token": "secret\n"}


@pytest.fixture
def pair():
    with datacenters() as sites:
        yield sites


def line(pair, conf=CONF, kind=Line, **values):
    fra, iad = pair
    admin = free_port()
    server = kind({"gslbd.conf": conf, **FILES}, FRA=fra.port, IAD=iad.port, ADMIN=admin, **values)
    server.api = Api(admin)
    return server


@pytest.mark.parametrize("state", ["", "state kept\n"])
def test_not_one_query_is_lost(pair, state):
    with line(pair, CONF + state) as server:
        first = descriptors(server.pid)
        with Load(server, {"192.0.2.1"}) as load:
            for _ in range(5):
                assert server.upgrade()
        assert not load.failures
        assert all(count > 20 for count in load.counts.values()), load.counts
        wait_until(lambda: descriptors(server.pid) <= first + 4, 15, "as few descriptors as before")


def test_overrides_and_health_survive_without_a_state_folder(pair):
    fra, _ = pair
    fra.status = 503
    with line(pair) as server:
        wait_until(lambda: server.answers("www.app.example.com") == ["192.0.2.2"])
        fra.status, polls = 200, len(fra.requests)
        assert server.api.put("fra", state="drain", why="cables").status == 200
        with Load(server, {"192.0.2.1", "192.0.2.2"}) as load:
            assert server.upgrade()
        assert not load.failures and len(fra.requests) - polls < 40
        override = server.api.datacenter("fra")["override"]
        assert (override["state"], override["why"]) == ("drain", "cables")


def test_what_is_not_known_is_checked_before_it_answers(pair):
    third = Datacenter()
    third.status = 500
    with line(pair) as server:
        server.write("gslbd.conf", CONF + f"datacenter sin address=127.0.0.1:{third.port} check=site\n")
        server.write("z.zone", ZONE.replace("fra iad", "sin fra iad") + "www AT sin A 192.0.2.3\n")
        with Load(server, {"192.0.2.1"}) as load:
            assert server.upgrade()
        assert not load.failures and third.requests
    third.stop()


def broken_conf(server):
    server.write("gslbd.conf", CONF + "xyzzy\n")


def much_broken(server):
    server.write("gslbd.conf", CONF + "xyzzy\nxyzzy\nxyzzy\n")


def point_at_script(server, script):
    program = server.folder / "script"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    server.point_at(program)


def broken_program(server):
    point_at_script(server, "kill -SEGV $$")


def never_ready(server):
    point_at_script(server, "exec sleep 1000")


def no_descriptors(server):
    point_at_script(server, f'ulimit -n 24; exec {os.path.abspath(GSLBD)} "$@"')


def few_descriptors(server):
    point_at_script(server, f'ulimit -n 36; exec {os.path.abspath(GSLBD)} "$@"')


def no_program(server):
    server.program.unlink()


def cut_short(server):
    (server.folder / "gslbd.conf").write_text("")


def taken_port(server):
    server.write("gslbd.conf", CONF + f"listen 127.0.0.1:{server.values['FRA']}\n")


@pytest.mark.parametrize("breaks, why", [
    (broken_conf, r"ended with status 1 before it was ready: \S*/gslbd.conf:8:1: unknown keyword \"xyzzy\""),
    (much_broken, r"ended with status 1 before it was ready: \S*/gslbd.conf:8:1: .*; and 2 more errors, which the log has"),
    (cut_short, r"ended with status 1 before it was ready: \S*/gslbd.conf: there is neither a zone nor a listen; to end the service, stop it"),
    (broken_program, r"ended by signal 11"),
    (no_descriptors, r"ended with status 1 before it was ready: open files: the limit is 24, but 1 worker on 1 listen needs 32"),
    (few_descriptors, r"ended with status 1 before it was ready: open files: the limit is 36, but 2 workers on 1 listen need 40"),
    (no_program, r"(can't start .*gslbd: No such file or directory|status 127)"),  # some sanitizers know no vfork()
    (taken_port, r"ended with status 1 before it was ready: listen 127.0.0.1:\d+: another program listens there"),
])
def test_a_broken_successor_changes_nothing(pair, breaks, why):
    with line(pair) as server:
        with Load(server, {"192.0.2.1"}) as load:
            breaks(server)
            assert not server.upgrade()
        assert not load.failures
        assert re.search(r"upgrade: failed, and this process serves on: .*" + why, server.log()), server.log()
        assert re.search(why, server.api.get("/v1/upgrade").json["failed"])
        assert server.api.put("iad", state="drain").status == 200
        server.write("gslbd.conf", CONF)
        if server.program.is_symlink():
            server.program.unlink()
        server.point_at(os.environ.get("GSLBD", "build/asan/gslbd"))
        assert server.upgrade()
        assert server.api.datacenter("iad")["override"]["state"] == "drain"


@pytest.fixture
def slow():
    """A datacenter that no process knows until it has waited for it."""
    site = Datacenter()
    site.delay = 4  # within the timeout
    yield site
    site.stop()


def begin_slowly(server, slow):
    """An upgrade whose successor is not ready for some seconds: (starter, successor)."""
    server.write("gslbd.conf", CONF + f"datacenter nrt address=127.0.0.1:{slow.port} check=site\n")
    server.write("z.zone", ZONE + "far STEER failover nrt\nfar AT nrt A 192.0.2.3\n")
    starter = server.starter()
    os.kill(server.pid, signal.SIGUSR2)
    wait_until(lambda: slow.requests, 20, "the successor checks what it does not know")
    successor, = children(starter)
    return starter, successor


def is_gone(pid):
    """Whoever was to reap it."""
    try:
        return ended(pid)
    except ChildProcessError:
        return not os.path.exists(f"/proc/{pid}")


def assert_it_alone_serves(server, starter, successor):
    wait_until(lambda: starter not in children(server.pid), 20, "the server knows")
    _, status = wait_until(lambda: ended(successor), 20, "the successor ends by itself")
    assert os.waitstatus_to_exitcode(status) == 1
    assert "the process before this one serves on, and this one ends" in server.log()
    assert "upgrade: failed, and this process serves on: the process that starts another has ended" in server.log()
    assert {server.api.get("/v1/upgrade").json["pid"] for _ in range(20)} == {server.pid}
    assert server.api.put("iad", state="drain").status == 200


def test_a_successor_whose_starter_is_killed_does_not_serve_beside(pair, slow):
    with line(pair) as server:
        with Load(server, {"192.0.2.1"}) as load:
            starter, successor = begin_slowly(server, slow)
            os.kill(starter, signal.SIGKILL)
            assert_it_alone_serves(server, starter, successor)
        assert not load.failures


def test_nor_if_it_is_killed_between_what_one_says_and_the_other_hears(pair, slow):
    with line(pair) as server:
        with Load(server, {"192.0.2.1"}) as load:
            starter, successor = begin_slowly(server, slow)
            os.kill(starter, signal.SIGSTOP)
            wait_until(lambda: server.log().count("ready:") == 2, 20, "the successor serves")
            assert server.api.put("iad", state="drain").status == 503  # of whichever of them
            os.kill(starter, signal.SIGKILL)
            assert_it_alone_serves(server, starter, successor)
        assert not load.failures


def test_a_successor_of_a_process_that_is_killed_serves_in_its_place(pair, slow):
    with line(pair) as server:
        _, successor = begin_slowly(server, slow)
        os.kill(server.pid, signal.SIGKILL)
        assert server.process.wait(20) == -signal.SIGKILL
        server.pid = successor
        wait_until(lambda: server.log().count("ready:") == 2, 20, "the successor serves")
        assert "upgrade: the process before has died; this one serves in its place" in server.log()
        with Load(server, {"192.0.2.1"}) as load:
            assert server.api.put("iad", state="drain").status == 200
        assert not load.failures and all(load.counts.values())
        assert server.upgrade()
        assert server.api.datacenter("iad")["override"]["state"] == "drain"


def test_who_is_told_to_end_takes_a_successor_that_is_not_ready_along(pair, slow):
    with line(pair) as server:
        _, successor = begin_slowly(server, slow)
        server.terminate()
        wait_until(lambda: is_gone(successor), 20, "the successor ends")


def test_by_gslbctl(pair):
    with line(pair) as server:
        def ctl(*arguments):
            return subprocess.run([GSLBCTL, "-c", server.conf, *arguments], capture_output=True, text=True, timeout=120)
        before = server.pid
        said = ctl("upgrade")
        assert said.returncode == 0, said.stderr
        server.pid = int(re.search(r"process: (\d+), was: (\d+)", said.stdout)[1])
        assert int(re.search(r"was: (\d+)", said.stdout)[1]) == before != server.pid
        server.reap(before)
        assert server.api.get("/v1/upgrade").json["pid"] == server.pid
        broken_conf(server)
        said = ctl("upgrade")
        assert said.returncode == 1 and "ended with status 1 before it was ready: " in said.stderr
        assert "gslbd.conf:8:1: unknown keyword" in said.stderr
        moment = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z error "
        assert re.search(moment + r"\S*/gslbd.conf:8:1: unknown keyword", server.log(), re.M), server.log()


def test_by_gslbctl_for_programs(pair):
    """An object in any case."""
    with line(pair) as server:
        def ctl():
            said = subprocess.run([GSLBCTL, "--json", "-c", server.conf, "upgrade"], capture_output=True, text=True, timeout=120)
            assert said.stderr == ""
            return said.returncode, json.loads(said.stdout)
        broken_program(server)
        status, told = ctl()
        assert status == 1 and told == {"ok": False, "failed": "the new process was ended by signal 11; its log says why"}
        server.point_at(GSLBD)
        before = server.pid
        status, told = ctl()
        server.pid = told["pid"]
        server.reap(before)
        assert status == 0 and told["ok"] and told["was"] == {"pid": before, "version": told["version"]}
        never_ready(server)
        os.kill(server.pid, signal.SIGUSR2)
        wait_until(lambda: server.api.get("/v1/upgrade").json["running"])
        assert ctl() == (2, {"ok": False, "failed": "an upgrade is under way, which would lose this; try again"})


def test_changes_wait_until_it_has_ended(pair):
    """A successor that is never ready: meanwhile nothing is taken that it would not know of."""
    with line(pair) as server:
        never_ready(server)
        os.kill(server.pid, signal.SIGUSR2)
        wait_until(lambda: server.api.get("/v1/upgrade").json["running"])
        for reply in (server.api.put("fra", state="drain"), server.api.delete("fra"),
                      server.api.ask("POST", "/v1/reload"), server.api.ask("POST", "/v1/upgrade"),
                      server.api.ask("POST", "/v1/latency", {"measurements": []})):
            assert reply.status == 503 and "under way" in reply.error
        assert server.answers("www.app.example.com") == ["192.0.2.1"]


def test_a_unix_socket_and_another_number_of_workers(pair):
    conf = CONF.replace("127.0.0.1:@ADMIN@ token-file=admin.token", "@SOCKET@")
    with line(pair, conf, SOCKET="./admin.sock") as server:
        server.api = Api(server.folder / "admin.sock", None)
        for workers in (4, 1, 3, 1):
            server.write("gslbd.conf", conf.replace("workers 2", f"workers {workers}"))
            with Load(server, {"192.0.2.1"}) as load:
                assert server.upgrade()
                assert server.api.status()["ready"]
            assert not load.failures
            assert len([t for t in server.tasks() if re.match(r"gslbd/\d", t["Name"].strip())]) == workers


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")
def test_the_user_and_a_low_port_survive(pair, monkeypatch):
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
    nobody = pwd.getpwnam("nobody")

    class Nobodys(Line):
        def start(self, wait=True):
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, nobody.pw_uid, nobody.pw_gid)
            super().start(wait)

    low = next(port for port in range(1023, 600, -1) if port not in (853,))
    with line(pair, CONF + "user nobody\nlisten 127.0.0.2:@LOW@\n", Nobodys, LOW=low) as server:
        server.write("gslbd.conf", CONF + "user nobody\nlisten 127.0.0.2:@LOW@\nlisten 127.0.0.3:@LOW@\n")
        for _ in range(2):
            assert server.upgrade()
        assert {uid for thread in server.tasks() for uid in thread["Uid"].split()} == {str(nobody.pw_uid)}
        wait_until(lambda: all(int(t["CapPrm"], 16) == (0 if "gslbd/" in t["Name"] else 1 << 10)
                               for t in server.tasks()), 5, "workers without capabilities")
        server.address, server.port = "127.0.0.3", low
        assert server.answers("www.app.example.com") == ["192.0.2.1"]
