# SPDX-License-Identifier: ISC
"""Identity, cookies, idle timeouts and reasons, as dig and dnspython ask for them."""

import re
import struct
import time

import dns.flags
import dns.message
import dns.rcode
import dns.tsigkeyring
import pytest
from asking import (COOKIE, ERROR, KEEPALIVE, NSID, PADDING, ask, error, exchange, header, opt, option, options, query,
                    question, raw_option)
from harness import SOA, Server

CLIENT = b"\1\2\3\4\5\6\7\10"


def cookie(server, given=CLIENT, tcp=False):
    """The cookie of the reply to a query with this one."""
    reply = ask(server, query(options=[option(COOKIE, given)]), tcp)
    assert reply.rcode() == dns.rcode.NOERROR and reply.answer
    return options(reply).get(COOKIE)


@pytest.mark.parametrize("tcp", (False, True))
def test_nsid_is_the_identity(server, tcp):
    assert options(ask(server, query(options=[option(NSID)]), tcp)) == {NSID: b"one of the lab"}
    assert options(ask(server, query(options=[]), tcp)) == {}
    assert NSID in options(ask(server, query("nope", options=[option(NSID)]), tcp))
    assert NSID in options(ask(server, query("other.example.", options=[option(NSID)]), tcp))
    text = server.dig("www.app.example.com", tcp=tcp, extra=("+nsid",)).text
    assert '("one of the lab")' in text


CHAOS = {"id.server.": "one of the lab", "hostname.bind.": "one of the lab", "HostName.Bind.": "one of the lab",
         "version.bind.": None, "version.server.": None}


@pytest.mark.parametrize("name", CHAOS)
def test_chaos_names(server, name):
    reply = ask(server, query(name, "TXT", rdclass="CH"))
    if CHAOS[name] is None:
        assert reply.rcode() == dns.rcode.REFUSED and not reply.answer
        return
    assert reply.rcode() == dns.rcode.NOERROR and reply.flags & dns.flags.AA
    assert [rrset.to_text() for rrset in reply.answer] == [f'{name} 0 CH TXT "{CHAOS[name]}"']
    for other in (query(name, "A", rdclass="CH"), query(name, "TXT")):
        assert ask(server, other).rcode() == dns.rcode.REFUSED


def test_what_the_configuration_says_is_told(server):
    conf = 'listen 127.0.0.1:@PORT@\nidentity ""\nversion "7 of 9"\nexplain-from 127.0.0.0/8\nzone e e.zone\n'
    with Server({"gslbd.conf": conf, "e.zone": SOA}) as other:
        assert other.answers("version.bind", "TXT", extra=("CH",)) == ['"7 of 9"']
        assert other.answers("version.server", "TXT", extra=("CH",)) == ['"7 of 9"']
        assert other.dig("id.server", "TXT", extra=("CH",)).status == "REFUSED"  # it is no name to explain
        assert other.dig("ns1.e", "TXT", extra=("CH",)).status == "NOERROR"
        assert options(ask(other, query("e.", "SOA", options=[option(NSID)]))) == {}
        other.write("gslbd.conf", conf.replace('""', "x").replace("version", ";"))
        other.reload()
        assert options(ask(other, query("e.", "SOA", options=[option(NSID)]))) == {NSID: b"x"}
        assert other.dig("version.bind", "TXT", extra=("CH",)).status == "REFUSED"


@pytest.mark.parametrize("tcp", (False, True))
def test_a_client_gets_a_cookie_and_keeps_it(server, tcp):
    first = cookie(server, tcp=tcp)
    assert first[:8] == CLIENT and first[8:12] == b"\1\0\0\0"
    assert abs(struct.unpack("!I", first[12:16])[0] - time.time()) < 5 and len(first) == 24
    assert cookie(server, first, tcp) == first
    for wrong in (first[:-1] + bytes([first[-1] ^ 1]), first[:16] + b"12345678", b"x" * 40, CLIENT + b"y" * 8):
        fresh = cookie(server, wrong, tcp)
        assert fresh[:8] == wrong[:8] and fresh != wrong and len(fresh) == 24
        assert cookie(server, fresh, tcp) == fresh


