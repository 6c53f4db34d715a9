# SPDX-License-Identifier: ISC
"""The other name servers, as Debian packages them: each with one thread that answers, and equal zones."""

import shutil
import subprocess
import textwrap

import lab
from servers import Server
from setups import SOA


def tree(places):
    """Orders by place as nested dictionaries, where "" is the order of what is named no further."""
    top = {}
    for place, order in places.items():
        node = top
        for step in place.split("/") if place else []:
            node = node.setdefault(step, {})
        node[""] = order
    return top


class Peer(Server):
    def __init__(self, *arguments):
        self.tools = []
        super().__init__(*arguments)

    @classmethod
    def installed(cls):
        return shutil.which(cls.program, path="/usr/sbin:/usr/local/sbin:/usr/bin:/bin") is not None

    def tell(self, command):
        """By a tool that waits until it is done or gives up on it: whether it is done is seen in answers."""
        self.tools.append(subprocess.Popen([*lab.unprivileged(), *command], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def stop(self):
        super().stop()
        for tool in self.tools:
            tool.wait()

    def write_zones(self, setup):
        for origin, text in setup.zones.items():
            self.write(f"zones/{origin}", text)


class Gdnsd(Peer):
    name = program = "gdnsd"

    def configure(self, more=""):
        for folder in ("run", "state"):
            (self.folder / folder).mkdir(mode=0o700)
        self.write("config", f"options => {{ listen => 127.0.0.1:{self.port}, udp_threads => 1, tcp_threads => 1, "
                   f'run_dir => "{self.folder}/run", state_dir => "{self.folder}/state" }}\n{more}')

    def write_plain(self, setup):
        self.write_zones(setup)
        self.configure()

    def places(self, node):
        order = "[" + ", ".join(node[""].split()) + "]"
        if len(node) == 1:
            return order
        return "{ " + ", ".join([f"default => {order}", *(f"{step} => {self.places(below)}" for step, below in node.items()
                                                          if step)]) + " }"

    def write_placed(self, setup):
        weighted = service = ""
        if setup.farm_port:
            service = (f"service_types => {{ web => {{ plugin => http_status, port => {setup.farm_port}, interval => "
                       f"{setup.interval_s}, timeout => 1, up_thresh => 1, ok_thresh => 1, down_thresh => 2 }} }}\n")
            pools = [f"{dc} => {{ " + ", ".join(f"m{i} => [ {address}, {weight} ]" for i, (address, weight) in
                                                enumerate(setup.addresses(dc).items())) + " }" for dc in setup.records]
            weighted = "weighted => { service_types => web, " + ", ".join(pools) + " },\n"
        targets = {dc: f"%weighted!{dc}" if weighted else next(iter(setup.addresses(dc))) for dc in setup.records}
        self.configure(
            f"{service}plugins => {{ {weighted}geoip => {{ maps => {{ world => {{ geoip2_db => \"{setup.database}\", "
            f"datacenters => [{', '.join(setup.places[''].split())}], map => {self.places(tree(setup.complete_places()))} }} }}, "
            f"resources => {{ www => {{ map => world, dcmap => {{ " +
            ", ".join(f"{dc} => {target}" for dc, target in targets.items()) + " } } } } }\n")
        self.write("zones/example", SOA + "".join(f"n{i} DYNA geoip!www\n" for i in range(setup.n)))

    write_checked = write_placed

    def command(self):
        return [self.program, "-c", self.folder, "start"]

    def reload(self):
        self.tell(["gdnsdctl", "-c", self.folder, "reload-zones"])


class Knot(Peer):
    name, program = "Knot", "knotd"

    def configure(self, zones, head="", module=""):
        self.write("knot.conf", f"server:\n  listen: 127.0.0.1@{self.port}\n  rundir: {self.folder}\n  udp-workers: 1\n"
                   f"  tcp-workers: 1\n  background-workers: 1\n  edns-client-subnet: on\n{head}"
                   f"database:\n  storage: {self.folder}\nzone:\n" + "".join(
                       f"  - domain: {origin}\n    file: {self.folder}/zones/{origin}\n{module}" for origin in zones))

    def write_plain(self, setup):
        self.write_zones(setup)
        self.configure(setup.zones)

    def write_placed(self, setup):
        depth = max(place.count("/") for place in setup.places)
        keys = ["continent/code", "country/iso_code", "subdivisions/0/iso_code"][:depth + 1]
        lines = []
        for place, order in setup.places.items():
            steps = place.split("/") if place else []
            geo = ";".join(steps + ["*"] * (depth + 1 - len(steps)))
            lines.append(f'  - geo: "{geo}"\n    A: {next(iter(setup.addresses(order.split()[0])))}\n')
        self.write("geo.conf", "".join(f"n{i}.example.:\n" + "".join(lines) for i in range(setup.n)))
        self.configure(["example"], "mod-geoip:\n  - id: geo\n" f"    config-file: {self.folder}/geo.conf\n    ttl: 30\n"
                       f"    mode: geodb\n    geodb-file: {setup.database}\n    geodb-key: [ {', '.join(keys)} ]\n",
                       "    module: mod-geoip/geo\n")
        # Whom the database does not know is answered from the zone.
        default = next(iter(setup.addresses(setup.places[""].split()[0])))
        self.write("zones/example", SOA + "".join(f"n{i} A {default}\n" for i in range(setup.n)))

    def command(self):
        return [self.program, "-c", self.folder / "knot.conf"]


class Nsd(Peer):
    name, program = "NSD", "nsd"

    def write_plain(self, setup):
        self.write_zones(setup)
        self.write("nsd.conf", f'server:\n  ip-address: 127.0.0.1@{self.port}\n  server-count: 1\n  username: ""\n'
                   f'  zonesdir: "{self.folder}/zones"\n'
                   "  rrl-ratelimit: 0\n  rrl-whitelist-ratelimit: 0\n"
                   f'  pidfile: "{self.folder}/pid"\n  xfrdfile: "{self.folder}/xfrd"\n  zonelistfile: "{self.folder}/list"\n'
                   f'  database: ""\n  xfrdir: "{self.folder}"\nremote-control:\n  control-enable: no\n' +
                   "".join(f'zone:\n  name: {origin}\n  zonefile: "{origin}"\n' for origin in setup.zones))

    def command(self):
        return [self.program, "-d", "-c", self.folder / "nsd.conf"]


class PowerDns(Peer):
    name, program = "PowerDNS", "pdns_server"

    def configure(self, *lines):
        self.write("pdns.conf", "\n".join(["local-address=127.0.0.1", f"local-port={self.port}", f"socket-dir={self.folder}",
                                           "receiver-threads=1", "distributor-threads=1", "max-tcp-connections=100", "security-poll-suffix=",
                                           "version-string=anonymous", *lines]) + "\n")

    def bind(self, zones):
        self.write("named.conf", "".join(f'zone "{origin}" {{ type master; file "{self.folder}/zones/{origin}"; }};\n'
                                         for origin in zones))
        return f"bind-config={self.folder}/named.conf"

    def write_plain(self, setup):
        self.write_zones(setup)
        self.configure("launch=bind", self.bind(setup.zones))

    def write_placed(self, setup):
        """Services of the geoip backend: a name stands for a template that the place fills in."""
        kinds = {0: "%cn", 1: "%cc.%cn", 2: "%re.%cc.%cn"}
        depth = max(place.count("/") for place in setup.places)
        templates = [f"{kinds[d]}.at.example" for d in range(depth, -1, -1)] + ["all.at.example"]
        records = "".join(f"    {'.'.join(reversed(place.lower().split('/'))) if place else 'all'}.at.example:\n"
                          f"      - a: {next(iter(setup.addresses(order.split()[0])))}\n"
                          for place, order in setup.complete_places().items())
        services = "".join(f"    n{i}.example: [ {', '.join(repr(t) for t in templates)} ]\n" for i in range(setup.n))
        self.write("geo.yaml", "domains:\n- domain: example\n  ttl: 30\n  records:\n    example:\n"
                   "      - soa: ns1.example hostmaster.example 1 3600 900 1209600 30\n      - ns: ns1.example\n"
                   f"{records}  services:\n{services}")
        self.configure("launch=geoip", f"geoip-zones-file={self.folder}/geo.yaml", f"geoip-database-files=mmdb:{setup.database}",
                       "edns-subnet-processing=yes")

    def write_checked(self, setup):
        """Lua records: the first datacenter of the place's order that is up, and one of its addresses by weight."""
        steps = "".join(f"if continent('{place}') then return pick({{{self.quoted(order.split())}}}) end "
                        for place, order in setup.places.items() if place)
        pools = ",".join(f"{dc}={{" + ",".join(f"{{{weight},'{address}'}}" for address, weight in
                                              setup.addresses(dc).items()) + "}" for dc in setup.records)
        hosts = ",".join(f"{dc}={{{self.quoted(setup.addresses(dc))}}}" for dc in setup.records)
        owners = ",".join(f"['{address}']='{dc}'" for dc in setup.records for address in setup.addresses(dc))
        steer = (f"pools={{{pools}}} hosts={{{hosts}}} owners={{{owners}}} "
                 "function pick(order) local groups={} for i,dc in ipairs(order) do groups[i]=hosts[dc] end "
                 f"local up=ifurlup('http://steer:{setup.farm_port}/',groups) "
                 "return pickwrandom(pools[owners[up[1]]]) end "
                 f"function steer() {steps}return pick({{{self.quoted(setup.places[''].split())}}}) end")
        chunks = " ".join(f'"{line} "' for line in textwrap.wrap(steer, 200, break_long_words=False, break_on_hyphens=False))
        self.write("zones/example", SOA + f"steer LUA LUA ( {chunks} )\n" + "".join(
            f"n{i} LUA A \";if not steer then include('steer') end return steer()\"\n" for i in range(setup.n)))
        self.write("geo.yaml", "domains: []\n")
        self.configure("launch=bind,geoip", self.bind(["example"]), f"geoip-zones-file={self.folder}/geo.yaml",
                       f"geoip-database-files=mmdb:{setup.database}", "edns-subnet-processing=yes", "enable-lua-records=shared",
                       f"lua-health-checks-interval={min(setup.interval_s, 5)}")

    @staticmethod
    def quoted(words):
        return ",".join(f"'{word}'" for word in words)

    def command(self):
        return [self.program, f"--config-dir={self.folder}", "--daemon=no", "--guardian=no"]

    def reload(self):
        self.tell(["pdns_control", f"--socket-dir={self.folder}", "bind-reload-now", *self.setup.zones])


PEERS = {"gdnsd": Gdnsd, "knot": Knot, "nsd": Nsd, "pdns": PowerDns}
