# SPDX-License-Identifier: ISC
"""https: whose certificates are right, and when they expire."""

import time
from datetime import datetime, timedelta, timezone

import pytest
from checked import assert_verdicts, checked
from harness import wait_until
from targets import Certificates, Web


@pytest.fixture
def certificates(tmp_path):
    return Certificates(tmp_path)


def ends_in(target):
    return datetime.fromisoformat(target["certificate_expires"]) - datetime.now(timezone.utc)


def test_a_certificate_must_be_right_for_the_host(certificates):
    right = Web(tls=certificates.signed("right", "app.example.com", days=20))
    expired = Web(tls=certificates.signed("expired", "app.example.com", days=-1))
    own = Web(tls=certificates.self_signed("own", "app.example.com"))
    plain = Web()
    trusted, host = f"ca-file={certificates.folder}/ca.pem", "host=app.example.com"
    rows = {
        "right": (right.endpoint, f"https {host} {trusted}"),
        "other-name": (right.endpoint, f"https host=other.example.com {trusted}"),
        "no-name": (right.endpoint, f"https {trusted}"),
        "expired": (expired.endpoint, f"https {host} {trusted}"),
        "unknown-ca": (right.endpoint, f"https {host}"),
        "self-signed": (own.endpoint, f"https {host} {trusted}"),
        "self-trusted": (own.endpoint, f"https {host} ca-file={certificates.folder}/own.pem"),
        "lenient": (expired.endpoint, f"https host=other.example.com verify=no {trusted}"),
        "no-tls": (plain.endpoint, f"https {host} {trusted}"),
    }
    with checked(rows) as server:
        assert_verdicts(server, {
            "right": "up",
            "other-name": "the certificate is not valid for other.example.com",
            "no-name": "the certificate is not valid for 127.0.0.1",
            "expired": "the certificate is refused: certificate has expired",
            "unknown-ca": "the certificate is refused: ",
            "self-signed": "the certificate is refused: self-signed certificate",
            "self-trusted": "up",
            "lenient": "up",
            "no-tls": "the reply is not TLS",
        })
        assert timedelta(days=19) < ends_in(server.target("right")) < timedelta(days=20, minutes=1)
        at = server.metric("gslbd_check_certificate_expiry_timestamp_seconds", check="right")
        assert 19 * 86400 < at - time.time() < 20 * 86400 + 60
        assert ends_in(server.target("lenient")) < timedelta()
        assert {r.headers["Host"] for r in right.requests} == {"app.example.com"}
    for web in (right, expired, own, plain):
        web.stop()


def test_an_expired_certificate_shows_its_end(certificates):
    web = Web(tls=certificates.signed("expired", "app.example.com", days=-1))
    with checked({"expired": (web.endpoint, f"https host=app.example.com ca-file={certificates.folder}/ca.pem")}) as server:
        target = server.target("expired")
        assert target["state"] == "down" and ends_in(target) < timedelta()
        assert server.metric("gslbd_check_certificate_expiry_timestamp_seconds", check="expired") < time.time()
    web.stop()


def test_a_reload_refuses_a_file_to_trust_that_is_gone(certificates):
    web = Web(tls=certificates.signed("right", "app.example.com", days=20))
    late = certificates.folder / "late.pem"
    late.write_bytes((certificates.folder / "ca.pem").read_bytes())
    with checked({"site": (web.endpoint, f"https host=app.example.com ca-file={late}")}) as server:
        server.waits_for("site", ["192.0.2.1"])
        late.unlink()
        server.reload()
        assert "late.pem can't be trusted: No such file or directory" in server.log()
        assert server.ask("site") == ["192.0.2.1"]
    web.stop()


def test_a_certificate_that_is_renewed_is_seen(certificates):
    web = Web(tls=certificates.signed("first", "app.example.com", days=-1))
    with checked({"site": (web.endpoint, f"https host=app.example.com ca-file={certificates.folder}/ca.pem")}) as server:
        assert_verdicts(server, {"site": "expired"})
        certificates.signed("second", "app.example.com", days=10)
        web.tls.load_cert_chain(certificates.folder / "second.pem", certificates.folder / "second.key")
        server.waits_for("site", ["192.0.2.1"])
        wait_until(lambda: ends_in(server.target("site")) > timedelta(days=9), 5, "the new end")
    web.stop()
