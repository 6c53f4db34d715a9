# SPDX-License-Identifier: ISC
"""Whoever has taken the server over may not write to a successor, which at first is not filtered."""

import os
import pwd
import shutil

import pytest
from harness import GSLBD, SOA
from successors import Line

NOBODY = pwd.getpwnam("nobody")
CONF = "listen 127.0.0.1:@PORT@\nworkers 1\nuser nobody\nstate kept\ndatacenter fra\nzone app.example.com z.zone\n"
ZONE = SOA + "www A 192.0.2.1\n"


class Installed(Line):
    """Its program may be run by all and read by root alone, as it is installed."""

    def start(self, wait=True):
        shutil.copyfile(GSLBD, self.folder / "installed")
        (self.folder / "installed").chmod(0o711)
        for path in (self.folder, self.folder / "gslbd.conf", self.folder / "z.zone"):
            shutil.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
        super().start(wait)

    def point_at(self, program):
        super().point_at(self.folder / "installed")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")
def test_the_memory_of_a_successor_is_nobodys(monkeypatch):
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")  # as it is no debugger's
    with Installed({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        for _ in range(2):
            assert server.upgrade()
            assert os.stat(f"/proc/{server.pid}/mem").st_uid == 0
            assert server.answers("www.app.example.com") == ["192.0.2.1"]
        assert " error " not in server.log()
