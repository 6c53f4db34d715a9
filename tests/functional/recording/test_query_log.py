# SPDX-License-Identifier: ISC
"""query-log: each query a line of JSON, through reloads, rotation, upgrades, and files that take nothing."""

import json
import os
import pwd
import re
import shutil
import signal
import socket

import dns.edns
import dns.message
import pytest
from api import Api, serving
from harness import SOA, Server, free_port, wait_until
from recorded import SINKS, ask_many, counts, lines
from successors import Line

CONF = """datacenter fra
datacenter iad
datacenter sin
zone app.example.com z.zone
"""
ZONE = SOA + """www STEER failover fra iad
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
both STEER failover fra pick=all
both AT fra A 192.0.2.1
both AT fra A 192.0.2.3
shop STEER pool
shop AT * ALIAS www
cdn STEER failover iad fra
cdn AT iad CNAME www
cdn AT fra A 192.0.2.9
plain A 192.0.2.7
odd\\"\\010\\255 A 192.0.2.8
""" + "".join(f"big{i} A 192.0.2.1\n" for i in range(3)) + "large TXT " + " ".join(['"' + "x" * 250 + '"'] * 4) + "\n"
LOG = "query-log queries.log\n"
MEMBERS = ["time", "client", "port", "transport", "server", "server_port", "subnet", "name", "type", "class", "zone", "size",
           "rcode", "flags", "scope", "ttl", "answers", "records", "datacenters", "worker"]
NOBODY = pwd.getpwnam("nobody")


def last(server, n=1):
    """The last line, once there are so many."""
    return wait_until(lambda: (lambda all_of: all_of[-1] if len(all_of) == n else None)(lines(server)), what=f"{n} lines")


def test_a_line_says_it_all():
    with serving(CONF + LOG, ZONE) as (server, _):
        server.dig("www.app.example.com", subnet="203.0.113.0/24")
        line = last(server)
        assert list(line) == MEMBERS
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert line["port"] > 0 and line["worker"] in (0, 1) and line["size"] > 50
        del line["time"], line["port"], line["worker"], line["size"]
        assert line == {"client": "127.0.0.1", "transport": "udp", "server": "127.0.0.1", "server_port": server.port,
                        "subnet": "203.0.113.0/24", "name": "www.app.example.com.", "type": "A", "class": "IN",
                        "zone": "app.example.com.", "rcode": "NOERROR", "flags": ["aa"], "scope": 0, "ttl": 30,
                        "answers": 1, "records": ["A 192.0.2.1"], "datacenters": ["fra"]}


@pytest.mark.parametrize("name, kind, options, expected", [
    ("WWW.app.example.com", "A", {"tcp": True}, {"transport": "tcp", "name": "www.app.example.com.", "subnet": None, "scope": None}),
    ("both.app.example.com", "A", {}, {"datacenters": ["fra"], "answers": 2}),
    ("shop.app.example.com", "A", {}, {"datacenters": ["fra"], "records": ["A 192.0.2.1"]}),
    ("cdn.app.example.com", "A", {}, {"datacenters": ["iad", "fra"], "records": ["CNAME www.app.example.com.", "A 192.0.2.1"]}),
    ("plain.app.example.com", "A", {}, {"datacenters": [], "records": ["A 192.0.2.7"]}),
    ("plain.app.example.com", "TYPE65280", {}, {"type": "TYPE65280", "answers": 0, "ttl": None}),
    ("nope.app.example.com", "A", {}, {"rcode": "NXDOMAIN", "zone": "app.example.com."}),
    ("example.org", "A", {}, {"rcode": "REFUSED", "zone": None, "flags": []}),
    ("large.app.example.com", "TXT", {"extra": ["+ignore", "+noedns"]}, {"flags": ["aa", "tc"], "answers": 0}),
    ('odd\\"\\010\\255.app.example.com', "A", {}, {"name": 'odd\\"\\010\\255.app.example.com.', "records": ["A 192.0.2.8"]}),
    ("app.example.com", "AXFR", {}, {"transport": "tcp", "rcode": "REFUSED", "type": "AXFR"}),
    ("www.app.example.com", "A", {"extra": ["+edns=1", "+noednsneg"]}, {"rcode": "BADVERS"}),
])
def test_what_a_line_says_of(name, kind, options, expected):
    with serving(CONF + LOG, ZONE) as (server, _):
        server.dig(name, kind, **options)
        line = last(server)
        assert {key: line[key] for key in expected} == expected


@pytest.mark.parametrize("listen, address", [("0.0.0.0", "127.0.0.5"), ("[::]", "::1")])
def test_where_a_query_came_to_at_an_address_for_all(listen, address):
    files = {"gslbd.conf": f"listen {listen}:@PORT@\n" + CONF + LOG, "z.zone": ZONE}
    with Server(files, address=address) as server:
        server.dig("www.app.example.com")
        line = last(server)
        assert (line["server"], line["server_port"]) == (address, server.port)
        assert line["client"] == ("::1" if address == "::1" else line["client"])


def test_a_query_that_is_dropped_has_a_line_too():
    """With nothing of the one before, which the same worker read."""
    subnet = dns.edns.ECSOption("203.0.113.0", 24)
    sound = dns.message.make_query("www.app.example.com", "A", use_edns=0, options=[subnet])
    with serving(CONF + LOG, ZONE) as (server, _):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(10)
            sock.connect(("127.0.0.1", server.port))
            sock.send(sound.to_wire())
            assert len(sock.recv(2048)) > 50
            sock.send(b"\0\1\2")
            line = last(server, 2)
        assert line["rcode"] is None and line["name"] is None and line["subnet"] is None and line["size"] == 0