def test_dig_takes_our_cookies(server):
    """It sends one, and says whether the reply's is its own."""
    text = server.dig("www.app.example.com", extra=("+cookie=0102030405060708",)).text
    assert re.search(r"COOKIE: 0102030405060708010000\w{26} \(good\)", text)


def test_of_two_cookies_the_first_counts(server):
    first = cookie(server)
    for second in (b"12345678", b"", b"x" * 50):
        octets = header(counts=(1, 0, 0, 1)) + question() + opt(raw_option(COOKIE, first) + raw_option(COOKIE, second))
        assert options(ask(server, octets))[COOKIE] == first


def test_a_cookie_alone_is_asked_for_without_a_question(server):
    """RFC 7873 §5.4"""
    def alone(given, counts=(0, 0, 0, 1)):
        return ask(server, header(counts=counts) + opt(raw_option(COOKIE, given)))

    reply = alone(CLIENT)
    assert reply.rcode() == dns.rcode.NOERROR and not reply.question and not reply.answer
    first = options(reply)[COOKIE]
    reply = alone(first)
    assert reply.rcode() == dns.rcode.NOERROR and options(reply)[COOKIE] == first
    reply = alone(first[:16] + b"12345678")
    assert reply.rcode() == dns.rcode.BADCOOKIE and cookie(server, options(reply)[COOKIE]) == options(reply)[COOKIE]
    assert ask(server, header(counts=(0, 0, 0, 1)) + opt()).rcode() == dns.rcode.FORMERR


CONF = "listen 127.0.0.1:@PORT@\nworkers 2\ncookies {}\nzone app.example.com e.zone\n"
SECRETS = ("e5e973e5a6b2a43f48e7dc849e37bfcf", "dd3bdf9344b678b185a6f5cb60fca715", "445536bcd2513298075a5d379663c962")


def test_secrets_are_rolled_by_reloads():
    def secrets(*list_):
        path = other.folder / "secret"
        path.write_text("".join(f"{secret}\n" for secret in list_))
        path.chmod(0o600)
        other.reload()

    def taken(given):
        """By every worker: new connections spread over them."""
        return all(cookie(other, given, tcp) == given for tcp in (True, False) for _ in range(8))

    files = {"e.zone": SOA + "www A 192.0.2.1\n", "gslbd.conf": CONF.format("on")}
    with Server(files) as other:
        random = cookie(other)
        assert taken(random)
        other.reload()
        assert taken(random), "a reload keeps the secret of the start"
        other.write("gslbd.conf", CONF.format("on secret-file=secret"))
        secrets(SECRETS[0])
        first = cookie(other)
        assert not taken(random) and taken(first)
        secrets(SECRETS[0], SECRETS[1])
        assert taken(first)
        secrets(SECRETS[1], SECRETS[0])
        second = cookie(other, first)
        assert second != first and taken(second), "the old one is valid, and gives way to a new one"
        secrets(SECRETS[1])
        assert taken(second) and not taken(first)
        (other.folder / "secret").chmod(0o644)
        other.reload()
        assert "others than its owner and group can use it" in other.log()
        assert taken(second), "what was served is served on"
        other.write("gslbd.conf", CONF.format("off"))
        other.reload()
        assert cookie(other) is None


def test_the_idle_timeout_is_told_over_tcp(server):
    assert options(ask(server, query(options=[option(KEEPALIVE)]), tcp=True)) == {KEEPALIVE: struct.pack("!H", 100)}
    assert options(ask(server, query(options=[option(KEEPALIVE)]))) == {}
    assert options(ask(server, query(options=[]), tcp=True)) == {}
    wrong = query(options=[option(KEEPALIVE, b"\0\1")])
    assert ask(server, wrong, tcp=True).rcode() == dns.rcode.FORMERR
    assert ask(server, wrong).rcode() == dns.rcode.NOERROR


