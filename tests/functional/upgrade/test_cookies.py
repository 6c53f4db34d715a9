# SPDX-License-Identifier: ISC
"""Cookies that clients have been given stay valid while the process changes, whoever's secret makes them."""

import os
import signal
from pathlib import Path

import dns.edns
import dns.message
import dns.query
import pytest
from harness import SOA, wait_until
from successors import Line

CLIENT = b"\1\2\3\4\5\6\7\10"
CONF = "listen 127.0.0.1:@PORT@\nworkers 2\nzone app.example.com z.zone\n"
FILES = {"gslbd.conf": CONF, "z.zone": SOA + "www A 192.0.2.1\n"}


def cookie(server, given=CLIENT):
    """What a client is to send next that has sent this: the same again, where that is valid and not old."""
    query = dns.message.make_query("www.app.example.com", "A", use_edns=0,
                                   options=[dns.edns.GenericOption(dns.edns.COOKIE, given)])
    reply = dns.query.udp(query, server.address, port=server.port, timeout=10)
    return next(option.data for option in reply.options if option.otype == dns.edns.COOKIE)


def is_valid(server, given):
    return all(cookie(server, given) == given for _ in range(8))  # whichever worker


def reload(server):
    before = server.reloads()
    os.kill(server.pid, signal.SIGHUP)
    wait_until(lambda: server.reloads() > before, 20, "the end of the reload")


@pytest.fixture
def server():
    with Line(FILES) as server:
        yield server


def test_a_cookie_is_valid_after_upgrades_and_reloads(server):
    given = cookie(server)
    assert len(given) == 24 and is_valid(server, given)
    for _ in range(3):
        assert server.upgrade()
        assert is_valid(server, given)
        reload(server)
        assert is_valid(server, given)


def test_it_is_that_of_the_start_again_once_a_file_is_not_given_any_more(server):
    given = cookie(server)
    server.write("cookies.secret", "00112233445566778899aabbccddeeff\n")
    (server.folder / "cookies.secret").chmod(0o600)
    server.write("gslbd.conf", CONF + "cookies on secret-file=cookies.secret\n")
    reload(server)
    assert server.upgrade()
    assert not is_valid(server, given)
    server.write("gslbd.conf", CONF)
    reload(server)
    assert is_valid(server, given)


def test_nobody_sees_the_secret(server):
    assert server.upgrade()
    links = [os.readlink(path) for path in Path(f"/proc/{server.pid}/fd").iterdir()]
    assert not [link for link in links if "secret" in link or "state" in link], links
    before = Path(f"/proc/{server.pid}/environ").read_bytes().split(b"\0")
    assert {text.partition(b"=")[0] for text in before if text.startswith((b"LISTEN", b"GSLBD_"))} <= {
        b"LISTEN_PID", b"LISTEN_FDS", b"GSLBD_UPGRADE"} | {name.encode() for name in os.environ}
