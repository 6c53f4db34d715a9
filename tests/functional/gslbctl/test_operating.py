# SPDX-License-Identifier: ISC
"""gslbctl against a server that runs: what it shows, what it changes, and what it says when it can't."""

import json
import os
import re
import signal
import socket
import subprocess

import pytest
from ctl import GSLBCTL, Fixture, environment, gslbctl
from harness import SOA, Server, free_port, run_gslbd, wait_until
from targets import Web

ONLY = "only STEER failover all-down=nodata\nonly AT fra A 192.0.2.99\n"


@pytest.fixture(scope="module")
def site():
    with Fixture(more=ONLY) as fixture:
        yield fixture


@pytest.fixture(autouse=True)
def nothing_left_over(site):
    yield
    for name, datacenter in site.datacenters.items():
        if datacenter.server is None:
            datacenter.start()
        site.ctl("clear", name)
        site.wait_state(name, "up")


def rows(text):
    """The table below the headline, by name."""
    return {line.split()[0]: line for line in text.splitlines()[2:]}


def test_all_is_well(site):
    result = site.ctl("status")
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("all well: 3 datacenters and 3 targets are up; 1 zone; gslbd ")
    assert lines[1].split() == ["NAME", "STATE", "SINCE", "CHECK", "LATENCY", "WHY"]
    assert re.fullmatch(r"fra +up +\d+[smhd] +site +\d+(\.\d)? ms *", lines[2])
    assert "\033" not in result.stdout


def test_a_dead_datacenter_comes_first_with_its_reason(site):
    site.datacenters["sin"].stop()
    site.wait_state("sin", "down")
    result = site.ctl("status")
    assert result.returncode == 1
    assert result.stdout.startswith("NOT WELL: 1 of 3 datacenters not up, 1 of 3 targets not up; ")
    assert re.match(r"sin +down .*(efused|reset)", result.stdout.splitlines()[2])
    assert site.json("status", status=1)["datacenters"][2]["state"] == "down"


def test_drain_says_who_and_why_and_is_undone(site):
    result = site.ctl("drain", "iad", "--why", "disk swap", "--for", "10m", env=environment(SUDO_USER="alice"))
    assert result.returncode == 0 and re.match(r"iad +drain", result.stdout), result.stderr
    told = site.ctl("status")
    assert told.returncode == 1
    assert re.search(rf"^iad +drain .* by alice@{socket.gethostname()[:30]}.*: disk swap; ends in (10|9)m$", told.stdout,
                     re.M), told.stdout
    assert told.stdout.splitlines()[2].startswith("iad")
    wait_until(lambda: site.server.answers("near.app.example.com", subnet="198.51.100.0/24") == ["192.0.2.82"])
    assert site.ctl("undrain", "iad", env=environment(SUDO_USER="bob")).returncode == 0
    assert f"datacenter iad: cleared by bob@{socket.gethostname()[:30]}" in site.server.log()
    assert site.ctl("status").returncode == 0
    wait_until(lambda: site.server.answers("near.app.example.com", subnet="198.51.100.0/24") == ["198.51.100.82"])


def test_force_down_and_up(site):
    assert site.ctl("force", "iad", "down").returncode == 0
    assert site.state("iad")["state"] == "down"
    assert "until it is cleared" in site.ctl("status").stdout
    site.datacenters["iad"].stop()
    assert site.ctl("force", "iad", "up").returncode == 0
    assert site.state("iad")["state"] == "up"
    wait_until(lambda: site.state("iad")["health"] == "down", 5, "its check fails")
    assert re.search("^iad +up .*until it is cleared; its check: connection refused$", site.ctl("status").stdout, re.M)
    assert site.ctl("force", "iad", "sideways").returncode == 2
    assert site.ctl("clear", "iad").returncode == 0
    site.wait_state("iad", "down")


def test_an_override_ends_by_itself(site):
    assert site.ctl("drain", "sin", "--for", "300ms").returncode == 0
    site.wait_state("sin", "up")


def test_the_last_of_a_name_is_not_taken_without_force(site):
    result = site.ctl("drain", "fra")
    assert result.returncode == 1 and site.state("fra")["state"] == "up"
    assert "  only.app.example.com. A\n" in result.stderr and "--force" in result.stderr
    assert site.ctl("drain", "fra", "--force").returncode == 0
    assert site.server.answers("only.app.example.com") == []


