# SPDX-License-Identifier: ISC
"""exec: programs that say whether a target is well."""

import resource
from pathlib import Path

import pytest
from checked import BACKUP, WELL, assert_verdicts, checked
from harness import wait_until


@pytest.fixture
def program(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path
    return write


def is_alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"  # whoever inherits orphans may not wait for them


def alive(file):
    """The processes whose ids a program has noted in a file, as far as they are not dead."""
    return [pid for pid in (file.read_text().split() if file.exists() else []) if is_alive(pid)]


def test_exit_statuses(program, tmp_path):
    rows = {
        "ok": program("ok", "exit 0"),
        "fails": program("fails", "echo 'no route to the database' >&2; echo more; exit 3"),
        "killed": program("killed", "kill -9 $$"),
        "missing": tmp_path / "missing",
    }
    with checked({name: ("192.0.2.9", f"exec command={path}") for name, path in rows.items()}) as server:
        assert_verdicts(server, {
            "ok": "up",
            "fails": "exit status 3: no route to the database",
            "killed": "killed by signal 9",
            "missing": f"can't start {str(tmp_path)[:60]}",
        })


def test_arguments_and_environment(program, tmp_path):
    noted = tmp_path / "noted"
    path = program("note", f'{{ for a in "$@"; do echo "$a"; done; env | grep -v "^_=\\|^PWD=\\|^PATH="; }} > {noted}.new && '
                           f'mv {noted}.new {noted}')
    with checked({"with-port": ("[2001:db8::1]:8080", f'exec command="{path} -v two"')}) as server:
        assert server.ask("with-port") == WELL
        words = noted.read_text().split("\n")
        assert words[:4] == ["-v", "two", "2001:db8::1", "8080"]
        assert sorted(words[4:-1]) == ["GSLBD_ADDRESS=2001:db8::1", "GSLBD_CHECK=with-port", "GSLBD_PORT=8080"]


def test_no_descriptor_is_left_to_a_program(program, tmp_path):
    noted = tmp_path / "noted"
    path = program("fds", f"exec ls /proc/self/fd > {noted}")
    with checked({"fds": ("192.0.2.9", f"exec command={path}")}):
        assert len(noted.read_text().split()) <= 4  # 0, 1, 2, and that of ls itself


def test_a_program_has_the_limit_that_the_server_was_started_with(program, tmp_path):
    noted = tmp_path / "noted"
    path = program("limit", f"ulimit -Sn > {noted}.new && ulimit -Hn >> {noted}.new && mv {noted}.new {noted}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (700, hard))
    try:
        with checked({"limit": ("192.0.2.9", f"exec command={path}")}) as server:
            assert noted.read_text().split() == ["700", str(hard)]
            limits = Path(f"/proc/{server.process.pid}/limits").read_text()
            assert f"Max open files {hard} {hard}" in " ".join(limits.split())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_what_hangs_is_killed_with_its_children(program, tmp_path):
    noted, go = tmp_path / "pids", tmp_path / "go"
    path = program("hangs", f"[ -e {go} ] && exit 0\necho $$ >> {noted}\nsleep 60 & echo $! >> {noted}\n"
                            f"(sleep 60 & echo $! >> {noted}; wait)\nwait")
    with checked({"hangs": ("192.0.2.9", f"exec command={path}")}) as server:
        assert_verdicts(server, {"hangs": "timed out after 1 s"})
        assert server.ask("hangs") == BACKUP
        assert len(noted.read_text().split()) >= 3
        go.write_text("")
        server.waits_for("hangs", WELL)
        wait_until(lambda: not alive(noted), 5, "the end of all that hung")


def test_what_ends_leaves_no_children(program, tmp_path):
    noted = tmp_path / "pids"
    path = program("forks", f"sleep 60 & echo $! >> {noted}\nexit 0")
    with checked({"forks": ("192.0.2.9", f"exec command={path}")}) as server:
        assert server.ask("forks") == WELL
        wait_until(lambda: server.target("forks")["passed"] >= 3, 5, "three checks")
        wait_until(lambda: len(alive(noted)) <= 1, 5, "the end of what was left behind")
    assert alive(noted) == []


def test_a_stop_does_not_leave_programs(program, tmp_path):
    noted = tmp_path / "pids"
    path = program("hangs", f"echo $$ >> {noted}\n[ -e {tmp_path}/first ] || {{ touch {tmp_path}/first; exit 0; }}\nsleep 60")
    with checked({"hangs": ("192.0.2.9", f"exec command={path}")}):
        wait_until(lambda: len(noted.read_text().split()) >= 2, 5, "one that hangs")
    assert alive(noted) == []
