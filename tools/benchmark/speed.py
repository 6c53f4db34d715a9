# SPDX-License-Identifier: ISC
"""CPU time a query beside other servers: plain records, by place, by place with weights and health."""

import subprocess
from contextlib import contextmanager

import lab
import queries
import setups
from measure import Workload, entries

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
    """Is it there, fetched or not? A smoke test fetches nothing."""
    if not path.exists() and not bench.smoke:
        subprocess.run([lab.ROOT / "tools/geoip-fetch", path.stem.lower()], stdout=subprocess.DEVNULL)
    if not path.exists():
        bench.report.warn(f"no {path.name}: what needs it is left out (tools/geoip-fetch {path.stem.lower()} gets it)")
    return path.exists()


def static_workload():
    return Workload(setups.static(), queries.plain())


def geo_workload():
    setup = setups.Steered(COUNTRY, setups.CONTINENTS)
    return Workload(setup, queries.placed(setup))


def checked_workload(port, interval_s=2):
    setup = setups.Steered(COUNTRY, setups.CONTINENTS, port, interval_s)
    return Workload(setup, queries.placed(setup))


def city_workload():
    setup = setups.Steered(CITY, {**setups.CONTINENTS, **setups.STATES})
    return Workload(setup, queries.placed(setup))


def run(bench):
    bench.table("static", "Static: 10,000 names, no EDNS", entries(bench.servers, static_workload()))
    if database(bench, COUNTRY):
        bench.table("geo", "Geo: a random client-subnet /24 a query", entries(bench.servers, geo_workload()))
        with farm() as (port, _):
            bench.table("checked", "Geo, weights and health", entries(bench.servers, checked_workload(port)))
    if not bench.smoke and database(bench, CITY):
        bench.table("city", "Geo over a city database, by subdivisions", entries(bench.servers, city_workload()))
