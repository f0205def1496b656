#!/usr/bin/env python3
"""Merkle trees by the recursive definitions of RFC 6962, section 2.1, as an oracle for Sources/MerkleLog.

Prints, for a list of entries made from a fixed seed, lines of hexadecimal:
    r SIZE ROOT                        the root of the first SIZE entries
    i INDEX SIZE HASH…                 the audit path of an entry
    c FROM TO HASH…                    the consistency proof between two sizes
Usage: merkle_oracle.py [SIZE]         default 80
"""

import functools
import hashlib
import random
import sys


def entries(count):
    """Entries of 0 to 99 bytes; the reader makes the same ones from the lines that begin with e."""
    source = random.Random(6962)
    return [source.randbytes(source.randrange(100)) for _ in range(count)]


def sha256(data):
    return hashlib.sha256(data).digest()


def split(count):
    """The largest power of two below count."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


class Tree:
    def __init__(self, data):
        self.data = data

    @functools.cache
    def root(self, start, end):
        if start == end:
            return sha256(b"")
        if end - start == 1:
            return sha256(b"\0" + self.data[start])
        middle = start + split(end - start)
        return sha256(b"\1" + self.root(start, middle) + self.root(middle, end))

    def path(self, index, start, end):
        if end - start == 1:
            return []
        k = split(end - start)
        if index < k:
            return self.path(index, start, start + k) + [self.root(start + k, end)]
        return self.path(index - k, start + k, end) + [self.root(start, start + k)]

    def proof(self, size, start, end, whole=True):
        if size == end - start:
            return [] if whole else [self.root(start, end)]
        k = split(end - start)
        if size <= k:
            return self.proof(size, start, start + k, whole) + [self.root(start + k, end)]
        return self.proof(size - k, start + k, end, False) + [self.root(start, start + k)]


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 80
    tree = Tree(entries(count))
    for entry in tree.data:
        print("e", entry.hex() or "-")
    for size in range(1, count + 1):
        print("r", size, tree.root(0, size).hex())
        for index in range(size):
            print("i", index, size, *(node.hex() for node in tree.path(index, 0, size)))
        for earlier in range(1, size + 1):
            print("c", earlier, size, *(node.hex() for node in tree.proof(earlier, 0, size)))


if __name__ == "__main__":
    main()
