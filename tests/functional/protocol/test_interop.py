# SPDX-License-Identifier: ISC
"""Cookies of servers of another make, which share the secret and the address with this one."""

import shutil
import subprocess

import dns.exception
import dns.message
import dns.query
import pytest
from asking import COOKIE, ask, option, options, query
from harness import SOA, Server, free_port, wait_until

NSD = shutil.which("nsd", path="/usr/sbin:/usr/bin")
SECRET = "e5e973e5a6b2a43f48e7dc849e37bfcf"
CLIENT = b"\1\2\3\4\5\6\7\10"


class Other:
    """An NSD."""
    address = "127.0.0.1"

    def __init__(self, folder):
        self.port = free_port()
        (folder / "e.zone").write_text("$ORIGIN e.\n" + SOA)
        (folder / "nsd.conf").write_text(f"""server:
  ip-address: 127.0.0.1@{self.port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/pid"
  database: ""
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  logfile: "{folder}/log"
  answer-cookie: yes
  cookie-secret: "{SECRET}"
remote-control:
  control-enable: no
zone:
  name: e
  zonefile: "{folder}/e.zone"
""")
        self.process = subprocess.Popen([NSD, "-d", "-c", folder / "nsd.conf"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_until(self.answers, 20, "NSD")

    def answers(self):
        try:
            return dns.query.udp(dns.message.make_query("e.", "SOA"), self.address, port=self.port, timeout=1).answer
        except (dns.exception.Timeout, OSError):
            return None


def cookie(server, given=CLIENT):
    return options(ask(server, query("e.", "SOA", options=[option(COOKIE, given)])))[COOKIE]


@pytest.mark.skipif(NSD is None, reason="NSD is not installed")
def test_each_takes_the_cookies_of_the_other(tmp_path):
    other = Other(tmp_path)
    conf = "listen 127.0.0.1:@PORT@\ncookies on secret-file=secret.token\nzone e e.zone\n"
    try:
        with Server({"gslbd.conf": conf, "e.zone": SOA, "secret.token": SECRET}) as server:
            ours, theirs = cookie(server), cookie(other)
            # A later second makes another cookie, so what comes back as it was has been taken.
            wait_until(lambda: cookie(server) != ours and cookie(other) != theirs, 10, "the next second")
            assert cookie(other, ours) == ours
            assert cookie(server, theirs) == theirs
    finally:
        other.process.terminate()
        other.process.wait(20)
