# SPDX-License-Identifier: ISC
"""Queries over TCP as octets, for clients that are ruder than a resolver."""

import socket
import struct

import dns.message


def framed(name="www", ident=1, kind="A"):
    wire = dns.message.make_query(f"{name}.app.example.com.", kind, id=ident).to_wire()
    return struct.pack("!H", len(wire)) + wire


def many(n, name="www", kind="A"):
    """n queries, numbered from 0 (modulo 65536)."""
    body = framed(name, 0, kind)
    return b"".join(body[:2] + struct.pack("!H", i & 0xFFFF) + body[4:] for i in range(n))


def connect(server, receive_buffer=None):
    family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(20)
    sock.connect((server.address, server.port))
    return sock


class Replies:
    """The messages of a stream, as they come."""

    def __init__(self, sock):
        self.file = sock.makefile("rb", buffering=1 << 16)

    def octets(self):
        """The next message, or b"" where the server ended the stream."""
        length = self.file.read(2)
        if not length:
            return b""
        message = self.file.read(struct.unpack("!H", length)[0])
        assert len(length) == 2 and len(message) == struct.unpack("!H", length)[0], "the stream ends in a message"
        return message

    def idents(self, n):
        """Those of the next n messages, or of as many as come."""
        idents = []
        while len(idents) < n:
            message = self.octets()
            if not message:
                break
            idents.append(struct.unpack("!H", message[:2])[0])
        return idents
