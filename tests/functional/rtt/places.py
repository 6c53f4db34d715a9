# SPDX-License-Identifier: ISC
"""What the stories of the latency method share."""

import contextlib
import tempfile
from pathlib import Path

from api import serving
from harness import SOA, build_mmdb

CONF = """geoip @GEO@/world.mmdb
datacenter fra location=50.11,8.68
datacenter iad location=39.04,-77.49
datacenter sin location=1.35,103.82
zone app.example.com z.zone
"""
# Exact: the best alone. Tier: all that share the first tier.
ZONE = SOA + """exact STEER latency margin=0%
tier STEER latency pick=all
wide STEER latency margin=100% pick=all
two STEER latency fra iad margin=0%
""" + "".join(f"{name} AT fra A 192.0.2.1\n{name} AT iad A 192.0.2.2\n{name} AT sin A 192.0.2.3\n"
              for name in ("exact", "tier", "wide", "two"))
FRA, IAD, SIN = "192.0.2.1", "192.0.2.2", "192.0.2.3"
EXACT, TIER, WIDE, TWO = (f"{name}.app.example.com" for name in ("exact", "tier", "wide", "two"))


@contextlib.contextmanager
def world(conf="", zone=ZONE, base=CONF, **values):
    """A server that knows world.geo, with `conf` behind the usual configuration."""
    with tempfile.TemporaryDirectory(prefix="gslbd-geo-") as folder:
        build_mmdb(Path(__file__).parent / "world.geo", Path(folder) / "world.mmdb")
        with serving(base + conf, zone, GEO=folder, **values) as (server, api):
            yield server, api


@contextlib.contextmanager
def table(rows, conf="", **values):
    """The same with a latency table, a file that the test may write again."""
    with tempfile.TemporaryDirectory(prefix="gslbd-rtt-") as folder:
        path = Path(folder) / "rtt"
        path.write_text(rows)
        with world(f"latency {path}\n" + conf, **values) as (server, api):
            yield server, api, path
