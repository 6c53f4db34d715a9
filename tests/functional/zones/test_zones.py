# SPDX-License-Identifier: ISC
"""Every answer out of one tricky zone is the same as Knot's and NSD's, and as ldns reads it."""

import subprocess
import tempfile
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest
from flat import flattened
from harness import ROOT, SOA, Server, free_port, wait_until

HERE = Path(__file__).parent
CONF = "listen 127.0.0.1:@PORT@\nzone tricky.example tricky.example.zone\n"
ORACLES = ROOT / "build/oracles"

NAMES = """@ ns1 mail alias chain1 chain2 out nowhere loop1 www er deep.er ent.deep.er x.deep.er nope x.nope
wild a.wild b.a.wild exact.wild x.exact.wild ent.wild sub.ent.wild x.ent.wild x.sub.ent.wild *.wild
wcname x.wcname x.y.wcname star *.star host.*.star x.star host.x.star mxw x.mxw srv caa unknown https
deleg x.deleg ns.deleg a.b.deleg lame x.lame dn a.dn x.dn x.y.dn dnout x.dnout target a.target b.target
*literal literal under_score._tcp _tcp upper UPPER rel x.rel y.rel inc x.inc y.inc after""".split()
TYPES = ["A", "AAAA", "MX", "TXT", "NS", "SOA", "CNAME", "DS", "SRV", "CAA", "HTTPS", "DNAME", "TYPE65280", "TYPE65281"]


class Oracle:
    def __init__(self, command, port):
        self.port = port
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, 20, f"an answer of {command[0]}")

    def answers(self):
        assert self.process.poll() is None
        try:
            return dns.query.udp(dns.message.make_query("tricky.example.", "SOA"), "127.0.0.1", port=self.port, timeout=0.2)
        except (dns.exception.Timeout, OSError):
            return None


def knot(folder, port):
    (folder / "knot.conf").write_text(f"""server:
    listen: 127.0.0.1@{port}
    rundir: {folder}
database:
    storage: {folder}
zone:
  - domain: tricky.example
    file: {folder}/flat.zone
    zonefile-sync: -1
    semantic-checks: off
""")
    return Oracle([str(ORACLES / "knot/usr/sbin/knotd"), "-c", str(folder / "knot.conf")], port)


def nsd(folder, port):
    (folder / "nsd.conf").write_text(f"""server:
    ip-address: 127.0.0.1
    port: {port}
    username: ""
    zonesdir: "{folder}"
    pidfile: ""
    database: ""
    xfrdfile: "{folder}/xfrd.state"
    xfrdir: "{folder}"
    zonelistfile: "{folder}/zone.list"
    minimal-responses: yes
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: tricky.example
    zonefile: flat.zone
""")
    return Oracle([str(ORACLES / "nsd/usr/sbin/nsd"), "-d", "-c", str(folder / "nsd.conf")], port)


@pytest.fixture(scope="module")
def servers():
    if not (ORACLES / "knot").exists():
        pytest.skip("tools/oracles has not been run")
    oracles = []
    files = {p.name: p.read_text() for p in HERE.iterdir() if p.suffix in (".zone", ".inc")}
    with tempfile.TemporaryDirectory() as name, Server({**files, "gslbd.conf": CONF}) as server:
        folder = Path(name)
        (folder / "flat.zone").write_text(flattened(HERE))
        try:
            for start in (knot, nsd):
                oracles.append(start(folder, free_port()))
            yield server, *oracles
        finally:
            for oracle in oracles:
                oracle.process.terminate()
                oracle.process.wait(20)


def ask(port, name, kind):
    full = "tricky.example." if name == "@" else f"{name}.tricky.example."
    query = dns.message.make_query(full.replace("*literal", "\\*literal"), kind, use_edns=0, payload=4096)
    query.flags &= ~dns.flags.RD
    return dns.query.udp(query, "127.0.0.1", port=port, timeout=5)


def records(rrsets):
    return {(str(r.name).lower(), dns.rdatatype.to_text(r.rdtype), r.ttl, rdata.to_text().lower())
            for r in rrsets for rdata in r}


def glue(reply):
    return records(r for r in reply.additional if r.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA))


@pytest.mark.parametrize("name", NAMES)
def test_every_type_of(servers, name):
    server, knot_oracle, nsd_oracle = servers
    for kind in TYPES:
        ours, knots = ask(server.port, name, kind), ask(knot_oracle.port, name, kind)
        what = f"{name} {kind}"
        if name in ("loop1", "loop2") and kind != "CNAME":
            continue  # a loop is answered as far as each server cares to follow it
        assert ours.rcode() == knots.rcode(), what
        assert bool(ours.flags & dns.flags.AA) == bool(knots.flags & dns.flags.AA), what
        assert records(ours.answer) == records(knots.answer), what
        assert records(ours.authority) == records(knots.authority), what
        assert glue(ours) == glue(knots), what
        nsds = ask(nsd_oracle.port, name, kind)
        assert ours.rcode() == nsds.rcode(), what
        assert records(ours.answer) == records(nsds.answer), what


def test_loops_end(servers):
    for name in ("loop1", "loop2"):
        reply = ask(servers[0].port, name, "A")
        assert reply.rcode() == dns.rcode.NOERROR and len(reply.answer) == 2


def test_parent_and_child_zones_in_one_server():
    parent = SOA + "www A 192.0.2.1\nchild NS ns.child\nns.child A 192.0.2.54\nchild DS 1 8 2 " + "ab" * 32 + "\n"
    child = SOA + "www A 192.0.2.2\n"
    conf = "listen 127.0.0.1:@PORT@\nzone example.com parent.zone\nzone child.example.com child.zone\n"
    with Server({"gslbd.conf": conf, "parent.zone": parent, "child.zone": child}) as server:
        assert server.answers("www.example.com") == ["192.0.2.1"]
        assert server.answers("www.child.example.com") == ["192.0.2.2"]
        soa = server.dig("child.example.com", "SOA")
        assert "aa" in soa.flags and len(soa.answers) == 1
        assert len(server.dig("child.example.com", "DS").answers) == 1  # the parent's
        assert server.dig("nope.child.example.com").sections["AUTHORITY"][0][0] == "child.example.com."


def test_minimal_any(servers):
    server = servers[0]
    answer = server.dig("www.tricky.example", "ANY")
    assert answer.status == "NOERROR" and len({r[3] for r in answer.sections["ANSWER"]}) == 1
