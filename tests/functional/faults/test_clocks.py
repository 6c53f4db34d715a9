# SPDX-License-Identifier: ISC
"""The calendar's clock jumps by a day, back and forth: nothing that takes its time takes another one."""

import mmap
import os
import re
import shutil
import struct
import subprocess
import time

import dns.query
import dns.tsig
import dns.tsigkeyring
import dns.zone
import pytest
from admin import AdminServer
from harness import datacenters, wait_until
from honest import Honest

FRA, IAD = "192.0.2.1", "192.0.2.2"
ZONE = f"www STEER failover fra iad ttl=0..300\nwww AT fra A {FRA}\nwww AT iad A {IAD}\n"
DAY = 86400
INTERVAL = 0.5
KEY = "MDEyMzQ1Njc4OWFiY2RlZg=="
CONF = f"""state state fresh=10m
check site http interval=500ms timeout=400ms rise=2 fall=2
datacenter fra address=127.0.0.1:@FRA@ check=site
datacenter iad address=127.0.0.1:@IAD@ check=site
key k secret={KEY}
zone signed.example @FOLDER@/s.zone allow-transfer=key:k
"""

# In front of libc's: the clock of the calendar is as many seconds off as a file says.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile int64_t *offset;

__attribute__((constructor)) static void begin(void)
{
	int fd = open(getenv("CLOCK_OFFSET"), O_RDONLY | O_CLOEXEC);
	void *at = fd < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		abort();
	offset = at;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
	static int (*real)(clockid_t, struct timespec *);
	if (real == NULL)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	int status = real(id, out);
	if (status == 0 && offset != NULL && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		out->tv_sec += *offset;
	return status;
}

time_t time(time_t *out)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec now;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	out->tv_sec = now.tv_sec;
	out->tv_usec = now.tv_nsec / 1000;
	return 0;
}
"""


class Jumping(AdminServer):
    def __init__(self, shim, offset, **values):
        self.shim, self.offset_path = shim, offset
        self.file = open(offset, "w+b")
        self.file.write(bytes(8))
        self.file.flush()
        self.offset = mmap.mmap(self.file.fileno(), 8)
        super().__init__(CONF, ZONE, **values)

    def environment(self):
        options = os.environ.get("ASAN_OPTIONS", "")
        return {**os.environ, "LD_PRELOAD": str(self.shim), "CLOCK_OFFSET": str(self.offset_path),
                "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0"}

    def jump(self, seconds):
        self.offset[:] = struct.pack("=q", seconds)
        said = time.strftime("%Y-%m-%d", time.gmtime(time.time() + seconds))
        self.call("POST", "/v1/reload")  # which makes it say something
        wait_until(lambda: re.search(f"^{said}.*reload", self.log(), re.M), 10, "the new time in the log")

    def jumps(self):
        for seconds in (DAY, -DAY, 0, 400 * DAY, -400 * DAY, 0):
            self.jump(seconds)
            yield seconds


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    compiler = shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no compiler for the clock that jumps")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-O", "-o", folder / "shim.so", folder / "shim.c", "-ldl"], check=True)
    return folder / "shim.so"


@pytest.fixture
def pair(shim, tmp_path):
    (tmp_path / "s.zone").write_text("$TTL 30\n@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.53\n")
    with datacenters() as (fra, iad), \
            Jumping(shim, tmp_path / "offset", FRA=fra.port, IAD=iad.port, FOLDER=tmp_path) as server:
        yield server, fra, iad


def test_checks_keep_their_pace_and_answers_stay(pair):
    server, fra, _ = pair
    begin = time.monotonic()
    with Honest(server, FRA):
        for _ in server.jumps():
            seen = len(fra.requests)
            wait_until(lambda seen=seen: len(fra.requests) >= seen + 3, 10, "checks go on")
            reply = server.dig("www.app.example.com")
            assert reply.ttls[0] <= 1 and reply.answers == [FRA]
            assert server.datacenter("fra")["state"] == "up" and server.datacenter("iad")["state"] == "up"
    most = 2 + (time.monotonic() - begin) / (INTERVAL * 0.9)
    assert len(fra.requests) <= most + 1, "none came too early"


def test_health_changes_as_ever(pair):
    server, fra, _ = pair
    for seconds in server.jumps():
        fra.status = 503 if server.ask("www") == [FRA] else 200
        server.waits_for("www", [IAD] if fra.status == 503 else [FRA], 10)
        assert seconds is not None


def test_overrides_end_when_they_should(pair):
    server, *_ = pair
    with Honest(server, IAD, FRA):
        for datacenter, length in (("fra", "1h"), ("iad", "3s")):
            body = {"state": "drain", "for": length, "force": True}
            assert server.call("PUT", f"/v1/overrides/{datacenter}", body)[0] == 200
        begin = time.monotonic()
        for _ in server.jumps():
            if time.monotonic() - begin < 2:
                assert server.datacenter("iad")["override"] is not None
            assert server.datacenter("fra")["override"] is not None
        server.waits_for("www", [IAD], 10)
        assert time.monotonic() - begin >= 2.9
        assert server.datacenter("fra")["override"] is not None


def test_what_is_saved_while_the_clock_is_off_is_taken_once_it_is_right(pair):
    """A clock that was ahead when the file was written says that no time has passed."""
    server, *_ = pair
    server.jump(DAY)
    assert server.call("PUT", "/v1/overrides/fra", {"state": "drain", "for": "1h"})[0] == 200
    server.process.terminate()
    server.process.wait(20)
    server.offset[:] = bytes(8)
    server.restart()
    assert server.ask("www") == [IAD]
    assert server.datacenter("fra")["override"] is not None and server.datacenter("iad")["state"] == "up"


def test_signatures_are_of_the_time_that_the_clock_says(pair):
    """Whoever has the right time is refused while the server has not, and served again after."""
    server, *_ = pair
    keyring = dns.tsigkeyring.from_text({"k.": KEY})

    def transfer():
        query = dns.message.make_query("signed.example.", "AXFR")
        query.use_tsig(keyring, "k.", algorithm=dns.tsig.HMAC_SHA256)
        zone = dns.zone.Zone("signed.example.")
        dns.query.inbound_xfr(server.address, zone, query, port=server.port, timeout=10)
        return len(zone.nodes)
    assert transfer() == 2
    server.jump(DAY)
    with pytest.raises(dns.tsig.PeerBadTime):
        transfer()
    server.jump(0)
    assert transfer() == 2
