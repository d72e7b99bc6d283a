"""Merkle: the hash tree of RFC 6962, grown one leaf at a time from its compact range.

The compact range holds the roots of the full subtrees, largest first: one for each bit set in the
number of leaves. Appending is O(log n) and needs no other leaf. Who has all leaves makes proofs
from Levels; paths.py follows them.
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


class Levels:
    """Every full subtree of some leaves, so that each proof is a few look-ups. Indices count from
    0; sizes are at most the number of leaves, else IndexError.
    """

    def __init__(self, leaves: Iterable[bytes]) -> None:
        level = [leaf_hash(leaf) for leaf in leaves]
        self.size = len(level)
        self._levels = [level]
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2], strict=False)
            level = [node_hash(left, right) for left, right in pairs]
            self._levels.append(level)

    def root(self, size: int) -> bytes:
        """The root of the first leaves, 32 bytes."""
        if not 0 <= size <= self.size:
            raise IndexError(size)
        return self._root(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """PATH of RFC 6962 section 2.1.1: shows that this leaf is among the first ones."""
        if not 0 <= index < size <= self.size:
            raise IndexError(index)
        path: list[bytes] = []
        start, stop = 0, size
        while stop - start > 1:
            middle = start + _split(stop - start)
            if index < middle:
                path.append(self._root(middle, stop))
                stop = middle
            else:
                path.append(self._root(start, middle))
                start = middle
        return path[::-1]

    def consistency(self, older: int, size: int) -> list[bytes]:
        """PROOF of RFC 6962 section 2.1.2: shows that the tree grew from its older size."""
        if not 0 <= older <= size <= self.size:
            raise IndexError(older)
        path: list[bytes] = []
        start, stop = 0, size
        while start < older < stop:
            middle = start + _split(stop - start)
            if older <= middle:
                path.append(self._root(middle, stop))
                stop = middle
            else:
                path.append(self._root(start, middle))
                start = middle
        if start and older:  # else the older root itself is the first step, and known
            path.append(self._root(start, stop))
        return path[::-1]

    def _root(self, start: int, stop: int) -> bytes:
        size = stop - start
        if size & (size - 1) == 0:
            return self._levels[size.bit_length() - 1][start // size]
        middle = start + _split(size)
        return node_hash(self._root(start, middle), self._root(middle, stop))


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1
