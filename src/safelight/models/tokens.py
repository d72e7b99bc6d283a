"""Tokens: how a text becomes the numbers that a text tower takes. Pure; no file is opened here.

The rule "clip" is byte-pair encoding over small letters, as the towers of CLIP were trained with.
What people type is mended first as it was for them: entities, ligatures, wide letters, curly
quotes, blanks. Text in a wrong encoding stays as it is.
"""

from __future__ import annotations

import html
import json
import unicodedata
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from safelight.errors import ModelFaulty
from safelight.models.words import Words

MAX_TERMS_BYTES = 16_000_000
"""Of a vocabulary or its merges, unpacked."""
MAX_TERMS, MAX_NUMBER = 400_000, 1_000_000
CLIP_MERGES = 48_894
START, END = "<|startoftext|>", "<|endoftext|>"
CLOSE = "</w>"
SUFFIXES = ("'re", "'ve", "'ll", "'s", "'t", "'m", "'d")
HAS_GZIP_HEADER = 16 + zlib.MAX_WBITS

STRAIGHT = {
    **dict.fromkeys((0x2BC, *range(0x2018, 0x201C)), "'"),
    **dict.fromkeys(range(0x201C, 0x2020), '"'),
}
JOINED = (0x132, 0x133, 0x149, *range(0x1C4, 0x1CD), *range(0x1F1, 0x1F4), *range(0xFB00, 0xFB07))
WIDE = (0x3000, *range(0xFF01, 0xFFF0))
UNSEEN = (
    *(*range(9), 0x0B, *range(0x0E, 0x20), 0x7F),
    *(*range(0x206A, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFD)),
)

Pair = tuple[str, str]


class Tokeniser:
    """Byte-pair encoding: the vocabulary gives each piece its number, merges what is joined first.

    Raises ModelFaulty for a vocabulary that lacks a byte or the two ends.
    """

    def __init__(self, vocabulary: Mapping[str, int], merges: Sequence[Pair]) -> None:
        self._vocabulary = vocabulary
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}
        self._known: dict[str, tuple[int, ...]] = {}
        needed = [START, END, *LETTERS, *(letter + CLOSE for letter in LETTERS)]
        if any(piece not in vocabulary for piece in needed):
            raise ModelFaulty("the vocabulary of the model lacks some of its bytes, or an end")

    def row(self, text: str, words: Words) -> list[int]:
        """Start, the text, end, then padding: exactly words.length numbers. What of the text is
        too long is left out.
        """
        vocabulary = self._vocabulary
        room = words.length - 2
        row = [vocabulary[START], *self.numbers(text)[:room], vocabulary[END]]
        return row + [words.padding] * (words.length - len(row))

    def numbers(self, text: str) -> list[int]:
        """The numbers of the text alone."""
        return [number for word in _words(mended(text)) for number in self._of(word)]

    def _of(self, word: str) -> tuple[int, ...]:
        if word not in self._known:
            pieces = [word] if word in (START, END) else self._joined(word)
            try:
                self._known[word] = tuple(self._vocabulary[piece] for piece in pieces)
            except KeyError as error:
                raise ModelFaulty(
                    "the merges of the model make what its vocabulary lacks"
                ) from error
        return self._known[word]

    def _joined(self, word: str) -> list[str]:
        pieces = [LETTERS[byte] for byte in word.encode()]
        pieces[-1] += CLOSE
        while len(pieces) > 1:
            first = min(pairwise(pieces), key=lambda pair: self._ranks.get(pair, MAX_TERMS))
            if first not in self._ranks:
                break
            pieces = list(_merged(pieces, first))
        return pieces


