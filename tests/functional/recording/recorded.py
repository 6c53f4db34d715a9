# SPDX-License-Identifier: ISC
"""What has been recorded, and queries in plenty."""

import json
import socket

import dns.message
from exposition import read, value

SINKS = ("query-log", "dnstap")
WINDOW = 16  # queries under way


def lines(server, name="queries.log"):
    """Those that are complete."""
    path = server.folder / name
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


def counts(api, sink):
    samples = read(api.get("/metrics").text)
    return tuple(int(value(samples, f"gslbd_records_{what}total", sink=sink)) for what in ("", "dropped_"))


def ask_many(server, name, n, kind=None):
    """How many of them are answered."""
    kind = kind or ("TXT" if name.startswith("large") else "A")
    query = dns.message.make_query(name, kind, use_edns=True).to_wire()
    answered = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.connect(("127.0.0.1", server.port))
        for start in range(0, n, WINDOW):
            part = min(WINDOW, n - start)
            for _ in range(part):
                sock.send(query)
            for _ in range(part):
                sock.recv(2048)
                answered += 1
    return answered
