# SPDX-License-Identifier: ISC
"""POST /v1/latency: what clients measured moves their answers, is kept, and does not flap."""

import itertools

import pytest
from api import restart
from harness import wait_until
from places import EXACT, FRA, IAD, SIN, TIER, table, world

FLAT = "* fra 100\n* iad 200\n* sin 300\n"


def send(api, client, n=5, **ms):
    """`n` measurements from a client, to each datacenter that is named."""
    body = [{"client": client, "datacenter": dc, "ms": value} for dc, value in ms.items() for _ in range(n)]
    reply = api.ask("POST", "/v1/latency", {"measurements": body})
    assert reply.status == 200 and reply.json == {"taken": len(body)}, reply.text


def settle(api, marks=itertools.count(1)):
    """Waits until all that was sent is in answers: so is what was sent after it, from an address of no other use."""
    mark = f"192.0.{next(marks)}.1"
    send(api, mark, sin=1)
    wait_until(lambda: api.explain(EXACT, mark)["orders"][0]["times"][0]["by"] == "measured", 10, "taken into answers")


def test_five_samples_move_their_prefix_and_only_it():
    with table(FLAT) as (server, api, _):
        clients = ("10.2.5.77/32", "10.2.5.200/32", "10.2.4.255/32", "10.2.6.1/32", "172.16.0.1/32")
        send(api, "10.2.5.77", n=4, sin=3)
        settle(api)
        assert [server.answers(EXACT, subnet=c) for c in clients] == [[FRA]] * 5, "four are too few"
        send(api, "10.2.5.200", n=1, sin=3)
        settle(api)
        assert [server.answers(EXACT, subnet=c) for c in clients] == [[SIN]] * 2 + [[FRA]] * 3
        assert server.answers(TIER, subnet="10.2.5.1/32") == [SIN]
        told = api.explain(EXACT, "10.2.5.9")["orders"][0]["times"]
        assert [(t["datacenter"], t["ms"], t["by"]) for t in told] == [
            ("sin", 3.0, "measured"), ("fra", 100.0, "table"), ("iad", 200.0, "table")]


def test_ipv6_prefixes_have_48_bits_and_mapped_addresses_are_ipv4():
    with table(FLAT) as (server, api, _):
        send(api, "2001:db8:77:1::5", iad=1)
        send(api, "::ffff:10.9.8.7", iad=1)
        settle(api)
        for subnet, answer in (("2001:db8:77:ffff::/64", IAD), ("2001:db8:78::/64", FRA), ("10.9.8.0/24", IAD)):
            assert server.answers(EXACT, subnet=subnet) == [answer], subnet


def test_they_roll_up_to_the_country_and_the_continent():
    with world() as (server, api):
        ask = {"same country": "10.2.200.0/24", "same continent": "10.1.200.0/24", "elsewhere": "10.3.1.0/24",
               "a continent alone": "10.4.1.0/24"}
        before = {where: server.answers(EXACT, subnet=subnet) for where, subnet in ask.items()}
        assert before["same country"] == before["same continent"] == [FRA]
        for i in range(5):
            send(api, f"10.2.{i}.1", n=1, sin=2, fra=30)  # one from each prefix: no prefix has enough
        send(api, "10.4.9.1", iad=5)
        settle(api)
        assert server.answers(EXACT, subnet="10.2.1.0/24") == [SIN]
        assert server.answers(EXACT, subnet=ask["same country"]) == [SIN]
        assert server.answers(EXACT, subnet=ask["same continent"]) == [SIN]
        assert server.answers(EXACT, subnet=ask["a continent alone"]) == [IAD]
        assert server.answers(EXACT, subnet=ask["elsewhere"]) == before["elsewhere"]
        by = [[t["by"] for t in api.explain(EXACT, subnet)["orders"][0]["times"] if t["datacenter"] == "sin"][0]
              for subnet in (ask["same country"], ask["same continent"], ask["elsewhere"])]
        assert by == ["measured in its country", "measured on its continent", "distance"]


def test_a_table_comes_before_the_country_but_not_before_the_prefix():
    with table("EU fra 10\nEU iad 20\nEU sin 30\n") as (server, api, _):
        send(api, "10.2.5.1", sin=1)
        wait_until(lambda: server.answers(EXACT, subnet="10.2.5.0/24") == [SIN])
        assert server.answers(EXACT, subnet="10.2.6.0/24") == [FRA]


def test_scopes_are_exact_until_something_is_measured_and_then_have_the_grain():
    with table(FLAT + "10.1.7.128/25 sin 1\n") as (server, api, _):
        subnets = ("10.2.5.0/24", "172.16.1.0/24", "10.1.7.200/32", "10.1.7.3/32")
        assert [server.dig(EXACT, subnet=s).scope for s in subnets] == [16, 1, 25, 25]
        assert server.dig(EXACT, subnet="2001:db8:9::/64").scope < 48
        assert server.dig("ns1.app.example.com", subnet=subnets[0]).scope == 0
        send(api, "10.2.5.1", n=4, sin=1)
        api.status()
        assert server.dig(EXACT, subnet=subnets[0]).scope == 16
        send(api, "10.2.5.1", n=1, sin=1)
        wait_until(lambda: server.answers(EXACT, subnet="10.2.5.0/24") == [SIN])
        assert [server.dig(EXACT, subnet=s).scope for s in subnets] == [24, 24, 25, 25]
        assert server.dig(EXACT, subnet="2001:db8:9::/64").scope == 48
        assert server.dig("ns1.app.example.com", subnet=subnets[0]).scope == 0
        assert api.explain(EXACT, "10.2.5.0/24")["scope"] == 24


