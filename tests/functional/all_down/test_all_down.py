# SPDX-License-Identifier: ISC
"""What is answered when nothing is usable: the four forms of all-down."""

import pytest
from harness import SOA, Server

CONF = """listen 127.0.0.1:@PORT@
datacenter fra
datacenter iad
zone app.example.com z.zone
"""
RECORDS = "".join(f"""{form} STEER failover fra iad all-down={form}
{form} AT fra state=down A 192.0.2.1
{form} AT iad state=drain A 192.0.2.2
{form} AT * backup=yes state=down A 192.0.2.3
""" for form in ("first", "all", "nodata", "servfail"))


@pytest.fixture(scope="module")
def server():
    with Server({"gslbd.conf": CONF, "z.zone": SOA + RECORDS}) as server:
        yield server


@pytest.mark.parametrize("form, status, answers, soa", [
    ("first", "NOERROR", ["192.0.2.1"], False),
    ("all", "NOERROR", ["192.0.2.1", "192.0.2.2", "192.0.2.3"], False),
    ("nodata", "NOERROR", [], True),
    ("servfail", "SERVFAIL", [], False),
])
def test_form(server, form, status, answers, soa):
    answer = server.dig(f"{form}.app.example.com")
    assert answer.status == status
    assert sorted(answer.answers) == answers
    assert ("SOA" in answer.text) == soa
