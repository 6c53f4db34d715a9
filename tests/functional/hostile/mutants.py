# SPDX-License-Identifier: ISC
"""Messages as nobody sends them: those of the fuzzer's seeds, each changed at random, always the same by their seed."""

import random

from harness import ROOT

LONGEST = 1400


def seeds(target="packet"):
    return [path.read_bytes() for path in sorted((ROOT / "tests/fuzz/corpus" / target).iterdir())]


class Mutants:
    def __init__(self, seed=1, target="packet"):
        self.random, self.seeds = random.Random(seed), seeds(target)
        self.changes = [self.flip, self.put, self.cut, self.insert, self.repeat, self.splice, self.count]

    def flip(self, message):
        at = self.random.randrange(len(message))
        message[at] ^= 1 << self.random.randrange(8)

    def put(self, message):
        message[self.random.randrange(len(message))] = self.random.choice((0, 1, 0x3F, 0x40, 0x7F, 0x80, 0xC0, 0xFF))

    def cut(self, message):
        del message[self.random.randrange(1, len(message) + 1):]

    def insert(self, message):
        at = self.random.randrange(len(message) + 1)
        message[at:at] = self.random.randbytes(self.random.randrange(1, 40))

    def repeat(self, message):
        at = self.random.randrange(len(message))
        message[at:at] = message[at:at + self.random.randrange(1, 60)] * self.random.randrange(1, 5)

    def splice(self, message):
        other = self.random.choice(self.seeds)
        message[self.random.randrange(len(message)):] = other[self.random.randrange(len(other)):]

    def count(self, message):
        """The counts of the header, or a length somewhere, are others."""
        at = self.random.choice((4, 6, 8, 10, self.random.randrange(len(message))))
        message[at:at + 2] = self.random.choice((b"\0\0", b"\0\1", b"\0\2", b"\xff\xff", b"\x01\0"))

    def next(self):
        message = bytearray(self.random.choice(self.seeds))
        for _ in range(self.random.choice((1, 1, 1, 2, 3, 8))):
            if message:
                self.random.choice(self.changes)(message)
        return bytes(message[:LONGEST])
