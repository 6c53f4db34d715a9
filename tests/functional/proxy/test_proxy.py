# SPDX-License-Identifier: ISC
"""Behind proxies (PROXY protocol, version 2) the client of the header is the client; nobody else's header counts."""

import ipaddress
import socket
import struct
import subprocess

import dns.message
import pytest
from admin import AdminServer
from harness import free_port, wait_until
from secure import NAME, Secure
from streams import Replies, framed, many
from targets import Certificates

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
HEAD = """listen 127.0.0.1:@PORT@
workers 2
admin 127.0.0.1:@ADMIN@ token-file=admin.token
proxy-from 127.0.0.2 127.0.0.3
explain-from 192.0.2.0/24
"""
CONF = """datacenter fra
datacenter iad
geomap world * iad
geomap world 192.0.2.0/24 fra
geomap world 2001:db8::/32 fra
geomap world 127.0.0.2 fra
"""
ZONE = "www AT fra A 198.51.100.1\nwww AT iad A 198.51.100.2\n"
FRA, IAD = "198.51.100.1", "198.51.100.2"


@pytest.fixture(scope="module")
def server():
    with AdminServer(CONF, ZONE, head=HEAD, peers="allow-transfer=192.0.2.7") as server:
        yield server


def header(client=None, values=b"", command=1, protocol=2):
    """Of a client; of the proxy itself where there is none."""
    if client is None:
        return SIGNATURE + struct.pack("!BBH", 0x20, 0, len(values)) + values
    address = ipaddress.ip_address(client)
    body = address.packed * 2 + struct.pack("!HH", 12345, 53) + values
    family = 1 if address.version == 4 else 2
    return SIGNATURE + struct.pack("!BBH", 0x20 | command, family << 4 | protocol, len(body)) + body


def udp(server, octets, source="127.0.0.2"):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((source, 0))
    sock.settimeout(5)
    sock.connect(("127.0.0.1", server.port))
    sock.send(octets)
    return sock


def tcp(server, octets, source="127.0.0.2", port=None):
    sock = socket.create_connection(("127.0.0.1", port or server.port), 20, source_address=(source, 0))
    sock.sendall(octets)
    return sock


def told(wire):
    """The one address of a reply."""
    return [str(record) for rrset in dns.message.from_wire(wire).answer for record in rrset]


CLIENTS = [("192.0.2.7", FRA), ("198.51.100.7", IAD), ("2001:db8::7", FRA), ("2001:db9::7", IAD), ("::ffff:192.0.2.7", FRA), (None, FRA)]


@pytest.mark.parametrize("values", [b"", b"\xe0\x00\x02hi" * 60], ids=["bare", "values"])
@pytest.mark.parametrize("client, answer", CLIENTS)
def test_the_client_of_the_header_is_the_client(server, client, answer, values):
    with udp(server, header(client, values) + framed()[2:]) as sock:
        assert told(sock.recv(1232)) == [answer]  # without a header of its own
    with tcp(server, header(client, values, protocol=1) + framed() + framed(ident=2)) as sock:
        replies = Replies(sock)
        assert [told(replies.octets()) for _ in range(2)] == [[answer]] * 2


def test_who_is_no_proxy_says_nothing_of_clients(server):
    with udp(server, header("192.0.2.7") + framed()[2:], "127.0.0.1") as sock:
        sock.send(framed(ident=2)[2:])  # the header alone looks like a query of an opcode that there is not
        assert b"\0\2" in (sock.recv(1232)[:2], sock.recv(1232)[:2])
    with udp(server, framed()[2:], "127.0.0.1") as sock:
        assert told(sock.recv(1232)) == [IAD]
    with tcp(server, framed(), "127.0.0.1") as sock:
        assert told(Replies(sock).octets()) == [IAD]


BAD = {"no header": b"", "version 1": b"PROXY TCP4 192.0.2.7 127.0.0.1 1 53\r\n", "version 3": header("192.0.2.7").replace(b"\x21", b"\x31"),
       "command 2": header("192.0.2.7", command=2), "protocol 3": header("192.0.2.7", protocol=3)}


@pytest.mark.parametrize("row", BAD)
def test_without_a_sound_header_nothing_is_answered(server, row):
    before = server.metric("gslbd_query_events_total", event="proxy_malformed")
    with udp(server, BAD[row] + framed()[2:]) as sock:
        sock.send(header("192.0.2.7") + framed(ident=2)[2:])
        assert sock.recv(1232)[:2] == b"\0\2"
    assert server.metric("gslbd_query_events_total", event="proxy_malformed") == before + 1
    with tcp(server, BAD[row] + framed()) as sock:
        try:
            assert sock.recv(1) == b""
        except ConnectionResetError:
            pass


