# SPDX-License-Identifier: ISC
"""tcp: what is said, and what must be answered."""

from checked import BACKUP, WELL, assert_verdicts, checked
from targets import Talker


def test_send_and_expect():
    heard = []

    def echo(connection):
        line = b""
        while not line.endswith(b"\r\n"):
            got = connection.recv(100)
            if not got:
                return
            line += got
        heard.append(line)
        for piece in (b"+PO", b"NG\r", b"\n"):  # in pieces
            connection.sendall(piece)
        connection.recv(1)

    def greeting(connection):
        connection.sendall(b"220 mail.example.com\r\n")
        connection.recv(1)

    def says_no(connection):
        connection.recv(100)
        connection.sendall(b"-ERR\r\n")

    redis, mail, no, mute = Talker(echo), Talker(greeting), Talker(says_no), Talker(lambda c: c.recv(1000) and c.recv(1))
    ping = 'tcp send="PING\\013\\010" expect="+PONG\\013\\010"'
    rows = {
        "redis": (redis.endpoint, ping),
        "mail": (mail.endpoint, 'tcp expect="220 "'),
        "mail-other": (mail.endpoint, 'tcp expect="250 "'),
        "no": (no.endpoint, ping),
        "mute": (mute.endpoint, ping),
        "port": (mute.endpoint, "tcp"),
    }
    with checked(rows) as server:
        assert_verdicts(server, {
            "redis": "up", "mail": "up", "port": "up",
            "mail-other": "timed out after 1 s while reading the reply",
            "no": 'the reply does not contain "+PONG',
            "mute": "timed out after 1 s while waiting for the reply",
        })
        assert set(heard) == {b"PING\r\n"}
    for talker in (redis, mail, no, mute):
        talker.stop()


def test_a_verdict_follows_the_reply():
    says = [b"ready\n"]

    def state(connection):
        connection.sendall(says[0])
    talker = Talker(state)
    with checked({"site": (talker.endpoint, "tcp expect=ready")}) as server:
        assert server.ask("site") == WELL
        says[0] = b"closed for the day\n"
        server.waits_for("site", BACKUP)
        assert_verdicts(server, {"site": 'the reply does not contain "ready"'})
        says[0] = b"all is ready\n"
        server.waits_for("site", WELL)
    talker.stop()
