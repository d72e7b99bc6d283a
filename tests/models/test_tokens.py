"""Texts become the numbers that the reference tokeniser gives, whatever people type."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from safelight.errors import ModelFaulty
from safelight.models.tokens import (
    END,
    LETTERS,
    MAX_TERMS_BYTES,
    START,
    Tokeniser,
    mended,
    tokeniser_of,
)
from safelight.models.words import Words
from tests.models.towers import TERMS, expected, vocabulary

WORDS = Words(length=77, padding=49_407)
TEXTS = {entry["text"]: entry["numbers"] for entry in expected()["clip"]["texts"]}
BYTES = [*LETTERS, *(letter + "</w>" for letter in LETTERS)]
FEW = {piece: number for number, piece in enumerate([*BYTES, "ab", "ab</w>", START, END])}
MERGES = [("a", "b"), ("a", "b</w>")]


@pytest.fixture(scope="module")
def terms(shared_data: Path) -> bytes:
    return (shared_data / TERMS).read_bytes()


@pytest.fixture(scope="module")
def clip(terms: bytes) -> Tokeniser:
    """From the two files that the hub of models has."""
    parts = vocabulary(terms)
    return tokeniser_of({role: memoryview(data) for role, data in parts.items()})


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:20]))
def test_a_text_has_the_numbers_of_the_reference(clip: Tokeniser, text: str) -> None:
    numbers = TEXTS[text]
    assert clip.row(text, WORDS) == numbers + [49_407] * (77 - len(numbers))


def test_the_packed_list_of_terms_gives_the_same_numbers(clip: Tokeniser, terms: bytes) -> None:
    """CLIP itself came with this list; the two files of the hub follow from it."""
    packed = tokeniser_of({"terms": memoryview(terms)})
    plain = tokeniser_of({"terms": memoryview(gzip.decompress(terms))})
    for text in TEXTS:
        assert clip.row(text, WORDS) == packed.row(text, WORDS) == plain.row(text, WORDS)


def test_the_files_that_follow_from_the_list_are_those_of_the_catalogue(terms: bytes) -> None:
    """Their digests are the public pins: what is compared here is what will be pulled."""
    digests = {role: hashlib.sha256(data).hexdigest() for role, data in vocabulary(terms).items()}
    assert digests == {
        "vocabulary": "5047b556ce86ccaf6aa22b3ffccfc52d391ea4accdab9c2f2407da5b742d4363",
        "merges": "9fd691f7c8039210e0fced15865466c65820d09b63988b0174bfe25de299051a",
    }


def test_a_row_starts_ends_and_is_filled() -> None:
    tokeniser = Tokeniser(FEW, MERGES)
    row = tokeniser.row("ab a", Words(length=6, padding=7))
    assert row == [FEW[START], FEW["ab</w>"], FEW["a</w>"], FEW[END], 7, 7]


def test_what_of_a_text_is_too_long_is_left_out_and_the_end_stays() -> None:
    row = Tokeniser(FEW, MERGES).row("ab " * 50, Words(length=5))
    assert row == [FEW[START], *[FEW["ab</w>"]] * 3, FEW[END]]


def test_what_is_joined_first_is_joined_everywhere_before_what_comes_later() -> None:
    assert Tokeniser(FEW, MERGES).numbers("ababc") == [FEW["ab"], FEW["ab"], FEW["c</w>"]]


@given(some.text(some.characters(exclude_categories=()), max_size=60))
def test_any_text_at_all_has_a_row(text: str) -> None:
    row = Tokeniser(FEW, MERGES).row(text, WORDS)
    assert len(row) == 77
    assert row[0] == FEW[START]


@given(some.text(some.characters(codec="utf-8"), max_size=60))
def test_mending_leaves_one_blank_at_most_and_no_capitals(text: str) -> None:
    assert "  " not in mended(text)
    assert mended(text) == mended(text).strip().lower()


def test_half_a_character_is_replaced() -> None:
    assert mended("a\ud800b") == "a\ufffdb"


def parts(vocabulary: object = FEW, merges: str = "#v\na b\n") -> dict[str, memoryview]:
    written = vocabulary if isinstance(vocabulary, bytes) else json.dumps(vocabulary).encode()
    return {"vocabulary": memoryview(written), "merges": memoryview(merges.encode())}


def test_a_small_vocabulary_can_be_read() -> None:
    assert tokeniser_of(parts()).numbers("ab") == [FEW["a"], FEW["b</w>"]]


BOMB = gzip.compress(b"a b\n" * (MAX_TERMS_BYTES // 4 + 1), mtime=0)
WRONG: dict[str, dict[str, memoryview]] = {
    "no vocabulary": {},
    "no merges": {"vocabulary": parts()["vocabulary"]},
    "no JSON": parts(b"{"),
    "no object": parts([1, 2]),
    "deep": parts(b"[" * 200_000),
    "no UTF-8": parts(b"\xff\xfe{}"),
    "a byte is missing": parts({k: v for k, v in FEW.items() if k != "a"}),
    "an end is missing": parts({k: v for k, v in FEW.items() if k != END}),
    "words for numbers": parts(FEW | {"a": "a"}),
    "a truth for a number": parts(FEW | {"a": True}),
    "a word for a number that few texts have": parts(FEW | {"ab": "ab"}),
    "a number below nothing": parts(FEW | {"ab": -1}),
    "a fraction for a number": parts(FEW | {"a": 1.5}),
    "three in a line": parts(merges="#v\na b c\n"),
    "one in a line": parts(merges="#v\na\n"),
    "merges with no UTF-8": {**parts(), "merges": memoryview(b"#v\n\xff \xfe\n")},
    "a bomb": {"terms": memoryview(BOMB)},
    "cut short": {"terms": memoryview(BOMB[: len(BOMB) // 2])},
    "a packed list of nothing": {"terms": memoryview(b"\x1f\x8b\x08")},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_vocabulary_is_refused_with_one_error(name: str) -> None:
    with pytest.raises(ModelFaulty, match="vocabulary"):
        tokeniser_of(WRONG[name])


def test_merges_that_make_what_the_vocabulary_lacks_are_refused() -> None:
    tokeniser = Tokeniser(FEW, [("c", "d</w>")])
    with pytest.raises(ModelFaulty, match="merges"):
        tokeniser.numbers("cd")


def test_the_bomb_is_one() -> None:
    """The control: it would pass the limit if it were unpacked."""
    assert len(zlib.decompress(BOMB, 31)) > MAX_TERMS_BYTES
