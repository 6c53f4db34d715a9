# SPDX-License-Identifier: ISC
"""gslbd --check: every mistake of a run is told, with its place and what would be right."""

import pytest
from harness import SOA, run_gslbd

GOOD = """listen 127.0.0.1:5300
check site http
datacenter fra address=192.0.2.10 check=site location=50.11,8.68
datacenter iad
geomap world * fra iad
zone app.example.com z.zone
"""


def check(folder, conf, zone):
    (folder / "gslbd.conf").write_text(conf)
    (folder / "z.zone").write_text(zone)
    return run_gslbd("--check", "gslbd.conf", cwd=folder)


def test_a_sound_one(tmp_path):
    result = check(tmp_path, GOOD, SOA + "www AT fra A 192.0.2.1\n")
    assert result.returncode == 0 and result.stderr == "" and "ok" in result.stdout


@pytest.mark.parametrize("line, expected", [
    ("lisen 127.0.0.1:53", '7:1: unknown keyword "lisen", did you mean "listen"?'),
    ("admin 127.0.0.1:8053", "7:7: an admin port needs token-file=, the secret that its callers must show"),
    ("listen ::1:5400", "7:8: an IPv6 address needs brackets: write it as [::1]:5400 or [::1:5400]:53"),
    ("listen 127.0.0.1:1 127.0.0.1:2", "7:20: one address a line: write another listen for this"),
    ("geomap world */UK fra", '7:14: "UK" is no country of ISO 3166-1, did you mean "GB"?'),
    ("geoip nope.mmdb", "7:7: nope.mmdb is not a usable MaxMind database: No such file or directory"),
    ("user no/body", '7:6: "no/body" is not the name of a user, nor of a user and a group such as gslbd:gslbd'),
    ("user noone-of-that-name", '7:6: this machine has no user "noone-of-that-name"'),
    ("user root:noone-of-that-name", '7:11: this machine has no group "noone-of-that-name"'),
    ("explain-from 10.0.0.1/8", '7:14: "10.0.0.1/8" has bits set behind its length; 10.0.0.0/8 would be right'),
    ("latency nope", "7:9: nope can't be read: No such file or directory"),
    ("zone b.example nope.zone", "7:16: nope.zone can't be read: No such file or directory"),
    ("listen 127.0.0.1:99999", '7:8: "127.0.0.1:99999" is no socket address, such as 192.0.2.1:53 or [2001:db8::1]:53'),
    ("listen 127.0.0.1:5300", "7:8: listen 127.0.0.1:5300 stands there already"),
    ("workers 0", "7:9: a number of workers from 1 to 1024 is expected"),
    ("check c http intervall=1s", '7:14: unknown option of check "intervall", did you mean "interval"?'),
    ("check c http interval=99ms", '7:23: "99ms" is not right for interval; expected: a duration from 100ms to 1d'),
    ("check c http interval=5x", '7:23: "5x" is not right for interval; expected: a duration from 100ms to 1d'),
    ("check c http rise=0", '7:19: "0" is not right for rise; expected: a number from 1 to 1000'),
    ("check c http rise=2 rise=3", '7:21: option "rise" is given twice'),
    ("check c htp", '7:9: unknown check kind "htp", did you mean "http"?'),
    ("check c icmp", '7:9: unknown check kind "icmp"; there are http, https, tcp, exec, grpc and calc'),
    ("check c https ca-file=nope.pem", "7:23: nope.pem can't be trusted: No such file or directory"),
    ("check c https ca-file=z.zone", "7:23: z.zone can't be trusted: it holds no certificate in PEM"),
    ("check c exec", "7:7: an exec check needs command=, a program and its arguments"),
    ("check c calc min=2 of site", "7:14: min=2 of 1 check can never be reached"),
    ("check c http load=count", '7:19: "count" is not right for load; expected: json:PATH, header:NAME or agent'),
    ("check site http", '7:7: check "site" is already defined at line 2'),
    ("check c http expect=99", '7:21: "99" is not right for expect; expected: status codes from 100 to 599, such as 200-299,301'),
    ("check c tcp path=/x", '7:13: option "path" is for http and https checks only'),
    ("datacenter x check=sit", '7:20: unknown check "sit", did you mean "site"?'),
    ("datacenter x check=site", "7:12: a datacenter with a check needs address="),
    ("datacenter x location=91,0", '7:23: "91,0" is not right for location; expected: LATITUDE,LONGITUDE in degrees, such as 50.11,8.68'),
    ("datacenter fra", '7:12: datacenter "fra" is already defined at line 3'),
    ("geomap world EU fr", '7:17: unknown datacenter "fr", did you mean "fra"?'),
    ("geomap world * iad", "7:14: geomap world has a line for * already, at line 5"),
    ("geomap other EU fra", "7:14: geomap other has no line for *, which all others take"),
    ("geomap world 10.0.0.1/8 fra", '7:14: "10.0.0.1/8" has bits set behind its length; 10.0.0.0/8 would be right'),
    ("geomap world EU fra fra", '7:21: datacenter "fra" is named twice'),
    ("geomap world EU nearest fra", "7:25: nearest stands alone: it takes all datacenters"),
    ("zone app.example.com y.zone", '7:6: zone "app.example.com" is already defined at line 6'),
    ('geoip "x', "7:7: the quote is not closed on its line"),
    ("query-log q.log sample=1/0", '7:24: "1/0" is not right for sample; expected: 1/N, such as 1/100'),
    ("query-log q.log sample=100", '7:24: "100" is not right for sample; expected: 1/N, such as 1/100'),
    ("query-log", "7:1: something is missing behind this; the form is: query-log FILE key=value..."),
    ("dnstap s messages=query", '7:19: "query" is not right for messages; expected: all, queries or responses'),
    ("dnstap s sampl=1/2", '7:10: unknown option of dnstap "sampl", did you mean "sample"?'),
    ("admin 127.0.0.1:8053 token-file=no.token", "7:22: no.token: can't read the token: No such file or directory"),
    ("admin 127.0.0.1:8053 token-file=/dev/null", "7:22: /dev/null has mode 0666: others than its owner may read or write the token; "
                                                  "`chmod 600` it"),
    ("admin ./sock token-file=z.zone", "7:14: z.zone has mode 0644: others than its owner may read or write the token; `chmod 600` it"),
    ("geoip (", "7:7: the ( is never closed"),
    ("geoip )", "7:7: a ) without a ( before it"),
])
def test_conf(tmp_path, line, expected):
    result = check(tmp_path, GOOD + line + "\n", SOA + "www AT fra A 192.0.2.1\n")
    assert result.returncode == 1
    assert result.stderr.splitlines()[:-1] == [f"gslbd.conf:{expected}"]


