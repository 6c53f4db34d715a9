# SPDX-License-Identifier: ISC
"""What the public EDNS testers ask: each row of theirs (ednscomp), and OPT records where and as they must not be."""

import dns.flags
import dns.rcode
import pytest
from asking import (COOKIE, EXPIRE, NSID, ask, header, opt, option, options, query, question, raw_option)

SUBNET = raw_option(8, b"\0\1\x18\0\xcb\0\x71")


def soa(server, tcp=False, flags=0, **edns):
    return ask(server, query("app.example.com.", "SOA", flags=flags, **edns), tcp)


def well(reply):
    """The SOA, authoritatively."""
    assert reply.rcode() == dns.rcode.NOERROR
    assert reply.flags & dns.flags.AA and not reply.flags & dns.flags.TC
    assert [rrset.rdtype for rrset in reply.answer] == [6]
    return reply


PLAIN = {"plain": 0, "AD": dns.flags.AD, "Z": 0x40, "CD": dns.flags.CD, "RD": dns.flags.RD,
         "AA": dns.flags.AA, "TC": dns.flags.TC, "RA": dns.flags.RA}


@pytest.mark.parametrize("flags", PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("tcp", (False, True))
@pytest.mark.parametrize("edns", (False, True))
def test_flags_of_the_header_change_nothing(server, flags, tcp, edns):
    reply = well(soa(server, tcp, flags, use_edns=0 if edns else False))
    assert reply.edns == (0 if edns else -1)
    assert bool(reply.flags & dns.flags.RD) == bool(flags & dns.flags.RD)


ROWS = {
    "edns": {},
    "ednsopt": {"options": [option(100)]},
    "ednsopt with a value": {"options": [option(100, b"value")]},
    "ednsexpire": {"options": [option(EXPIRE)]},
    "ednsflags": {"ednsflags": 0x0040},
    "every flag": {"ednsflags": 0x7FFF},
    "do": {"ednsflags": 0x8000},
    "do and every flag": {"ednsflags": 0xFFFF},
    "payload 0": {"payload": 0},
    "payload 511": {"payload": 511},
    "payload 65535": {"payload": 65535},
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("tcp", (False, True))
def test_what_is_unknown_is_ignored(server, row, tcp):
    reply = well(soa(server, tcp, **{"use_edns": 0, **row}))
    assert reply.edns == 0 and options(reply) == {}
    assert reply.ednsflags == row.get("ednsflags", 0) & 0x8000
    assert reply.payload == 1232


@pytest.mark.parametrize("version", (1, 100, 255))
@pytest.mark.parametrize("rdata", (b"", raw_option(100), raw_option(NSID), raw_option(COOKIE, b"12345678"), SUBNET,
                                   b"x"))
def test_another_version_is_badvers_and_no_more(server, version, rdata):
    octets = header(counts=(1, 0, 0, 1)) + question() + opt(rdata, version, 0x8040)
    reply = ask(server, octets)
    assert reply.rcode() == dns.rcode.BADVERS
    assert reply.edns == 0 and reply.ednsflags & 0x7FFF == 0 and options(reply) == {}
    assert not reply.answer and not reply.authority
    assert not reply.flags & dns.flags.AA


def test_all_options_at_once(server):
    asked = [option(NSID), option(EXPIRE), option(COOKIE, b"12345678"), option(100), option(8, SUBNET[4:]),
             option(12, b"\0\0"), option(11)]
    found = options(well(soa(server, options=asked)))
    assert set(found) == {NSID, COOKIE, 8}
    assert found[8] == SUBNET[4:]


def with_opt(rdata=b"", **fields):
    return header(counts=(1, 0, 0, 1)) + question() + opt(rdata, **fields)


WRONG = {
    "OPT twice": header(counts=(1, 0, 0, 2)) + question() + opt() + opt(),
    "OPT as an answer": header(counts=(1, 1, 0, 0)) + question() + opt(),
    "OPT as an authority": header(counts=(1, 0, 1, 0)) + question() + opt(),
    "OPT with an owner": with_opt(owner=b"\1a\0"),
    "OPT whose owner is a pointer": with_opt(owner=b"\xc0\x20"),
    "OPT cut off": with_opt()[:-1],
    "OPT not counted": header() + question() + opt(),
    "an option cut off": with_opt(b"\0\3\0\1"),
    "half an option": with_opt(b"\0\3"),
    "an empty cookie": with_opt(raw_option(COOKIE)),
    "a cookie of 9": with_opt(raw_option(COOKIE, b"123456789")),
    "a cookie of 41": with_opt(raw_option(COOKIE, b"x" * 41)),
    "client-subnet twice": with_opt(SUBNET + SUBNET),
    "client-subnet with a scope": with_opt(raw_option(8, b"\0\1\x18\x18\xcb\0\x71")),
}


@pytest.mark.parametrize("octets", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("tcp", (False, True))
def test_what_is_malformed_is_formerr(server, octets, tcp):
    reply = ask(server, octets, tcp)
    assert reply.rcode() == dns.rcode.FORMERR
    assert len(reply.question) == 1
    assert not reply.answer and not reply.authority and options(reply) == {}
    assert not reply.flags & dns.flags.AA


def test_records_beside_opt_are_ignored(server):
    other = b"\1a\0" + b"\0\1\0\1\0\0\0\0\0\4\1\2\3\4"
    reply = ask(server, header(counts=(1, 0, 0, 3)) + question() + other + opt() + other)
    assert reply.rcode() == dns.rcode.NOERROR and reply.edns == 0 and reply.answer
