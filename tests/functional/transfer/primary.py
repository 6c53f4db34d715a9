# SPDX-License-Identifier: ISC
"""A primary server, and secondaries that listen for its notifies."""

import base64
import socket
import struct
import threading
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring

import api
from harness import Server, free_port

SECRET = base64.b64encode(b"moves zones from here to there..").decode()
STRANGER = "c3RyYW5nZXItc3RyYW5nZXItc3RyYW5nZXItMTIz"
MOVER = dns.tsigkeyring.from_text({"mover.": (dns.tsig.HMAC_SHA256, SECRET)})
OTHERS = dns.tsigkeyring.from_text({"stranger.": (dns.tsig.HMAC_SHA512, STRANGER)})


class Listener:
    """A secondary that notes each NOTIFY, and answers all but for the first `silent`."""

    def __init__(self, keyring, silent=0, rcode=dns.rcode.NOERROR, signs=True):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.keyring, self.silent, self.rcode, self.signs, self.heard = keyring, silent, rcode, signs, []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            wire, peer = self.sock.recvfrom(4096)
            message = dns.message.from_wire(wire, keyring=self.keyring)
            self.heard.append(message)
            if len(self.heard) > self.silent:
                reply = dns.message.make_response(message)
                reply.set_rcode(self.rcode)
                if not self.signs:
                    reply.tsig = None
                self.sock.sendto(reply.to_wire(), peer)

    def serials(self):
        return [message.answer[0][0].serial for message in self.heard]


class Primary(Server):
    """The story's server, its secrets kept from others."""

    def __init__(self, listener, centers, files=None):
        folder = Path(__file__).parent
        files = {p.name: p.read_text() for p in folder.iterdir() if p.suffix in (".conf", ".zone")} | (files or {})
        files |= {"mover.secret": SECRET + "\n", "admin.token": "secret\n"}
        self.admin = free_port()
        super().__init__(files, NOTIFY=listener.port, ADMIN=self.admin, SERIAL=7, FRA=centers[0].port,
                         IAD=centers[1].port)

    def write(self, name, text):
        super().write(name, text)
        (self.folder / name).chmod(0o600 if name.endswith((".secret", ".token")) else 0o644)

    def serial(self, value, extra=""):
        self.values["SERIAL"] = value
        self.write("app.zone", (Path(__file__).parent / "app.zone").read_text() + extra)
        self.reload()

    def transfer(self, zone="app.example.com", keyring=MOVER, **options):
        return list(dns.query.xfr("127.0.0.1", zone, port=self.port, keyring=keyring, lifetime=20, **options))

    def records(self, zone="app.example.com", **options):
        """The text of all records, names relative to the zone."""
        messages = self.transfer(zone, **options)
        return [f"{rrset.name} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} {rdata}"
                for message in messages for rrset in message.answer for rdata in rrset]

    def ask(self, name, kind, keyring, tcp=False, change=None, **options):
        """One signed query; `change` is given the octets before they are sent."""
        query = dns.message.make_query(name, kind)
        query.use_tsig(keyring, **options)
        wire = query.to_wire()
        wire = change(wire) if change else wire
        return query, self.exchange(wire, tcp)

    def exchange(self, wire, tcp=False):
        if not tcp:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.settimeout(10)
                sock.sendto(wire, ("127.0.0.1", self.port))
                return sock.recv(65535)
        with socket.create_connection(("127.0.0.1", self.port), 10) as sock:
            sock.sendall(struct.pack("!H", len(wire)) + wire)
            stream = sock.makefile("rb")
            return stream.read(struct.unpack("!H", stream.read(2))[0])

    def metric(self, name):
        text = api.Api(self.admin).ask("GET", "/metrics").text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


def reply_of(query, wire, keyring):
    return dns.message.from_wire(wire, keyring=keyring, request_mac=query.mac)