@pytest.mark.parametrize("line, expected", [
    ("www A 1.2.3", '5:7: "1.2.3" is not an IPv4 address'),
    ("www AAA ::1", '5:5: unknown record type "AAA", did you mean "AAAA"?'),
    ("www ALIAS x", "5:5: ALIAS x.app.example.com.: there is no such name; an ALIAS stands for another name of this server"),
    ("www.other. A 192.0.2.1", "5:1: www.other. is outside of the zone app.example.com."),
    ("www STEER geo word", '5:15: unknown geomap "word", did you mean "world"?'),
    ("www STEER pool group=g", '5:16: group= has a meaning for pick=hash only'),
    ("www STEER pool pick=hash hash-prefix=33,0", '5:38: "33,0" is not right for hash-prefix; expected: the lengths '
                                                  'for IPv4 and IPv6, such as 24,56'),
    ("www STEER pool", "5:5: STEER without any AT record at www.app.example.com."),
    ("www AT far A 192.0.2.1", '5:8: unknown datacenter "far", did you mean "fra"?'),
    ("www AT fra weight=70000 A 192.0.2.1", '5:19: "70000" is not right for weight; expected: a number from 0 to 65535'),
    ("www AT fra check=site CNAME x.example.", "5:1: check= needs address= where the record is no address"),
    ("ns1 CNAME www", "5:5: a CNAME beside the A data of line 4; a CNAME stands alone"),
    ("ns1 AT fra A 192.0.2.1", "5:12: plain and AT records of one name and type; line 4 has the other kind"),
    ("sub NS ns.x.\nwww.sub TXT x", "6:9: TXT data at or below the delegation sub.app.example.com.; only its NS and DS "
                                     "and the addresses of name servers may stand there"),
    ("@ SOA a b 1 2 3 4 5", "5:3: a zone has one SOA record; the first is at line 2"),
    ("$GENERATE 1-2 a A 192.0.2.$", '5:1: unknown directive "$GENERATE"; there are $ORIGIN, $TTL and $INCLUDE'),
    ("$INCLUDE nope.zone", "5:10: nope.zone can't be read: No such file or directory"),
    ("$INCLUDE z.zone", "5:10: z.zone includes itself"),
    ("ns1 A 192.0.2.53", "5:5: the same record stands at line 4 already"),
    ("www TXT \"" + "x" * 256 + "\"", None),
    ("www MX 10", "5:8: bad data for a MX record: Syntax error, value expected; the form is: MX PREFERENCE NAME"),
    ("www MX mail", '5:8: the preference is missing before "mail"; the form is: MX PREFERENCE NAME'),
    ("www HTTPS 1 . mandatory=alpn", "5:15: mandatory names a key that the record does not have"),
    ("www TYPE15 \\# 2 0001", "5:12: bad data for a TYPE15 record: a field is missing or too long"),
    ("www SRV \\# 6 000100010001", "5:9: bad data for a SRV record: a field is missing or too long"),
    ("www HTTPS \\# 2 0001", "5:11: bad data for a HTTPS record: a field is missing or too long"),
    ("www CNAME \\# 0", "5:11: bad data for a CNAME record: a field is missing or too long"),
])
def test_zone(tmp_path, line, expected):
    result = check(tmp_path, GOOD, SOA + line + "\n")
    assert result.returncode == 1
    told = result.stderr.splitlines()[:-1]
    if expected:
        assert f"z.zone:{expected}" in told
    assert all(text.startswith("z.zone:") for text in told) and told