def test_the_last_of_a_name_is_not_cleared_away_without_force(site):
    site.datacenters["fra"].stop()
    site.wait_state("fra", "down")
    assert site.ctl("force", "fra", "up").returncode == 0
    for command in ("clear", "undrain"):
        result = site.ctl(command, "fra")
        assert result.returncode == 1 and "  only.app.example.com. A\n" in result.stderr and "--force" in result.stderr
        assert site.state("fra")["state"] == "up"
    result = site.ctl("clear", "fra", "--force")
    assert result.returncode == 0 and re.match(r"fra +down", result.stdout), result.stderr


@pytest.mark.parametrize("arguments, message", [
    (["drain", "mars"], 'no datacenter is named "mars"; there are fra, iad, sin'),
    (["drain", "iad", "--for", "soon"], '"soon" is no duration'),
    (["drain", "iad", "--for", "0"], '"0" is no duration from 1ms to 24d, such as "10m"'),
    (["drain", "iad", "--for", "30d"], '"30d" is no duration from 1ms to 24d'),
    (["drain"], "it is: drain DC"),
    (["drain", "iad", "--watch"], "drain takes no --watch"),
    (["drian", "iad"], 'did you mean "drain"?'),
    (["explain", "www.app.example.com"], "explain needs --client"),
])
def test_wrong_use_is_told(site, arguments, message):
    result = site.ctl(*arguments)
    assert result.returncode == 2 and message in result.stderr


def test_reload(site):
    good = (site.server.folder / "z.zone").read_text()
    site.server.write("z.zone", good + "new A 192.0.2.123\n")
    result = site.ctl("reload")
    assert result.returncode == 0 and "zones: 1" in result.stdout, result.stderr
    assert site.server.answers("new.app.example.com") == ["192.0.2.123"]
    site.server.write("z.zone", good + "bad AT mars A 192.0.2.1\nworse A 192.0.2.300\n")
    result = site.ctl("reload")
    assert result.returncode == 1 and "is served on" in result.stderr
    assert len(re.findall(r"z\.zone:\d+:\d+: ", result.stderr)) == 2
    told = site.ctl("status")
    assert told.returncode == 1 and "the last reload FAILED" in told.stdout and "reload: " in told.stdout
    assert site.json("reload", status=1)["faults"]
    site.server.write("z.zone", good)
    assert site.ctl("reload").returncode == 0 and site.ctl("status").returncode == 0


def test_reload_tells_of_warnings(site):
    """As --check does, and of what only a reload can know."""
    good = (site.server.folder / "z.zone").read_text()
    conf = site.server.conf.read_text()
    site.server.write("z.zone", good + "ring CNAME ring\n")
    site.server.write("gslbd.conf", conf.replace("workers 2", "workers 3"))
    checked = run_gslbd("--check", site.server.conf)
    assert checked.returncode == 0 and "warning: " in checked.stderr
    result = site.ctl("reload")
    assert result.returncode == 0 and "reloaded" in result.stdout
    assert result.stderr.splitlines() == [
        *checked.stderr.splitlines(),
        "reload: warning: a change of workers takes effect at the next start",
        "reload: warning: zone app.example.com. has changed, but its serial is 1 still; secondaries keep what they have"]
    told = site.json("reload")
    assert told["ok"] and told["faults"][0] == checked.stderr.splitlines()[0]
    assert site.ctl("status").returncode == 0
    site.server.write("gslbd.conf", conf)
    site.server.write("z.zone", good.replace("hostmaster 1 ", "hostmaster 2 "))
    assert site.json("reload")["faults"] == []
    site.server.write("z.zone", good)
    assert site.ctl("reload").returncode == 0


@pytest.mark.parametrize("question, client, down", [
    ("near.app.example.com", "203.0.113.7", []),
    ("near.app.example.com/A", "203.0.113.0/24", ["fra"]),
    ("www.app.example.com/AAAA", "198.51.100.7", ["fra", "iad"]),
    ("api.app.example.com/CNAME", "192.0.2.1", []),
    ("nope.app.example.com/MX", "2001:db8::1", []),
])
def test_explain_is_that_of_the_server(site, question, client, down):
    options = ["--client", client, *(word for name in down for word in ("--down", name))]
    live = site.ctl("explain", question, *options)
    offline = run_gslbd("--explain", question, *options, site.conf)
    assert live.returncode == 0 and live.stdout == offline.stdout and live.stdout
    live = site.ctl("--json", "explain", question, *options)
    assert json.loads(live.stdout) == json.loads(run_gslbd("--json", "--explain", question, *options, site.conf).stdout)


