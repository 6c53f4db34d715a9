# SPDX-License-Identifier: ISC
"""A server with three datacenters that can be switched off, and gslbctl against it."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from harness import ROOT, SOA, Datacenter, Server, build_mmdb, free_port, wait_until

GSLBCTL = os.environ.get("GSLBCTL", str(ROOT / "build/asan/tools/gslbctl"))

PLACES = """203.0.113.0/24 continent=EU country=DE location=52.5,13.4
198.51.100.0/24 continent=NA country=US subdivision=CA location=37.8,-122.4
192.0.2.0/25 continent=AS country=SG location=1.3,103.8
"""
ADDRESSES = {"fra": "127.0.0.11", "iad": "127.0.0.12", "sin": "127.0.0.13"}
CONF = """listen 127.0.0.1:@PORT@
admin 127.0.0.1:@ADMIN@ token-file=admin.token
workers 2
geoip @GEO@
check site http path=/health interval=100ms timeout=500ms rise=1 fall=1
datacenter fra address=127.0.0.11:@FRA@ check=site location=50.11,8.68 @OPTIONS@
datacenter iad address=127.0.0.12:@IAD@ check=site location=39.04,-77.49
datacenter sin address=127.0.0.13:@SIN@ check=site location=1.35,103.82
geomap world * iad fra sin
geomap world EU fra iad sin
geomap world */SG sin fra iad
geomap world NA/US/CA sin iad fra
zone app.example.com z.zone
"""
ZONE = SOA + """www STEER geo world
www AT fra weight=3 A 192.0.2.80
www AT fra weight=1 A 192.0.2.81
www AT iad A 198.51.100.80
www AT sin A 203.0.113.80
www AT fra AAAA 2001:db8:f::80
www AT iad AAAA 2001:db8:1::80
api STEER failover fra iad
api AT fra CNAME api.fra.example.net.
api AT iad CNAME www
near STEER nearest
near AT fra A 192.0.2.82
near AT iad A 198.51.100.82
shop STEER pool
shop AT * weight=95 ALIAS www
shop AT * weight=5 ALIAS near
robin STEER pool pick=round-robin
robin AT fra A 192.0.2.90
robin AT iad A 198.51.100.90
robin AT sin A 203.0.113.90
sticky STEER pool pick=hash
sticky AT fra A 192.0.2.91
sticky AT iad A 198.51.100.91
every STEER pool pick=all
every AT fra A 192.0.2.92
every AT iad A 198.51.100.92
*.user AT fra A 192.0.2.97
*.user AT iad A 198.51.100.97
text AT fra TXT "from; \\"fra\\""
text AT iad TXT "from iad"
big STEER pool pick=all
""" + "".join(f"big AT {('fra', 'iad')[i % 2]} AAAA 2001:db8::{i:x}\n" for i in range(60))  # over 1232 octets


class Fixture:
    """`more` is behind the zone, `conf` behind the configuration, `fra` are options of that datacenter."""

    def __init__(self, more="", conf="", zone=ZONE, fra=""):
        folder = tempfile.TemporaryDirectory(prefix="gslbd-geo-")
        (Path(folder.name) / "places.geo").write_text(PLACES)
        build_mmdb(Path(folder.name) / "places.geo", Path(folder.name) / "places.mmdb")
        self.folder = folder
        self.datacenters = {name: Datacenter(address) for name, address in ADDRESSES.items()}
        self.admin = free_port()
        self.server = Server(
            {"gslbd.conf": CONF + conf, "z.zone": zone + more, "admin.token": "sesame\n"}, ADMIN=self.admin,
            OPTIONS=fra, GEO=f"{folder.name}/places.mmdb", **{name.upper(): dc.port for name, dc in self.datacenters.items()})
        self.conf = str(self.server.conf)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.server.stop()
        for datacenter in self.datacenters.values():
            datacenter.stop()
        self.folder.cleanup()

    def ctl(self, *arguments, **options):
        return gslbctl("-c", self.conf, *arguments, **options)

    def json(self, *arguments, status=0):
        result = self.ctl("--json", *arguments)
        assert result.returncode == status, result.stdout + result.stderr
        return json.loads(result.stdout)

    def state(self, name):
        shown = json.loads(self.ctl("--json", "status").stdout)
        return next(dc for dc in shown["datacenters"] if dc["name"] == name)

    def wait_state(self, name, state):
        return wait_until(lambda: self.state(name)["state"] == state and self.state(name), 10, f"{name} {state}")


def environment(**more):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GSLBCTL") and key != "SUDO_USER"}
    return {**kept, **more}


def gslbctl(*arguments, **options):
    options.setdefault("env", environment())
    result = subprocess.run([GSLBCTL, *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)
    assert "Sanitizer" not in result.stderr and "runtime error" not in result.stderr, result.stderr
    return result
