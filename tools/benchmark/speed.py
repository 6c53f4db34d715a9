# SPDX-License-Identifier: ISC
"""CPU time a query beside other servers: plain records, by place, by place with weights and health."""

import subprocess
from contextlib import contextmanager

import lab
import queries
import setups
from measure import Workload

COUNTRY = lab.ROOT / "geoip/GeoLite2-Country.mmdb"
CITY = lab.ROOT / "geoip/GeoLite2-City.mmdb"


@contextmanager
def farm():
    """HTTP servers on every loopback address; what is written to its stdin takes them down and up."""
    port = lab.free_port()
    process = subprocess.Popen(lab.pinned(lab.LOAD_CPU, [lab.BUILD / "tools/bench-farm", port]), stdin=subprocess.PIPE,
                               text=True, bufsize=1)
    try:
        yield port, process.stdin
    finally:
        process.stdin.close()
        process.wait()


def database(bench, path):
    if path.exists():
        return True
    subprocess.run([lab.ROOT / "tools/geoip-fetch", path.stem.lower()], stdout=subprocess.DEVNULL)
    if not path.exists():
        bench.report.warn(f"no {path.name}: what needs it is left out (tools/geoip-fetch {path.stem.lower()} gets it)")
    return path.exists()


def static_workload(bench):
    return Workload("static", "static, 10,000 names, no EDNS", setups.static(), queries.plain(), bench.servers)


def geo_workload(bench):
    setup = setups.Steered(COUNTRY, setups.CONTINENTS)
    return Workload("geo", "geo, a random client-subnet /24 a query", setup, queries.placed(setup), bench.servers)


def checked_workload(bench, port, interval_s=2):
    setup = setups.Steered(COUNTRY, setups.CONTINENTS, port, interval_s)
    return Workload("checked", "geo, weights and health", setup, queries.placed(setup), bench.servers)


def city_workload(bench):
    setup = setups.Steered(CITY, {**setups.CONTINENTS, **setups.STATES})
    return Workload("city", "geo over a city database, by subdivisions", setup, queries.placed(setup), bench.servers)


def run(bench):
    bench.contest(static_workload(bench))
    if database(bench, COUNTRY):
        bench.contest(geo_workload(bench))
        with farm() as (port, _):
            bench.contest(checked_workload(bench, port))
    if database(bench, CITY):
        bench.contest(city_workload(bench))
