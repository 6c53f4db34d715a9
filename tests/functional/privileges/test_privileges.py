# SPDX-License-Identifier: ISC
"""What gslbd may still do once it serves: as whom, with which capabilities and system calls."""

import grp
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from api import restart
from harness import GSLBD, SOA, Server, free_port, wait_until

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can become another")
NOBODY = pwd.getpwnam("nobody")
BIND = 1 << 10  # CAP_NET_BIND_SERVICE
CONF = "listen 127.0.0.1:@PORT@\nworkers 2\nuser nobody\ndatacenter fra\nzone app.example.com z.zone\n"
ZONE = SOA + "www A 192.0.2.1\n"


@pytest.fixture(autouse=True)
def without_leak_checks(monkeypatch):
    """The leak checker looks into a process as a debugger does, which one that changed its user does not allow."""
    monkeypatch.setenv("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")


class Nobodys(Server):
    """A server whose folder is nobody's, as its files would be."""

    def start(self, wait=True):
        shutil.chown(self.folder, NOBODY.pw_uid, NOBODY.pw_gid)
        for path in self.folder.iterdir():
            shutil.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
        super().start(wait)


def tasks(process):
    """By thread, its name and what the kernel says of it."""
    found = []
    for path in Path(f"/proc/{process.pid}/task").iterdir():
        text = (path / "status").read_text()
        found.append(dict(line.split(":", 1) for line in text.splitlines()))
    return found


def settled(process):
    """The threads, once the workers, too, have given up what they were started with."""
    threads = tasks(process)
    return threads if all(int(t["CapPrm"], 16) == 0 for t in threads) else None


def filtered(server):
    return "system calls filtered" in server.log()


def refused(files, **values):
    """What a server says that does not start."""
    server = Nobodys(files, wait=False, **values)
    status, log = server.process.wait(20), server.log()
    server.log_file.close()
    shutil.rmtree(server.folder)
    assert status == 1, log
    return log


