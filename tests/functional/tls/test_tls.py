# SPDX-License-Identifier: ISC
"""DNS over TLS (RFC 7858): what is spoken, and what a client may do that a client over TCP may."""

import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time

import dns.edns
import dns.message
import dns.query
import pytest
from secure import HEAD, NAME, Secure, ask, hello
from streams import Replies, framed, many
from targets import Certificates

ADDRESS = "127.0.0.1"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    certificates = Certificates(tmp_path_factory.mktemp("certificates"))
    certificates.signed("ns1", NAME)
    with Secure(certificates) as server:
        yield server


def test_queries_over_tls(server):
    query = dns.message.make_query("www.app.example.com.", "A")
    reply = dns.query.tls(query, ADDRESS, port=server.tls, ssl_context=server.context(), server_hostname=NAME, timeout=5)
    assert [str(r) for r in reply.answer[0]] == ["192.0.2.1"]


@pytest.mark.parametrize("padded", (False, True))
def test_queries_are_padded(server, padded):
    """Only who pads gets padding (RFC 7830 §4, RFC 8467 §4.1)."""
    options = [dns.edns.GenericOption(dns.edns.PADDING, b"\0" * 20)] if padded else []
    query = dns.message.make_query("www.app.example.com.", "A", use_edns=0, options=options).to_wire()
    with server.connect() as sock:
        sock.sendall(struct.pack("!H", len(query)) + query)
        octets = Replies(sock).octets()
    assert len(octets) == 468 if padded else len(octets) < 100


def test_there_is_no_udp_where_tls_is(server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((ADDRESS, server.tls))
        sock.settimeout(5)
        with pytest.raises(ConnectionRefusedError):
            sock.send(framed()[2:])
            sock.recv(512)


def test_it_is_counted_as_tls(server):
    before = server.metric("gslbd_queries_total", transport="tls", type="A") or 0
    with server.connect() as sock:
        assert ask(sock, 4) == [4]
    assert server.metric("gslbd_queries_total", transport="tls", type="A") == before + 1


@pytest.mark.parametrize("alpn, told", [((), None), (("dot",), "dot"), (("h2", "dot"), "dot"), (("h2",), "alert")])
def test_the_protocol_is_dot(server, alpn, told):
    if told == "alert":
        with pytest.raises(ssl.SSLError, match="no application protocol"):
            server.connect(server.context(alpn))
        return
    with server.connect(server.context(alpn)) as sock:
        assert sock.selected_alpn_protocol() == told
        assert ask(sock) == [1]


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_versions(server, version):
    context = server.context()
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with server.connect(context) as sock:
        assert ask(sock) == [1]


def test_nothing_before_tls_1_2(server):
    done = subprocess.run(["openssl", "s_client", "-connect", f"{ADDRESS}:{server.tls}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and "alert protocol version" in done.stderr


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_session_is_resumed_with_any_worker(server, version):
    """Eight connections land on both workers, but for one time in 128."""
    context = server.context()
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with server.connect(context) as sock:
        assert ask(sock) == [1] and not sock.session_reused
        session = sock.session
    for _ in range(8):
        with server.connect(context, session) as sock:
            assert ask(sock) == [1] and sock.session_reused


def test_pipelined_queries(server):
    with server.connect() as sock:
        sender = threading.Thread(target=sock.sendall, args=(many(20000),))
        sender.start()
        assert Replies(sock).idents(20000) == list(range(20000))
        sender.join()


def test_a_record_longer_than_what_is_received_at_once(server):
    """One record of 16 KiB, of which no more than the first octets make an event."""
    with server.connect() as sock:
        sock.sendall(many(400))
        assert Replies(sock).idents(400) == list(range(400))


def test_a_query_octet_by_octet(server):
    with server.connect() as sock:
        for octet in framed(ident=9):
            sock.sendall(bytes([octet]))
        assert Replies(sock).idents(1) == [9]


def test_a_late_reader_gets_every_reply(server):
    with server.connect(receive_buffer=4096) as sock:
        sender = threading.Thread(target=sock.sendall, args=(many(300, "huge", "TXT"),))
        sender.start()
        time.sleep(0.5)  # not for something to happen: being late is the story
        assert Replies(sock).idents(300) == list(range(300))
        sender.join()


def test_who_has_said_all_gets_every_reply(server):
    """A client that ends TCP alone has not said so by TLS; that it has nothing more to ask is all that matters."""
    with server.connect() as sock:
        sock.sendall(many(100, "huge", "TXT"))
        socket.socket.shutdown(sock, socket.SHUT_WR)
        replies = Replies(sock)
        assert replies.idents(100) == list(range(100))
        assert replies.octets() == b""


def test_the_server_says_good_bye(server):
    """close_notify, without which Python would raise SSLEOFError."""
    with server.connect() as sock:
        sock.sendall(framed(ident=3) + b"\0\0")
        assert Replies(sock).idents(1) == [3]
        assert sock.recv(1) == b""


@pytest.mark.parametrize("raw", [framed(), b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 70000, b"\x16\x03\x01\x00\x05hello"],
                         ids=["plain", "http", "long", "nonsense"])
def test_what_is_no_tls_is_closed(server, raw):
    with socket.create_connection((ADDRESS, server.tls), 20) as sock:
        try:
            sock.sendall(raw)
            while sock.recv(4096):
                pass
        except ConnectionError:
            pass
    with server.connect() as sock:
        assert ask(sock) == [1]


def test_who_dawdles_in_the_handshake_is_cut_off(server):
    """However it is spread: the time is that of an idle connection."""
    with Secure(server.certificates, head=HEAD + "tcp idle=1s\n") as hasty:
        begun = [socket.create_connection((ADDRESS, hasty.tls), 30) for _ in range(50)]
        octets = hello()
        for sock in begun[:25]:
            sock.sendall(octets[:-1])
        for sock in begun[25:]:
            sock.sendall(octets)  # and nothing when its turn comes again
        for sock in begun:
            try:
                while sock.recv(65536):
                    pass
            except ConnectionError:
                pass
            sock.close()


def test_a_transfer_over_tls(server):
    """RFC 9103."""
    query = dns.message.make_query("app.example.com.", "AXFR", id=5).to_wire()
    with server.connect() as sock:
        sock.sendall(struct.pack("!H", len(query)) + query)
        replies, records, serials = Replies(sock), 0, 0
        while serials < 2:
            message = dns.message.from_wire(replies.octets(), one_rr_per_rrset=True)
            records += len(message.answer)
            serials += sum(rrset.rdtype == 6 for rrset in message.answer)
        assert records == 215
        assert ask(sock, 6) == [6]


@pytest.mark.skipif(shutil.which("kdig") is None, reason="kdig is not installed")
@pytest.mark.parametrize("kind, says", [("A", "TLS session (TLS1.3)"), ("AXFR", "215 records")])
def test_kdig(server, kind, says):
    """Another library's TLS (GnuTLS), which looks at the certificate."""
    done = subprocess.run(["kdig", f"@{ADDRESS}", "-p", str(server.tls), f"+tls-ca={server.certificates.folder}/ca.pem",
                           f"+tls-host={NAME}", "www.app.example.com" if kind == "A" else "app.example.com", kind],
                          capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0 and says in done.stdout, done.stdout[-2000:] + done.stderr


def test_many_clients_at_once(server):
    failures = []

    def client(n):
        try:
            for _ in range(3):
                with server.connect() as sock:
                    for i in range(20):
                        assert ask(sock, n * 100 + i) == [n * 100 + i]
        except Exception as error:  # noqa: BLE001
            failures.append(error)
    threads = [threading.Thread(target=client, args=(n,)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
