"""Paths: follow a proof from a leaf, or from an older root, to a root (RFC 9162, sections 2.1.3.2
and 2.1.4.2). Needs no journal, only the hashes of the proof.
"""

from __future__ import annotations

from collections.abc import Sequence

from safelight.audit.merkle import EMPTY_ROOT, leaf_hash, node_hash

# How many leaves, and the root over them.
Top = tuple[int, bytes]
HASH_BYTES = 32
# A path through more leaves than 2^64 is none of ours.
MAX_STEPS = 64


def is_included(leaf: bytes, index: int, top: Top, path: Sequence[bytes]) -> bool:
    """True if the path leads from this leaf, the index'th from 0, to the top."""
    size, root = top
    if not 0 <= index < size or not _is_path(path):
        return False
    place, last, node = index, size - 1, leaf_hash(leaf)
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(step, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, step)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def is_grown(before: Top, now: Top, path: Sequence[bytes]) -> bool:
    """True if the path shows that a tree with the top of now grew from the one before."""
    (older, older_root), (size, root) = before, now
    if not 0 <= older <= size or not _is_path(path):
        return False
    if older == size:
        return older_root == root and not path
    if older == 0:
        return older_root == EMPTY_ROOT and not path
    steps = [older_root, *path] if older & (older - 1) == 0 else list(path)
    if not steps:
        return False
    place, last = older - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    left = right = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            left, right = node_hash(step, left), node_hash(step, right)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            right = node_hash(right, step)
        place, last = place >> 1, last >> 1
    return last == 0 and (left, right) == (older_root, root)


def _is_path(path: Sequence[bytes]) -> bool:
    return len(path) <= MAX_STEPS and all(len(step) == HASH_BYTES for step in path)