def test_all_mistakes_of_a_run_are_told(tmp_path):
    result = check(tmp_path, "lisen x\ncheck c http rise=0\nzone app.example.com z.zone\n", SOA + "bad A\n")
    assert [line.split(": ")[0] for line in result.stderr.splitlines()[:-1]] == [
        "gslbd.conf:1:1", "gslbd.conf:2:19", "z.zone:5:5"]
    zone = SOA + "".join(f"x{i} A nope\n" for i in range(5)) + "www AT fra A 192.0.2.1\n" * 2
    result = check(tmp_path, GOOD, zone)
    assert [line.split(": ")[0] for line in result.stderr.splitlines()[:-1]] == [
        "z.zone:5:6", "z.zone:6:6", "z.zone:7:6", "z.zone:8:6", "z.zone:9:6", "z.zone:11:12"]


def test_sixty_five_candidates(tmp_path):
    zone = SOA + "".join(f"www AT fra A 192.0.2.{i}\n" for i in range(1, 66))
    result = check(tmp_path, GOOD, zone)
    assert result.returncode == 1 and "z.zone:69:12: more than 64 AT records of one name and type" in result.stderr
    assert check(tmp_path, GOOD, "\n".join(zone.splitlines()[:-1]) + "\n").returncode == 0


def test_files_that_are_not_there_or_broken(tmp_path):
    assert "can't be read" in run_gslbd("--check", tmp_path / "no.conf").stderr
    (tmp_path / "x.mmdb").write_bytes(b"not a database")
    result = check(tmp_path, GOOD + "geoip x.mmdb\n", SOA)
    assert result.returncode == 1
    assert "gslbd.conf:7:7: x.mmdb is not a usable MaxMind database: " in result.stderr
    result = check(tmp_path, GOOD, "")
    assert result.stderr.splitlines()[:-1] == ["gslbd.conf:6:22: z.zone has no SOA record at app.example.com.",
                                               "gslbd.conf:6:22: z.zone has no NS record at app.example.com."]
    (tmp_path / "z.zone").unlink()
    assert run_gslbd("--check", "gslbd.conf", cwd=tmp_path).stderr.splitlines()[:-1] == [
        "gslbd.conf:6:22: z.zone can't be read: No such file or directory"]


@pytest.mark.parametrize("conf, warning", [
    ("geomap world EU/US fra\n", "gslbd.conf:7:14: warning: US is in NA, not in EU: write NA/US, or */US whatever a "
                                 "database says"),
    ("state no/folder\n", "gslbd.conf:7:7: warning: no/folder can't be made, as there is no no; `mkdir -p no`"),
    ("state z.zone/folder\n", "gslbd.conf:7:7: warning: z.zone/folder can't be made: Not a directory"),
    ("datacenter x address=192.0.2.1\n", "gslbd.conf:7:14: warning: address= has no effect without check="),
])
def test_warnings_refuse_nothing(tmp_path, conf, warning):
    result = check(tmp_path, GOOD + conf, SOA)
    assert result.returncode == 0 and result.stderr.splitlines() == [warning]
    assert result.stdout == "gslbd.conf: ok: 1 zone, 1 target to check\n"
