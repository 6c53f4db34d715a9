# SPDX-License-Identifier: ISC
"""ttl=MIN..MAX: an answer is kept no longer than health is sure to stay as it is."""

import pytest
from harness import SOA, Server, datacenters, run_gslbd, wait_until

# Up, fra takes 4 failures to go down: 3 intervals at the soonest. Down, it takes 3 successes: 2 intervals.
CONF = """listen 127.0.0.1:@PORT@
check site http interval=1s timeout=5s rise=3 fall=4
check slow http interval=100s timeout=500ms rise=2 fall=3
datacenter fra address=127.0.0.1:@FRA@ check=site
datacenter iad address=127.0.0.1:@IAD@ check=slow
datacenter sin
zone app.example.com z.zone
"""
ZONE = SOA + """both STEER failover fra iad ttl=0..1000
both AT fra A 192.0.2.1
both AT iad A 192.0.2.2
low STEER failover ttl=0..2
low AT fra A 192.0.2.1
high STEER failover ttl=20..30
high AT fra A 192.0.2.1
slow STEER failover ttl=5..1000
slow 77 AT iad A 192.0.2.2
none STEER pool ttl=5..1000
none AT sin A 192.0.2.3
none AT * A 192.0.2.4
own STEER failover ttl=0..1000
own AT sin check=site address=127.0.0.1:@FRA@ A 192.0.2.5
above STEER pool ttl=0..1000
above AT * ALIAS both
top STEER pool ttl=0..1000
top AT * ALIAS over
over 500 AT fra A 192.0.2.6
fixed AT fra A 192.0.2.7
"""
FILES = {"gslbd.conf": CONF, "z.zone": ZONE}


@pytest.fixture
def trio():
    with datacenters() as (fra, iad), Server(FILES, FRA=fra.port, IAD=iad.port) as server:
        yield server, fra, iad


def ttl(server, label, kind="A"):
    (value,) = set(server.dig(f"{label}.app.example.com", kind).ttls)
    return value


@pytest.mark.parametrize("label, seconds", [
    ("both", 3), ("low", 2), ("high", 20), ("slow", 200), ("none", 1000), ("own", 3), ("above", 3), ("top", 3),
    ("fixed", 30)])
def test_while_all_is_well(trio, label, seconds):
    assert ttl(trio[0], label) == seconds


def in_order(seen, stages):
    """Did these come in that order? On a slow machine one may pass unseen."""
    left = iter(stages)
    return all(ttl in left for ttl in seen)


def test_it_falls_with_each_failure_and_rises_again(trio):
    server, fra, _ = trio
    seen = []

    def until(answer, *last):
        """Notes each TTL that comes, until the answer is `answer` and the TTL one of `last`."""
        def look():
            reply = server.dig("both.app.example.com")
            if seen[-1:] != [reply.ttls[0]]:
                seen.append(reply.ttls[0])
            return reply.answers == [answer] and reply.ttls[0] in last
        wait_until(look, 20, f"{answer} with a TTL of {last}, after {seen}")
    until("192.0.2.1", 3)
    fra.status = 500
    until("192.0.2.2", 2)  # down: two more successes after the next
    assert in_order(seen, [3, 2, 1, 0, 2]) and len(seen) > 2, seen
    assert ttl(server, "low") == 2 and ttl(server, "high") == 20 and ttl(server, "slow") == 200
    assert ttl(server, "above") == 2 and ttl(server, "fixed") == 30
    seen.clear()
    fra.status = 200
    until("192.0.2.1", 3)
    assert in_order(seen, [2, 1, 0, 3]) and len(seen) > 1, seen


@pytest.mark.parametrize("given", ["5", "300..5", "..5", "5..", "-1..5", "5..x", "0..2147483648"])
def test_ranges_that_are_none(tmp_path, given):
    (tmp_path / "gslbd.conf").write_text("datacenter fra\nzone app.example.com z.zone\n")
    (tmp_path / "z.zone").write_text(SOA + f"www STEER failover ttl={given}\nwww AT fra A 192.0.2.1\n")
    result = run_gslbd("--check", "gslbd.conf", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr.splitlines()[0] == f'z.zone:5:24: "{given}" is not right for ttl; expected: MIN..MAX, such as 5..300'


def test_units_are_taken(tmp_path):
    (tmp_path / "gslbd.conf").write_text("datacenter fra\nzone app.example.com z.zone\n")
    (tmp_path / "z.zone").write_text(SOA + "www STEER failover ttl=5s..1h30m\nwww AT fra A 192.0.2.1\n")
    told = run_gslbd("--explain", "www.app.example.com", "--client", "192.0.2.1", tmp_path / "gslbd.conf")
    assert "ttl 5400 " in told.stdout