def test_reloads_turn_it_on_and_off():
    with serving(CONF, ZONE) as (server, api):
        server.dig("www.app.example.com")
        conf = server.conf.read_text()
        for _ in range(2):
            server.write("gslbd.conf", conf + LOG)
            server.reload()
            server.dig("plain.app.example.com")
            server.write("gslbd.conf", conf)
            server.reload()
            server.dig("nope.app.example.com")
        wait_until(lambda: len(lines(server)) == 2)
        assert {line["name"] for line in lines(server)} == {"plain.app.example.com."}
        wait_until(lambda: counts(api, "query-log") == (2, 0))


def test_a_file_that_was_renamed_is_opened_anew():
    with serving(CONF + LOG, ZONE) as (server, api):
        path = server.folder / "queries.log"
        wait_until(path.exists, what="the first file")
        for i in range(5):
            ask_many(server, "www.app.example.com", 200)
            path.rename(path.with_suffix(f".{i}"))
            server.reload()
            wait_until(path.exists, what="a new file")
        wait_until(lambda: counts(api, "query-log") == (1000, 0))
        assert sum(len(lines(server, f"queries.{i}")) for i in range(5)) + len(lines(server)) == 1000


def test_so_many_are_sampled():
    with serving(CONF + "query-log queries.log sample=1/10\n", ZONE) as (server, _):
        ask_many(server, "www.app.example.com", 6000)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        assert 500 < len(lines(server)) < 700  # seven sigma: the gaps are from 1 to 19


def test_a_disk_that_is_full_is_told_once_and_nobody_waits_for_it():
    with serving(CONF + "query-log /dev/full\n", ZONE) as (server, api):
        assert ask_many(server, "large.app.example.com", 9000) == 9000
        wait_until(lambda: counts(api, "query-log")[1] > 0, 20)
        wait_until(lambda: "query-log: /dev/full can't be written to: No space left on device" in server.log())
        wait_until(lambda: "query-log: " in server.log() and "were not recorded" in server.log())
        assert server.log().count("can't be written to") == server.log().count("were not recorded") == 1
        assert counts(api, "query-log")[0] == 0
        server.write("gslbd.conf", server.conf.read_text().replace("/dev/full", "queries.log"))
        server.reload()
        server.dig("www.app.example.com")
        wait_until(lambda: any(line["name"] == "www.app.example.com." for line in lines(server)))


def test_a_reader_of_a_fifo_that_comes_late_and_is_slow():
    with serving(CONF + "query-log pipe\n", ZONE) as (server, api):
        pipe = server.folder / "pipe"
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        server.write("gslbd.conf", server.conf.read_text() + "; a change\n")
        server.reload()
        wait_until(lambda: "pipe can't be written to: No such device or address" in server.log())
        server.dig("plain.app.example.com")
        reader = os.open(pipe, os.O_RDONLY)
        try:
            first = json.loads(os.read(reader, 4096).splitlines()[0])
            assert first["name"] == "plain.app.example.com."
            assert "pipe is written to again" in server.log()
            assert ask_many(server, "large.app.example.com", 9000) == 9000
            wait_until(lambda: counts(api, "query-log")[1] > 0, 20)
        finally:
            os.close(reader)


def test_standard_output():
    with serving(CONF + "query-log -\n", ZONE) as (server, _):
        server.dig("plain.app.example.com")
        wait_until(lambda: '"name":"plain.app.example.com."' in server.log())


class Nobodys(Server):
    def start(self, wait=True):
        for path in (self.folder, *self.folder.iterdir()):
            shutil.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
        super().start(wait)


@pytest.fixture
def without_leak_checks(monkeypatch):
    """The leak checker looks into a process as a debugger does, which one that changed its user does not allow."""
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")
def test_it_is_written_as_the_user(without_leak_checks):
    conf = "listen 127.0.0.1:@PORT@\nworkers 2\nuser nobody\n" + CONF + LOG
    with Nobodys({"gslbd.conf": conf, "z.zone": ZONE}) as server:
        server.dig("www.app.example.com")
        last(server)
        path = server.folder / "queries.log"
        assert path.stat().st_uid == NOBODY.pw_uid and path.stat().st_mode & 0o777 == 0o640
        path.rename(path.with_suffix(".1"))
        server.reload()
        server.dig("www.app.example.com")
        last(server)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")
def test_what_the_user_may_not_write_is_told_and_served_without(without_leak_checks):
    conf = "listen 127.0.0.1:@PORT@\nworkers 2\nuser nobody\n" + CONF + "query-log /etc/queries.log\n"
    with Nobodys({"gslbd.conf": conf, "z.zone": ZONE}) as server:
        wait_until(lambda: "query-log: /etc/queries.log can't be written to: Permission denied" in server.log())
        assert server.answers("www.app.example.com") == ["192.0.2.1"]


def test_an_upgrade_loses_no_line():
    conf = "listen 127.0.0.1:@PORT@\nworkers 2\nadmin 127.0.0.1:@ADMIN@ token-file=admin.token\n" + CONF + LOG
    with Line({"gslbd.conf": conf, "z.zone": ZONE, "admin.token": "secret\n"}, ADMIN=free_port()) as server:
        for i in range(3):
            ask_many(server, "www.app.example.com", 500)
            assert server.upgrade()
        ask_many(server, "www.app.example.com", 500)
        wait_until(lambda: len(lines(server)) == 2000, what="every line")


def test_a_last_query_is_written_before_the_end():
    with serving(CONF + LOG, ZONE) as (server, _):
        ask_many(server, "www.app.example.com", 300)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        assert len(lines(server)) == 300


def test_metrics_name_both_sinks():
    with serving(CONF, ZONE) as (_, api):
        assert [counts(api, sink) for sink in SINKS] == [(0, 0), (0, 0)]
        assert isinstance(api, Api)
