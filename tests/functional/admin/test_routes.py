# SPDX-License-Identifier: ISC
"""The admin API: what each route says, and what is refused."""

import json
import shutil
import socket
import threading

import pytest
from api import ADMIN, Api, serving
from harness import SOA, Datacenter, Server, free_port, run_gslbd, wait_until

CONF = """check site http interval=1s timeout=5s
datacenter fra address=127.0.0.1:@FRA@ check=site location=50.11,8.68
datacenter iad location=39.04,-77.49
datacenter sin location=1.35,103.82 state=drain
geomap world * fra iad sin
zone app.example.com z.zone
"""
ZONE = SOA + """www STEER geo world
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
www AT sin A 192.0.2.3
alias CNAME www
"""


@pytest.fixture(scope="module")
def pair():
    fra = Datacenter()
    with serving(CONF, ZONE, FRA=fra.port) as (server, api):
        yield server, api
    fra.stop()


def raw(port, octets):
    """What comes back for octets that no HTTP library would send; the connection is closed then."""
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.sendall(octets)
        sock.shutdown(socket.SHUT_WR)
        told = b""
        while part := sock.recv(65536):
            told += part
    return told.decode()


def test_nothing_is_said_before_the_first_round_is_complete():
    listener = socket.create_server(("127.0.0.1", 0))
    port = free_port()
    conf = ADMIN + CONF.replace("interval=1s timeout=5s", "interval=1m timeout=50s")
    files = {"gslbd.conf": conf, "z.zone": ZONE, "admin.token": "secret\n"}
    with Server(files, ADMIN=port, FRA=listener.getsockname()[1], wait=False) as server:
        api = Api(port)
        check, _ = listener.accept()  # and says nothing: the round is under way
        wait_until(lambda: "checking 1 target" in server.log())
        assert api.get("/livez").status == 200 and api.get("/livez").json == {"live": True}
        assert api.get("/readyz").status == 503 and api.get("/readyz").json == {"ready": False}
        for method, target, body in (("GET", "/v1/status", None), ("GET", "/metrics", None),
                                     ("GET", "/v1/explain?name=www.app.example.com&client=192.0.2.1", None),
                                     ("PUT", "/v1/overrides/fra", {"state": "drain"}),
                                     ("DELETE", "/v1/overrides/fra", None),
                                     ("POST", "/v1/latency", {"measurements": []})):
            reply = api.ask(method, target, body)
            assert reply.status == 503 and reply.error == "not ready: the first round of checks is under way", target
        check.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        wait_until(lambda: api.get("/readyz").status == 200, 10, "ready")
        assert api.get("/readyz").json == {"ready": True} and api.status()["ready"] is True
        check.close()
    listener.close()


def test_liveness_needs_no_token_and_all_else_does(pair):
    _, api = pair
    strangers = [Api(api.at, token) for token in (None, "", "secre", "secret2", "SECRET", "secret secret")]
    for stranger in strangers:
        assert stranger.get("/livez").status == stranger.get("/readyz").status == 200
        for method, target in (("GET", "/metrics"), ("GET", "/v1/status"), ("GET", "/v1/explain?name=x&client=::1"),
                               ("POST", "/v1/reload"), ("PUT", "/v1/overrides/fra"), ("DELETE", "/v1/overrides/fra"),
                               ("POST", "/v1/latency"), ("GET", "/nothing"), ("DELETE", "/livez"), ("PATCH", "/metrics")):
            reply = stranger.ask(method, target, b"{}" if method in ("PUT", "POST") else None)
            assert reply.status == 401 and reply.headers["WWW-Authenticate"] == "Bearer", (stranger.token, target)
    basic = Api(api.at, None).ask("GET", "/v1/status", headers={"Authorization": "Basic c2VjcmV0"})
    assert basic.status == 401
    assert api.datacenter("fra")["override"] is None and api.status()["reload"]["done"] == 0


def test_unknown_paths_methods_and_parameters(pair):
    _, api = pair
    for path in ("/", "/v1", "/v1/", "/v1/statu", "/v1/status/", "/v1/overrides", "/v1/overrides/", "/metrics/x", "/LIVEZ"):
        reply = api.get(path)
        assert reply.status in (400, 404), path
    assert api.get("/v1/nope").error == "nothing is at /v1/nope"
    for method, target, allow in (("POST", "/v1/status", "GET, HEAD"), ("PUT", "/v1/reload", "GET, HEAD, POST"),
                                  ("POST", "/v1/overrides/fra", "PUT, DELETE"), ("PATCH", "/metrics", "GET, HEAD"),
                                  ("OPTIONS", "/v1/latency", "POST")):
        reply = api.ask(method, target, b"{}" if method == "POST" else None)
        assert reply.status == 405 and reply.headers["Allow"] == allow, target
    for target in ("/v1/status?verbose=1", "/v1/explain?name=www.app.example.com&client=::1&verbose=1"):
        reply = api.get(target)
        assert reply.status == 400 and reply.error == 'unknown query parameter "verbose"'
    assert api.get("/v1/explain?name=x&name=y&client=::1").status == 400


