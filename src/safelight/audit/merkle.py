"""Merkle: the hash tree of RFC 6962, grown one leaf at a time from its compact range.

The compact range holds the roots of the full subtrees, largest first: one for each bit set in the
number of leaves. Appending is O(log n) and needs no other leaf.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree of which only the compact range is kept."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError("the peaks do not fit the size")

    def append(self, leaf: bytes) -> None:
        """Add the bytes of one leaf."""
        node, rest = leaf_hash(leaf), self.size
        while rest & 1:
            node = node_hash(self.peaks.pop(), node)
            rest >>= 1
        self.peaks.append(node)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root of the tree as it is now, 32 bytes."""
        if not self.peaks:
            return EMPTY_ROOT
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = node_hash(peak, node)
        return node

    def copy(self) -> Tree:
        return Tree(self.size, self.peaks)
