# SPDX-License-Identifier: ISC
"""What a service manager is told, and what it may hand over: these tests play systemd."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from harness import GSLBD, SOA, free_port, wait_until
from successors import Line, Load

CONF = "listen 127.0.0.1:@PORT@\nworkers 2\ndatacenter fra\nzone app.example.com z.zone\n"
FILES = {"gslbd.conf": CONF, "z.zone": SOA + "www A 192.0.2.1\n"}


class Manager:
    """The socket that a service manager listens on; what comes is kept as (process, assignments)."""

    def __init__(self, address):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(address)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.sock.settimeout(10)
        self.heard = []

    def hear(self, wanted, deadline=15):
        """The next message that has this line, those before it are kept too."""
        end = time.monotonic() + deadline
        while True:
            self.sock.settimeout(max(0.01, end - time.monotonic()))
            text, ancillary, *_ = self.sock.recvmsg(4096, 256)
            pid = int.from_bytes(ancillary[0][2][:4], "little")
            message = (pid, text.decode().splitlines())
            self.heard.append(message)
            if any(re.fullmatch(wanted, line) for line in message[1]):
                return message

    def close(self):
        self.sock.close()


class Service(Line):
    """Started as a service manager starts it: with its socket, a watchdog, and sockets from descriptor 3 on."""

    def __init__(self, files, environment=(), sockets=(), **options):
        self.environment, self.sockets = dict(environment), list(sockets)
        super().__init__(files, **options)

    def start(self, wait=True):
        self.program = self.folder / "gslbd"
        self.point_at(GSLBD)
        self.log_file = open(self.log_path, "ab")
        environment = {**os.environ, **self.environment}
        command = [str(self.program), str(self.conf)]
        if self.sockets:
            # the shell's process becomes the server's, so that its number is known
            aside = [os.dup(s.fileno()) for s in self.sockets]
            moves = " ".join(f"{3 + i}<&{fd}" for i, fd in enumerate(aside))
            script = f'exec {moves}; export LISTEN_FDS={len(aside)} LISTEN_PID=$$; exec "$@"'
            command = ["bash", "-c", script, "bash", *command]
            self.process = subprocess.Popen(command, stderr=self.log_file, stdout=self.log_file, env=environment,
                                            pass_fds=aside)
            for fd in aside:
                os.close(fd)
        else:
            self.process = subprocess.Popen(command, stderr=self.log_file, stdout=self.log_file, env=environment)
        self.pid = self.process.pid
        if wait:
            wait_until(lambda: "ready:" in self.log() or self.process.poll() is not None, 20, "ready")
            assert self.process.poll() is None, self.log()


@pytest.fixture(params=["a file", "an abstract name"])
def manager(request, tmp_path):
    name = f"gslbd-test-{os.getpid()}-{time.monotonic_ns()}"
    manager = Manager(str(tmp_path / "notify") if request.param == "a file" else "\0" + name)
    manager.name = str(tmp_path / "notify") if request.param == "a file" else "@" + name
    yield manager
    manager.close()


def test_readiness_reloads_and_the_end_are_told(manager):
    with Service(FILES, {"NOTIFY_SOCKET": manager.name}) as service:
        pid, lines = manager.hear("READY=1")
        assert pid == service.pid and "STATUS=serving, zones: 1, targets: 0, workers: 2" in lines
        before = time.monotonic_ns() // 1000
        service.process.send_signal(signal.SIGHUP)
        _, lines = manager.hear("RELOADING=1")
        moment = int(next(line for line in lines if line.startswith("MONOTONIC_USEC=")).split("=")[1])
        assert before <= moment <= time.monotonic_ns() // 1000
        manager.hear("READY=1")
        service.write("z.zone", "nonsense\n")
        service.process.send_signal(signal.SIGHUP)
        manager.hear("RELOADING=1")
        _, lines = manager.hear("READY=1")
        assert any("the last reload failed" in line for line in lines)
        service.terminate()
        manager.hear("STOPPING=1")


def test_the_watchdog_hears_while_the_workers_live(manager):
    with Service(FILES, {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"}) as service:
        for _ in range(5):
            assert manager.hear("WATCHDOG=1")[0] == service.pid
        assert "does not come round" not in service.log()


def test_a_watchdog_of_another_process_is_not_ours(manager):
    with Service(FILES, {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}) as service:
        manager.hear("READY=1")
        service.terminate()
        manager.hear("STOPPING=1")
        assert not any("WATCHDOG=1" in lines for _, lines in manager.heard)


def test_an_upgrade_names_the_new_main_process(manager):
    with Service(FILES, {"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "300000"}) as service:
        manager.hear("READY=1")
        before = service.pid
        assert service.upgrade()
        pid, lines = manager.hear(f"MAINPID={service.pid}")
        assert pid == before and "READY=1" in lines
        assert not any("STOPPING=1" in lines for _, lines in manager.heard)
        wait_until(lambda: manager.hear("WATCHDOG=1")[0] == service.pid)


def test_nobody_there_to_hear_is_no_harm(tmp_path):
    with Service(FILES, {"NOTIFY_SOCKET": str(tmp_path / "nobody")}) as service:
        assert service.answers("www.app.example.com") == ["192.0.2.1"]


@contextlib.contextmanager
def bound(port, *types):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket(socket.AF_INET, kind)) for kind in types]
        for sock in sockets:
            sock.bind(("127.0.0.1", port))
            if sock.type == socket.SOCK_STREAM:
                sock.listen(100)
        yield sockets


def test_sockets_of_the_manager_are_served_by_all_workers():
    port = free_port()
    with bound(port, socket.SOCK_DGRAM, socket.SOCK_STREAM) as sockets:
        with Service({**FILES, "gslbd.conf": CONF.replace("@PORT@", str(port))}, sockets=sockets) as service:
            service.port = port
            for sock in sockets:  # the service's only now
                sock.close()
            with Load(service, {"192.0.2.1"}) as load:
                assert service.upgrade()
            assert not load.failures
            assert "closed" not in service.log()


def test_one_type_of_the_manager_and_the_other_opened():
    port = free_port()
    with bound(port, socket.SOCK_STREAM) as sockets:
        with Service({**FILES, "gslbd.conf": CONF.replace("@PORT@", str(port))}, sockets=sockets) as service:
            service.port = port
            assert service.answers("www.app.example.com") == ["192.0.2.1"]
            assert service.answers("www.app.example.com", tcp=True) == ["192.0.2.1"]


def test_what_waits_in_the_managers_socket_is_answered():
    """Queries that came before the service did."""
    port = free_port()
    with bound(port, socket.SOCK_DGRAM) as sockets, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(20)
        client.connect(("127.0.0.1", port))
        client.send(b"\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x03app\x07example\x03com\x00\x00\x01\x00\x01")
        with Service({**FILES, "gslbd.conf": CONF.replace("@PORT@", str(port))}, sockets=sockets):
            assert client.recv(512)[:2] == b"\x12\x34"


def test_a_socket_that_no_listen_names_is_told():
    port = free_port()
    with bound(port, socket.SOCK_DGRAM) as sockets, Service(FILES, sockets=sockets) as service:
        assert f"started with a socket on 127.0.0.1:{port} (UDP), where nothing listens; it is closed" in service.log()
        assert service.answers("www.app.example.com") == ["192.0.2.1"]


def test_descriptors_that_are_no_sockets_are_told(tmp_path):
    with open(tmp_path / "file", "wb") as file, Service(FILES, sockets=[file]) as service:
        assert "descriptor 3, which this process was started with, is no socket to listen on" in service.log()
        assert service.answers("www.app.example.com") == ["192.0.2.1"]


def test_descriptors_for_another_process_are_left_alone():
    with Service(FILES, {"LISTEN_FDS": "1", "LISTEN_PID": "1"}) as service:
        assert "descriptor" not in service.log()
        assert service.answers("www.app.example.com") == ["192.0.2.1"]


def test_the_unit_names_the_program_where_it_is_installed(tmp_path):
    tree = Path(GSLBD).parent
    if not (tree / "cmake_install.cmake").exists():
        pytest.skip("the program under test is in no build tree")
    subprocess.run(["cmake", "--install", tree, "--prefix", tmp_path], check=True, capture_output=True, timeout=60)
    unit = (tmp_path / "lib/systemd/system/gslbd.service").read_text()
    assert re.findall(r"^ExecStart(?:Pre)?=(\S+)", unit, re.M) == [str(tmp_path / "sbin/gslbd")] * 2
    assert (tmp_path / "sbin/gslbd").stat().st_mode & 0o777 == 0o711
