# SPDX-License-Identifier: ISC
"""The geo databases' files change under the server: what is served does not, and what is broken is refused."""

import os
import signal

import pytest
from admin import AdminServer
from harness import build_mmdb
from honest import Honest

DE, US = "203.0.113.0", "198.51.100.0"
FRA, IAD = "192.0.2.1", "192.0.2.2"
CONF = """geoip @GEO@/here.mmdb
datacenter fra location=50,8
datacenter iad location=39,-77
geomap world * iad fra
geomap world EU fra iad
"""
ZONE = f"www STEER geo world\nwww AT fra A {FRA}\nwww AT iad A {IAD}\n"


@pytest.fixture
def server(tmp_path):
    for name, europe, america in (("here", DE, US), ("swapped", US, DE)):
        source = tmp_path / f"{name}.geo"
        source.write_text(f"{europe}/24 continent=EU country=DE\n{america}/24 continent=NA country=US\n")
        build_mmdb(source, tmp_path / f"{name}.mmdb")
    with AdminServer(CONF, ZONE, GEO=tmp_path) as server:
        server.database = tmp_path / "here.mmdb"
        server.swapped = (tmp_path / "swapped.mmdb").read_bytes()
        assert places(server) == {DE: [FRA], US: [IAD]}
        with Honest(server, IAD) as honest:  # loopback is nowhere
            yield server
        assert honest.asked > 0


def places(server):
    return {network: server.ask("www", subnet=network) for network in (DE, US)}


def cut_in_place(path):
    os.truncate(path, os.path.getsize(path) // 2)


def emptied(path):
    os.truncate(path, 0)


def garbled(path):
    """The data section is another: each octet that was above 0x20 is 0xff."""
    octets = path.read_bytes()
    path.write_bytes(octets[:64] + bytes(0xFF if octet > 0x20 else octet for octet in octets[64:-200]) + octets[-200:])


def removed(path):
    path.unlink()


def a_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("breaks", [cut_in_place, emptied, garbled, removed, a_folder])
def test_a_broken_database_changes_nothing(server, breaks):
    good = server.database.read_bytes()
    breaks(server.database)
    assert places(server) == {DE: [FRA], US: [IAD]}
    # an explanation looks the place up anew, and says no more of it than there is
    status, told = server.call("GET", f"/v1/explain?name=www.app.example.com&client={DE}")
    assert status == 200 and FRA in str(told["answer"])
    server.reload()
    assert "here.mmdb" in server.log() and "what was served before is served on" in server.log()
    assert places(server) == {DE: [FRA], US: [IAD]}
    if breaks is a_folder:
        server.database.rmdir()
    server.database.write_bytes(good)
    server.reload()
    assert places(server) == {DE: [FRA], US: [IAD]}


def test_a_swapped_database_counts_from_the_reload_on(server):
    beside = server.database.with_suffix(".new")
    beside.write_bytes(server.swapped)
    beside.rename(server.database)
    assert places(server) == {DE: [FRA], US: [IAD]}
    server.reload()
    assert places(server) == {DE: [IAD], US: [FRA]}


def test_one_written_over_while_it_is_read(server):
    """As a download in place does: a reload takes what it gets or refuses it, and is right again with the next."""
    good = server.database.read_bytes()
    for i in range(20):
        octets = server.swapped if i % 2 else good
        before = server.reloads()
        server.process.send_signal(signal.SIGHUP)
        with open(server.database, "r+b", buffering=0) as file:
            for at in range(0, len(octets), 64):
                file.write(octets[at:at + 64])
            file.truncate()
        while server.reloads() == before:
            assert all(answer in ([FRA], [IAD]) for answer in places(server).values())
    server.database.write_bytes(server.swapped)
    server.reload()
    assert places(server) == {DE: [IAD], US: [FRA]}
