# SPDX-License-Identifier: ISC
"""GET /v1/clients: by the geomaps that are served, on a thread that may fail, and that nobody waits for in vain."""

import tempfile
from pathlib import Path

import pytest
from admin import AdminServer
from harness import build_mmdb, wait_until

PLACES = """203.0.113.0/24 continent=EU country=DE
198.51.100.0/24 continent=NA country=US
"""
CONF = """geoip @GEO@
datacenter fra
datacenter iad
geomap world * iad fra
geomap world EU fra iad
"""
ZONE = """www STEER geo world
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
"""
EU = {"map": "world", "line": "EU", "client": "203.0.113.0/24", "share": 2 ** -24}


@pytest.fixture
def server():
    with tempfile.TemporaryDirectory(prefix="gslbd-geo-") as folder:
        database = Path(folder) / "places.mmdb"
        (Path(folder) / "places").write_text(PLACES)
        build_mmdb(Path(folder) / "places", database)
        with AdminServer(CONF, ZONE, GEO=database) as running:
            running.database = database
            yield running


def clients(server):
    """The first reply that is not that it takes a while."""
    return wait_until(lambda: (reply := server.call("GET", "/v1/clients"))[0] != 202 and reply, 10, "the clients")


def test_clients_are_those_of_what_is_served(server):
    server.write("gslbd.conf", "this is no configuration, and nobody has reloaded it\n")
    status, body = clients(server)
    assert status == 200 and EU in body["clients"] and len(body["clients"]) == 2


def test_a_failure_is_told_and_tried_again(server):
    aside = server.database.with_suffix(".aside")
    server.database.rename(aside)
    for _ in range(2):
        status, body = clients(server)
        assert status == 503 and str(server.database) in body["error"], body
    aside.rename(server.database)
    status, body = clients(server)
    assert status == 200 and EU in body["clients"]


def test_a_database_that_there_is_no_memory_for_is_not_read(server):
    with open(server.database, "ab") as file:
        file.truncate(1 << 43)
    status, body = clients(server)
    assert status == 503 and "there is too little memory for it: " in body["error"], body
    server.reload()
    assert "places.mmdb can't be read: there is too little memory for it: " in server.log()
    assert server.ask("www", subnet="203.0.113.0") == ["192.0.2.1"]


def test_a_reload_while_clients_are_found_out(server):
    for _ in range(5):
        assert server.call("GET", "/v1/clients")[0] == 202
        server.reload()
    status, body = clients(server)
    assert status == 200 and EU in body["clients"]


def test_an_end_while_clients_are_found_out(server):
    assert server.call("GET", "/v1/clients")[0] == 202  # the fixture has it stop
