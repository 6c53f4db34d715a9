# SPDX-License-Identifier: ISC
"""Failover drills: who moves where, that nobody is answered wrongly, and that a drill can fail."""

import json
import os
import signal
import socket
import subprocess
import threading

import pytest
from ctl import GSLBCTL, ZONE, Fixture, environment
from harness import SOA, free_port, wait_until


@pytest.fixture(scope="module")
def site():
    with Fixture() as fixture:
        yield fixture


def moves(report, name, kind="A"):
    """From where to where, by geomap line."""
    found = {}
    for move in report["moves"]:
        if (move["name"], move["type"]) == (f"{name}.app.example.com.", kind):
            found[move["line"]] = tuple(sorted({r["datacenter"] or "*" for r in move[end]}) for end in ("from", "to"))
    return found


@pytest.mark.parametrize("way", ["--drain", "--fail"])
def test_a_drill_that_goes_well(site, way):
    report = site.json("drill", "fra", "--for", "2s", way)
    assert report["good"] and report["wrong"] == {"total": 0, "list": []} and not report["interrupted"]
    assert report["state"] == {"--drain": "drain", "--fail": "down"}[way]
    assert report["clients"] == 4 and report["asked"] > report["questions"] > 30
    assert moves(report, "www") == {"EU": (["fra"], ["iad"])}
    assert moves(report, "www", "AAAA") == {"EU": (["fra"], ["iad"]), "*/SG": (["fra"], ["iad"])}
    assert moves(report, "robin")["*"] == (["fra", "iad", "sin"], ["iad", "sin"])
    assert moves(report, "big", "AAAA")["EU"] == (["fra", "iad"], ["iad"])
    assert moves(report, "every")["EU"] == (["fra", "iad"], ["iad"])
    assert moves(report, "*.user")["EU"] == (["fra"], ["iad"])
    assert set(moves(report, "api", "CNAME")) == {"*", "EU", "*/SG", "NA/US/CA"}
    assert moves(report, "near")["EU"] == (["fra"], ["iad"])
    assert report["moved"]["n"] == report["moved"]["of"] == report["back"]["of"]
    assert 0 < report["moved"]["min_ms"] <= report["moved"]["median_ms"] <= report["moved"]["max_ms"] < 2000
    assert site.state("fra")["state"] == "up" and site.state("fra")["override"] is None


def test_a_report_for_people(site):
    result = site.ctl("drill", "sin", "--for", "1200ms", "--name", "www.app.example.com")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "sin drained for 1.2 s; 8 questions of 4 clients" in result.stdout
    assert "world */SG" in result.stdout and "sin -> fra" in result.stdout
    assert "good: nobody was answered wrongly, and all are back" in result.stdout


def test_a_dry_run_changes_nothing(site):
    asked = site.server.log().count("/v1/overrides/")
    report = site.json("drill", "iad", "--dry-run")
    assert report["good"] and report["dry_run"] and report["asked"] == 0
    assert moves(report, "www") == {"*": (["iad"], ["fra"])}
    share = next(m["share"] for m in report["moves"] if m["line"] == "*")
    assert 0.99 < share < 1
    assert site.server.log().count("/v1/overrides/") == asked
    text = site.ctl("drill", "iad", "--dry-run").stdout
    assert "of the IPv4 addresses by geomap world lose iad" in text and "everybody would have somewhere to go" in text


def test_the_datacenter_is_given_back_on_interrupt(site):
    process = subprocess.Popen([GSLBCTL, "-c", site.conf, "--json", "drill", "fra", "--for", "60s"], text=True,
                               stdout=subprocess.PIPE, env=environment())
    told = site.wait_state("fra", "drain")["override"]
    assert told["why"] == "drill" and told["until"]
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 2 and json.loads(out)["interrupted"]
    assert site.state("fra")["state"] == "up"