def tokeniser_of(parts: Mapping[str, memoryview]) -> Tokeniser:
    """From the files of an entry by their roles: vocabulary (JSON: pieces and numbers) with merges
    (a pair a line), or terms (the merges alone, packed or not: numbers follow from their order).

    Raises ModelFaulty for files that are none of these.
    """
    try:
        if "terms" in parts:
            merges = _merges(parts["terms"], CLIP_MERGES)
            return Tokeniser(_numbered(merges), merges)
        if {"vocabulary", "merges"} <= parts.keys():
            return Tokeniser(_vocabulary(parts["vocabulary"]), _merges(parts["merges"]))
    except (ValueError, RecursionError, zlib.error) as error:
        raise ModelFaulty("the vocabulary of the model cannot be read") from error
    raise ModelFaulty("the model has no vocabulary: its entry names none")


def mended(text: str) -> str:
    """As the towers were trained: entities resolved, joined and wide letters apart and narrow,
    quotes straight, one blank between words, composed, in small letters.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    plain = html.unescape(html.unescape(whole)).translate(MENDED).translate(STRAIGHT)
    return " ".join(unicodedata.normalize("NFC", plain).split()).lower()


def _apart(code: int) -> str:
    """The letters that one joined letter stands for."""
    return "".join(chr(int(one, 16)) for one in unicodedata.decomposition(chr(code)).split()[1:])


MENDED = {
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in WIDE},
    **{code: _apart(code) for code in JOINED},
    **dict.fromkeys(UNSEEN, ""),
}


def _words(text: str) -> Iterator[str]:
    """Runs of letters, single digits, runs of all else, endings such as 's; no blank."""
    place = 0
    while place < len(text):
        ahead = next((end for end in (START, END, *SUFFIXES) if text.startswith(end, place)), "")
        word = ahead or _run(text, place)
        place += len(word)
        if not word.isspace():
            yield word


def _run(text: str, place: int) -> str:
    kind = _kind(text[place])
    end = place + 1
    while kind != "N" and end < len(text) and _kind(text[end]) == kind:
        end += 1
    return text[place:end]


def _kind(letter: str) -> str:
    """L for a letter, N for a digit, a blank for a blank, nothing for all else."""
    if letter.isspace():
        return " "
    category = unicodedata.category(letter)[0]
    return category if category in "LN" else ""


def _merged(pieces: Sequence[str], pair: Pair) -> Iterator[str]:
    place = 0
    while place < len(pieces):
        is_pair = tuple(pieces[place : place + 2]) == pair
        yield "".join(pair) if is_pair else pieces[place]
        place += 2 if is_pair else 1


def _letters() -> tuple[str, ...]:
    """One printable letter for each byte: itself where it is printable, else the next one free."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    free = iter(range(0x100, 0x200))
    return tuple(chr(byte if byte in printable else next(free)) for byte in range(0x100))


LETTERS = _letters()


def _numbered(merges: Sequence[Pair]) -> dict[str, int]:
    """The printable bytes, then the others, each alone and at an end; merges; the two ends."""
    letters = sorted(LETTERS)
    closing = [letter + CLOSE for letter in letters]
    pieces = [*letters, *closing, *("".join(pair) for pair in merges), START, END]
    return {piece: number for number, piece in enumerate(pieces)}


def _vocabulary(data: memoryview) -> dict[str, int]:
    found = json.loads(_unpacked(data))
    if not isinstance(found, dict) or len(found) > MAX_TERMS:
        raise ValueError
    if not all(type(number) is int and 0 <= number <= MAX_NUMBER for number in found.values()):
        raise ValueError
    return found


def _merges(data: memoryview, most: int = MAX_TERMS) -> list[Pair]:
    """A pair a line; the first line says the version."""
    lines = _unpacked(data).decode().split("\n", most + 1)[1 : most + 1]
    found = [tuple(line.split()) for line in lines if line.strip()]
    return [(first, second) for first, second in found]


def _unpacked(data: memoryview) -> bytes:
    if bytes(data[:2]) != b"\x1f\x8b":
        return bytes(data)
    unpacking = zlib.decompressobj(HAS_GZIP_HEADER)
    found = unpacking.decompress(data, MAX_TERMS_BYTES + 1)
    if len(found) > MAX_TERMS_BYTES or not unpacking.eof:
        raise ValueError
    return found
