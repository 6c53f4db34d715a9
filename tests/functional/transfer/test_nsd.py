# SPDX-License-Identifier: ISC
"""A secondary of another make."""

import shutil
import subprocess

import dns.exception
import dns.message
import dns.query
import pytest

from harness import free_port, wait_until
from primary import SECRET, Primary, centers  # noqa: F401

NSD = shutil.which("nsd", path="/usr/sbin:/usr/bin")


def nsd(server, folder, port):
    """A secondary of another make, which knows neither AT nor STEER."""
    (folder / "nsd.conf").write_text(f"""server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/pid"
  database: ""
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  logfile: "{folder}/log"
remote-control:
  control-enable: no
key:
  name: mover
  algorithm: hmac-sha256
  secret: "{SECRET}"
zone:
  name: app.example.com
  request-xfr: 127.0.0.1@{server.port} mover
  allow-notify: 127.0.0.1 mover
""")
    return subprocess.Popen([NSD, "-d", "-c", folder / "nsd.conf"], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def serial_at(port):
    try:
        reply = dns.query.udp(dns.message.make_query("app.example.com", "SOA"), "127.0.0.1", port=port, timeout=1)
    except (dns.exception.Timeout, OSError):
        return None
    return reply.answer[0][0].serial if reply.answer else None


@pytest.mark.skipif(NSD is None, reason="NSD is not installed")
def test_nsd_is_a_secondary(centers, tmp_path):
    port = free_port()

    class Nowhere:
        pass
    Nowhere.port = port
    with Primary(Nowhere, centers) as server:
        secondary = nsd(server, tmp_path, port)
        try:
            wait_until(lambda: serial_at(port) == 7, 30, "the first transfer")
            reply = dns.query.udp(dns.message.make_query("x.wild.app.example.com", "TXT"), "127.0.0.1", port=port)
            assert reply.answer[0][0].strings == (b"any",)
            server.serial(8, "new IN A 192.0.2.8\n")
            wait_until(lambda: serial_at(port) == 8, 30, "the transfer after the notify")
            reply = dns.query.udp(dns.message.make_query("www.app.example.com", "A"), "127.0.0.1", port=port)
            assert sorted(r.address for r in reply.answer[0]) == ["192.0.2.80", "192.0.2.81"]
        finally:
            secondary.terminate()
            secondary.wait(20)