def test_what_somebody_else_says_meanwhile_stays(site):
    process = subprocess.Popen([GSLBCTL, "-c", site.conf, "drill", "fra", "--for", "60s"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    site.wait_state("fra", "drain")
    site.ctl("force", "fra", "down", "--why", "fire")
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 2 and "somebody else has changed" in error
    assert site.state("fra")["override"]["why"] == "fire"
    site.ctl("clear", "fra")


def begin_drill(site, *arguments):
    process = subprocess.Popen([GSLBCTL, "-c", site.conf, *arguments], text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=environment())
    site.wait_state("fra", "drain")
    return process


def test_a_server_that_stops_answering_ends_the_drill(site):
    process = begin_drill(site, "--json", "drill", "fra", "--for", "10m")
    os.kill(site.server.process.pid, signal.SIGSTOP)
    try:
        assert "the server answers no more" in process.stderr.readline()
    finally:
        os.kill(site.server.process.pid, signal.SIGCONT)
    out, _ = process.communicate(timeout=40)
    report = json.loads(out)
    assert process.returncode == 1 and report["server_lost"] and report["given_back"] and not report["good"]
    assert {w["kind"] for w in report["wrong"]["list"]} == {"nothing"}
    assert site.state("fra")["state"] == "up"


class Door:
    """Leads to the admin API, until it is shut: then connections are taken, and nothing comes of them."""

    def __init__(self, port):
        self.port, self.open = port, True
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            inner = socket.create_connection(("127.0.0.1", self.port))
            for ends in ((client, inner), (inner, client)):
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def carry(self, source, sink):
        try:
            while data := source.recv(65536):
                if self.open:
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def test_an_api_that_hangs_does_not_hold_the_drill_and_is_told(site):
    door = Door(site.admin)
    address = "%s:%d" % door.listener.getsockname()
    process = begin_drill(site, "-s", address, "drill", "fra", "--for", "10m")
    door.open = False
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=40)
    door.listener.close()
    assert process.returncode == 2, out + error
    assert "could not be cleared; it ends by itself" in error and "NOT GIVEN BACK" in out
    assert site.state("fra")["state"] == "drain"
    site.ctl("clear", "fra")


@pytest.mark.parametrize("arguments, message", [
    (["mars"], 'no datacenter is named "mars"'),
    (["fra", "--for", "soon"], '"soon" is no duration'),
    (["fra", "--for", "0s"], '"0s" is no duration from 1ms to 24d'),
    (["fra", "--drain", "--fail"], "exclude each other"),
    (["fra", "--name", "ns1.app.example.com"], "is not steered"),
    (["fra", "--server", "nonsense:x"], "is no address"),
])
def test_wrong_use_is_told(site, arguments, message):
    result = site.ctl("drill", *arguments)
    assert result.returncode == 2 and message in result.stderr, result.stderr


def test_a_slow_start_is_no_failure():
    with Fixture(fra="slow-start=5m") as site:
        report = site.json("drill", "fra", "--for", "1s")
        assert report["good"] and report["back"]["n"] > 0


def test_wrong_answers_end_a_drill_before_it_begins(site):
    changes = site.server.log().count("/v1/overrides/")
    with Fixture(more="near AT sin A 203.0.113.82\n", zone=ZONE.replace("198.51.100.82", "198.51.100.83")) as other:
        server = f"127.0.0.1:{other.server.port}"
        report = site.json("drill", "fra", "--name", "near.app.example.com", "--server", server, status=1)
        assert {w["kind"] for w in report["wrong"]["list"]} == {"strange"} and report["moved"]["n"] == 0
        assert {w["got"] for w in report["wrong"]["list"]} <= {"198.51.100.83", "203.0.113.82"}
    assert site.server.log().count("/v1/overrides/") == changes


def test_a_server_that_knows_none_of_the_names_proves_nothing(site):
    with Fixture(zone=SOA + "lone A 192.0.2.9\n") as other:
        result = site.ctl("drill", "fra", "--for", "1200ms", "--name", "near.app.example.com",
                          "--server", f"127.0.0.1:{other.server.port}")
    assert result.returncode == 2, result.stdout + result.stderr
    assert "NOT JUDGED: no question had a usable answer before; does 127.0.0.1:" in result.stdout
    assert site.state("fra")["state"] == "up"


def test_nobody_answers(site):
    result = site.ctl("drill", "fra", "--name", "near.app.example.com", "--server", f"127.0.0.1:{free_port()}")
    assert result.returncode == 2 and "nothing answers DNS at" in result.stderr
    assert site.state("fra")["state"] == "up"


def test_what_is_not_up_is_not_drilled(site):
    site.ctl("drain", "sin", "--why", "paint")
    result = site.ctl("drill", "sin")
    assert result.returncode == 2 and "sin can't be drilled: it is drain by an operator" in result.stderr
    site.ctl("clear", "sin")


def kinds(report):
    return {(w["name"].split(".")[0], w["kind"]) for w in report["wrong"]["list"]}


# Each leaves its clients badly off without fra, each in another way.
BAD = """lonely STEER failover all-down=nodata
lonely AT fra A 192.0.2.101
broken STEER failover all-down=servfail
broken AT fra A 192.0.2.102
stuck STEER failover
stuck AT fra A 192.0.2.103
hollow STEER failover iad fra
hollow AT iad check=port address=127.0.0.1:@DEAD@ A 198.51.100.104
hollow AT fra A 192.0.2.104
hopeless STEER failover
hopeless AT fra state=down A 192.0.2.105
"""


@pytest.fixture(scope="module")
def bad_site():
    more = BAD.replace("@DEAD@", str(free_port()))
    with Fixture(more=more, conf="check port tcp interval=100ms timeout=500ms rise=1 fall=1\n") as fixture:
        yield fixture


def test_a_drill_needs_force_where_nothing_is_left(bad_site):
    result = bad_site.ctl("drill", "fra", "--for", "1s")
    assert result.returncode == 1 and "lonely.app.example.com. A" in result.stderr and "--force" in result.stderr
    assert bad_site.state("fra")["state"] == "up"


def test_a_drill_fails_for_the_right_reasons(bad_site):
    report = bad_site.json("drill", "fra", "--for", "2s", "--force", status=1)
    assert not report["good"]
    assert kinds(report) == {("lonely", "nothing"), ("broken", "nothing"), ("stuck", "drilled"), ("hollow", "last_resort")}
    got = {w["name"].split(".")[0]: w["got"] for w in report["wrong"]["list"]}
    assert got == {"lonely": "no records", "broken": "SERVFAIL", "stuck": "192.0.2.103", "hollow": "198.51.100.104"}
    assert report["back"]["n"] == report["back"]["of"]  # all came back
    assert bad_site.state("fra")["state"] == "up"
    text = bad_site.ctl("drill", "fra", "--for", "1500ms", "--force", "--name", "stuck.app.example.com")
    assert text.returncode == 1
    assert "got 192.0.2.103, of fra still; allowed: nothing is left" in text.stdout and "NOT GOOD" in text.stdout


def test_a_dry_run_tells_what_would_be_left_without_anything(bad_site):
    result = bad_site.ctl("drill", "fra", "--dry-run")
    assert result.returncode == 1 and "some would have nowhere to go" in result.stdout
    emptied = result.stdout.split("nothing would be left of:\n")[1]
    assert {line.split(".")[0].strip() for line in emptied.splitlines() if " for world " in line} == {
        "lonely", "broken", "stuck", "hollow"}


def test_what_happens_elsewhere_during_a_drill_is_told_apart():
    three = "trio STEER failover\ntrio AT fra A 192.0.2.1\ntrio AT iad A 192.0.2.2\ntrio AT sin A 192.0.2.3\n"
    with Fixture(zone=SOA, more=three) as site:
        process = subprocess.Popen([GSLBCTL, "-c", site.conf, "drill", "fra", "--for", "4s"], text=True,
                                   stdout=subprocess.PIPE, env=environment())
        wait_until(lambda: site.server.answers("trio.app.example.com") == ["192.0.2.2"], 10, "moved")
        site.datacenters["iad"].stop()
        report = process.communicate(timeout=30)[0]
        assert process.returncode == 0 and "meanwhile: iad went down\n" in report and "wrong:" not in report, report


def test_a_datacenter_that_dies_during_the_drill_fails_it():
    pair = "pair STEER failover\npair AT fra A 192.0.2.1\npair AT iad A 192.0.2.2\n"
    with Fixture(zone=SOA, more=pair) as site:
        process = subprocess.Popen([GSLBCTL, "-c", site.conf, "--json", "drill", "fra", "--for", "4s"], text=True,
                                   stdout=subprocess.PIPE, env=environment())
        wait_until(lambda: site.server.answers("pair.app.example.com") == ["192.0.2.2"], 10, "moved")
        site.datacenters["iad"].stop()
        report = json.loads(process.communicate(timeout=30)[0])
        assert process.returncode == 1 and kinds(report) & {("pair", "drilled"), ("pair", "last_resort")}
        assert "192.0.2.2" not in report["wrong"]["list"][-1]["allowed"] or report["wrong"]["list"][-1]["kind"] == "last_resort"
