# SPDX-License-Identifier: ISC
"""The tricky zone without what other servers read differently: $INCLUDE in place, a relative $ORIGIN made absolute."""

from pathlib import Path


def flattened(folder):
    text = (Path(folder) / "tricky.example.zone").read_text()
    included = (Path(folder) / "included.inc").read_text()
    text = text.replace("$ORIGIN rel\n", "$ORIGIN rel.tricky.example.\n")
    return text.replace("$INCLUDE included.inc inc\n",
                        "$ORIGIN inc.tricky.example.\n" + included + "$ORIGIN tricky.example.\n")
