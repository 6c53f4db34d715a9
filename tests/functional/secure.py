# SPDX-License-Identifier: ISC
"""A server of DNS over TLS, its certificates, and clients of it."""

import socket
import ssl

from admin import AdminServer
from harness import free_port
from streams import Replies, framed

NAME = "ns1.app.example.com"
HEAD = """listen 127.0.0.1:@PORT@
listen 127.0.0.1:@TLS@ tls cert=ns1.pem key=ns1.key
workers 2
admin 127.0.0.1:@ADMIN@ token-file=admin.token
"""
ZONE = "www A 192.0.2.1\n" + "".join(f"huge TXT \"{i:04} {'x' * 240}\"\n" for i in range(210))


class Secure(AdminServer):
    """It shows ns1.pem of these certificates, which is copied to where it is."""

    def __init__(self, certificates, head=HEAD, conf="", zone=ZONE, **values):
        self.certificates, self.tls = certificates, free_port()
        super().__init__(conf, zone, head=head, peers="allow-transfer=127.0.0.0/8", TLS=self.tls, **values)

    def start(self, wait=True):
        self.take("ns1")
        super().start(wait)

    def take(self, name):
        """Another certificate, and its key, stand in the place of the one before."""
        for suffix in ("pem", "key"):
            path = self.folder / f"ns1.{suffix}"
            path.write_bytes((self.certificates.folder / f"{name}.{suffix}").read_bytes())
            path.chmod(0o600)

    def context(self, alpn=("dot",)):
        context = ssl.create_default_context(cafile=str(self.certificates.folder / "ca.pem"))
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context

    def connect(self, context=None, session=None, receive_buffer=None):
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(20)
        sock.connect(("127.0.0.1", self.tls))
        return (context or self.context()).wrap_socket(sock, server_hostname=NAME, session=session)


def ask(sock, ident=1, name="www", kind="A"):
    sock.sendall(framed(name, ident, kind))
    return Replies(sock).idents(1)


def hello():
    """The first octets of a client: a ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=NAME)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()
