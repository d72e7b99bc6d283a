"""Texts become the numbers of a vocabulary of pieces, as the library does that trained it."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as some

from safelight.errors import ModelFaulty
from safelight.models import pieces
from safelight.models.pieces import BYTE, CONTROL, NORMAL, Pieces, pieces_of
from safelight.models.words import Words
from tests.models.towers import VECTORS

DATA = (VECTORS / "pieces.model").read_bytes()
TEXTS = {one["text"]: one["numbers"] for one in json.loads((VECTORS / "pieces.json").read_text())}
WORDS = Words(rule="pieces", length=64)
END = 1


@cache
def known(data: bytes = DATA) -> Pieces:
    return pieces_of({"pieces": memoryview(data)})


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:20]))
def test_a_text_has_the_numbers_of_the_reference(text: str) -> None:
    assert known().numbers(text) == TEXTS[text]


@pytest.mark.parametrize("text", ["a photo of a cat", "word " * 200])
def test_a_row_has_no_start_and_one_end_and_is_filled(text: str) -> None:
    row = known().row(text, WORDS)
    numbers = TEXTS[text][:63]
    assert row == [*numbers, END, *[0] * (63 - len(numbers))]


@given(some.text(some.characters(exclude_categories=()), max_size=60))
def test_any_text_at_all_has_a_row(text: str) -> None:
    row = known().row(text, WORDS)
    assert len(row) == 64
    assert END in row


def _varint(value: int) -> bytes:
    head = b""
    while value > 0x7F:
        head += bytes([value & 0x7F | 0x80])
        value >>= 7
    return head + bytes([value])


def field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def piece(text: str, score: float = 0.0, kind: int = NORMAL) -> bytes:
    score_bytes = b"\x15" + struct.pack("<f", score)
    return field(1, field(1, text.encode()) + score_bytes + b"\x18" + _varint(kind))


def backwards(text: str, score: float) -> bytes:
    """The same piece, its fields in another order."""
    return field(1, b"\x15" + struct.pack("<f", score) + field(1, text.encode()))


BYTES = b"".join(piece(f"<0x{byte:02X}>", kind=BYTE) for byte in range(256))
ENDS = piece("<pad>", kind=CONTROL) + piece("<eos>", kind=CONTROL)
BY_PAIRS, BY_CHANCE = b"\x18\x02", b"\x18\x01"
BYTES_FOR_REST = b"\x98\x02\x01"
UNCHANGED = b"\x18\x00\x20\x00"


def file(
    listed: bytes = ENDS + BYTES + piece("a") + piece("b") + piece("ab", -1.0),
    training: bytes = BY_PAIRS + BYTES_FOR_REST,
    changes: bytes = UNCHANGED,
) -> bytes:
    return listed + field(2, training) + field(3, changes)


def test_a_small_vocabulary_can_be_read() -> None:
    assert known(file()).numbers("AB!") == [260, 2 + ord("!")]


def test_the_fields_of_a_piece_may_stand_in_any_order() -> None:
    listed = ENDS + BYTES + piece("a") + piece("b") + backwards("ab", -1.0)
    assert known(file(listed)).numbers("ab") == [260]


def test_a_piece_without_a_score_or_a_kind_is_an_ordinary_one() -> None:
    listed = ENDS + BYTES + field(1, field(1, b"a"))
    assert known(file(listed)).numbers("a") == [258]


def test_a_control_piece_is_never_read_from_a_text() -> None:
    """The control: the reference reads such words letter by letter too."""
    assert END not in known().numbers("<eos>")


WRONG: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "cut short": lambda: DATA[: len(DATA) // 2],
    "cut within a number": lambda: file() + b"\xff",
    "no UTF-8": lambda: file(ENDS + BYTES + field(1, field(1, b"\xff") + b"\x15\0\0\0\0")),
    "a score of one byte": lambda: file(ENDS + BYTES + field(1, field(2, b"\0"))),
    "another rule": lambda: file(training=BY_CHANCE + BYTES_FOR_REST),
    "no bytes for the rest": lambda: file(training=BY_PAIRS),
    "a table of changes": lambda: file(changes=UNCHANGED + field(2, b"table")),
    "a blank in front": lambda: file(changes=b"\x18\x01\x20\x00"),
    "blanks trimmed": lambda: file(changes=b"\x18\x00\x20\x01"),
    "usual changes": lambda: file(changes=b""),
    "a byte is missing": lambda: file(ENDS + BYTES[: len(BYTES) // 2]),
    "no end": lambda: file(BYTES),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_vocabulary_is_refused_with_one_error(name: str) -> None:
    with pytest.raises(ModelFaulty, match="vocabulary"):
        known(WRONG[name]())


def test_a_vocabulary_of_far_too_many_pieces_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = file(ENDS + BYTES + piece("a") * 3)
    monkeypatch.setattr(pieces, "MAX_PIECES", 261)
    assert pieces_of({"pieces": memoryview(data)})
    monkeypatch.setattr(pieces, "MAX_PIECES", 260)
    with pytest.raises(ModelFaulty, match="cannot be read"):
        pieces_of({"pieces": memoryview(data)})


def test_a_model_without_the_part_has_no_vocabulary() -> None:
    with pytest.raises(ModelFaulty, match="names none"):
        pieces_of({"vocabulary": memoryview(DATA)})