def test_what_was_measured_survives_a_restart_and_a_reload(tmp_path):
    with table(FLAT, f"state {tmp_path}\n") as (server, api, _):
        send(api, "10.2.5.1", sin=1)
        send(api, "10.2.6.1", n=4, sin=1)
        wait_until(lambda: server.answers(EXACT, subnet="10.2.5.0/24") == [SIN])
        server.reload()
        assert server.answers(EXACT, subnet="10.2.5.0/24") == [SIN]
        restart(server)
        assert server.answers(EXACT, subnet="10.2.5.0/24") == [SIN]
        assert server.answers(EXACT, subnet="10.2.6.0/24") == [FRA]
        assert server.dig(EXACT, subnet="10.2.6.0/24").scope == 24
        send(api, "10.2.6.1", n=1, sin=1)  # the fifth: the four before are known still
        wait_until(lambda: server.answers(EXACT, subnet="10.2.6.0/24") == [SIN])
        # Datacenters have other numbers after this reload, and what is known of each is known by name.
        server.write("gslbd.conf", server.conf.read_text().replace("datacenter fra", "datacenter ams\ndatacenter fra"))
        server.reload()
        assert server.answers(EXACT, subnet="10.2.5.0/24") == [SIN]


def test_a_damaged_file_is_told_and_not_believed(tmp_path):
    with table(FLAT, f"state {tmp_path}\n") as (server, api, _):
        send(api, "10.2.5.1", sin=1)
        wait_until(lambda: server.answers(EXACT, subnet="10.2.5.0/24") == [SIN])
        server.process.terminate()
        server.process.wait(20)
        saved = tmp_path / "latency"
        lines = saved.read_text().splitlines()
        assert lines[-1] == f"end {len(lines) - 2}"
        saved.write_text("\n".join(lines[:-1]) + "\n")
        server.log_file.close()
        server.log_path.write_text("")
        server.start()
        assert "the file ends before its end line; nothing is taken from it" in server.log()
        assert server.answers(EXACT, subnet="10.2.5.0/24") == [FRA]


def test_noise_within_a_tenth_changes_nothing():
    with world() as (server, api):
        send(api, "10.9.1.1", fra=40, iad=42, sin=400)
        wait_until(lambda: server.answers(EXACT, subnet="10.9.1.0/24") == [FRA])
        wait_until(lambda: api.explain(EXACT, "10.9.1.1")["orders"][0]["times"][0]["by"] == "measured")
        send(api, "10.9.1.1", n=30, iad=39)  # nearer by its average, and by no more than a tenth
        send(api, "10.9.1.1", n=30, fra=43)
        settle(api)
        assert server.answers(EXACT, subnet="10.9.1.0/24") == [FRA]
        assert api.explain(EXACT, "10.9.1.1")["orders"][0]["times"][0]["ms"] == 40
        send(api, "10.9.1.1", n=30, iad=30)
        settle(api)
        assert server.answers(EXACT, subnet="10.9.1.0/24") == [IAD]


GOOD = {"client": "10.2.5.1", "datacenter": "sin", "ms": 1}
FORM = '{"client": "203.0.113.7", "datacenter": "fra", "ms": 12.5} is expected'


@pytest.fixture(scope="module")
def pair():
    with table(FLAT) as (server, api, _):
        yield server, api


@pytest.mark.parametrize("bad, error", [
    ({"ms": 0}, 'measurements[1]: "ms" must be above 0, and at most 60000'),
    ({"ms": -5}, 'measurements[1]: "ms" must be above 0, and at most 60000'),
    ({"ms": 60001}, 'measurements[1]: "ms" must be above 0, and at most 60000'),
    ({"ms": 1e300}, 'measurements[1]: "ms" must be above 0, and at most 60000'),
    ({"ms": "1"}, "measurements[1]: " + FORM),
    ({"ms": None}, "measurements[1]: " + FORM),
    ({"client": "10.2.5"}, 'measurements[1]: "10.2.5" is no address'),
    ({"client": "10.2.5.0/24"}, 'measurements[1]: "10.2.5.0/24" is no address'),
    ({"client": 7}, "measurements[1]: " + FORM),
    ({"datacenter": "mars"}, 'no datacenter is named "mars"; there are fra, iad, sin'),
    ({"datacenter": ["sin"]}, "measurements[1]: " + FORM),
])
def test_what_is_no_measurement_is_refused_and_all_that_came_with_it(pair, bad, error):
    server, api = pair
    reply = api.ask("POST", "/v1/latency", {"measurements": [GOOD, GOOD | bad]})
    assert reply.status in (400, 404) and reply.error == error
    assert server.answers(EXACT, subnet="10.2.5.0/24") == [FRA]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"measurements": {}}', b'{"measurements": [1]}',
                                  b'{"measurements": [null]}', b'{"measurement": []}', b'{"measurements": [], "x": 1}'])
def test_bodies_that_are_no_measurements(pair, body):
    assert pair[1].ask("POST", "/v1/latency", body).status == 400


def test_refused_ones_have_left_nothing_behind(pair):
    """Runs last: many samples came beside bad ones, and none of them counts."""
    server, api = pair
    settle(api)
    assert server.answers(EXACT, subnet="10.2.5.0/24") == [FRA]
    send(api, "10.2.5.1", n=4, sin=1)
    settle(api)
    assert server.answers(EXACT, subnet="10.2.5.0/24") == [FRA]
