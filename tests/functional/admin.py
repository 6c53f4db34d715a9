# SPDX-License-Identifier: ISC
"""A gslbd with its admin API, asked over HTTP, and over DNS as fast as a socket goes."""

import re
import socket
from collections import Counter

import dns.edns
import dns.message
from api import Api
from harness import SOA, Server, free_port, wait_until

TOKEN = "a-token-for-tests"
HEAD = """listen 127.0.0.1:@PORT@
workers 1
admin 127.0.0.1:@ADMIN@ token-file=admin.token
"""


class AdminServer(Server):
    """A Server whose conf begins with HEAD and goes on with `conf`; `zone` follows an SOA."""

    def __init__(self, conf, zone, wait=True, head=HEAD, peers="", **values):
        self.admin_port = free_port()
        self.api = Api(self.admin_port, TOKEN)
        files = {"gslbd.conf": f"{head}{conf}zone app.example.com z.zone {peers}\n", "z.zone": SOA + zone, "admin.token": TOKEN}
        super().__init__(files, wait=wait, ADMIN=self.admin_port, **values)

    def call(self, method, path, body=None):
        """Status and body, as JSON where it is."""
        reply = self.api.ask(method, path, body)
        return reply.status, reply.json if "json" in reply.headers["Content-Type"] else reply.text

    def status(self):
        return self.api.status()

    def datacenter(self, name):
        return self.api.datacenter(name)

    def target(self, check):
        return next(target for target in self.status()["targets"] if target["check"] == check)

    def metric(self, name, **labels):
        """The value of a metric with these labels, None where there is none."""
        for line in self.call("GET", "/metrics")[1].splitlines():
            found = re.match(r"(\w+)(\{.*\})? (\S+)", line)
            if found and found[1] == name and all(f'{k}="{v}"' in (found[2] or "") for k, v in labels.items()):
                return float(found[3])
        return None

    def waits_for_state(self, datacenter, state, deadline=10):
        wait_until(lambda: self.datacenter(datacenter)["state"] == state, deadline, f"{datacenter} is {state}")

    def waits_for(self, name, answers, deadline=10):
        wait_until(lambda: self.ask(name) == answers, deadline, f"{name} answers {answers}")

    def ask(self, name, subnet=None, kind="A"):
        """The addresses that a name of the zone has, as one client or as one of a subnet; an rcode where it is no success."""
        query = dns.message.make_query(f"{name}.app.example.com.", kind)
        if subnet:
            query.use_edns(0, options=[dns.edns.ECSOption(subnet, 24)])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            sock.sendto(query.to_wire(), (self.address, self.port))
            reply = dns.message.from_wire(sock.recv(4096))
        assert reply.id == query.id
        if reply.rcode() != 0:
            return dns.rcode.to_text(reply.rcode())
        return sorted(record.to_text() for rrset in reply.answer for record in rrset)

    def shares(self, name, n, subnets=None):
        """How often each address comes first in n answers, as shares."""
        counts = Counter(self.ask(name, subnets and subnets[i % len(subnets)])[0] for i in range(n))
        return Counter({address: count / n for address, count in counts.items()})

    def restart(self, wait=True):
        """Starts again, with a log of its own, what has been killed or stopped."""
        self.process.wait(20)
        self.log_file.close()
        self.log_path.unlink()
        self.start(wait)