@pytest.mark.parametrize("tcp", (False, True))
def test_nothing_is_padded_in_the_clear(server, tcp):
    assert PADDING not in options(ask(server, query(options=[option(PADDING, b"\0" * 100)]), tcp))


AS_IF_UP = (0, "nothing is usable: answered as if it were up")
ERRORS = {
    "all-down=first": (query("open", options=[]), dns.rcode.NOERROR, 1, AS_IF_UP),
    "by a CNAME": (query("leads", options=[]), dns.rcode.NOERROR, 2, AS_IF_UP),
    "all-down=all": (query("every", options=[]), dns.rcode.NOERROR, 1, AS_IF_UP),
    "all-down=nodata": (query("nothing", options=[]), dns.rcode.NOERROR, 0, (0, "nothing is usable")),
    "all-down=servfail": (query("failing", options=[]), dns.rcode.SERVFAIL, 0, (22, "nothing is usable")),
    "one is up": (query("well", options=[]), dns.rcode.NOERROR, 1, None),
    "a plain name": (query("www", options=[]), dns.rcode.NOERROR, 1, None),
    "no name": (query("nope", options=[]), dns.rcode.NXDOMAIN, 0, None),
    "no zone": (query("other.example.", options=[]), dns.rcode.REFUSED, 0, (20, "no zone of this server")),
    "no class": (query("www", rdclass="HS", options=[]), dns.rcode.REFUSED, 0, (21, "not of this class")),
    "a transfer": (query("app.example.com.", "AXFR", options=[]), dns.rcode.REFUSED, 0,
                   (18, "no transfer of it to this client")),
    "an obsolete type": (query("www", "MAILB", options=[]), dns.rcode.NOTIMP, 0, (21, "an obsolete type")),
}


@pytest.mark.parametrize("row", ERRORS.values(), ids=ERRORS)
def test_reasons(server, row):
    message, rcode, answers, expected = row
    reply = ask(server, message, tcp=True)
    assert (reply.rcode(), len(reply.answer), error(reply)) == (rcode, answers, expected)
    message.use_edns(False)
    reply = ask(server, message, tcp=True)
    assert (reply.rcode(), len(reply.answer), reply.edns) == (rcode, answers, -1)


def test_a_reason_takes_no_room_from_records(server):
    """It is left out before anything else is: a message of 512 octets with a long name, and with options."""
    name = ".".join(["x" * 60] * 3)
    message = query(f"{name}.other.example.", payload=512, options=[option(NSID), option(COOKIE, CLIENT)])
    reply = ask(server, message)
    assert set(options(reply)) == {NSID, COOKIE, ERROR} and len(reply.wire) <= 512


def test_signed_queries_have_options_too(server):
    """Even where signature, identity, cookie and a long name share 512 octets."""
    secret = "MDEyMzQ1Njc4OWFiY2RlZg=="
    conf = f"listen 127.0.0.1:@PORT@\nidentity {'i' * 255}\nkey k secret={secret}\nzone e e.zone\n"
    keyring = dns.tsigkeyring.from_text({"k.": secret})
    with Server({"gslbd.conf": conf, "e.zone": SOA}) as other:
        for name in ("e.", "x" * 60 + ".e.", ("x" * 60 + ".") * 3 + "e."):
            for kind in ("SOA", "AXFR"):
                message = query(name, kind, payload=512, options=[option(NSID), option(COOKIE, CLIENT)])
                message.use_tsig(keyring)
                wire = exchange(other, message.to_wire())
                reply = dns.message.from_wire(wire, keyring=keyring, request_mac=message.mac)
                assert reply.had_tsig and len(wire) <= 512
                assert set(options(reply)) - {ERROR} <= {NSID, COOKIE} and COOKIE in options(reply)
