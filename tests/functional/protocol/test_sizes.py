# SPDX-License-Identifier: ISC
"""How long replies are, what is left out of those that are too short, and which names are compressed."""

import struct

import dns.flags
import dns.name
import dns.rcode
import dns.rdatatype
import pytest
from asking import COOKIE, NSID, ask, option, options, query

# RFC 3597 §4: the types of RFC 1035.
COMPRESSIBLE = {"NS", "CNAME", "SOA", "MB", "MG", "MR", "PTR", "MINFO", "MX"}
OTHERS = {"SRV", "NAPTR", "AFSDB", "RP", "KX", "RT", "PX", "HTTPS", "SVCB", "TXT", "A", "TYPE731"}
EVERYTHING = ([("t", kind) for kind in sorted(COMPRESSIBLE - {"NS", "SOA", "CNAME"} | OTHERS)] +
              [("app.example.com.", kind) for kind in ("SOA", "NS", "ANY")] +
              [(name, "A") for name in ("www", "alias", "leads", "x.wild", "nope", "x.sub", "x.aside", "x.many",
                                        "q.d")] +
              [("long", "TXT"), ("d", "DNAME"), ("mail.example.", "NS")])


def records(wire):
    """Each record: where its RDATA is, how long that is, and its type."""
    counts = struct.unpack("!4H", wire[4:12])

    def skip_name(at):
        while wire[at] and wire[at] < 0xC0:
            at += wire[at] + 1
        return at + (2 if wire[at] else 1)

    at = 12
    for _ in range(counts[0]):
        at = skip_name(at) + 4
    for _ in range(sum(counts[1:])):
        at = skip_name(at)
        kind, _, _, length = struct.unpack("!HHIH", wire[at:at + 10])
        yield at + 10, length, kind
        at += 10 + length
    assert at == len(wire)


@pytest.mark.parametrize("name,kind", EVERYTHING)
def test_every_legal_name_is_compressed_and_none_other(server, name, kind):
    reply = ask(server, query(name, kind), tcp=True)
    found = [rrset for section in (reply.answer, reply.authority, reply.additional) for rrset in section]
    assert found
    flat = [rdata for rrset in found for rdata in rrset]
    for (at, length, number), rdata in zip(records(reply.wire), flat):
        assert number == rdata.rdtype
        if dns.rdatatype.to_text(number) not in COMPRESSIBLE:
            assert reply.wire[at:at + length] == rdata.to_wire(), "written out"
    if all(dns.rdatatype.to_text(rdata.rdtype) in COMPRESSIBLE | {"A", "AAAA", "TXT"} for rdata in flat):
        assert len(reply.wire) <= len(reply.to_wire()), "no longer than dnspython makes it"


SIZES = (0, 1, 511, 512, 513, 600, 700, 800, 1000, 1231, 1232, 1233, 4096, 65535)


@pytest.mark.parametrize("size", (None, *SIZES))
@pytest.mark.parametrize("asked", ([], [option(NSID), option(COOKIE, b"12345678"), option(8, b"\0\1\x18\0\xcb\0\x71")]))
def test_no_reply_is_longer_than_asked(server, size, asked):
    limit = 512 if size is None else min(max(size, 512), 1232)
    for name, kind in EVERYTHING:
        message = query(name, kind)
        if size is not None:
            message = query(name, kind, payload=size, options=asked)
        short, whole = ask(server, message), ask(server, message, tcp=True)
        assert len(short.wire) <= limit
        assert not whole.flags & dns.flags.TC
        if short.flags & dns.flags.TC:
            assert len(whole.wire) > limit - 40  # no more is left out than must be: an error may have been
        else:
            assert short.answer == whole.answer and short.authority == whole.authority
        if size is not None:
            assert short.edns == 0 and len(options(short)) >= len(asked), "options have their room"


def test_what_is_truncated_has_whole_rrsets_or_none(server):
    reply = ask(server, query("long", "TXT"))
    assert reply.flags & dns.flags.TC and not reply.answer
    assert reply.flags & dns.flags.AA and reply.rcode() == dns.rcode.NOERROR


def test_glue_that_does_not_fit_truncates(server):
    """RFC 9471 §3.1: all of it that is within the delegation, or TC."""
    reply = ask(server, query("x.many"))
    assert reply.flags & dns.flags.TC and not reply.flags & dns.flags.AA
    assert len(reply.wire) <= 512
    reply = ask(server, query("x.many", payload=1232, use_edns=0))
    assert not reply.flags & dns.flags.TC
    assert len(reply.authority[0]) == 5 and sum(map(len, reply.additional)) == 10


def test_glue_is_that_of_the_delegation(server):
    reply = ask(server, query("x.sub"))
    assert not reply.flags & dns.flags.AA and not reply.answer
    assert [rrset.to_text() for rrset in reply.additional] == ["ns.sub.app.example.com. 30 IN A 192.0.2.7"]
    reply = ask(server, query("x.aside"))
    assert reply.authority and not reply.additional and not reply.flags & dns.flags.TC


def test_addresses_that_are_a_courtesy_do_not_truncate(server):
    """Of the 512 octets as many are taken as leave no room for those of the apex's name servers."""
    name = dns.name.from_text("app.example.com.")
    reply = ask(server, query("app.example.com.", "NS"))
    assert len(reply.additional) == 3
    asked = [option(NSID), option(COOKIE, b"12345678"), option(8, b"\0\2\x80\0" + b"\1" * 16)]
    reply = ask(server, query("app.example.com.", "NS", payload=512, options=asked))
    assert reply.find_rrset(reply.answer, name, 1, dns.rdatatype.NS) and not reply.flags & dns.flags.TC
