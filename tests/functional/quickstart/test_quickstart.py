# SPDX-License-Identifier: ISC
"""tools/quickstart: the failover it shows is a real one, whatever else runs on the machine, and nothing is left behind."""

import contextlib
import os
import re
import signal
import socket
import subprocess

import pytest
from harness import ROOT, wait_until

QUICKSTART = str(ROOT / "tools/quickstart")
DNS, HTTP = [("127.0.0.1", 5300)], [(f"127.0.0.{i}", 8080) for i in (11, 12, 13)]


def bound(kind, address):
    """A socket there, or None where the port is taken already."""
    sock = socket.socket(socket.AF_INET, kind)
    if kind == socket.SOCK_STREAM:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
        if kind == socket.SOCK_STREAM:
            sock.listen()
        return sock
    except OSError:
        sock.close()
        return None


@contextlib.contextmanager
def taken(addresses):
    sockets = [bound(kind, address) for address in addresses for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
    yield
    for sock in sockets:
        if sock:
            sock.close()


def run(*arguments, **options):
    """Its output, once it has ended by itself."""
    command = ["timeout", "--signal=INT", "300", QUICKSTART, *arguments]  # INT: it ends what it has started
    return subprocess.run(command, capture_output=True, text=True, **options)


def test_once_where_all_ports_are_taken():
    with taken(DNS + HTTP):
        result = run("--once")
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"fra stopped; its clients are answered with iad after \d+ ms\nfra started; its clients are back after \d+ ms\n",
                     result.stdout)
    assert result.stdout.endswith("\ngood: nobody was answered wrongly, and all are back\n")
    assert result.stderr == "" and "ninja" not in result.stdout


def test_once_fails_where_nothing_fails_over(tmp_path):
    dig = tmp_path / "dig"
    dig.write_text("#!/bin/sh\necho 192.0.2.80\n")
    dig.chmod(0o755)
    result = run("--once", env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert result.returncode == 1
    assert "The answer never was 198.51.100." in result.stderr
    assert "fra stopped" not in result.stdout


@pytest.mark.parametrize("addresses, expected", [(DNS, "listen 127.0.0.1:5300: another program listens there already"),
                                                 (HTTP[1:2], "can't listen on 127.0.0.12:8080")])
def test_it_says_what_is_in_the_way(addresses, expected):
    with taken(addresses):
        result = run()
    assert result.returncode == 1
    assert expected in result.stderr


def test_what_was_started_by_hand_ends_with_it():
    free = [bound(socket.SOCK_STREAM, address) for address in DNS + HTTP]
    for sock in free:
        if sock:
            sock.close()
    if None in free:
        pytest.skip("port 5300 or 8080 is taken")
    process = subprocess.Popen([QUICKSTART], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = ""
    while "Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    os.kill(int(re.search(r"kill (\d+)", said)[1]), signal.SIGTERM)
    command = re.search(r"^ +(\S+demo-datacenter fra \S+ \d+) &", said, re.M)[1].split()
    wait_until(lambda: (sock := bound(socket.SOCK_STREAM, HTTP[0])) and not sock.close(), 5, "fra ends")
    by_hand = subprocess.Popen(command)
    wait_until(lambda: bound(socket.SOCK_STREAM, HTTP[0]) is None, 5, "fra is back")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert by_hand.wait(5) == 0
