"""Proofs are RFC 6962's: another implementation makes the same and accepts ours; by definition."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from pymerkle import InclusionProof, InmemoryTree

from safelight.audit.merkle import EMPTY_ROOT, Levels, Tree, leaf_hash, node_hash
from safelight.audit.paths import is_grown, is_included

MOST = 40
LEAVES = [b"leaf %d" % number for number in range(MOST)]


@pytest.fixture(scope="module")
def oracle() -> InmemoryTree:
    tree = InmemoryTree("sha256")
    for leaf in LEAVES:
        tree.append_entry(leaf)
    return tree


@pytest.fixture(scope="module")
def levels() -> Levels:
    return Levels(LEAVES)


def root_of(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaf_hash(leaves[0]) if leaves else hashlib.sha256().digest()
    split = largest_power_below(len(leaves))
    return node_hash(root_of(leaves[:split]), root_of(leaves[split:]))


def largest_power_below(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def proof_by_definition(older: int, leaves: Sequence[bytes], *, is_whole: bool) -> list[bytes]:
    """RFC 6962 section 2.1.2, word for word."""
    size = len(leaves)
    if older == size:
        return [] if is_whole else [root_of(leaves)]
    split = largest_power_below(size)
    if older <= split:
        head = proof_by_definition(older, leaves[:split], is_whole=is_whole)
        return [*head, root_of(leaves[split:])]
    tail = proof_by_definition(older - split, leaves[split:], is_whole=False)
    return [*tail, root_of(leaves[:split])]


def test_roots_of_every_size_are_the_oracles(oracle: InmemoryTree, levels: Levels) -> None:
    grown = Tree()
    assert levels.root(0) == EMPTY_ROOT == oracle.get_root(0)
    for size, leaf in enumerate(LEAVES, 1):
        grown.append(leaf)
        assert levels.root(size) == grown.root == oracle.get_root(size)


def test_every_path_of_inclusion_is_the_oracles(oracle: InmemoryTree, levels: Levels) -> None:
    for size in range(1, MOST + 1):
        for index in range(size):
            theirs = oracle.prove_inclusion(index + 1, size)
            assert theirs.path == [leaf_hash(LEAVES[index]), *levels.inclusion(index, size)]
            root = levels.root(size)
            assert is_included(LEAVES[index], index, (size, root), theirs.path[1:])


def test_the_oracle_accepts_our_paths(oracle: InmemoryTree, levels: Levels) -> None:
    shape = oracle.prove_inclusion(6, 21)
    path = [leaf_hash(LEAVES[5]), *levels.inclusion(5, 21)]
    proof = InclusionProof("sha256", True, 21, 6, shape.rule, path)
    proof.verify(leaf_hash(LEAVES[5]), levels.root(21), index=6, size=21)


def test_every_proof_of_consistency_is_that_of_the_definition(levels: Levels) -> None:
    for size in range(1, MOST + 1):
        for older in range(1, size + 1):
            path = levels.consistency(older, size)
            assert path == proof_by_definition(older, LEAVES[:size], is_whole=True)
            assert is_grown((older, levels.root(older)), (size, levels.root(size)), path)


def test_any_tree_has_grown_from_nothing(levels: Levels) -> None:
    assert is_grown((0, EMPTY_ROOT), (9, levels.root(9)), levels.consistency(0, 9))
    assert not is_grown((0, bytes(32)), (9, levels.root(9)), [])
    assert not is_grown((0, EMPTY_ROOT), (9, levels.root(9)), [bytes(32)])


@pytest.mark.parametrize(("index", "size"), [(-1, 9), (9, 9), (4, 8), (5, 9), (3, 9), (4, 17)])
def test_a_path_shows_one_place_in_one_tree_only(levels: Levels, index: int, size: int) -> None:
    path, root = levels.inclusion(4, 9), levels.root(9)
    assert is_included(LEAVES[4], 4, (9, root), path)
    assert not is_included(LEAVES[4], index, (size, root), path)


@pytest.mark.parametrize(("older", "size"), [(-1, 9), (10, 9), (5, 9), (9, 9), (6, 7), (6, 17)])
def test_a_proof_shows_one_growth_only(levels: Levels, older: int, size: int) -> None:
    path, roots = levels.consistency(6, 9), (levels.root(6), levels.root(9))
    assert is_grown((6, roots[0]), (9, roots[1]), path)
    assert not is_grown((older, roots[0]), (size, roots[1]), path)


def changed(path: list[bytes]) -> list[list[bytes]]:
    """The path with one bit of each step flipped; cut; lengthened; exchanged; with a short step."""
    flipped = [
        [*path[:place], bytes([step[0] ^ 1]) + step[1:], *path[place + 1 :]]
        for place, step in enumerate(path)
    ]
    more = [path[:-1], path[1:], [*path, path[-1]], path[::-1], [*path[:-1], path[-1][:31]]]
    return [*flipped, *more, [path[0]] * 65]


def test_no_changed_path_leads_to_the_root(levels: Levels) -> None:
    for index, size in ((0, 9), (8, 9), (5, 21), (20, 21), (16, 32)):
        path, root = levels.inclusion(index, size), levels.root(size)
        for other in changed(path) if len(path) > 1 else [[], [bytes(32)]]:
            assert not is_included(LEAVES[index], index, (size, root), other)
        assert not is_included(b"another", index, (size, root), path)


def test_no_changed_proof_shows_growth(levels: Levels) -> None:
    for older, size in ((1, 9), (4, 9), (6, 9), (8, 9), (13, 21), (16, 32)):
        path, roots = levels.consistency(older, size), (levels.root(older), levels.root(size))
        for other in changed(path) if len(path) > 1 else [[], [bytes(32)]]:
            assert not is_grown((older, roots[0]), (size, roots[1]), other)
        assert not is_grown((older, roots[1]), (size, roots[1]), path)
    assert not is_grown((6, levels.root(6)), (9, levels.root(9)), [])


def test_control_a_tree_whose_past_was_changed_did_not_grow(levels: Levels) -> None:
    forged = Levels([b"forged", *LEAVES[1:]])
    path = forged.consistency(6, 9)
    assert is_grown((6, forged.root(6)), (9, forged.root(9)), path)
    assert not is_grown((6, levels.root(6)), (9, forged.root(9)), path)


def test_what_is_not_there_has_no_proof(levels: Levels) -> None:
    for ask in (
        lambda: levels.root(MOST + 1),
        lambda: levels.inclusion(9, 9),
        lambda: levels.inclusion(0, MOST + 1),
        lambda: levels.consistency(10, 9),
    ):
        with pytest.raises(IndexError):
            ask()
