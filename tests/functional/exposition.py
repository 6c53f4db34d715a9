# SPDX-License-Identifier: ISC
"""A reader of Prometheus's text format 0.0.4 that takes nothing but what the format allows."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")


def read(text):
    """{(name, frozenset of labels): value}, after checking the whole of it."""
    samples, types, helped, order = {}, {}, set(), []
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if match := re.fullmatch(rf"# HELP ({NAME}) ((?:[^\\]|\\[\\n])+)", line):
            assert match[1] not in helped and match[1] not in types, line
            helped.add(match[1])
            continue
        if match := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge)", line):
            assert match[1] in helped and match[1] not in types, line
            types[match[1]] = match[2]
            order.append(match[1])
            continue
        match = SAMPLE.fullmatch(line)
        assert match, f"no line of the format: {line!r}"
        name, labels = match[1], re.findall(LABEL, match[2] or "")
        assert order and order[-1] == name, f"{line!r} stands with another metric"
        assert len({label for label, _ in labels}) == len(labels), f"a label twice: {line!r}"
        key = (name, frozenset(labels))
        assert key not in samples, f"a sample twice: {line!r}"
        value = float(match[match.lastindex])
        assert types[name] == "gauge" or (value >= 0 and name.endswith("_total")), line
        samples[key] = value
    return samples


def value(samples, metric, **labels):
    """Of the one sample with those labels; 0 where there is none yet."""
    return samples.get((metric, frozenset(labels.items())), 0)
