# SPDX-License-Identifier: ISC
"""Zone transfers over TLS (RFC 9103): what their messages say to EDNS options."""

import re
import shutil
import struct
import subprocess

import dns.edns
import dns.message
import pytest
from secure import HEAD, NAME, ZONE, Replies, Secure
from targets import Certificates

ADDRESS = "127.0.0.1"
SECRET = "bW92ZXMgem9uZXMgZnJvbSBoZXJlIHRvIHRoZXJlLi4="
LARGE = ZONE + "".join(f"n{i} A 192.0.2.1\n" for i in range(3000))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    certificates = Certificates(tmp_path_factory.mktemp("certificates"))
    certificates.signed("ns1", NAME)
    with Secure(certificates, HEAD + f"identity ns7\nkey mover secret={SECRET}\n", zone=LARGE) as server:
        yield server


def test_each_message_is_padded_and_has_what_was_asked_for(server):
    options = [dns.edns.GenericOption(dns.edns.NSID, b""), dns.edns.GenericOption(dns.edns.COOKIE, b"12345678"),
               dns.edns.GenericOption(11, b""), dns.edns.GenericOption(dns.edns.PADDING, b"")]
    query = dns.message.make_query("app.example.com.", "AXFR", use_edns=0, options=options).to_wire()
    with server.connect() as sock:
        sock.sendall(struct.pack("!H", len(query)) + query)
        replies, serials, messages = Replies(sock), 0, 0
        while serials < 2:
            octets = replies.octets()
            message = dns.message.from_wire(octets, one_rr_per_rrset=True)
            serials += sum(rrset.rdtype == 6 for rrset in message.answer)
            assert len(octets) % 468 == 0
            assert {int(option.otype) for option in message.options} == {3, 10, 11, 12}
            messages += 1
        assert messages > 5


@pytest.mark.skipif(shutil.which("kdig") is None, reason="kdig is not installed")
def test_kdig_takes_it_signed(server):
    done = subprocess.run(["kdig", f"@{ADDRESS}", "-p", str(server.tls), f"+tls-ca={server.certificates.folder}/ca.pem",
                           f"+tls-host={NAME}", "+nsid", "+cookie", "+padding", "-y", f"hmac-sha256:mover:{SECRET}",
                           "app.example.com", "AXFR"], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0 and "3215 records" in done.stdout, done.stdout[-2000:] + done.stderr
    assert int(re.search(r"\((\d+) messages", done.stdout)[1]) > 5


@pytest.mark.parametrize("options", [["+nsid", "+cookie", "+keepalive"], ["+nsid", "+cookie=1234567812345678"]])
def test_dig_takes_it_signed_over_tcp(server, options):
    text = subprocess.run(["dig", f"@{ADDRESS}", "-p", str(server.port), "-y", f"hmac-sha256:mover:{SECRET}", *options,
                           "app.example.com", "AXFR"], capture_output=True, text=True, timeout=30).stdout
    assert "; XFR size: 3215 records" in text and "could not be validated" not in text, text[-2000:]
