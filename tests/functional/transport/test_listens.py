# SPDX-License-Identifier: ISC
"""Where it listens: on overlapping addresses, and never beside a stranger."""

import socket

import dns.message
import dns.query
import pytest
from harness import SOA, Server, run_gslbd

REST = "workers 2\ndatacenter fra\nzone app.example.com z.zone\n"
ZONE = SOA + "www A 192.0.2.1\n"
QUERY = dns.message.make_query("www.app.example.com.", "A")


@pytest.mark.parametrize("listens", [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "0.0.0.0"), ("[::1]", "[::]", "0.0.0.0", "127.0.0.1")])
def test_an_address_and_all_addresses(listens):
    conf = "".join(f"listen {address}:@PORT@\n" for address in listens) + REST
    with Server({"gslbd.conf": conf, "z.zone": ZONE}) as server:
        for address in ("127.0.0.1", "127.0.0.2") + (("::1",) if len(listens) == 4 else ()):
            for _ in range(20):  # whichever worker is asked
                assert dns.query.udp(QUERY, address, port=server.port, timeout=5).answer
                assert dns.query.tcp(QUERY, address, port=server.port, timeout=5).answer


@pytest.fixture(scope="module")
def server():
    with Server({"gslbd.conf": "listen 127.0.0.1:@PORT@\n" + REST, "z.zone": ZONE}) as server:
        yield server


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_nobody_binds_beside_it_with_reuseaddr(server, kind, address):
    with socket.socket(socket.AF_INET, kind) as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="already in use"):
            thief.bind((address, server.port))


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_it_does_not_bind_beside_another(tmp_path, kind, address):
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind((address, 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]
        (tmp_path / "z.zone").write_text(ZONE)
        (tmp_path / "gslbd.conf").write_text(f"listen 127.0.0.1:{port}\n" + REST)
        result = run_gslbd(tmp_path / "gslbd.conf")
        assert result.returncode == 1
        assert f"listen 127.0.0.1:{port}: another program listens there already" in result.stderr