@needs_root
def test_no_thread_is_more_than_the_user():
    with Nobodys({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        assert server.answers("www.app.example.com") == ["192.0.2.1"]
        threads = wait_until(lambda: settled(server.process))
        assert len(threads) >= 3
        for thread in threads:
            assert set(thread["Uid"].split()) == {str(NOBODY.pw_uid)}
            assert set(thread["Gid"].split()) == {str(NOBODY.pw_gid)}
            assert set(thread["Groups"].split()) <= {str(g) for g in os.getgrouplist("nobody", NOBODY.pw_gid)}
            for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                assert int(thread[name], 16) == 0, (thread["Name"], name)
            assert int(thread["CapBnd"], 16) == 0
            assert int(thread["NoNewPrivs"]) == 1
        assert "privileges: user nobody, no capabilities; no new ones" in server.log()


@needs_root
def test_system_calls_are_filtered():
    with Nobodys({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        if not filtered(server):
            pytest.skip("this build has no filters")
        threads = tasks(server.process)
        assert len([t for t in threads if t["Name"].strip().startswith("gslbd/")]) == 2
        assert {t["Seccomp"].strip() for t in threads} == {"2"}


def starter_of(server):
    """The process that starts another, and its status."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    for pid in map(int, children):
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        if status["Name"].strip() == "gslbd-starter":
            return pid, status
    return None


@needs_root
def test_who_starts_another_is_a_process_of_its_own():
    """Of one thread and without a socket of the server's, whose memory is nobody's but its own."""
    with Nobodys({"gslbd.conf": CONF + "state kept\n", "z.zone": ZONE}) as server:
        pid, status = wait_until(lambda: starter_of(server), 5, "there is a starter")
        assert int(status["Threads"]) == 1 and int(status["CapPrm"], 16) == 0
        assert set(status["Uid"].split()) == {str(NOBODY.pw_uid)}
        links = [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir() if int(path.name) > 2]
        assert len(links) == 1 and links[0].startswith("socket:")
        assert os.stat(f"/proc/{pid}/mem").st_uid == 0, "nobody may write to it"
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait(20)
        wait_until(lambda: not Path(f"/proc/{pid}/fd").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2],
                   10, "it ends with the server")
        server.log_path.write_text("")
        server.start()


@needs_root
def test_without_the_starter_all_but_upgrades_goes_on():
    with Nobodys({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        pid, _ = wait_until(lambda: starter_of(server), 5, "there is a starter")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: "upgrade: the process that starts another has ended: there can be none until the next start"
                   in server.log(), 10, "it is told")
        server.process.send_signal(signal.SIGUSR2)
        wait_until(lambda: "there is no process to start it" in server.log(), 10, "it is told")
        assert server.answers("www.app.example.com") == ["192.0.2.1"]


def low_port():
    for port in range(1023, 600, -1):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            try:
                tcp.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no port below 1024 is free")


@needs_root
def test_a_port_below_1024_is_opened_after_the_user_has_changed():
    with Nobodys({"gslbd.conf": CONF.replace("@PORT@", "@LOW@"), "z.zone": ZONE}, LOW=low_port()) as server:
        server.port = server.values["LOW"]
        assert server.answers("www.app.example.com") == ["192.0.2.1"]
        assert server.answers("www.app.example.com", tcp=True) == ["192.0.2.1"]
        wait_until(lambda: all(int(t["CapPrm"], 16) == (0 if "gslbd/" in t["Name"] else BIND)
                               for t in tasks(server.process)), 5, "workers without capabilities")
        assert "capabilities net_bind_service; no new ones" in server.log()


@needs_root
def test_no_thread_keeps_more_than_ports_take():
    """Threads that are there before the last of the sockets are open, and those that come later."""
    conf = CONF.replace("@PORT@", "@LOW@") + "state kept\nquery-log q.log\n"
    with Nobodys({"gslbd.conf": conf, "z.zone": ZONE}, LOW=low_port()) as server:
        server.reload()
        threads = wait_until(lambda: (found := tasks(server.process)) and
                             all(int(t["CapPrm"], 16) in (0, BIND) for t in found) and found, 5, "no other capabilities")
        assert len(threads) >= 5
        for thread in threads:
            for name in ("CapEff", "CapBnd", "CapInh", "CapAmb"):
                assert int(thread[name], 16) in (0, BIND), (thread["Name"], name)


@needs_root
def test_a_group_of_its_own():
    group = grp.getgrnam("daemon")
    with Nobodys({"gslbd.conf": CONF.replace("user nobody", "user nobody:daemon"), "z.zone": ZONE}) as server:
        for thread in tasks(server.process):
            assert set(thread["Gid"].split()) == {str(group.gr_gid)}
            assert thread["Groups"].split() in ([], [str(group.gr_gid)])


@needs_root
def test_reloads_go_on_as_the_user():
    with Nobodys({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        server.write("z.zone", ZONE.replace("192.0.2.1", "192.0.2.2"))
        server.reload()
        assert server.answers("www.app.example.com") == ["192.0.2.2"]


@needs_root
def test_a_state_folder_is_made_for_the_user():
    with Nobodys({"gslbd.conf": CONF + "state kept\n", "z.zone": ZONE}) as server:
        folder = server.folder / "kept"
        assert folder.stat().st_uid == NOBODY.pw_uid and folder.stat().st_mode & 0o007 == 0
        restart(server)
        assert (folder / "state.json").exists()
        assert server.answers("www.app.example.com") == ["192.0.2.1"]


@needs_root
def test_a_state_folder_of_somebody_else_is_told_at_the_start(tmp_path):
    tmp_path.chmod(0o755)
    for path in (tmp_path.parent, tmp_path.parent.parent):
        path.chmod(0o755)
    log = refused({"gslbd.conf": CONF + "state @STATE@\n", "z.zone": ZONE}, STATE=tmp_path)
    assert f"gslbd.conf:6:7: user nobody can't keep state in {tmp_path}: Permission denied; `chown -R nobody` it" in log


@needs_root
def test_a_state_folder_in_none_is_told_at_the_start():
    log = refused({"gslbd.conf": CONF + "state none/kept\n", "z.zone": ZONE})
    assert re.search(r"gslbd.conf:6:7: (\S+)/none/kept can't be made, as there is no \1/none; `mkdir -p \1/none`", log)


def check(folder):
    return subprocess.run([GSLBD, "--check", "gslbd.conf"], cwd=folder, capture_output=True, text=True, check=False)


@needs_root
@pytest.mark.parametrize("owner, mode, fault", [
    (0, 0o600, ": can't read the token: Permission denied"),
    (NOBODY.pw_uid, 0o600, None),
    (NOBODY.pw_uid, 0o640, " has mode 0640: others than its owner may read or write the token; `chmod 600` it"),
    (1, 0o600, ": can't read the token: Permission denied"),
], ids=["root's", "the user's", "its group's too", "another's"])
def test_root_checks_the_token_as_the_user_who_would_serve(owner, mode, fault):
    with Nobodys({"gslbd.conf": CONF, "z.zone": ZONE, "admin.token": "secret\n"}) as server:
        (server.folder / "gslbd.conf").write_text(server.conf.read_text() + "admin ./sock token-file=admin.token\n")
        os.chown(server.folder / "admin.token", owner, 0)
        (server.folder / "admin.token").chmod(mode)
        checked = check(server.folder)
        assert checked.returncode == (0 if fault is None else 1)
        assert checked.stderr.splitlines()[:-1] == ([] if fault is None else [f"gslbd.conf:6:14: admin.token{fault}"])


@needs_root
def test_root_checks_the_state_folder_as_the_user_and_makes_none():
    with Nobodys({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        kept, conf = server.folder / "kept", server.conf.read_text()
        server.write("gslbd.conf", conf + "state kept\n")
        server.conf.chmod(0o644)
        assert check(server.folder).returncode == 0 and not kept.exists()
        server.write("gslbd.conf", conf + "state none/kept\n")
        server.conf.chmod(0o644)
        assert check(server.folder).stderr.splitlines()[:-1] == [
            "gslbd.conf:6:7: none/kept can't be made, as there is no none; `mkdir -p none`"]
        server.write("gslbd.conf", conf + "state kept\n")
        server.conf.chmod(0o644)
        kept.mkdir(0o755)
        assert check(server.folder).stderr.splitlines()[:-1] == [
            "gslbd.conf:6:7: user nobody can't keep state in kept: Permission denied; `chown -R nobody` it"]


def refused_where_it_is_roots(name, files):
    """The log of a server that has served with those files, and is started again when only root can read one of them."""
    server = Nobodys(files)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(20) == 0
    shutil.chown(server.folder / name, 0, 0)
    (server.folder / name).chmod(0o600)
    Server.start(server, wait=False)
    assert server.process.wait(20) == 1
    log = server.log()
    server.log_file.close()
    shutil.rmtree(server.folder)
    return log


@needs_root
def test_files_that_the_user_can_not_read_are_told_at_the_start():
    log = refused_where_it_is_roots("z.zone", {"gslbd.conf": CONF, "z.zone": ZONE})
    assert "z.zone" in log and "Permission denied" in log


@needs_root
def test_a_secret_that_only_root_can_read_is_told_at_the_start():
    log = refused_where_it_is_roots("secret.token", {"gslbd.conf": CONF + "cookies on secret-file=secret.token\n", "z.zone": ZONE,
                                                     "secret.token": "00112233445566778899aabbccddeeff\n"})
    assert "can't take the secrets from" in log and "Permission denied" in log


@needs_root
def test_the_key_of_tls_is_read_as_the_user(tmp_path):
    """Not as root at the start, so that no reload comes as a surprise."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=ns1",
                    "-keyout", "ns1.key", "-out", "ns1.pem"], cwd=tmp_path, check=True, capture_output=True)
    texts = {name: (tmp_path / name).read_text() for name in ("ns1.key", "ns1.pem")}

    class Keyed(Nobodys):
        def start(self, wait=True):
            (self.folder / "ns1.key").chmod(0o600)
            super().start(wait)

    with Keyed({"gslbd.conf": CONF + "listen 127.0.0.1:@TLS@ tls cert=ns1.pem key=ns1.key\n", "z.zone": ZONE, **texts},
               TLS=free_port()) as server:
        key = server.folder / "ns1.key"
        for group, mode, fits in ((NOBODY.pw_gid, 0o640, True), (0, 0o600, False)):
            os.chown(key, 0, group)
            key.chmod(mode)
            server.reload()
            assert ("ns1.key can't be used" in server.log()) == (not fits)
        assert "Permission denied" in server.log()
        checked = subprocess.run([GSLBD, "--check", server.conf], user=NOBODY.pw_uid, group=NOBODY.pw_gid, capture_output=True, check=False)
        assert checked.returncode == 1 and b"Permission denied" in checked.stderr


@needs_root
def test_a_user_that_is_not_there():
    log = refused({"gslbd.conf": CONF.replace("nobody", "noone-of-that-name"), "z.zone": ZONE})
    assert ':3:6: this machine has no user "noone-of-that-name"' in log
    log = refused({"gslbd.conf": CONF.replace("nobody", "nobody:noone-of-that-name"), "z.zone": ZONE})
    assert ':3:13: this machine has no group "noone-of-that-name"' in log


@needs_root
def test_programs_of_checks_run_as_the_user(tmp_path):
    with Nobodys({"gslbd.conf": CONF.replace("datacenter fra", 'check c exec command=@FOLDER@/probe\n'
                                             "datacenter fra address=127.0.0.1 check=c"),
                  "z.zone": SOA + "www AT fra A 192.0.2.1\n", "probe": ""}, wait=False) as server:
        server.process.kill()  # it has begun too early: the program's path is only known now
        server.process.wait(20)
        server.values["FOLDER"] = server.folder
        server.write("gslbd.conf", server.conf.read_text())
        server.write("probe", '#!/bin/sh\nid -u >"$0.who"; grep -E "^Cap|NoNew" /proc/self/status >>"$0.who"\n')
        (server.folder / "probe").chmod(0o755)
        server.log_path.write_text("")
        server.start()
        who = wait_until(lambda: re.match(r"(\d+)\n((?:.*\n){6})", text((server.folder / "probe.who"))), 15)
        assert int(who[1]) == NOBODY.pw_uid
        for line in who[2].splitlines():
            name, value = line.split(":")
            if name in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
                assert int(value, 16) == 0, line


def text(path):
    return path.read_text() if path.exists() else ""


@needs_root
def test_a_reload_does_not_bring_programs_back():
    with Nobodys({"gslbd.conf": CONF, "z.zone": ZONE}) as server:
        server.write("gslbd.conf", CONF + "check c exec command=/bin/true\ndatacenter iad address=127.0.0.1 check=c\n")
        server.reload()
        if not filtered(server):
            assert "reload: done" in server.log()
            return
        assert "check c starts a program, and no check did so at the start" in server.log()
        assert "1 error; what was served before is served on" in server.log()
        assert server.answers("www.app.example.com") == ["192.0.2.1"]


@pytest.mark.parametrize("mode", [0o644, 0o660])
def test_a_token_that_others_can_read_is_refused(mode):
    class Careless(Server):
        def start(self, wait=True):
            (self.folder / "admin.token").chmod(mode)
            super().start(wait)

    server = Careless({"gslbd.conf": CONF.replace("user nobody\n", "") + "admin ./sock token-file=admin.token\n",
                       "z.zone": ZONE, "admin.token": "secret\n"}, wait=False)
    assert server.process.wait(20) == 1
    assert f"admin.token has mode {mode:04o}: others than its owner may read or write the token" in server.log()
    server.log_file.close()
    shutil.rmtree(server.folder)


def test_without_any_privilege_from_port_1024_up():
    class Unprivileged(Nobodys):
        def start(self, wait=True):
            if not ROOT:
                Server.start(self, wait)
                return
            shutil.chown(self.folder, NOBODY.pw_uid, NOBODY.pw_gid)
            self.log_file = open(self.log_path, "ab")
            self.process = subprocess.Popen([GSLBD, str(self.conf)], stderr=self.log_file, stdout=self.log_file,
                                            user=NOBODY.pw_uid, group=NOBODY.pw_gid, extra_groups=[])
            wait_until(lambda: "ready:" in self.log() or self.process.poll() is not None, 20, "ready")

    if ROOT and subprocess.run([GSLBD, "--version"], user=NOBODY.pw_uid, capture_output=True, check=False).returncode:
        pytest.skip("nobody can't start this build")
    with Unprivileged({"gslbd.conf": CONF.replace("nobody", "daemon"), "z.zone": ZONE}) as server:
        assert server.answers("www.app.example.com") == ["192.0.2.1"]
        assert "user daemon: only root can become another" in server.log()
        assert all(int(t["NoNewPrivs"]) == 1 for t in wait_until(lambda: settled(server.process)))
