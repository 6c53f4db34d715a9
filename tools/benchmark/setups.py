# SPDX-License-Identifier: ISC
"""What is served: plain zones, names steered by place, weights and health, and files of gslbd's own."""

from dataclasses import dataclass, field
from pathlib import Path

NAMES = 10000
SOA = "$TTL 30\n@ SOA ns1 hostmaster 1 3600 900 1209600 30\n@ NS ns1\nns1 A 192.0.2.53\n"
ORIGIN = "example"

# The order of datacenters by place, the most specific first; "" is everywhere else.
CONTINENTS = {"": "iad fra sin", "EU": "fra iad sin", "AS": "sin fra iad", "AF": "fra sin iad", "OC": "sin iad fra"}
STATES = {"NA/US/CA": "sin iad fra", "NA/US/WA": "sin iad fra", "NA/US/NY": "fra iad sin", "EU/DE/BY": "iad fra sin",
          "EU/DE/BE": "sin fra iad", "AS/JP/13": "iad sin fra"}


@dataclass
class Plain:
    """Zones of ordinary records, by origin: every server can."""
    zones: dict
    probe: str  # a name that has an A record once all is loaded
    kind = "plain"


@dataclass
class Steered:
    """Names that all have the same records in three datacenters, chosen by the client's place."""
    database: Path
    places: dict
    farm_port: int = 0  # where checks go; 0: no weights and no health
    interval_s: int = 2
    n: int = NAMES
    probe = "n0.example."
    # The addresses of a datacenter, and their weights. Loopback, so that checks can reach them.
    records = {"fra": {"127.1.1.1": 3, "127.1.1.2": 1}, "iad": {"127.1.2.1": 3, "127.1.2.2": 1},
               "sin": {"127.1.3.1": 3, "127.1.3.2": 1}}

    @property
    def kind(self):
        return "checked" if self.farm_port else "placed"

    def complete_places(self):
        """With every place between those named and the top, which is as the one above it."""
        complete = {}
        for place in sorted(self.places):
            steps = place.split("/")
            for above in ("/".join(steps[:i]) for i in range(1, len(steps))):
                complete.setdefault(above, complete.get(above.rpartition("/")[0], self.places[""]))
            complete[place] = self.places[place]
        return complete

    def addresses(self, datacenter):
        """With their weights; the first alone where weights are not the matter."""
        records = self.records[datacenter]
        return records if self.farm_port else dict(list(records.items())[:1])

    def network(self, datacenter):
        return next(iter(self.records[datacenter])).rsplit(".", 1)[0] + ".0/24"


@dataclass
class Own:
    """What only gslbd has."""
    conf: str
    zone: str
    files: dict = field(default_factory=dict)
    probe: str = "n0.example."
    kind = "own"


def static_address(i):
    return f"192.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}"


def static(n=NAMES, extra=""):
    return Plain({ORIGIN: SOA + "".join(f"n{i} A {static_address(i)}\n" for i in range(n)) + extra}, f"n{n - 1}.example.")


def small_zones(n):
    text = SOA + "www A 192.0.2.80\n"
    return Plain({f"z{i}.example": text for i in range(n)}, f"www.z{n - 1}.example.")
