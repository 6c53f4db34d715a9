# SPDX-License-Identifier: ISC
"""What secondaries are told, and what the log says of serials."""

from pathlib import Path

import dns.flags
import dns.message
import dns.opcode
import dns.rcode

from harness import wait_until
from primary import MOVER, Listener, Primary


def test_secondaries_are_told_until_they_answer(server, listener):
    wait_until(lambda: listener.serials() == [7, 7], 10, "the notify of the start, and again as nobody answered")
    first = listener.heard[0]
    assert first.had_tsig and first.opcode() == dns.opcode.NOTIFY
    assert str(first.question[0].name) == "app.example.com." and first.flags & dns.flags.AA
    wait_until(lambda: "app.example.com. serial 7 to" in server.log(), 10, "the log of it")
    server.serial(8)
    wait_until(lambda: listener.serials() == [7, 7, 8], 10, "the notify of the reload")
    wait_until(lambda: server.metric('gslbd_notifies_total{result="accepted"}') == 2, 10, "both to be accepted")
    server.serial(8)
    server.serial(7)
    assert listener.serials() == [7, 7, 8]


def test_a_secondary_that_refuses_is_told_once(centers):
    listener = Listener(MOVER, rcode=dns.rcode.REFUSED)
    with Primary(listener, centers) as server:
        wait_until(lambda: "refused with REFUSED" in server.log(), 10, "the refusal")
        assert server.metric('gslbd_notifies_total{result="refused"}') == 1


def test_an_answer_without_a_signature_is_none(centers):
    listener = Listener(MOVER, signs=False)
    with Primary(listener, centers) as server:
        wait_until(lambda: len(listener.heard) == 2, 10, "the second try")
        assert server.metric('gslbd_notifies_total{result="accepted"}') == 0
        listener.signs = True
        wait_until(lambda: server.metric('gslbd_notifies_total{result="accepted"}') == 1, 10, "the signed one")


def test_several_secondaries_are_told_without_a_key(centers):
    listeners = [Listener(None), Listener(None)]
    conf = (f"listen 127.0.0.1:@PORT@\nadmin 127.0.0.1:@ADMIN@ token-file=admin.token\n"
            f"zone open.example open.zone notify=127.0.0.1:{listeners[0].port},127.0.0.1:{listeners[1].port}\n")
    with Primary(listeners[0], centers, {"gslbd.conf": conf}) as server:
        wait_until(lambda: server.metric('gslbd_notifies_total{result="accepted"}') == 2, 10, "both answers")
        assert [listener.serials() for listener in listeners] == [[4294967295]] * 2
        assert not listeners[0].heard[0].had_tsig


def test_serials_that_do_not_rise_are_warned_of(server):
    server.serial(7)
    assert "warn reload: zone" not in server.log()
    server.serial(7, "new IN A 192.0.2.7\n")
    assert "zone app.example.com. has changed, but its serial is 7 still" in server.log()
    server.serial(6)
    assert "zone app.example.com.: its serial 6 is below 7 before" in server.log()
    server.write("open.zone", (Path(__file__).parent / "open.zone").read_text().replace("4294967295", "1"))
    server.reload()
    assert "zone open.example." not in server.log(), "1 is above 4294967295 (RFC 1982)"


def test_a_notify_to_us_is_not_implemented(server):
    notify = dns.message.make_query("app.example.com", "SOA")
    notify.set_opcode(dns.opcode.NOTIFY)
    assert dns.message.from_wire(server.exchange(notify.to_wire())).rcode() == dns.rcode.NOTIMP
