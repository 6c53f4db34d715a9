# SPDX-License-Identifier: ISC
"""Certificates and their keys: what is refused, what a reload takes, and what an upgrade hands on."""

import calendar
import os
import re
import ssl
import subprocess
import time

import pytest
from harness import run_gslbd
from secure import NAME, Secure, ask
from successors import Line
from targets import Certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    certificates = Certificates(tmp_path_factory.mktemp("certificates"))
    for name, days in (("ns1", 30), ("renewed", 60), ("expired", -1), ("ending", 6)):
        certificates.signed(name, NAME, days=days)
    timeless(certificates.folder)
    return certificates


def timeless(folder):
    """A certificate whose end is in no month."""
    der = ssl.PEM_cert_to_DER_cert((folder / "ns1.pem").read_text())
    at = [found.end() for found in re.finditer(rb"\x17\x0d(?=\d{12}Z)", der)][1]
    (folder / "timeless.pem").write_text(ssl.DER_cert_to_PEM_cert(der[:at + 2] + b"99" + der[at + 4:]))


@pytest.fixture(params=["start", "reload"])
def judged(request, certificates, tmp_path):
    """Calls with files cert and key in a folder: what is said of them, by `gslbd --check` or by a reload."""
    def check(conf):
        (tmp_path / "gslbd.conf").write_text(conf)
        return run_gslbd("--check", tmp_path / "gslbd.conf").stderr

    def reload(conf):
        with Secure(certificates) as server:
            before = len(server.log())
            server.conf.write_text(conf + f"admin 127.0.0.1:{server.admin_port} token-file={server.folder}/admin.token\n")
            server.reload()
            with server.connect() as sock:  # what was served is served on
                assert ask(sock) == [1]
            return server.log()[before:]
    return check if request.param == "start" else reload


def serial(sock):
    return sock.getpeercert()["serialNumber"]


BAD = {
    "missing": ("none.pem", "ns1.key", 0o600, 24, "none.pem can't be shown to clients: No such file or directory"),
    "no certificate": ("ns1.key", "ns1.key", 0o600, 24, "ns1.key can't be shown to clients: it holds no certificate in PEM"),
    "a folder": (".", "ns1.key", 0o600, 24, "can't be shown to clients: not a regular file"),
    "no key": ("ns1.pem", "none.key", 0o600, None, "none.key can't be used with {}/ns1.pem: No such file or directory"),
    "another's key": ("ns1.pem", "renewed.key", 0o600, None, "can't be used with {}/ns1.pem: key values mismatch"),
    "no key in it": ("ns1.pem", "ns1.pem", 0o600, None, "it holds no private key in PEM that is not encrypted"),
    "an encrypted key": ("ns1.pem", "locked.key", 0o600, None, "it holds no private key in PEM that is not encrypted"),
    "everyone may read it": ("ns1.pem", "ns1.key", 0o604, None, "has mode 0604: others than its owner and group can use it; `chmod 640` it"),
    "its group may write it": ("ns1.pem", "ns1.key", 0o660, None, "has mode 0660: others than its owner and group can use it; `chmod 640` it"),
    "its group may read it": ("ns1.pem", "ns1.key", 0o640, None, ""),
    "about to expire": ("ending.pem", "ending.key", 0o600, 24, "warning: .*ending.pem expires at 20"),
    "no time": ("timeless.pem", "ns1.key", 0o600, 24, "warning: .*timeless.pem has no time of its end that makes sense: clients"),
    "expired": ("expired.pem", "expired.key", 0o600, 24, "warning: .*expired.pem has expired: clients that look will not trust it"),
}


@pytest.mark.parametrize("row", BAD)
def test_files_that_will_not_do(judged, certificates, row):
    cert, key, mode, column, says = BAD[row]
    folder = certificates.folder
    if key == "locked.key":
        subprocess.run(["openssl", "pkey", "-in", folder / "ns1.key", "-aes256", "-passout", "pass:x", "-out", folder / key], check=True)
    kept = (folder / key).stat().st_mode if (folder / key).exists() else None
    if kept:
        (folder / key).chmod(mode)
    column = column or len(f"listen 127.0.0.1:1 tls cert={folder}/{cert} ") + 1
    said = judged(f"listen 127.0.0.1:1 tls cert={folder}/{cert} key={folder}/{key}\n")
    if kept:
        (folder / key).chmod(kept)
    if not says:
        assert "error" not in said and not re.search(r"gslbd.conf:\d", said), said
        return
    warning = says.startswith("warning: ")
    says = says.removeprefix("warning: .*").format(folder)
    found = re.search(rf"gslbd\.conf:1:{column}: (warning: )?(.*)", said)
    assert found and says in found[2], said
    assert warning or "warning" not in said.split("gslbd.conf:1:")[0] + (found[1] or "")


