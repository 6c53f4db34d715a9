# SPDX-License-Identifier: ISC
"""Opcodes, counts, classes and types that few ask for."""

import re
import socket

import dns.flags
import dns.rcode
import dns.rdatatype
import pytest
from asking import ask, error, exchange, header, opt, query, question
from harness import wait_until

OPCODES = {"IQUERY": 1, "STATUS": 2, "3": 3, "NOTIFY": 4, "UPDATE": 5, "DSO": 6, "15": 15}
SOA_RECORD = b"\xc0\x0c\0\6\0\1\0\0\0\0\0\x16\0\0\0\0\0\7\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1"


@pytest.mark.parametrize("opcode", OPCODES.values(), ids=OPCODES)
@pytest.mark.parametrize("tcp", (False, True))
def test_other_opcodes_are_notimp(server, opcode, tcp):
    flags = opcode << 11
    bodies = (header(flags, (0, 0, 0, 0)),
              header(flags) + question(),
              header(flags, (1, 0, 0, 1)) + question() + opt(),
              header(flags, (1, 1, 0, 0)) + question() + SOA_RECORD,
              header(flags, (1, 0, 1, 0)) + question() + SOA_RECORD,
              header(flags, (0, 1, 0, 0)) + b"\0\0\1\0\1\0\0\0\0\0\4\1\2\3\4")
    for octets in bodies:
        reply = exchange(server, octets, tcp)
        assert reply[:2] == octets[:2] and reply[2] == 0x80 | opcode << 3 and reply[3] == dns.rcode.NOTIMP
        assert reply[6:10] == b"\0\0\0\0"
    reply = exchange(server, header(flags, (1, 0, 0, 1)) + question() + opt(), tcp)
    assert reply.endswith(b"\0\x15only queries are answered")  # dnspython does not read every opcode


COUNTS = {
    "no question": header(counts=(0, 0, 0, 0)),
    "two questions": header(counts=(2, 0, 0, 0)) + question() + question(),
    "two questions, one there": header(counts=(2, 0, 0, 0)) + question(),
    "65535 questions": header(counts=(65535, 0, 0, 0)) + question(),
    "a question that is not counted": header(counts=(0, 0, 0, 0)) + question(),
    "an answer": header(counts=(1, 1, 0, 0)) + question() + SOA_RECORD,
    "an authority": header(counts=(1, 0, 1, 0)) + question() + SOA_RECORD,
    "no type": header() + b"\3www\0",
    "a pointer": header() + b"\xc0\x0c\0\1\0\1",
    "more behind": header() + question() + b"x",
}


@pytest.mark.parametrize("octets", COUNTS.values(), ids=COUNTS)
@pytest.mark.parametrize("tcp", (False, True))
def test_what_is_no_query_is_formerr(server, octets, tcp):
    """RFC 9619 for the number of questions."""
    reply = ask(server, octets, tcp)
    assert reply.rcode() == dns.rcode.FORMERR and not reply.answer and not reply.authority
    assert reply.edns == -1 and not reply.flags & dns.flags.AA


@pytest.mark.parametrize("octets", (b"", b"x" * 11, header(0x8000) + question()))
def test_responses_and_pieces_are_not_answered(server, octets):
    """The next query's reply is the first that comes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.connect((server.address, server.port))
        sock.send(octets)
        sock.send(header(ident=0x4321) + question())
        assert sock.recv(4096)[:2] == b"\x43\x21"


CLASSES = {"HS": 4, "CS": 2, "NONE": 254, "0": 0, "3000": 3000, "CH": 3}


@pytest.mark.parametrize("cls", CLASSES.values(), ids=CLASSES)
def test_other_classes_are_refused(server, cls):
    reply = ask(server, header(counts=(1, 0, 0, 1)) + question(cls=cls) + opt())
    assert reply.rcode() == dns.rcode.REFUSED and not reply.answer and not reply.flags & dns.flags.AA
    assert error(reply)[0] == 21


def test_class_any_is_answered_but_not_authoritatively(server):
    """RFC 1034 §3.7.1"""
    reply = ask(server, header() + question(cls=255))
    assert reply.rcode() == dns.rcode.NOERROR and not reply.flags & dns.flags.AA
    assert [rrset.rdclass for rrset in reply.answer] == [1]


META = {41: dns.rcode.FORMERR, 249: dns.rcode.FORMERR, 250: dns.rcode.FORMERR, 253: dns.rcode.NOTIMP,
        254: dns.rcode.NOTIMP, 251: dns.rcode.REFUSED, 252: dns.rcode.REFUSED}


@pytest.mark.parametrize("kind", META)
def test_types_that_are_no_types_of_records(server, kind):
    reply = ask(server, header() + question(b"\3app\7example\3com\0", kind), tcp=True)
    assert reply.rcode() == META[kind] and not reply.answer and not reply.flags & dns.flags.AA


@pytest.mark.parametrize("kind", (0, 3, 4, 7, 10, 46, 47, 128, 248, 256, 666, 731, 65280, 65535))
def test_types_that_are_not_there_are_no_data(server, kind):
    for name, rcode in ((b"\3www", dns.rcode.NOERROR), (b"\4nope", dns.rcode.NXDOMAIN),
                        (b"\5below", dns.rcode.NOERROR), (b"\1x\4wild", dns.rcode.NOERROR)):
        reply = ask(server, header() + question(name + b"\3app\7example\3com\0", kind))
        assert reply.rcode() == rcode and reply.flags & dns.flags.AA and not reply.answer
        assert [rrset.rdtype for rrset in reply.authority] == [dns.rdatatype.SOA]
        assert reply.authority[0].ttl == 30  # the lower of the record's and its minimum (RFC 2308 §5)


def test_any_is_one_rrset(server):
    """RFC 8482 §4.1"""
    for tcp in (False, True):
        reply = ask(server, query("t", "ANY"), tcp)
        assert reply.rcode() == dns.rcode.NOERROR and reply.flags & dns.flags.AA
        assert len({rrset.rdtype for rrset in reply.answer}) == 1
    assert ask(server, query("nope", "ANY")).rcode() == dns.rcode.NXDOMAIN


def test_letter_case_is_kept(server):
    octets = header() + question(b"\3wWw\3ApP\7eXaMpLe\3cOm\0")
    assert octets[12:] == exchange(server, octets)[12:len(octets)]


def test_a_serial_that_goes_back_is_told(server):
    """The story of transfers has the rest of serials."""
    path = server.folder / "app.zone"
    for serial in (9, 8):
        path.write_text(re.sub(r"hostmaster \d+", f"hostmaster {serial}", path.read_text()))
        server.reload()
    wait_until(lambda: "its serial 8 is below 9 before" in server.log(), 10, "the warning")
