# SPDX-License-Identifier: ISC
"""Two network namespaces, a server's and a client's, with a pair of veth interfaces between them."""

import contextlib
import ctypes
import os
import re
import shutil
import socket
import subprocess
import threading
import time

import dns.message
import pytest
from api import Api
from harness import SOA, Server

PORT = 5300
V4, V6, CLIENT_V4, CLIENT_V6 = "10.77.0.1", "fd77::1", "10.77.0.2", "fd77::2"
ETH_P_ALL = 3
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)

ZONE = SOA + """www A 192.0.2.1
www AAAA 2001:db8::1
alias CNAME www
*.wild TXT "wild"
""" + "".join(f"big A 192.0.2.{i}\n" for i in range(1, 101)) + "".join(f"tall A 192.0.2.{i}\n" for i in range(1, 41))
LISTENS = f"listen {V4}:{PORT} xdp=veth0\nlisten [{V6}]:{PORT} xdp=veth0\n"
REST = "workers 2\nzone app.example.com z.zone\n"
ADMIN = "admin 127.0.0.1:8053 token-file=xdp.token\n"


def run(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True, timeout=30)


@contextlib.contextmanager
def inside(namespace):
    """This thread, and what it starts, is in that namespace."""
    def enter(fd):
        if LIBC.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    before, there = os.open("/proc/thread-self/ns/net", os.O_RDONLY), os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        enter(there)
        yield
    finally:
        enter(before)
        os.close(before)
        os.close(there)


class Lab:
    def __init__(self, mtu=1500, queues=1):
        if os.geteuid() != 0:
            pytest.skip("network namespaces take root")
        self.server, self.client = (f"gslbd-{os.getpid()}-{side}" for side in "sc")
        for namespace in (self.server, self.client):
            if run("ip", "netns", "add", namespace, check=False).returncode != 0:
                self.close()
                pytest.skip("no network namespaces here")
        self.mtu, self.queues = mtu, queues
        for namespace in (self.server, self.client):
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        self.plug()

    def plug(self):
        """A cable between the two."""
        end = ["veth0", "mtu", str(self.mtu), "numrxqueues", str(self.queues), "numtxqueues", str(self.queues)]
        run("ip", "-n", self.server, "link", "add", *end, "type", "veth", "peer", "name", *end, "netns", self.client)
        for namespace, v4, v6 in ((self.server, V4, V6), (self.client, CLIENT_V4, CLIENT_V6)):
            run("ip", "-n", namespace, "link", "set", "veth0", "up")
            run("ip", "-n", namespace, "addr", "add", f"{v4}/24", "dev", "veth0")
            if self.mtu >= 1280:
                run("ip", "-n", namespace, "addr", "add", f"{v6}/64", "dev", "veth0", "nodad")

    def close(self):
        for namespace in (self.server, self.client):
            run("ip", "netns", "del", namespace, check=False)

    def attached(self):
        """Is there an XDP program at the server's interface?"""
        return "prog/xdp" in run("ip", "-n", self.server, "link", "show", "veth0").stdout

    def mac(self, namespace):
        return bytes.fromhex(re.search(r"link/ether (\S+)", run("ip", "-n", namespace, "link", "show", "veth0").stdout)[1].replace(":", ""))

    def gslbd(self, listens=LISTENS, admin=ADMIN):
        return Gslbd(self, listens + admin + REST)

    def ask(self, query, address=V4, port=PORT, timeout=5, side=None):
        """The reply's octets, None where none comes."""
        octets = query if isinstance(query, bytes) else query.to_wire()
        with inside(side or self.client), socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(timeout)
            sock.connect((address, port))
            try:
                sock.send(octets)
                return sock.recv(65535)
            except (TimeoutError, ConnectionRefusedError):
                return None


class Gslbd(Server):
    """The server, in its namespace."""

    def __init__(self, lab, conf, owner="root"):
        self.lab, self.owner = lab, owner
        super().__init__({"gslbd.conf": conf, "z.zone": ZONE, "xdp.token": "secret"})
        self.address, self.port = V4, PORT

    def start(self, wait=True):
        self.log_path.write_text("")
        for path in (self.folder, *self.folder.iterdir()):
            shutil.chown(path, self.owner)
        with inside(self.lab.server):
            super().start(wait)

    def lost(self):
        with inside(self.lab.server):
            return int(re.search(r"^gslbd_xdp_lost_total (\d+)", Api(8053).ask("GET", "/metrics").text, re.M)[1])

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait(20)
        self.log_file.close()

    def dig(self, *arguments, **options):
        with inside(self.lab.client):
            return super().dig(*arguments, **options)

    def counts(self):
        """Queries by transport."""
        with inside(self.lab.server):
            text = Api(8053).ask("GET", "/metrics").text
        found = {"udp": 0, "tcp": 0, "xdp": 0}
        for transport, n in re.findall(r'^gslbd_queries_total\{.*transport="(\w+)"\} (\d+)', text, re.M):
            found[transport] += int(n)
        return found


def query(name="www", kind="A", ident=1, **options):
    return dns.message.make_query(f"{name}.app.example.com.", kind, id=ident, **options)


class Echo(threading.Thread):
    """Another UDP service on the server's machine."""

    def __init__(self, lab, address, port):
        super().__init__(daemon=True)
        with inside(lab.server):
            self.sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
            self.sock.bind((address, port))
        self.start()

    def run(self):
        while True:
            octets, sender = self.sock.recvfrom(2048)
            self.sock.sendto(octets, sender)


class Wire:
    """The client's end of the cable, for frames as they are."""

    def __init__(self, lab):
        self.lab = lab
        with inside(lab.client):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.sock.bind(("veth0", ETH_P_ALL))
        self.sock.settimeout(0.2)
        self.head = lab.mac(lab.server) + lab.mac(lab.client)

    def send(self, frame):
        self.sock.send(frame)

    def receive(self, wanted, seconds=5):
        """The first frame from the server for which wanted(frame) holds, None where none comes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                frame = self.sock.recv(65535)
            except TimeoutError:
                continue
            if frame[6:12] == self.head[:6] and wanted(frame):
                return frame
        return None

    def close(self):
        self.sock.close()

