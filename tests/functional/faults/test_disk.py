# SPDX-License-Identifier: ISC
"""The disk under `state` is full: it is told, what was saved before stays, and nothing is lost once there is room."""

import json
import os
import subprocess

import pytest
from admin import AdminServer
from harness import GSLBD, wait_until
from honest import Honest

FRA, IAD = "192.0.2.1", "192.0.2.2"
ZONE = f"www STEER failover fra iad\nwww AT fra A {FRA}\nwww AT iad A {IAD}\n"
CONF = "state state\ndatacenter fra\ndatacenter iad\n"
SIZE = "256k"


class Full(AdminServer):
    """Its `state` is a small disk of its own, which nobody else sees: that of a process that holds it."""

    def __init__(self):
        self.holder = None
        super().__init__(CONF, ZONE)

    def command(self):
        if self.holder is None:
            state = self.folder / "state"
            state.mkdir()
            # the disk is there once the holder says so
            self.holder = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", f"mount -t tmpfs -o size={SIZE} none {state} && echo there && exec sleep inf"],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            if not self.holder.stdout.readline():
                self.holder.wait()
                pytest.skip("no file systems may be mounted here")
        return ["nsenter", "--mount", "--target", str(self.holder.pid), GSLBD, str(self.conf)]

    def path(self, name="state.json"):
        return f"/proc/{self.holder.pid}/root{self.folder}/state/{name}"

    def saved(self):
        """The overrides of the file, which is whole at any time."""
        with open(self.path()) as file:
            return {dc["datacenter"]: dc["state"] for dc in json.load(file)["datacenters"] if "state" in dc}

    def saves(self, **overrides):
        def same():
            return os.path.exists(self.path()) and self.saved() == overrides
        wait_until(same, 20, f"{overrides} are saved")

    def fill(self):
        with open(self.path("filler"), "wb", buffering=0) as filler:
            try:
                while filler.write(b"\0" * 512):
                    pass
            except OSError:
                pass

    def stop(self):
        try:
            super().stop()
        finally:
            self.holder.stdout.close()
            self.holder.kill()
            self.holder.wait()


@pytest.fixture
def server():
    with Full() as server:
        yield server


def put(server, datacenter, state):
    status, body = server.call("PUT", f"/v1/overrides/{datacenter}", {"state": state, "force": True})
    assert status == 200, body


def test_old_state_is_kept_and_new_state_is_not_lost(server):
    with Honest(server, FRA) as honest:
        put(server, "iad", "drain")
        server.saves(iad="drain")
        server.fill()
        honest.allowed = {FRA, IAD}
        put(server, "fra", "down")
        wait_until(lambda: "can't be written: No space left on device" in server.log(), 20, "a word in the log")
        assert server.saved() == {"iad": "drain"}
        assert not os.path.exists(server.path("state.json.new"))
        assert server.datacenter("fra")["state"] == "down"
        assert server.metric("gslbd_state_failing") == 1
        os.unlink(server.path("filler"))
        server.saves(iad="drain", fra="down")
        wait_until(lambda: "is written again" in server.log(), 5, "a word in the log")
        assert server.metric("gslbd_state_failing") == 0


@pytest.mark.parametrize("how", ["terminate", "kill"])
def test_a_restart_takes_what_could_be_saved(server, how):
    put(server, "fra", "drain")
    server.saves(fra="drain")
    server.fill()
    assert server.call("DELETE", "/v1/overrides/fra")[0] == 200
    wait_until(lambda: "can't be written" in server.log(), 20, "a word in the log")
    getattr(server.process, how)()
    server.restart()
    assert server.ask("www") == [IAD], "what was saved last"
    assert server.saved() == {"fra": "drain"}
    os.unlink(server.path("filler"))
    assert server.call("DELETE", "/v1/overrides/fra")[0] == 200
    server.saves()


def test_who_can_not_write_at_the_start_answers(server):
    server.fill()
    server.process.terminate()
    server.restart()
    with Honest(server, FRA, IAD):
        put(server, "fra", "drain")
        wait_until(lambda: "can't be written" in server.log(), 20, "a word in the log")
        assert server.ask("www") == [IAD]
