# SPDX-License-Identifier: ISC
"""Cookies of servers of another make, which share the secret and the address with this one."""

from asking import COOKIE, ask, option, options, query
from harness import SOA, Server, wait_until
from nsd import Nsd, needs_nsd

SECRET = "e5e973e5a6b2a43f48e7dc849e37bfcf"
CLIENT = b"\1\2\3\4\5\6\7\10"


def cookie(server, given=CLIENT):
    return options(ask(server, query("e.", "SOA", options=[option(COOKIE, given)])))[COOKIE]


@needs_nsd
def test_each_takes_the_cookies_of_the_other(tmp_path):
    (tmp_path / "e.zone").write_text("$ORIGIN e.\n" + SOA)
    cookies = f"  answer-cookie: yes\n  cookie-secret: \"{SECRET}\"\n"
    conf = "listen 127.0.0.1:@PORT@\ncookies on secret-file=secret.token\nzone e e.zone\n"
    with Nsd(tmp_path, f"zone:\n  name: e\n  zonefile: \"{tmp_path}/e.zone\"\n", cookies) as other, \
            Server({"gslbd.conf": conf, "e.zone": SOA, "secret.token": SECRET}) as server:
        wait_until(lambda: other.answer("e.", "SOA"), 20, "NSD")
        ours, theirs = cookie(server), cookie(other)
        # A later second makes another cookie, so what comes back as it was has been taken.
        wait_until(lambda: cookie(server) != ours and cookie(other) != theirs, 10, "the next second")
        assert cookie(other, ours) == ours
        assert cookie(server, theirs) == theirs
