# SPDX-License-Identifier: ISC
"""Each way to order datacenters and to pick among them, which only gslbd has."""

import queries
import setups
import speed
from measure import Workload
from servers import Gslbd

METHODS = [("geo world", ""), ("nearest", ""), ("latency", ""), ("failover", ""),
           *(("pool", f"pick={pick}") for pick in
             ("weighted", "hash", "round-robin", "random", "least-connections", "least-time", "all"))]


def setup(method, options, port):
    """Distances need a database that has locations; countries will do for the rest."""
    city = method in ("nearest", "latency") and speed.CITY.exists()
    places = setups.Steered(speed.CITY if city else speed.COUNTRY, setups.CONTINENTS)
    locations = {"fra": "50.11,8.68", "iad": "39.04,-77.49", "sin": "1.35,103.82"}
    conf = (f"geoip {places.database}\ncheck c http port={port} interval=2s timeout=1s\n" +
            "".join(f"datacenter {dc} location={at}\n" for dc, at in locations.items()) +
            "".join(f"geomap world {place or '*'} {order}\n" for place, order in places.places.items()))
    zone = setups.SOA + f"@ STEER {method} {options}\n" + "".join(
        f"n{i} AT {dc} check=c weight={weight} A {address}\n" for i in range(setups.NAMES)
        for dc, records in places.records.items() for address, weight in records.items())
    return setups.Own(conf, zone)


def lines():
    places = setups.Steered(speed.COUNTRY, setups.CONTINENTS)
    return [" ".join([*line.split()[:4], "127.1.0.0/16"]) for line in queries.placed(places)]


def run(bench):
    if not speed.database(bench, speed.COUNTRY):
        return
    asked = lines()
    with speed.farm() as (port, _):
        rows = [(f"{method} {options}".strip(), Gslbd, Workload(setup(method, options, port), asked, half_load=False))
                for method, options in METHODS]
        bench.table("methods", "Every method and pick, with health", rows, brief=True)