@pytest.mark.parametrize("source, event", [("127.0.0.2", "proxy_malformed"), ("127.0.0.1", "dropped")])
def test_a_datagram_that_is_too_long_is_counted(server, source, event):
    before = {name: server.metric("gslbd_query_events_total", event=name) for name in ("proxy_malformed", "dropped")}
    head = header("192.0.2.7") if source == "127.0.0.2" else b""
    with udp(server, head + framed()[2:] + bytes(2113), source) as sock:
        sock.send(head + framed(ident=2)[2:])
        assert sock.recv(1232)[:2] == b"\0\2"
    for name, count in before.items():
        assert server.metric("gslbd_query_events_total", event=name) == count + (name == event)


def test_a_header_that_is_cut_is_dropped_or_waited_for(server):
    for n in range(0, 40, 3):
        with udp(server, (header("192.0.2.7") + b"\0" * 12)[:n]) as sock:
            sock.send(header("192.0.2.7") + framed(ident=2)[2:])
            assert sock.recv(1232)[:2] == b"\0\2"
    with tcp(server, b"") as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in header("192.0.2.7", b"\xe0\x00\x02hi") + framed():
            sock.send(bytes([octet]))
        assert told(Replies(sock).octets()) == [FRA]


def test_many_queries_behind_one_header(server):
    with tcp(server, header("198.51.100.7") + many(1000)) as sock:
        assert Replies(sock).idents(1000) == list(range(1000))


def test_whom_transfers_and_explanations_are_for(server):
    """Both go by the client of the header: who is a proxy can let anyone in, so name those alone that look after it."""
    axfr = dns.message.make_query("app.example.com.", "AXFR", id=5).to_wire()
    explain = dns.message.make_query("www.app.example.com.", "TXT", "CH", id=6).to_wire()
    for client, rcode in (("192.0.2.7", 0), ("192.0.2.8", 5)):
        with tcp(server, header(client) + struct.pack("!H", len(axfr)) + axfr) as sock:
            assert dns.message.from_wire(Replies(sock).octets(), one_rr_per_rrset=True).rcode() == rcode
    for client, rcode in (("192.0.2.8", 0), ("198.51.100.8", 5)):
        with udp(server, header(client) + explain) as sock:
            assert dns.message.from_wire(sock.recv(1232)).rcode() == rcode


def test_the_header_comes_before_tls(tmp_path):
    certificates = Certificates(tmp_path)
    certificates.signed("ns1", NAME)
    head = HEAD + "listen 127.0.0.1:@TLS@ tls cert=ns1.pem key=ns1.key\n"
    with Secure(certificates, head=head, conf=CONF, zone=ZONE) as server:
        for client, answer in (("192.0.2.7", FRA), ("198.51.100.7", IAD)):
            plain = tcp(server, header(client), port=server.tls)
            with server.context().wrap_socket(plain, server_hostname=NAME) as sock:
                sock.sendall(framed())
                assert told(Replies(sock).octets()) == [answer]


def test_a_reload_says_who_is_a_proxy():
    with AdminServer(CONF, ZONE, head=HEAD) as server:
        with udp(server, header("198.51.100.7") + framed()[2:]) as sock:
            assert told(sock.recv(1232)) == [IAD]
        server.conf.write_text(server.conf.read_text().replace("proxy-from 127.0.0.2 127.0.0.3\n", ""))
        server.reload()
        with udp(server, framed()[2:]) as sock:
            assert told(sock.recv(1232)) == [FRA]
        with tcp(server, framed()) as sock:
            assert told(Replies(sock).octets()) == [FRA]


@pytest.mark.skipif(subprocess.run(["which", "dnsdist"], capture_output=True).returncode != 0, reason="dnsdist is not installed")
def test_behind_dnsdist(tmp_path):
    """A proxy that we have not written, with its health checks, over UDP and TCP. Its clients come from different addresses."""
    head = HEAD.replace("127.0.0.2 127.0.0.3", "127.0.0.9")
    conf = CONF.replace("192.0.2.0/24", "127.0.0.4")
    with AdminServer(conf, ZONE, head=head) as server:
        port = free_port()
        (tmp_path / "dnsdist.conf").write_text(
            f"setLocal('127.0.0.1:{port}')\naddACL('127.0.0.0/8')\nsetSecurityPollSuffix('')\n"
            f"newServer({{address='127.0.0.1:{server.port}', useProxyProtocol=true, source='127.0.0.9', "
            "checkName='www.app.example.com.', mustResolve=true, checkInterval=1})\n")
        with open(tmp_path / "log", "w") as log:
            dnsdist = subprocess.Popen(["dnsdist", "--supervised", "--disable-syslog", "-C", tmp_path / "dnsdist.conf"], stdout=log, stderr=log)
        try:
            for client, answer in (("127.0.0.4", FRA), ("127.0.0.5", IAD)):
                for how in ("+notcp", "+tcp"):
                    def ask(source=client, flag=how):
                        command = ["dig", "@127.0.0.1", "-p", str(port), "-b", source, flag, "+short", "+tries=1", "+time=2", "www.app.example.com"]
                        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
                    assert wait_until(lambda: [a for a in ask() if a.startswith("198.")], 20, "an answer") == [answer]
        finally:
            dnsdist.terminate()
            dnsdist.wait(20)
        assert server.metric("gslbd_query_events_total", event="proxy_malformed") == 0