@pytest.mark.parametrize("target", ["http://127.0.0.1/v1/status", "http://x/metrics", "http:/v1/status", "*",
                                    "//v1/status", "/v1/../v1/status", "/v1/%2e%2e/metrics", "/v1%2fstatus"])
def test_other_forms_of_a_target_are_refused_even_with_the_token(pair, target):
    _, api = pair
    told = raw(api.at, f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n"
                       "Connection: close\r\n\r\n".encode())
    assert told.split("\r\n")[0].split()[1] in ("400", "404") and "datacenters" not in told and "# TYPE" not in told


@pytest.mark.parametrize("octets", [
    b"GET /v1/status HTTP/1.1\r\nAuthorization: Bearer secret\r\nAuthorization: Bearer x\r\n\r\n",
    b"POST /v1/reload HTTP/1.1\r\nAuthorization: Bearer secret\r\nContent-Length: 2\r\nContent-Length: 0\r\n\r\n{}",
    b"POST /v1/reload HTTP/1.1\r\nAuthorization: Bearer secret\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
], ids=["two tokens", "two lengths", "a length and chunks"])
def test_what_can_be_read_in_two_ways_is_refused(pair, octets):
    _, api = pair
    assert raw(api.at, octets).split("\r\n")[0].split()[1] == "400"
    assert api.status()["reload"]["done"] == 0


@pytest.mark.parametrize("body, error", [
    (b"", '"state" must be "drain", "down" or "up"'),
    (b"{", "body:1:2: expected a string"),
    (b"[]", "body:1:1: expected an object"),
    (b'{"state": "drain", "state": "up"}', "a member that is given twice"),
    (b'{"state": "drain"} x', "body:1:20: something follows the object"),
    (b'{"state": NaN}', "body:1:11: expected a value"),
    (b'{"state": "\xff"}', "invalid UTF-8"),
    (b'{"state": "gone"}', '"state" must be "drain", "down" or "up"'),
    (b'{"state": 1}', '"state" must be a text'),
    (b'{"state": "drain", "for": 10}', '"for" must be a text'),
    (b'{"state": "drain", "for": "soon"}', '"for": "soon" is no duration from 1ms to 24d, such as "10m" or "1h30m"'),
    (b'{"state": "drain", "for": "0s"}', '"for": "0s" is no duration from 1ms to 24d, such as "10m" or "1h30m"'),
    (b'{"state": "drain", "for": "-1s"}', '"for": "-1s" is no duration from 1ms to 24d, such as "10m" or "1h30m"'),
    (b'{"state": "drain", "force": "yes"}', '"force" must be true or false'),
    (b'{"state": "drain", "forse": true}', 'unknown member "forse", did you mean "force"?'),
    (b'{"state": "drain", "until": "10m"}', 'unknown member "until"'),
    (b'{"state": "drain", "why": "' + b"x" * 70000 + b'"}', None),
])
def test_bodies_that_are_not_right_change_nothing(pair, body, error):
    _, api = pair
    reply = api.ask("PUT", "/v1/overrides/fra", body)
    assert reply.status in ((400,) if error else (400, 413)), reply.text
    if error:
        assert error in reply.error
    assert api.datacenter("fra")["override"] is None


def test_an_unknown_datacenter_is_told_with_those_that_are(pair):
    _, api = pair
    for reply in (api.put("mars", state="drain"), api.delete("mars")):
        assert reply.status == 404 and reply.error == 'no datacenter is named "mars"; there are fra, iad, sin'
    reply = api.get("/v1/explain?name=www.app.example.com&client=192.0.2.1&down=fra,mars")
    assert reply.status == 404 and 'no datacenter is named "mars"' in reply.error


def test_status(pair):
    server, api = pair
    status = api.status()
    assert status["ready"] is True and status["isolated"] is False
    assert status["zones"] == ["app.example.com."] and status["listens"] == [f"127.0.0.1:{server.port}"]
    by_name = {d["name"]: d for d in status["datacenters"]}
    assert list(by_name) == ["fra", "iad", "sin"]
    fra, iad, sin = by_name.values()
    assert (fra["state"], fra["health"], fra["check"]) == ("up", "up", "site")
    assert fra["latency_ms"] > 0 and fra["age_ms"] >= 0 and fra["address"] == status["targets"][0]["address"]
    assert (iad["state"], iad["health"], iad["why"], iad["check"]) == ("up", "unchecked", "no check", None)
    assert (sin["state"], sin["why"]) == ("drain", "state=drain in the configuration")
    (target,) = status["targets"]
    assert target["state"] == "up" and target["passed"] >= 1 and target["failed"] == 0 and target["why"] is None


def test_a_reply_has_its_headers_and_head_has_no_body(pair):
    _, api = pair
    for target, content in (("/v1/status", "application/json"), ("/livez", "application/json"),
                            ("/metrics", "text/plain; version=0.0.4; charset=utf-8")):
        reply, head = api.get(target), api.ask("HEAD", target)
        assert reply.status == head.status == 200 and head.text == ""
        assert reply.headers["Content-Type"] == head.headers["Content-Type"] == content
        assert reply.headers["Cache-Control"] == "no-store"


