"""Memory of a card: every piece is ours, and overwritten once nobody uses it. A driver made here
stands for the card's.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from safelight.errors import RuntimeMissing
from safelight.models import device_memory
from safelight.models.device_memory import LEAST_BYTES, Cuda, Pieces, rounded


class Card:
    """A driver with so many bytes; it remembers what is written where."""

    def __init__(self, room: int = 1 << 30) -> None:
        self.room, self.next = room, 0x1000
        self.held: dict[int, bytes] = {}

    def take(self, size_bytes: int) -> int:
        if size_bytes > self.room:
            return 0
        self.room -= size_bytes
        self.next += 0x1000
        self.held[self.next] = b"picture"
        return self.next

    def give(self, address: int) -> None:
        assert not self.held.pop(address), "it went back as it was"
        self.room += rounded(1)

    def clear(self, address: int, size_bytes: int) -> None:
        assert size_bytes >= LEAST_BYTES
        self.held[address] = b""


def test_what_was_given_back_is_taken_again_and_overwritten_when_a_job_has_left() -> None:
    card = Card()
    pieces = Pieces(card)
    first, second = pieces.take(1000), pieces.take(5000)
    pieces.give_back(first)
    assert pieces.take(900) == first
    pieces.give_back(first)
    pieces.wipe()
    assert card.held == {first: b"", second: b"picture"}
    pieces.give_back(second)
    pieces.give_back(second)
    pieces.give_back(0)
    pieces.give_all()
    assert card.held == {}


def test_where_there_is_no_more_all_that_nobody_uses_goes_back_first() -> None:
    card = Card(room=rounded(1))
    pieces = Pieces(card)
    first = pieces.take(1)
    assert pieces.take(1) == 0
    pieces.give_back(first)
    card.room = 0
    assert pieces.take(LEAST_BYTES + 1) == 0
    assert card.held == {}


@pytest.mark.parametrize("size", [0, 1, 512, 513, 4096, 5000, 10**6, 3 * 10**8 + 1])
def test_a_piece_is_hardly_larger_than_what_was_asked_for(size: int) -> None:
    given = rounded(size)
    assert given >= size
    assert given % LEAST_BYTES == 0
    assert given <= size * 1.26 + LEAST_BYTES


def test_a_runtime_is_told_addresses_that_it_can_call() -> None:
    card = Card()
    pieces = Pieces(card)
    take, give, empty = (int(address) for address in pieces.options().values())
    address = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t)(take)(700)
    assert address in card.held
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(give)(address)
    ctypes.CFUNCTYPE(None)(empty)()
    assert card.held == {}


class Library:
    """The functions of the driver's library, as far as they are called."""

    def __init__(self, fails: bool = False) -> None:
        self.fails, self.calls = fails, list[str]()

    def __getattr__(self, name: str) -> Any:
        def called(*arguments: Any) -> int:
            self.calls.append(name)
            if name == "cudaMalloc" and not self.fails:
                ctypes.cast(arguments[0], ctypes.POINTER(ctypes.c_void_p))[0] = 0x7000
            return int(self.fails and name == "cudaMalloc")

        return called


def test_the_driver_of_cuda_is_asked_in_its_own_words() -> None:
    library = Library()
    card = Cuda(1, library)
    assert card.take(4096) == 0x7000
    card.clear(0x7000, 4096)
    card.give(0x7000)
    wanted = "cudaSetDevice cudaSetDevice cudaMalloc cudaMemset cudaDeviceSynchronize cudaFree"
    assert library.calls == wanted.split()
    assert Cuda(0, Library(fails=True)).take(1) == 0


def test_a_card_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def cudaSetDevice(self, _number: int) -> int:
            return 100

    with pytest.raises(RuntimeMissing, match="card"):
        Cuda(0, Broken())
    monkeypatch.setattr(device_memory, "CUDA_LIBRARIES", ("libno-such.so",))
    with pytest.raises(RuntimeMissing, match="CUDA"):
        Cuda(0)
    found = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: found)
    assert Cuda(0)._library is found
