# SPDX-License-Identifier: ISC
"""grpc: what grpc.health.v1.Health/Check says."""

from concurrent import futures

import pytest
from checked import BACKUP, WELL, assert_verdicts, checked
from targets import Certificates, Web

grpc = pytest.importorskip("grpc", reason="python3-grpcio is missing")

UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN = range(4)


class Health:
    """A gRPC server: service -> status, by messages written by hand."""

    def __init__(self, statuses, credentials=None):
        self.statuses = statuses
        handler = grpc.unary_unary_rpc_method_handler(self.check)  # octets in, octets out
        self.server = grpc.server(futures.ThreadPoolExecutor(4))
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": handler}),))
        if credentials:
            self.port = self.server.add_secure_port("127.0.0.1:0", credentials)
        else:
            self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.endpoint = f"127.0.0.1:{self.port}"
        self.server.start()

    def check(self, request, context):
        service = request[2:].decode()  # field 1, its length, the name
        if service not in self.statuses:
            context.abort(grpc.StatusCode.NOT_FOUND, f"no such service: {service}")
        return bytes([8, self.statuses[service]])


def test_statuses():
    health = Health({"": SERVING, "shop": SERVING, "cart": NOT_SERVING, "new": UNKNOWN})
    web = Web()
    rows = {
        "whole": (health.endpoint, "grpc"),
        "shop": (health.endpoint, "grpc service=shop"),
        "cart": (health.endpoint, "grpc service=cart"),
        "new": (health.endpoint, "grpc service=new"),
        "other": (health.endpoint, "grpc service=other"),
        "web": (web.endpoint, "grpc"),
    }
    with checked(rows) as server:
        assert_verdicts(server, {
            "whole": "up",
            "shop": "up",
            "cart": "status NOT_SERVING",
            "new": "status UNKNOWN",
            "other": "grpc-status 5 (not found): no such service: other",
            "web": "",
        })
        health.statuses["shop"], health.statuses["cart"] = NOT_SERVING, SERVING
        server.waits_for("shop", BACKUP)
        server.waits_for("cart", WELL)
    health.server.stop(None)
    web.stop()


def test_over_tls(tmp_path):
    certificates = Certificates(tmp_path)
    certificates.signed("right", "app.example.com")
    health = Health({"": SERVING}, grpc.ssl_server_credentials(
        [((tmp_path / "right.key").read_bytes(), (tmp_path / "right.pem").read_bytes())]))
    trusted = f"ca-file={tmp_path}/ca.pem"
    rows = {
        "right": (health.endpoint, f"grpc tls=yes host=app.example.com {trusted}"),
        "other": (health.endpoint, f"grpc tls=yes host=other.example.com {trusted}"),
        "lenient": (health.endpoint, "grpc tls=yes verify=no"),
        "plain": (health.endpoint, "grpc"),
    }
    with checked(rows) as server:
        assert_verdicts(server, {"right": "up", "other": "the certificate is not valid for other.example.com",
                                 "lenient": "up", "plain": ""})
        assert server.target("plain")["state"] == "down"
        assert server.target("right")["certificate_expires"]
    health.server.stop(None)