EXPLAINED = [("www.app.example.com", "A", "198.51.100.7", ()), ("www.app.example.com", "A", "198.51.100.0/24", ("fra",)),
             ("www.app.example.com", "A", "2001:db8::/48", ("fra", "iad")), ("alias.app.example.com", "A", "::1", ("iad",)),
             ("www.app.example.com", "TXT", "192.0.2.9", ()), ("nope.app.example.com", "A", "192.0.2.9", ()),
             ("www.example.org", "A", "192.0.2.9", ())]


@pytest.mark.parametrize("name, kind, client, down", EXPLAINED)
def test_explain_says_what_the_command_line_says(pair, name, kind, client, down):
    server, api = pair
    options = [word for dc in down for word in ("--down", dc)]
    offline = run_gslbd("--explain", f"{name}/{kind}", "--client", client, *options, "--json", server.conf)
    assert offline.returncode == 0
    told = api.explain(name, client, kind, **({"down": ",".join(down)} if down else {}))
    assert told == json.loads(offline.stdout)
    assert told["answer"] or kind == "TXT" or told["status"] in ("NXDOMAIN", "REFUSED")


@pytest.mark.parametrize("query, error", [
    ("", "name= and client= are needed, such as ?name=www.app.example.com&type=A&client=203.0.113.7"),
    ("?name=www.app.example.com", "name= and client= are needed"),
    ("?name=www.app.example.com&client=nobody", "the client is an address or a prefix"),
    ("?name=www.app.example.com&client=192.0.2.1/24", "the client is an address or a prefix"),
    ("?name=www.app.example.com&client=192.0.2.1&type=NOPE", "a record type is needed"),
    (f"?name={'x' * 64}.example&client=192.0.2.1", None),
])
def test_questions_that_are_none(pair, query, error):
    _, api = pair
    reply = api.get("/v1/explain" + query)
    assert reply.status == 400 and (error or "") in reply.error


def test_explain_and_dig_agree(pair):
    server, api = pair
    assert api.explain("www.app.example.com", "192.0.2.1")["answer"] == server.dig("www.app.example.com").answers
    assert api.explain("www.app.example.com", "192.0.2.1", down="fra")["answer"] == ["192.0.2.2"]
    assert server.answers("www.app.example.com") == ["192.0.2.1"], "asking what if changes nothing"


def test_idle_connections_take_nothing_from_anyone(pair):
    server, api = pair
    idle = []
    try:
        for i in range(1000):
            sock = socket.create_connection(("127.0.0.1", api.at), 10)
            idle.append(sock)
            if i % 3 == 0:
                sock.sendall(b"GET /v1/status HTTP/1.1\r\nAuthor")
            if i % 100 == 99:
                assert server.answers("www.app.example.com") == ["192.0.2.1"]
                assert api.get("/readyz").status == 200 and len(api.status()["datacenters"]) == 3
        assert "gslbd_admin_crowded_out_total 0\n" not in api.get("/metrics").text
    finally:
        for sock in idle:
            sock.close()
    assert api.status()["ready"] is True


def test_requests_at_the_same_time(pair):
    _, api = pair
    told = []

    def ask():
        for _ in range(10):
            told.append(api.get("/v1/explain?name=www.app.example.com&client=192.0.2.1").json["answer"])
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [["192.0.2.1"]] * 80


def test_a_unix_socket(tmp_path):
    path = tmp_path / "admin.sock"
    for option, token in (("", None), (" token-file=admin.token", "secret")):
        conf = f"listen 127.0.0.1:@PORT@\nadmin {path}{option}\n" + CONF.replace(" check=site", "")
        with Server({"gslbd.conf": conf, "z.zone": ZONE, "admin.token": "secret\n"}, FRA=1):
            assert path.is_socket() and path.stat().st_mode & 0o777 == 0o600
            api = Api(path, token)
            assert api.status()["ready"] is True
            assert Api(path, None).get("/v1/status").status == (200 if token is None else 401)
            told = api.put("fra", state="drain").json["override"]
            assert told["who"].startswith("unix:uid ")
        assert not path.exists()


def test_a_server_without_its_admin_api_does_not_start(pair):
    _, api = pair
    conf = f"listen 127.0.0.1:@PORT@\nadmin 127.0.0.1:{api.at} token-file=admin.token\n" + CONF.replace(" check=site", "")
    folder = Server({"gslbd.conf": conf, "z.zone": ZONE, "admin.token": "secret\n"}, FRA=1, wait=False)
    assert folder.process.wait(20) == 1
    assert f"admin 127.0.0.1:{api.at}: another program listens there already" in folder.log()
    assert "ready:" not in folder.log() and "listening" not in folder.log()
    for token, error in (("", "is empty; it must hold the token"), ("two words\n", "a character that a token can't have"),
                         ("x" * 5000, "is too long")):
        folder.write("admin.token", token)
        folder.start(wait=False)
        assert folder.process.wait(20) == 1 and error in folder.log()
    shutil.rmtree(folder.folder)
