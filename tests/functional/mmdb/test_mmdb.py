# SPDX-License-Identifier: ISC
"""mmdb-build: what it writes is read by libmaxminddb as the text says."""

import ipaddress
import subprocess

import maxminddb
import pytest
from harness import MMDB_BUILD, ROOT, build_mmdb

TEXT = """; comment
10.1.2.0/24   subdivision=BE              ; inherits, whatever the order of the lines
10.0.0.0/8    continent=EU country=DE asn=64500 location=52.5,-13.25
10.1.2.128/25 country=FR asn=4294967295
2001:db8::/32 country=SE
"""


def read(path, address):
    with maxminddb.open_database(str(path), maxminddb.MODE_MMAP_EXT) as reader:
        return reader.get_with_prefix_len(address)


def test_nested_networks_inherit(tmp_path):
    (tmp_path / "t").write_text(TEXT)
    build_mmdb(tmp_path / "t", tmp_path / "m")
    record, length = read(tmp_path / "m", "10.1.2.3")
    assert record == {"continent": {"code": "EU"}, "country": {"iso_code": "DE"}, "subdivisions": [{"iso_code": "BE"}],
                      "autonomous_system_number": 64500, "location": {"latitude": 52.5, "longitude": -13.25}}
    assert length == 25
    record, length = read(tmp_path / "m", "10.1.2.200")
    assert record["country"] == {"iso_code": "FR"} and record["subdivisions"] == [{"iso_code": "BE"}]
    assert record["autonomous_system_number"] == 4294967295 and length == 25
    assert read(tmp_path / "m", "10.200.0.1")[0]["country"] == {"iso_code": "DE"}
    assert read(tmp_path / "m", "2001:db8:ffff::1") == ({"country": {"iso_code": "SE"}}, 32)
    for address in ("9.255.255.255", "11.0.0.0", "2001:db9::"):
        assert read(tmp_path / "m", address)[0] is None


def test_flat_schema_and_ipv4_only(tmp_path):
    (tmp_path / "t").write_text(TEXT.replace("2001:db8::/32", "192.0.2.0/24"))
    build_mmdb(tmp_path / "t", tmp_path / "m", "--flat", "--ipv4")
    assert read(tmp_path / "m", "10.1.2.3")[0] == {
        "continent_code": "EU", "country_code": "DE", "subdivision_code": "BE", "asn": 64500, "latitude": 52.5,
        "longitude": -13.25}
    with maxminddb.open_database(str(tmp_path / "m")) as reader:
        assert reader.metadata().ip_version == 4


def test_every_network_of_the_demonstration(tmp_path):
    build_mmdb(ROOT / "geoip/demo.txt", tmp_path / "m")
    lines = [line.split(";")[0].split() for line in (ROOT / "geoip/demo.txt").read_text().splitlines()]
    networks = {ipaddress.ip_network(words[0]): dict(w.split("=") for w in words[1:]) for words in lines if words}
    assert len(networks) > 20
    for network in networks:
        expected = {}
        for other in sorted((n for n in networks if n.version == network.version), key=lambda n: n.prefixlen):
            if network.subnet_of(other):
                expected |= networks[other]
        record, _ = read(tmp_path / "m", str(network[-1] if network.prefixlen > 24 else network[0]))
        assert record["continent"]["code"] == expected["continent"], network
        assert record["autonomous_system_number"] == int(expected["asn"]), network
        if network.prefixlen > 24:
            assert record["country"]["iso_code"] == expected["country"], network


@pytest.mark.parametrize("line, expected", [
    ("10.0.0.1/8 country=DE", "t:1:1: a network without bits behind its length is expected"),
    ("10.0.0.0/8 country=de", "t:1:12: two capital letters is expected"),
    ("10.0.0.0/8 land=DE", "t:1:12: continent, country, subdivision, asn or location as the key is expected"),
    ("10.0.0.0/8 asn=x", "t:1:12: a number up to 4294967295 is expected"),
    ("10.0.0.0/8 location=91,0", "t:1:12: LATITUDE,LONGITUDE in degrees is expected"),
])
def test_mistakes_are_told_with_their_place(tmp_path, line, expected):
    (tmp_path / "t").write_text(line + "\n")
    result = subprocess.run([MMDB_BUILD, "t", "m"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 1 and result.stderr.strip() == expected
    assert not (tmp_path / "m").exists()
