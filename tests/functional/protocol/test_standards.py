# SPDX-License-Identifier: ISC
"""What gslbd(8) claims under STANDARDS: each RFC of it has a test, and what a number says is so."""

import re
from pathlib import Path

import pytest
from harness import ROOT

STORIES = Path(__file__).parents[1]
CLAIMS = {
    1034: "zones/test_zones.py test_parent_and_child_zones_in_one_server",
    1035: "protocol/test_messages.py test_other_opcodes_are_notimp",
    1995: "transfer/test_transfer.py test_ixfr_is_the_soa_or_the_whole_zone",
    1996: "transfer/test_notify.py test_secondaries_are_told_until_they_answer",
    2181: "protocol/test_sizes.py test_what_is_truncated_has_whole_rrsets_or_none",
    2308: "protocol/test_messages.py test_types_that_are_not_there_are_no_data",
    3597: "zones/test_zones.py test_every_type_of",
    4343: "protocol/test_messages.py test_letter_case_is_kept",
    4592: "zones/test_zones.py test_every_type_of",
    4892: "protocol/test_options.py test_chaos_names",
    5001: "protocol/test_options.py test_nsid_is_the_identity",
    5936: "transfer/test_transfer.py test_the_zone_is_flattened",
    6672: "zones/test_zones.py test_every_type_of",
    6891: "protocol/test_edns.py test_another_version_is_badvers_and_no_more",
    7766: "transport/test_transport.py test_pipelined_queries_in_one_segment",
    7828: "protocol/test_options.py test_the_idle_timeout_is_told_over_tcp",
    7830: "tls/test_tls.py test_queries_are_padded",
    7858: "tls/test_tls.py test_queries_over_tls",
    7871: "ecs/test_ecs.py test_echo_with_the_shortest_scope",
    7873: "protocol/test_options.py test_a_client_gets_a_cookie_and_keeps_it",
    8467: "protocol/test_options.py test_nothing_is_padded_in_the_clear",
    8482: "protocol/test_messages.py test_any_is_one_rrset",
    8914: "protocol/test_options.py test_reasons",
    8945: "transfer/test_signatures.py test_an_ordinary_query_that_is_signed_is_answered_signed",
    9018: "protocol/test_interop.py test_each_takes_the_cookies_of_the_other",
    9103: "tls/test_transfer.py test_each_message_is_padded_and_has_what_was_asked_for",
    9460: "zones/test_zones.py test_every_type_of",
    9471: "protocol/test_sizes.py test_glue_that_does_not_fit_truncates",
    9619: "protocol/test_messages.py test_what_is_no_query_is_formerr",
    9715: "protocol/test_sizes.py test_no_reply_is_longer_than_asked",
}


def section():
    page = (ROOT / "docs/gslbd.8").read_text()
    return re.search(r"^\.SH STANDARDS\n(.*?)^\.SH ", page, re.M | re.S)[1]


def test_every_claim_has_a_test_and_every_test_is_claimed():
    claimed = [int(n) for line in re.findall(r"^\.B (RFC .*)$", section(), re.M) for n in re.findall(r"\d+", line)]
    assert sorted(claimed) == sorted(CLAIMS)


@pytest.mark.parametrize("rfc", CLAIMS)
def test_the_test_is_there(rfc):
    path, name = CLAIMS[rfc].split()
    assert re.search(rf"^def {name}\(", (STORIES / path).read_text(), re.M)


@pytest.mark.parametrize("figure, header, name", [
    (r"multiple of (\d+) octets", "wire/edns.h", "EDNS_PADDING_BLOCK"),
    (r"has (\d+) octets at most", "wire/types.h", "UDP_OCTETS_MAX"),
])
def test_figures_are_those_of_the_source(figure, header, name):
    source = (ROOT / "include" / header).read_text()
    assert re.search(figure, section().replace("\n", " "))[1] == re.search(rf"\b{name} = (\d+)", source)[1]
