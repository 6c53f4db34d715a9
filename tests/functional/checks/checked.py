# SPDX-License-Identifier: ISC
"""A server with a datacenter a row, to see many checks succeed and fail at once."""

from admin import AdminServer

WELL, BACKUP = ["192.0.2.1"], ["192.0.2.200"]
FAST = "interval=200ms rise=1 fall=1"


def checked(rows, head="", extra="", **values):
    """rows: name -> (the endpoint to check, kind and options; a second is the timeout where they name none).
    NAME.app.example.com answers WELL as long as it is up."""
    conf, zone = head, ""
    for name, (endpoint, check) in rows.items():
        timeout = "" if " timeout=" in check else "timeout=1s"
        conf += f"check {name} {check} {timeout} {FAST}\ndatacenter {name} address={endpoint} check={name}\n"
        zone += f"{name} AT {name} A {WELL[0]}\n{name} AT * backup=yes A {BACKUP[0]}\n"
    return AdminServer(conf + extra, zone, **values)


def verdicts(server):
    """Check -> why it is down, or "up"."""
    return {t["check"]: t["why"] if t["state"] == "down" else t["state"] for t in server.status()["targets"]}


def assert_verdicts(server, expected):
    """expected: check -> "up", or a part of why it is down. The answers must say the same."""
    found = verdicts(server)
    for name, part in expected.items():
        assert part in found[name], f"{name}: {found[name]!r} does not say {part!r}"
        assert server.ask(name) == (WELL if part == "up" else BACKUP), name
