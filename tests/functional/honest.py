# SPDX-License-Identifier: ISC
"""Someone who asks the whole time, whatever else happens to a server, and wants every answer, and each one right."""

import itertools
import socket
import struct
import threading

HEADER = 12


def question(name, kind=1):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return labels + b"\0" + struct.pack("!HH", kind, 1)


def query(ident, name, kind=1):
    return struct.pack("!6H", ident, 0, 1, 0, 0, 0) + question(name, kind)


def address_in(reply, asked):
    """The address that is the one answer; what is no such reply to the query fails."""
    ident, flags, qdcount, ancount = struct.unpack("!4H", reply[:8])
    assert ident == struct.unpack("!H", asked[:2])[0], "the reply to another query"
    assert flags & 0x8000 and flags & 0xF == 0 and not flags & 0x200, f"flags {flags:04x}"
    assert (qdcount, ancount) == (1, 1), f"{ancount} answers"
    assert reply[HEADER:len(asked)] == asked[HEADER:], "another question"
    return socket.inet_ntoa(reply[-4:])


class Honest:
    """
    Asks for www.app.example.com without pause over UDP, from a thread. `allowed` are the addresses that are right
    now; one that was right when the query was sent, or is when its answer comes, is.
    """

    def __init__(self, server, *allowed, name="www.app.example.com"):
        self.server, self.allowed, self.name = server, set(allowed), name
        self.asked, self.seen, self.failures, self.ends = 0, set(), [], False
        self.socket = self.connect()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def connect(self):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.settimeout(5)
        sock.connect((self.server.address, self.server.port))
        return sock

    def run(self):
        for ident in itertools.cycle(range(1 << 16)):
            if self.ends or self.failures:
                return
            self.ask(ident)

    def ask(self, ident):
        before, asked = self.allowed, query(ident, self.name)
        try:
            self.socket.send(asked)
            answer = address_in(self.socket.recv(4096), asked)
            self.asked += 1
            self.seen.add(answer)
            assert answer in before | self.allowed, f"{answer} is not among {sorted(before | self.allowed)}"
        except (OSError, AssertionError) as error:
            self.failures.append(f"query {self.asked}: {error!r}")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.ends = True
        self.thread.join(10)
        self.socket.close()
        if kind is None:
            assert not self.failures, f"{self.failures}\n{self.server.log()}"
            assert self.asked > 0


def over_tcp(server, name="www.app.example.com", timeout=10):
    """One query over a connection of its own."""
    asked = query(7, name)
    with socket.create_connection((server.address, server.port), timeout) as sock:
        sock.sendall(struct.pack("!H", len(asked)) + asked)
        with sock.makefile("rb") as file:
            return address_in(file.read(struct.unpack("!H", file.read(2))[0]), asked)
