# SPDX-License-Identifier: ISC
"""Messages as octets, sent as they are and read by dnspython."""

import socket
import struct

import dns.edns
import dns.flags
import dns.message
import dns.opcode

NSID, EXPIRE, COOKIE, KEEPALIVE, PADDING, ERROR = 3, 9, 10, 11, 12, 15


def option(code, value=b""):
    return dns.edns.GenericOption(code, value)


def query(name="www", kind="A", zone="app.example.com.", flags=0, **edns):
    """A query; with options=, edns=, ednsflags= or payload= it has EDNS."""
    name = name if name.endswith(".") else f"{name}.{zone}"
    if edns.get("options") is not None:
        edns.setdefault("use_edns", 0)
    edns["want_dnssec"] = bool(edns.get("ednsflags", 0) & 0x8000)
    message = dns.message.make_query(name, kind, **edns)
    message.flags = dns.flags.Flag(flags)
    return message


def exchange(server, octets, tcp=False):
    """The reply's octets; None: there is none within a second."""
    kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.settimeout(10)
        sock.connect((server.address, server.port))
        sock.sendall(struct.pack("!H", len(octets)) + octets if tcp else octets)
        if not tcp:
            return sock.recv(65535)
        stream = sock.makefile("rb")
        return stream.read(struct.unpack("!H", stream.read(2))[0])


def ask(server, message, tcp=False):
    """What dnspython makes of the reply, after it was looked at as octets too; `wire` holds those."""
    octets = message if isinstance(message, bytes) else message.to_wire()
    wire = exchange(server, octets, tcp)
    reply = dns.message.from_wire(wire, one_rr_per_rrset=False, ignore_trailing=False)
    reply.wire = wire
    assert reply.id == struct.unpack("!H", octets[:2])[0]
    assert reply.flags & dns.flags.QR
    assert reply.opcode() == dns.opcode.from_flags(struct.unpack("!H", octets[2:4])[0])
    assert not wire[3] & 0xF0, "RA, Z, AD and CD are not this server's"
    return reply


def options(reply):
    """Those of the OPT record, by their code; none is there twice."""
    found = {}
    for given in reply.options:
        assert int(given.otype) not in found
        found[int(given.otype)] = given.to_wire()
    return found


def error(reply):
    """The extended error as (code, text); None: there is none."""
    value = options(reply).get(ERROR)
    return (struct.unpack("!H", value[:2])[0], value[2:].decode()) if value else None


def header(flags=0, counts=(1, 0, 0, 0), ident=0x1234):
    return struct.pack("!6H", ident, flags, *counts)


def question(name=b"\3www\3app\7example\3com\0", kind=1, cls=1):
    return name + struct.pack("!HH", kind, cls)


def opt(rdata=b"", version=0, flags=0, size=1232, owner=b"\0"):
    return owner + struct.pack("!HHBBHH", 41, size, 0, version, flags, len(rdata)) + rdata


def raw_option(code, value=b""):
    return struct.pack("!HH", code, len(value)) + value
