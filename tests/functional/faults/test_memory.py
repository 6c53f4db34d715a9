# SPDX-License-Identifier: ISC
"""Too little memory: what is served is served on, and what would take more is refused with a word."""

import array
import contextlib
import os
import resource
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from admin import AdminServer
from harness import GSLBD, SOA, Datacenter, build_mmdb, run_gslbd, wait_until
from honest import Honest, over_tcp, query

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "transport"))
from streams import framed, many  # noqa: E402

MIB = 1 << 20
LIMIT = 400 * MIB  # of addresses, of which threads have most before anything is done
ZONE = "www A 192.0.2.1\nbig TXT " + " ".join(f"\"{'x' * 250}\"" for _ in range(60)) + "\n"
HUGE = 2_000_000


def sanitized():
    return subprocess.run(["prlimit", f"--as={LIMIT}", GSLBD, "--version"], capture_output=True, check=False).returncode != 0


pytestmark = pytest.mark.skipif(sanitized(), reason="the addresses of this build can't be limited: it has sanitizers")


class Limited(AdminServer):
    def __init__(self, conf="", zone=ZONE, head=None, preload=None, geo=None, **options):
        self.preload, self.geo = preload, geo
        head = head or "listen 127.0.0.1:@PORT@\nworkers 2\nadmin 127.0.0.1:@ADMIN@ token-file=admin.token\n"
        super().__init__(conf, zone, head=head, **options)

    def command(self):
        if self.geo:
            self.write("geo", self.geo)
            build_mmdb(self.folder / "geo", self.folder / "geo.mmdb")
        return ["prlimit", f"--as={LIMIT}", *super().command()]

    def environment(self):
        return os.environ | {"LD_PRELOAD": str(self.preload)} if self.preload else None


def write_huge(path):
    with open(path, "w") as file:
        file.write(SOA + ZONE)
        file.writelines(f"n{i} A 192.0.2.7\n" for i in range(HUGE))


@pytest.fixture(scope="module")
def huge(tmp_path_factory):
    path = tmp_path_factory.mktemp("huge") / "huge.zone"
    write_huge(path)
    return path


def addresses(server):
    return int(open(f"/proc/{server.process.pid}/statm").read().split()[0]) * os.sysconf("SC_PAGESIZE")


def test_a_world_that_is_too_large_is_refused_and_the_old_one_served(huge):
    with Limited() as server, Honest(server, "192.0.2.1"):
        zone, taken = server.folder / "z.zone", []
        for _ in range(3):
            beside = server.folder / "beside"
            beside.symlink_to(huge)
            beside.rename(zone)
            server.reload()
            assert "there is too little memory to read on" in server.log() and "left by RLIMIT_AS" in server.log()
            assert server.log().count("what was served before is served on") == len(taken) + 1
            server.write("z.zone", SOA + ZONE + f"new A 192.0.2.{len(taken) + 2}\n")
            server.reload()
            assert server.ask("new") == [f"192.0.2.{len(taken) + 2}"]
            taken.append(addresses(server))
        assert taken[-1] < taken[0] + 8 * MIB  # what was read in vain is given back


def test_a_file_that_does_not_even_fit_is_not_read():
    with Limited() as server:
        with open(server.folder / "z.zone", "r+") as file:
            file.truncate(LIMIT)
        server.reload()
        assert "z.zone can't be read: there is too little memory for it" in server.log()
        assert server.ask("www") == ["192.0.2.1"]


