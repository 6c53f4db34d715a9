# SPDX-License-Identifier: ISC
"""An authoritative server of another make."""

import shutil
import subprocess

import dns.exception
import dns.message
import dns.query
import pytest
from harness import free_port

NSD = shutil.which("nsd", path="/usr/sbin:/usr/bin")
needs_nsd = pytest.mark.skipif(NSD is None, reason="NSD is not installed")


class Nsd:
    """`server` are more lines for the server: part of nsd.conf, `rest` is what follows that; all its files are in `folder`."""
    address = "127.0.0.1"

    def __init__(self, folder, rest, server="", port=None):
        self.port = port or free_port()
        (folder / "nsd.conf").write_text(f"""server:
  ip-address: {self.address}@{self.port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/pid"
  database: ""
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  logfile: "{folder}/log"
{server}remote-control:
  control-enable: no
{rest}""")
        self.process = subprocess.Popen([NSD, "-d", "-c", folder / "nsd.conf"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)

    def answer(self, name, kind):
        """The rrsets of the answer, None where none comes."""
        try:
            return dns.query.udp(dns.message.make_query(name, kind), self.address, port=self.port, timeout=1).answer
        except (dns.exception.Timeout, OSError):
            return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