def test_explain_knows_what_is_down(site):
    site.ctl("drain", "iad")
    told = site.ctl("explain", "near.app.example.com", "--client", "198.51.100.7").stdout
    assert "iad 198.51.100.82: the datacenter is drained" in told and "NOERROR 192.0.2.82" in told
    result = site.ctl("explain", "near.app.example.com/NOPE", "--client", "198.51.100.7")
    assert result.returncode == 1 and "a record type is needed" in result.stderr


def test_watch_goes_on_until_interrupted(site):
    process = subprocess.Popen([GSLBCTL, "-c", site.conf, "status", "--watch"], stdout=subprocess.PIPE, text=True,
                               env=environment())
    seen = 0
    while seen < 2:
        seen += process.stdout.readline().startswith("all well")
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    assert process.wait(10) == 0


def test_where_the_server_is(site, tmp_path):
    token = site.server.folder / "admin.token"
    address = f"127.0.0.1:{site.admin}"
    assert gslbctl("-s", address, "-t", token, "status", cwd=tmp_path).returncode == 0
    assert gslbctl("status", env=environment(GSLBCTL_SERVER=address, GSLBCTL_TOKEN_FILE=str(token)),
                   cwd=tmp_path).returncode == 0
    assert gslbctl("status", cwd=site.server.folder).returncode == 0  # ./gslbd.conf
    (tmp_path / "admin.token").write_text("sesame")
    assert gslbctl("-s", address, "status", cwd=tmp_path).returncode == 0


def test_what_can_not_be_found_is_told(site, tmp_path):
    nowhere = gslbctl("status", cwd=tmp_path)
    assert nowhere.returncode == 2 and "./gslbd.conf" in nowhere.stderr and "GSLBCTL_SERVER" in nowhere.stderr
    tokenless = gslbctl("-s", f"127.0.0.1:{site.admin}", "status", cwd=tmp_path)
    assert tokenless.returncode == 2 and "no ./admin.token" in tokenless.stderr
    (tmp_path / "wrong").write_text("barley")
    wrong = gslbctl("-s", f"127.0.0.1:{site.admin}", "-t", tmp_path / "wrong", "status")
    assert wrong.returncode == 2 and f"the token of {tmp_path / 'wrong'} is not the server's" in wrong.stderr
    dead = gslbctl("-s", f"127.0.0.1:{free_port()}", "-t", tmp_path / "wrong", "status")
    assert dead.returncode == 2 and "Connection refused; is gslbd running, and is this where its `admin` listens?" in dead.stderr
    (tmp_path / "empty.conf").write_text("listen 127.0.0.1:53\n")
    empty = gslbctl("-c", tmp_path / "empty.conf", "status")
    assert empty.returncode == 2 and "has no admin line" in empty.stderr
    assert gslbctl("-s", "what", "status").returncode == 2


def test_a_token_that_is_missing_is_told(tmp_path):
    path = tmp_path / "s"
    conf = f"listen 127.0.0.1:@PORT@\nadmin {path} token-file=admin.token\ndatacenter fra\nzone app.example.com z.zone\n"
    with Server({"gslbd.conf": conf, "z.zone": SOA, "admin.token": "sesame\n"}):
        result = gslbctl("-s", path, "status", cwd=tmp_path)
        assert result.returncode == 2 and "the server wants a token: -t FILE" in result.stderr


def test_a_unix_socket(tmp_path):
    path = tmp_path / "s"
    conf = f"listen 127.0.0.1:@PORT@\nadmin {path}\ndatacenter fra\nzone app.example.com z.zone\n"
    with Server({"gslbd.conf": conf, "z.zone": SOA}) as server:
        assert gslbctl("-c", server.conf, "status").returncode == 0
        result = gslbctl("-s", path, "drain", "fra", cwd=tmp_path)
        assert result.returncode == 0, result.stderr


EXPECTED = "expected is the UNIX socket that `admin` of gslbd.conf names, or a socket address such as 127.0.0.1:8053\n"


@pytest.mark.parametrize("at, told", [
    ("{}/nope", "{}/nope: there is no such file; " + EXPECTED),
    ("{}", "{}: this is no UNIX socket; " + EXPECTED),
    ("file", "file: this is no UNIX socket; " + EXPECTED),
    ("dead.sock", "dead.sock: Connection refused; is gslbd running, and is this where its `admin` listens?\n"),
    ("admin.sock", "-s: \"admin.sock\" is neither a socket address, such as 127.0.0.1:8053, nor the path of a UNIX socket: "
                   "there is no such file\n"),
    ("{}/" + "long/" * 30, "{}/" + "long/" * 30 + ": Unix socket path too long"),
])
def test_a_path_where_nobody_listens_is_told(tmp_path, at, told):
    (tmp_path / "file").write_text("")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
    result = gslbctl("-s", at.format(tmp_path), "status", cwd=tmp_path)
    assert result.returncode == 2 and result.stderr.startswith("gslbctl: " + told.format(tmp_path)), result.stderr