def test_a_start_that_does_not_fit_says_so(huge, tmp_path):
    (tmp_path / "gslbd.conf").write_text(f"listen 127.0.0.1:5300\nzone app.example.com {huge}\n")
    for options in ([], ["--check"]):
        done = subprocess.run(["prlimit", f"--as={LIMIT}", GSLBD, *options, str(tmp_path / "gslbd.conf")], timeout=60,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 1 and "there is too little memory to read on" in done.stderr, done.stderr
    assert run_gslbd("--check", tmp_path / "gslbd.conf").returncode == 0


def text(octets):
    return bytes([0x40 | len(octets)]) + octets


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A database whose records take far more memory than its octets: each /20 of IPv4 is an AS of its own."""
    nodes, key = (1 << 20) - 1, text(b"autonomous_system_number")
    tree = array.array("I", (i if i < nodes else nodes + 16 + len(key) + 8 * (i - nodes) for i in range(1, 2 * nodes + 1)))
    tree.byteswap()
    about = {b"binary_format_major_version": b"\xa1\x02", b"binary_format_minor_version": b"\xa0", b"build_epoch": b"\x01\x02\x01",
             b"database_type": text(b"AS"), b"description": b"\xe0", b"ip_version": b"\xa1\x04", b"languages": b"\x00\x04",
             b"node_count": b"\xc4" + struct.pack("!I", nodes), b"record_size": b"\xa1\x20"}
    path = tmp_path_factory.mktemp("geo") / "places.mmdb"
    with open(path, "wb") as file:
        tree.tofile(file)
        file.write(bytes(16) + key)
        file.writelines(b"\xe1\x20\x00\xc4" + struct.pack("!I", i + 1) for i in range(nodes + 1))
        file.write(b"\xab\xcd\xefMaxMind.com" + bytes([0xe0 | len(about)]) + b"".join(text(name) + about[name] for name in about))
    return path


def test_databases_that_take_too_much_are_not_read(places):
    """Neither for the clients of geomaps nor by a reload."""
    conf = "geoip geo.mmdb\ndatacenter fra\ngeomap world * fra\n"
    with Limited(conf, ZONE + "geo STEER geo world\ngeo AT fra A 192.0.2.9\n", geo="192.0.2.0/24 asn=1\n") as server:
        beside = server.folder / "beside"
        beside.symlink_to(places)
        beside.rename(server.folder / "geo.mmdb")
        limit = addresses(server) + 140 * MIB
        resource.prlimit(server.process.pid, resource.RLIMIT_AS, (limit, limit))
        status, body = wait_until(lambda: (reply := server.call("GET", "/v1/clients"))[0] != 202 and reply, 60, "the clients")
        assert status == 503 and "there is too little memory for it" in body["error"], body
        server.reload()
        assert "geo.mmdb can't be read: there is too little memory for it: " in server.log()
        assert server.ask("geo") == ["192.0.2.9"]


def greedy(server, stack):
    """Clients that ask for much, take nothing, and leave messages unfinished."""
    for i in range(180):
        sock = stack.enter_context(socket.socket())
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(5)
        sock.connect((server.address, server.port))
        sock.setblocking(False)
        with contextlib.suppress(OSError):
            sock.send(struct.pack("!H", 60000) + bytes(30000) if i % 3 == 0 else many(400, "big", "TXT"))


def test_a_flood_takes_no_more_than_there_is():
    """Over TCP, while checks, operators and reloads need memory too."""
    fra = Datacenter()
    conf = f"""tcp per-client=0 idle=20s
check site http interval=200ms timeout=1s
datacenter fra address=127.0.0.1:{fra.port} check=site
"""
    with Limited(conf, ZONE + "dc AT fra A 192.0.2.9\n") as server, Honest(server, "192.0.2.1"), contextlib.ExitStack() as stack:
        greedy(server, stack)
        polls = len(fra.requests)
        for _ in range(5):
            assert server.status()["datacenters"][0]["state"] == "up"
            assert "gslbd_connections" in server.call("GET", "/metrics")[1]
            server.reload()
        wait_until(lambda: len(fra.requests) > polls + 5, 20, "checks go on")
        assert over_tcp(server) == "192.0.2.1"
        assert addresses(server) < LIMIT and "reload: done" in server.log()
    fra.stop()


@pytest.fixture(scope="module")
def preload(tmp_path_factory):
    library = tmp_path_factory.mktemp("preload") / "no_memory.so"
    source = Path(__file__).parent / "no_memory.c"
    done = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-o", str(library), str(source)], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("there is no C compiler to build a library with that has no memory")
    return library


def test_a_worker_without_memory_closes_the_connection_that_needs_some(preload):
    """A third of what it asks for is not there: for connections, for queries in pieces, for replies that wait."""
    with Limited("tcp per-client=0\n", preload=preload) as server, Honest(server, "192.0.2.1"), contextlib.ExitStack() as stack:
        ends = {"answered": 0, "closed": 0}
        for i in range(120):
            ends["answered" if answered(server, in_pieces=i % 2 == 0) else "closed"] += 1
        assert ends["answered"] > 10 and ends["closed"] > 10, ends
        greedy(server, stack)
        begin = time.monotonic()
        wait_until(lambda: time.monotonic() - begin > 1, 10, "replies that wait")
        assert server.process.poll() is None
        print(ends)


def test_a_worker_without_memory_refuses_the_transfer_that_needs_some(preload):
    """An IXFR over UDP, which is answered with the SOA record alone."""
    asked = query(1, "app.example.com", 251)
    with Limited(preload=preload, peers="allow-transfer=127.0.0.1") as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        sock.connect((server.address, server.port))
        rcodes = []
        for _ in range(30):
            sock.send(asked)
            rcodes.append(sock.recv(512)[3] & 15)
        assert set(rcodes) == {0, 2} and rcodes.count(2) <= 10, rcodes


def answered(server, in_pieces):
    message = framed()
    asked = query(1, "www.app.example.com")
    try:
        with socket.create_connection((server.address, server.port), 10) as sock:
            if in_pieces:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.sendall(message[:5])
                time.sleep(0.01)  # they arrive one by one, most likely
                sock.sendall(message[5:])
            else:
                sock.sendall(struct.pack("!H", len(asked)) + asked)
            return len(sock.recv(512)) > 0
    except OSError:
        return False
