# SPDX-License-Identifier: ISC
"""
All that ever changes changes at once, under load: health, files, overrides, measurements, processes. Every query is
answered rightly, and no two threads get in each other's way (which ThreadSanitizer watches).
"""

import random
import threading
import time

from api import Api
from harness import SOA, build_mmdb, datacenters, free_port, wait_until
from successors import Line, Load

RIGHT = {"192.0.2.1", "192.0.2.2"}
CONF = """listen 127.0.0.1:@PORT@
workers 2
state state
geoip @GEO@
admin 127.0.0.1:@ADMIN@ token-file=admin.token
explain-from 127.0.0.0/8
check site http interval=100ms timeout=5s rise=1 fall=1
datacenter fra address=127.0.0.1:@FRA@ check=site location=50,8
datacenter iad address=127.0.0.1:@IAD@ check=site location=39,-77
geomap world * fra iad
geomap world NA iad fra
zone app.example.com z.zone allow-transfer=127.0.0.0/8
"""
ZONE = SOA + """www STEER geo world ttl=0..300
www AT fra A 192.0.2.1
www AT iad A 192.0.2.2
near STEER latency
near AT fra A 192.0.2.1
near AT iad A 192.0.2.2
""" + "".join(f"n{i} STEER pool pick=round-robin\nn{i} AT fra A 192.0.2.1\nn{i} AT iad A 192.0.2.2\n" for i in range(500))
SECONDS = 12


class Turmoil:
    """Each of these goes on by itself, on a thread of its own, until all is over."""

    def __init__(self, server, fra, iad):
        self.server, self.sites, self.dice = server, (fra, iad), random.Random(4)
        self.over, self.failures, self.counts = threading.Event(), [], {}
        self.threads = [threading.Thread(target=self.repeat, args=(what,)) for what in (
            self.flip, self.reload, self.override, self.measure, self.look, self.transfer, self.explain)]

    def repeat(self, what):
        count = 0
        try:
            while not self.over.wait(0.05):
                count += what(count) is not False
        except Exception as error:  # noqa: BLE001
            self.failures.append((what.__name__, count, repr(error)))
        self.counts[what.__name__] = count

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        print(", ".join(f"{name}: {count}" for name, count in sorted(self.counts.items())))

    def asked(self, method, target, body=None):
        """It is answered whichever process has the connection; False where that one refuses for now."""
        reply = self.server.api.ask(method, target, body)
        assert reply.status in (200, 202, 409, 503), reply.text
        return reply.status < 300

    def flip(self, count):
        self.sites[count // 4 % 2].status = 503 if count % 4 < 2 else 200

    def reload(self, count):
        self.server.write("z.zone", ZONE.replace("n1 STEER", f"n{count + 1000} A 192.0.2.1\nn1 STEER"))
        return self.asked("POST", "/v1/reload")

    def override(self, count):
        if count % 2:
            return self.asked("DELETE", "/v1/overrides/fra")
        return self.asked("PUT", "/v1/overrides/fra", {"state": "drain", "for": "200ms"})

    def measure(self, count):
        rows = [{"client": f"198.51.{count % 256}.{i}", "datacenter": name, "ms": 10 + i}
                for i in range(8) for name in ("fra", "iad")]
        return self.asked("POST", "/v1/latency", {"measurements": rows})

    def look(self, count):
        return self.asked("GET", ("/v1/status", "/metrics", "/v1/clients", "/v1/names", "/v1/reload")[count % 5])

    def transfer(self, count):
        """The whole zone; a reload cuts it."""
        return self.server.dig("app.example.com", "AXFR", tcp=True).text != ""

    def explain(self, count):
        where = f"/v1/explain?name=www.app.example.com&client=198.51.100.{count % 256}"
        return self.asked("GET", where + ("&down=fra&possible=yes" if count % 2 else ""))


def test_everything_at_once(tmp_path):
    (tmp_path / "geo").write_text("198.51.100.0/24 continent=NA country=US\n198.51.0.0/16 continent=EU country=DE\n")
    build_mmdb(tmp_path / "geo", tmp_path / "geo.mmdb")
    admin = free_port()
    files = {"gslbd.conf": CONF, "z.zone": ZONE, "admin.token": "secret\n"}
    with datacenters() as (fra, iad), \
            Line(files, FRA=fra.port, IAD=iad.port, ADMIN=admin, GEO=tmp_path / "geo.mmdb") as server:
        server.api = Api(admin)
        upgrades, end = 0, time.monotonic() + SECONDS
        with Load(server, RIGHT) as load, Turmoil(server, fra, iad) as turmoil:
            while time.monotonic() < end:
                upgrades += server.upgrade()
        assert not load.failures and not turmoil.failures, f"{load.failures} {turmoil.failures}\n{server.log()}"
        assert upgrades > 0 and all(count > 0 for count in turmoil.counts.values()), (upgrades, turmoil.counts)
        for site in (fra, iad):
            site.status = 200
        server.write("z.zone", ZONE)
        wait_until(lambda: server.api.ask("POST", "/v1/reload").status == 202, 10, "a last reload")
        wait_until(lambda: server.answers("www.app.example.com") == ["192.0.2.1"], 20, "calm")
        print(f"{upgrades} upgrades")