def test_a_unix_socket_needs_no_slash(tmp_path):
    conf = f"listen 127.0.0.1:@PORT@\nadmin {tmp_path}/s\ndatacenter fra\nzone app.example.com z.zone\n"
    with Server({"gslbd.conf": conf, "z.zone": SOA}):
        assert gslbctl("-s", "s", "status", cwd=tmp_path).returncode == 0


class Silence:
    """A port whose connections are never taken: its checks get no sign of life."""

    def __init__(self, address):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(address)
        self.listener.listen(0)
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(address)
            self.fillers.append(filler)

    def close(self):
        for one in (self.listener, *self.fillers):
            one.close()


def test_isolation_is_told(site):
    silences = []
    for datacenter in site.datacenters.values():
        datacenter.stop()
        silences.append(Silence((datacenter.address, datacenter.port)))
    try:
        wait_until(lambda: "ISOLATED" in site.ctl("status").stdout, 15, f"isolated: {site.ctl('status').stdout}")
        assert site.ctl("status").returncode == 1
    finally:
        for silence in silences:
            silence.close()


def test_a_record_target_of_no_datacenter_is_listed():
    port = free_port()
    more = f"part STEER failover fra\npart AT fra check=port address=127.0.0.1:{port} A 192.0.2.94\n"
    with Fixture(more=more, conf="check port tcp interval=100ms timeout=500ms rise=1 fall=1\n") as site:
        told = site.ctl("status")
        assert told.returncode == 1
        assert re.match(rf"127\.0\.0\.1:{port} +down .* port ", told.stdout.splitlines()[-1]), told.stdout
        assert "NOT WELL: 1 of 4 targets not up" in told.stdout


def test_an_outage_of_many_targets_is_told_in_few_words():
    port = free_port()
    more = "".join(f"n{i} AT * check=port address=127.1.{i // 250}.{i % 250 + 1}:{port} A 192.0.2.94\n" for i in range(1200))
    with Fixture(more=more, conf="check port tcp interval=1h timeout=5s rise=1 fall=1\n") as site:
        status = site.json("status", status=1)
        assert (status["n_targets"], status["n_targets_not_up"], len(status["targets"])) == (1203, 1200, 1000)
        assert {target["state"] for target in status["targets"]} == {"down"}
        lines = site.ctl("status").stdout.splitlines()
        assert lines[0].startswith("NOT WELL: 1200 of 1203 targets not up;") and len(lines) == 2 + 3 + 1000 + 1
        assert lines[-1] == "and 200 more targets that are not up"


def test_connections_have_a_column_where_a_target_tells_them():
    web = Web(lambda request: (200, {"X-Load": "17"}, b""))
    more = f"busy STEER pool\nbusy AT fra check=load address={web.endpoint} A 192.0.2.94\n"
    more += f"busy AT iad check=gone address=127.0.0.1:{free_port()} A 192.0.2.95\n"
    conf = "check load http load=header:X-Load interval=100ms\ncheck gone tcp interval=100ms timeout=500ms fall=1\n"
    with Fixture(more=more, conf=conf + "datacenter ams check=load address=" + web.endpoint + "\n") as site:
        lines = [line.split() for line in site.ctl("status").stdout.splitlines()]
        assert lines[1] == ["NAME", "STATE", "SINCE", "CHECK", "LATENCY", "CONNECTIONS", "WHY"]
        told = {line[0]: line for line in lines[2:]}
        assert told["ams"][6] == "17" and told["fra"][6] == "-"  # the latency is two words
        assert any(line[3:6] == ["gone", "-", "-"] for line in lines)
    web.stop()


def test_colour_is_for_terminals():
    with Fixture() as site:
        for extra, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            main, side = os.openpty()
            process = subprocess.Popen([GSLBCTL, "-c", site.conf, "status"], stdout=side, env=environment(**extra))
            assert process.wait(20) == 0
            os.close(side)
            assert (b"\033[32m" in os.read(main, 4096)) == coloured
            os.close(main)
