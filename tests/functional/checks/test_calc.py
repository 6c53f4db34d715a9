# SPDX-License-Identifier: ISC
"""calc: up where enough of its parts are."""

from checked import BACKUP, FAST, WELL, assert_verdicts
from admin import AdminServer
from harness import wait_until
from targets import Web


def test_two_of_three():
    health = {"/a": 200, "/b": 200, "/c": 200}
    web = Web(lambda request: (health[request.path], {}, b""))
    conf = "".join(f"check {part} http path=/{part} {FAST}\n" for part in "abc") + f"""check site calc min=2 of a b c
datacenter site address={web.endpoint} check=site
"""
    zone = f"site AT site A {WELL[0]}\nsite AT * backup=yes A {BACKUP[0]}\n"
    with AdminServer(conf, zone) as server:
        assert_verdicts(server, {"site": "up"})
        health["/a"] = 500
        wait_until(lambda: server.target("a")["state"] == "down", 5, "a is down")
        assert server.target("site")["state"] == "up" and server.ask("site") == WELL
        health["/c"] = 500
        server.waits_for("site", BACKUP)
        assert_verdicts(server, {"site": "1 of 3 checks is up, 2 are needed; down: a, c"})
        assert f"down: check site of {web.endpoint.split(':')[0]}" in server.log()
        assert server.datacenter("site")["state"] == "down"
        assert server.metric("gslbd_check_up", check="site") == 0
        health["/a"] = 200
        server.waits_for("site", WELL)
        assert "up: check site of" in server.log()
        assert server.target("site")["state"] == "up" and server.metric("gslbd_check_up", check="site") == 1
    web.stop()


def test_all_where_no_number_is_given():
    health = {"/a": 200, "/b": 500}
    web = Web(lambda request: (health[request.path], {}, b""))
    conf = "".join(f"check {part} http path=/{part} {FAST}\n" for part in "ab") + f"""check site calc of a b
datacenter site address={web.endpoint} check=site
"""
    with AdminServer(conf, f"site AT site A {WELL[0]}\nsite AT * backup=yes A {BACKUP[0]}\n") as server:
        assert_verdicts(server, {"site": "1 of 2 checks is up, 2 are needed"})
        assert server.log().count("down: check site of") == 1
        health["/b"] = 200
        server.waits_for("site", WELL)
    web.stop()
