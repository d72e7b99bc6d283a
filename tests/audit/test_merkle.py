"""The tree is RFC 6962's: published roots, and a second way of reckoning them."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.audit.merkle import EMPTY_ROOT, Tree, leaf_hash, node_hash

# The test leaves and roots of the Certificate Transparency project.
LEAVES = (
    *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
    "606162636465666768696a6b6c6d6e6f",
)
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def root_by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word: split at the largest power of two below the size."""
    if len(leaves) < 2:
        return leaf_hash(leaves[0]) if leaves else hashlib.sha256().digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(root_by_definition(leaves[:split]), root_by_definition(leaves[split:]))


def test_the_published_roots_are_met() -> None:
    tree = Tree()
    assert tree.root == EMPTY_ROOT == hashlib.sha256().digest()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        tree.append(bytes.fromhex(leaf))
        assert tree.root.hex() == root


@settings(deadline=None)
@given(st.lists(st.binary(max_size=4), max_size=70))
def test_growing_and_reckoning_anew_agree(leaves: list[bytes]) -> None:
    tree = Tree()
    for leaf in leaves:
        tree = Tree(tree.size, tree.peaks)
        tree.append(leaf)
    assert tree.root == root_by_definition(leaves)


def test_a_copy_grows_by_itself() -> None:
    tree = Tree()
    tree.append(b"a")
    other = tree.copy()
    other.append(b"b")
    assert (tree.size, other.size) == (1, 2)
    assert tree.root == leaf_hash(b"a")


def test_peaks_that_do_not_fit_the_size_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Tree(3, [bytes(32)])
