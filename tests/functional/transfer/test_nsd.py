# SPDX-License-Identifier: ISC
"""A secondary of another make, which knows neither AT nor STEER."""

from types import SimpleNamespace

from harness import free_port, wait_until
from nsd import Nsd, needs_nsd
from primary import SECRET, Primary

CONF = f"""key:
  name: mover
  algorithm: hmac-sha256
  secret: "{SECRET}"
zone:
  name: app.example.com
  request-xfr: 127.0.0.1@@PORT@ mover
  allow-notify: 127.0.0.1 mover
"""


@needs_nsd
def test_nsd_is_a_secondary(centers, tmp_path):
    port = free_port()
    with Primary(SimpleNamespace(port=port), centers) as server, \
            Nsd(tmp_path, CONF.replace("@PORT@", str(server.port)), port=port) as secondary:
        def serial():
            answer = secondary.answer("app.example.com", "SOA")
            return answer[0][0].serial if answer else None
        wait_until(lambda: serial() == 7, 30, "the first transfer")
        assert secondary.answer("x.wild.app.example.com", "TXT")[0][0].strings == (b"any",)
        server.serial(8, "new IN A 192.0.2.8\n")
        wait_until(lambda: serial() == 8, 30, "the transfer after the notify")
        addresses = secondary.answer("www.app.example.com", "A")[0]
        assert sorted(r.address for r in addresses) == ["192.0.2.80", "192.0.2.81"]
