# SPDX-License-Identifier: ISC
"""What an http check may ask, and what it may want of the reply."""

import time

from checked import BACKUP, WELL, assert_verdicts, checked
from harness import wait_until
from targets import Talker, Web


def by_path(request):
    """A site with a page for each row of the tests."""
    pages = {
        "/probe": (200 if request.command == "PROBE" else 405, {}, b""),
        "/head": (200 if request.command == "HEAD" else 405, {}, b""),
        "/headers": (200 if request.headers.get_all("X-Probe") == ["one", "two"] else 400, {}, b""),
        "/agent": (200 if request.headers["User-Agent"] == "probe 2.0" else 400, {}, b""),
        "/own-agent": (200 if request.headers["User-Agent"].startswith("gslbd/") else 400, {}, b""),
        "/json": (200, {}, b'{"status": "ok", "checks": [{"up": true}, {"up": false}]}'),
        "/no-json": (200, {}, b"status: ok"),
        "/long": (200, {}, b"x" * 2000 + b"well"),
        "/long-json": (200, {}, b'{"status": "ok", "more": "' + b"x" * 2000 + b'"}'),
        "/moved": (302, {"Location": "/json"}, b""),
        "/moved-twice": (301, {"Location": "/moved"}, b""),
        "/round": (302, {"Location": "/round"}, b""),
        "/elsewhere": (302, {"Location": request.server.elsewhere}, b""),
        "/other-scheme": (302, {"Location": f"https://{request.headers['Host']}/json"}, b""),
    }
    return pages[request.path]


def test_requests_and_replies():
    site, elsewhere = Web(by_path), Web()
    site.server.elsewhere = f"http://{elsewhere.endpoint}/"
    rows = {  # name: (options, what is said of it)
        "method": ("path=/probe method=PROBE", "up"),
        "method-get": ("path=/probe", "status 405, expected 200-299"),
        "head": ("path=/head method=HEAD", "up"),
        "headers": ('path=/headers header="X-Probe: one" header="X-Probe: two"', "up"),
        "headers-one": ('path=/headers header="X-Probe: one"', "status 400"),
        "agent": ('path=/agent user-agent="probe 2.0"', "up"),
        "agent-own": ("path=/own-agent", "up"),
        "json": ("path=/json expect-json=status:ok", "up"),
        "json-deep": ("path=/json expect-json=/checks/0/up:true", "up"),
        "json-wrong": ("path=/json expect-json=/checks/1/up:true", '/checks/1/up is "false", expected "true"'),
        "json-missing": ("path=/json expect-json=state:ok", "no state in the reply"),
        "json-none": ("path=/no-json expect-json=status:ok", "the reply is not JSON"),
        "json-long": ("path=/long-json expect-json=status:ok body-limit=1k", "the body is longer than 1 KiB"),
        "text": ("path=/long body=well", "up"),
        "text-behind": ("path=/long body=well body-limit=2000",
                        'the first 2000 octets of the body do not contain "well"'),
        "text-before": ("path=/long body=well body-limit=2004", "up"),
        "moved": ("path=/moved", "status 302, expected 200-299"),
        "moved-expected": ("path=/moved expect=302", "up"),
        "moved-followed": ("path=/moved redirects=1 expect-json=status:ok", "up"),
        "moved-twice": ("path=/moved-twice redirects=2 expect-json=status:ok", "up"),
        "moved-often": ("path=/moved-twice redirects=1", "more than 1 redirects"),
        "round": ("path=/round redirects=3", "more than 3 redirects"),
        "elsewhere": ("path=/elsewhere redirects=3", f"redirect to elsewhere: http://{elsewhere.endpoint}/"),
        "other-scheme": ("path=/other-scheme redirects=3", "redirect to elsewhere: https://"),
    }
    with checked({name: (site.endpoint, f"http {options}") for name, (options, _) in rows.items()}) as server:
        assert_verdicts(server, {name: verdict for name, (_, verdict) in rows.items()})
        assert elsewhere.requests == []
    site.stop()
    elsewhere.stop()


def test_a_verdict_follows_the_reply():
    """One that is right and one that is wrong change places."""
    replies = {"one": b'{"status": "ok"}', "two": b'{"status": "out"}'}
    sites = {name: Web(lambda request, name=name: (200, {}, replies[name])) for name in replies}
    rows = {name: (site.endpoint, "http expect-json=status:ok") for name, site in sites.items()}
    with checked(rows) as server:
        assert (server.ask("one"), server.ask("two")) == (WELL, BACKUP)
        replies["one"], replies["two"] = replies["two"], replies["one"]
        server.waits_for("one", BACKUP)
        server.waits_for("two", WELL)
        assert 'status is "out", expected "ok"' in server.log()
    for site in sites.values():
        site.stop()


def test_a_connection_may_have_a_time_of_its_own():
    """The TLS handshake is part of it; a reply that comes later is not."""
    waited = []

    def never(connection):
        begin = time.monotonic()
        while connection.recv(4096):
            pass
        waited.append(time.monotonic() - begin)

    def late(request):
        time.sleep(0.4)
        return 200, {}, b""
    mute, slow = Talker(never), Web(late)
    rows = {
        "mute": (mute.endpoint, "https connect-timeout=200ms"),
        "slow": (slow.endpoint, "http connect-timeout=200ms"),
    }
    with checked(rows) as server:
        assert_verdicts(server, {"mute": "timed out after 200 ms in the TLS handshake", "slow": "up"})
        wait_until(lambda: waited, 5, "the end of a connection")
        assert waited[0] < 0.9
    mute.stop()
    slow.stop()
