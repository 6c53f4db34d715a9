# SPDX-License-Identifier: ISC
"""SIGHUP: new files are taken in without a lost query, broken ones are refused, and what checks know is kept."""

import signal
import socket
import threading
import time

import pytest
from harness import SOA, Datacenter, Server, datacenters, wait_until

CONF = """listen 127.0.0.1:@PORT@
workers 2
check site http interval=200ms timeout=5s rise=2 fall=2
datacenter fra address=127.0.0.1:@FRA@ check=site
datacenter iad address=127.0.0.1:@IAD@ check=site
zone app.example.com z.zone
"""
ZONE = SOA + """www STEER failover fra iad
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
"""
FILES = {"gslbd.conf": CONF, "z.zone": ZONE}


@pytest.fixture
def pair():
    with datacenters() as (fra, iad), Server(FILES, FRA=fra.port, IAD=iad.port) as server:
        yield server, fra, iad


def test_new_records_and_zones_are_served(pair):
    server, *_ = pair
    server.write("z.zone", ZONE.replace("192.0.2.1", "192.0.2.101"))
    server.write("y.zone", SOA + "www A 192.0.2.9\n")
    server.write("gslbd.conf", CONF + "zone new.example y.zone\n")
    server.reload()
    assert server.answers("www.app.example.com") == ["192.0.2.101"]
    assert server.answers("www.new.example") == ["192.0.2.9"]


def test_a_broken_file_changes_nothing_and_says_why(pair):
    server, *_ = pair
    server.write("z.zone", ZONE + "www AT fr A 192.0.2.7\nbad A 1.2.3\n")
    server.reload()
    log = server.log()
    assert 'z.zone:8:8: unknown datacenter "fr", did you mean "fra"?' in log
    assert 'z.zone:9:7: "1.2.3" is not an IPv4 address' in log
    assert "2 errors; what was served before is served on" in log
    assert server.answers("www.app.example.com") == ["192.0.2.1"]
    server.write("z.zone", ZONE)
    server.reload()
    assert server.answers("www.app.example.com") == ["192.0.2.1"]


def test_a_file_that_was_cut_short_ends_no_service(pair):
    server, *_ = pair
    whole = (server.folder / "gslbd.conf").read_text()
    (server.folder / "gslbd.conf").write_text("")
    server.reload()
    assert "there is neither a zone nor a listen left; to end the service, stop it" in server.log()
    assert server.answers("www.app.example.com") == ["192.0.2.1"]
    (server.folder / "gslbd.conf").write_text(whole)
    server.reload()
    assert server.answers("www.app.example.com") == ["192.0.2.1"]


def test_what_checks_know_is_kept(pair):
    server, fra, _ = pair
    fra.status = 503
    wait_until(lambda: server.answers("www.app.example.com") == ["192.0.2.2"], 10)
    polls = len(fra.requests)
    for _ in range(5):
        server.reload()
        assert server.answers("www.app.example.com") == ["192.0.2.2"]
    assert len(fra.requests) - polls < 20, "a reload must not poll known targets anew"


def test_a_new_target_is_checked_before_it_is_answered(pair):
    server, fra, _ = pair
    third = Datacenter()
    third.status = 500
    server.write("gslbd.conf", CONF + f"datacenter sin address=127.0.0.1:{third.port} check=site\n")
    server.write("z.zone", ZONE.replace("fra iad", "sin fra iad") + "www AT sin A 192.0.2.3\n")
    server.reload()
    assert server.answers("www.app.example.com") == ["192.0.2.1"]
    third.status = 200
    wait_until(lambda: server.answers("www.app.example.com") == ["192.0.2.3"], 10)
    third.stop()


def test_a_removed_target_is_polled_no_more(pair):
    server, fra, iad = pair
    server.write("gslbd.conf", CONF.replace("datacenter iad address=127.0.0.1:@IAD@ check=site", "datacenter iad"))
    server.reload()
    polls = len(iad.requests)
    seen = len(fra.requests)
    wait_until(lambda: len(fra.requests) > seen + 4, 10)
    assert len(iad.requests) <= polls + 1


def test_no_query_is_lost_under_load(pair):
    """Queries without pause from four sockets over 30 reloads and flips of health: each gets its answer."""
    server, fra, _ = pair
    query = b"\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x03app\x07example\x03com\x00\x00\x01\x00\x01"
    stop, failures, counts = threading.Event(), [], []

    def load():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            sock.connect(("127.0.0.1", server.port))
            count = 0
            try:
                while not stop.is_set():
                    sock.send(query)
                    reply = sock.recv(512)
                    assert reply[3] == 0 and reply[-4:] in (bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
                    count += 1
            except Exception as error:  # noqa: BLE001
                failures.append(error)
            counts.append(count)
    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for i in range(30):
        fra.status = 503 if i % 2 else 200
        server.reload()
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    print(f"{sum(counts)} queries over 30 reloads, none lost")


def test_a_storm_of_sighup_ends_in_the_newest_files(pair):
    server, *_ = pair
    for i in range(50):
        server.write("z.zone", ZONE.replace("192.0.2.1", f"192.0.2.{100 + i}"))
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.002)
    wait_until(lambda: server.answers("www.app.example.com") == ["192.0.2.149"], 20, "the newest zone")


def test_sigterm_during_a_reload_ends_in_order(pair):
    server, *_ = pair
    server.process.send_signal(signal.SIGHUP)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(10) == 0
