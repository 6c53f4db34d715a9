# SPDX-License-Identifier: ISC
"""The admin API as its callers see it."""

import contextlib
import http.client
import json
import socket

from harness import Server, free_port


class Reply:
    def __init__(self, status, headers, octets):
        self.status, self.headers, self.text = status, headers, octets.decode()

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def error(self):
        return self.json["error"]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Api:
    """`at` is a port on loopback, or the path of a UNIX socket. Each request has a connection of its own."""

    def __init__(self, at, token="secret"):
        self.at, self.token = at, token

    def connection(self):
        if isinstance(self.at, int):
            return http.client.HTTPConnection("127.0.0.1", self.at, timeout=20)
        return UnixConnection(self.at)

    def ask(self, method, target, body=None, headers=None):
        """`body`: octets as they are, or what is sent as JSON."""
        headers = dict(headers or {})
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection = self.connection()
        try:
            connection.request(method, target, body, headers)
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def get(self, target):
        return self.ask("GET", target)

    def status(self):
        reply = self.get("/v1/status")
        assert reply.status == 200, reply.text
        return reply.json

    def datacenter(self, name):
        return next(d for d in self.status()["datacenters"] if d["name"] == name)

    def put(self, datacenter, **members):
        return self.ask("PUT", f"/v1/overrides/{datacenter}", members)

    def delete(self, datacenter):
        return self.ask("DELETE", f"/v1/overrides/{datacenter}")

    def explain(self, name, client, kind="A", **more):
        parameters = "".join(f"&{key}={value}" for key, value in more.items())
        reply = self.get(f"/v1/explain?name={name}&type={kind}&client={client}{parameters}")
        assert reply.status == 200, reply.text
        return reply.json


ADMIN = "listen 127.0.0.1:@PORT@\nworkers 2\nadmin 127.0.0.1:@ADMIN@ token-file=admin.token\n"


@contextlib.contextmanager
def serving(conf, zone, **values):
    """A server with an admin API, and that API. `conf` is what follows ADMIN in gslbd.conf; `zone` is z.zone."""
    port = free_port()
    files = {"gslbd.conf": ADMIN + conf, "z.zone": zone, "admin.token": "secret\n"}
    with Server(files, ADMIN=port, **values) as server:
        yield server, Api(port)


def restart(server):
    """Ends the server as an operator would, and starts it again with the same files."""
    server.process.terminate()
    assert server.process.wait(20) == 0, server.log()
    server.log_file.close()
    server.log_path.rename(server.log_path.with_suffix(".before"))
    server.start()