def test_a_reload_shows_the_renewed_certificate_to_who_comes_then(certificates):
    with Secure(certificates) as server, server.connect() as before:
        assert ask(before, 1) == [1]
        server.take("renewed")
        with server.connect() as sock:
            assert serial(sock) == serial(before)
        server.reload()
        with server.connect() as after:
            assert serial(after) != serial(before)
            assert ask(after, 2) == [2]
        for _ in range(2):  # the world that it began with is no more
            server.reload()
        assert ask(before, 3) == [3]


def shown(server, *options):
    command = [os.environ.get("GSLBCTL", "build/asan/tools/gslbctl"), *options, "-c", server.conf, "status"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_when_they_expire_is_told(certificates):
    """By a metric, the status, and where it is soon or over in words."""
    def expiry():
        return server.metric("gslbd_listener_certificate_expiry_timestamp_seconds", listen=listen)
    with Secure(certificates, conf="datacenter fra\n") as server:
        listen, now = f"127.0.0.1:{server.tls}", time.time()
        with server.connect() as sock:
            end = ssl.cert_time_to_seconds(sock.getpeercert()["notAfter"])
        assert expiry() == end and server.metric("gslbd_listener_certificate_expiry_timestamp_seconds",
                                                 listen=f"127.0.0.1:{server.port}") is None
        (told,) = server.status()["certificates"]
        assert told["listen"] == listen and calendar.timegm(time.strptime(told["expires"], "%Y-%m-%dT%H:%M:%SZ")) == end
        said = shown(server)
        assert said.returncode == 0 and "certificate" not in said.stdout
        server.take("ending")
        server.reload()
        assert now < expiry() < now + 7 * 86400
        assert "expires at 20" in server.log() and "within 7 days" in server.log()
        said = shown(server)
        assert said.returncode == 0 and re.search(rf"^certificate at {listen}: expires in [56]d$", said.stdout, re.M), said.stdout
        server.take("expired")
        server.reload()
        assert expiry() < time.time()
        said = shown(server)
        assert said.returncode == 1 and "NOT WELL: 1 certificate of ours EXPIRED" in said.stdout
        assert re.search(rf"^certificate at {listen}: expired \d+[dhms] ago$", said.stdout, re.M), said.stdout


def test_a_session_from_before_a_reload_is_as_good_as_none(certificates):
    context = None
    with Secure(certificates) as server:
        context = server.context()
        with server.connect(context) as sock:
            assert ask(sock) == [1]
            session = sock.session
        server.reload()
        with server.connect(context, session) as sock:
            assert ask(sock) == [1] and not sock.session_reused


def test_a_listen_that_a_reload_takes_away_is_served_until_the_next_start(certificates):
    with Secure(certificates) as server:
        with server.connect() as sock:
            assert ask(sock) == [1]
        conf = server.conf.read_text()
        server.conf.write_text("".join(line + "\n" for line in conf.splitlines() if " tls " not in line))
        server.reload()
        assert "a change of listen takes effect at the next start" in server.log()
        for _ in range(8):
            with server.connect() as sock:
                assert ask(sock) == [1]
        server.conf.write_text(conf.replace(" tls cert=ns1.pem key=ns1.key", ""))
        server.reload()
        assert server.log().count("a change of listen takes effect at the next start") == 2


class SecureLine(Secure, Line):
    pass


def test_an_upgrade_hands_the_socket_on(certificates):
    with SecureLine(certificates) as server:
        with server.connect() as sock:
            old = serial(sock)
        server.take("renewed")
        assert server.upgrade()
        for _ in range(4):
            with server.connect() as sock:
                assert serial(sock) != old and ask(sock) == [1]


def test_the_chain_is_shown(certificates):
    """A client that knows the authority alone trusts what an authority in between has signed."""
    folder = certificates.folder
    certificates.run("req", "-new", *certificates.new("middle"), "-out", "middle.csr", "-subj", "/CN=middle",
                     "-addext", "basicConstraints=critical,CA:TRUE")
    certificates.run("x509", "-req", "-in", "middle.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                     "-copy_extensions", "copyall", "-days", "20", "-out", "middle.pem")
    certificates.run("req", "-new", *certificates.new("leaf"), "-out", "leaf.csr", "-subj", f"/CN={NAME}",
                     "-addext", f"subjectAltName=DNS:{NAME}")
    certificates.run("x509", "-req", "-in", "leaf.csr", "-CA", "middle.pem", "-CAkey", "middle.key", "-CAcreateserial",
                     "-copy_extensions", "copyall", "-days", "20", "-out", "leaf.pem")
    with Secure(certificates) as server:
        server.take("leaf")
        server.reload()
        with pytest.raises(ssl.SSLCertVerificationError):
            server.connect()
        with open(server.folder / "ns1.pem", "ab") as file:
            file.write((folder / "middle.pem").read_bytes())
        server.reload()
        with server.connect() as sock:
            assert ask(sock) == [1]
