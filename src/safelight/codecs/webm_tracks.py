"""The tracks of WebM and Matroska: the numbers of each, and what its decoder is told first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from safelight.codecs.ebml import Element, element, elements, unsigned
from safelight.codecs.mp4_codings import clean_dolby
from safelight.codecs.webm import CODING, CODING_PRIVATE, NUMBER, TRACK, Film
from safelight.codecs.webm_codecs import clean_private
from safelight.errors import FormatUnknown

TRACK_ID, ENCODINGS, ENCRYPTION = 0x73C5, 0x6D80, 0x5035
MOST_OF_A_NUMBER = 8
# Numbers of a track, and of the elements within it that hold more of them.
NUMBERS = frozenset(
    {
        *(NUMBER, 0x83, 0xB9, 0x88, 0x55AA, 0x55AB, 0x55AC, 0x55AD, 0x55AE, 0x55AF, 0x9C),
        *(0x6DE7, 0x6DF8, 0x23E383, 0x234E7A, 0x23314F, 0x55EE, 0x56AA, 0x56BB, 0xAA),
    }
)
WITHIN: dict[int, frozenset[int]] = {
    0xE0: frozenset(
        {
            *(0x9A, 0x9D, 0x53B8, 0x53B9, 0x53C0, 0xB0, 0xBA, 0x54AA, 0x54BB, 0x54CC, 0x54DD),
            *(0x54B0, 0x54BA, 0x54B2, 0x54B3, 0x2383E3),
        }
    ),
    0xE1: frozenset({0xB5, 0x78B5, 0x9F, 0x6264, 0x52F1}),
    0x55B0: frozenset(range(0x55B1, 0x55BE)),
    0x55D0: frozenset(range(0x55D1, 0x55DB)),
    0x7670: frozenset({0x7671, 0x7673, 0x7674, 0x7675}),
    ENCODINGS: frozenset(),
    0x6240: frozenset({0x5031, 0x5032, 0x5033}),
    0x5034: frozenset({0x4254}),
}
INNER = {0xE0: {0x55B0, 0x7670}, 0x55B0: {0x55D0}, ENCODINGS: {0x6240}, 0x6240: {0x5034}}
# Bytes that are no number: a shape of projection by its kind, the head cut off every block.
SHAPE, SHAPE_KIND, SHAPES = 0x7672, 0x7671, {1: 20, 2: 12}
CUT_OFF, PACKING, CUT_HEADS, SCOPE, OF_BLOCKS = 0x4255, 0x4254, 3, 0x5032, 1
FOUR_LETTERS = 0x2EB524
MAPPING, MAPPING_KIND, MAPPING_BYTES = 0x41E4, 0x41E7, 0x41ED
DOLBY = frozenset(int.from_bytes(name, "big") for name in (b"dvcC", b"dvvC", b"dvwC"))
LANGUAGES = frozenset({0x22B59C, 0x22B59D})
_LANGUAGE = re.compile(rb"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?\0*")
_CODING = re.compile(rb"[AVSBD]_[A-Z0-9]+(?:[/_][A-Z0-9.]+)*\0*")


def clean_tracks(body: memoryview, walked: Film) -> Iterator[bytes]:
    """Each track of media; its number stands in for the identity that it had."""
    for entry in elements(body):
        found = {one.id: one for one in elements(entry.body)} if entry.id == TRACK else {}
        number = found[NUMBER].number if NUMBER in found else -1
        if number in walked.tracks:
            identity = unsigned(TRACK_ID, max(1, number))
            yield element(TRACK, identity, *_track(entry.body, walked.tracks[number]))


def _track(body: memoryview, coding: bytes) -> Iterator[bytes]:
    for one in elements(body):
        if one.id in NUMBERS and len(one.body) <= MOST_OF_A_NUMBER:
            yield element(one.id, one.body)
        elif one.id in WITHIN:
            yield element(one.id, *_inner(one))
        elif one.id in LANGUAGES and _LANGUAGE.fullmatch(one.body):
            yield element(one.id, one.body)
        elif one.id == CODING and _CODING.fullmatch(one.body):
            yield element(CODING, one.body)
        elif one.id == CODING_PRIVATE and len(one.body):
            private = clean_private(coding, one.body)
            if private:
                yield element(CODING_PRIVATE, private)
        elif one.id == MAPPING:
            yield from _mapping(one)


def _inner(parent: Element) -> Iterator[bytes]:
    """The known elements within one; the depth is that of the table. Raises FormatUnknown."""
    found = list(elements(parent.body))
    beside = {one.id: one for one in found}
    for one in found:
        if one.id == ENCRYPTION:
            raise FormatUnknown("a film that is protected against copies is not rewritten")
        if one.id == SCOPE and one.number != OF_BLOCKS:
            raise FormatUnknown("a film with packed heads is not rewritten")
        is_number = one.id in WITHIN[parent.id] and len(one.body) <= MOST_OF_A_NUMBER
        if one.id in INNER.get(parent.id, ()):
            yield element(one.id, *_inner(one))
        elif is_number or _is_raw(one, beside):
            yield element(one.id, one.body)


def _is_raw(one: Element, beside: dict[int, Element]) -> bool:
    """True for bytes that are no number, where they have the length that they must have."""
    if one.id == SHAPE:
        kind = beside[SHAPE_KIND].number if SHAPE_KIND in beside else 0
        return len(one.body) == SHAPES.get(kind, -1)
    if one.id == CUT_OFF:
        is_cut = PACKING in beside and beside[PACKING].number == CUT_HEADS
        if is_cut and len(one.body) > MOST_OF_A_NUMBER:
            raise FormatUnknown("a film whose blocks share a long start is not rewritten")
        return is_cut
    return one.id == FOUR_LETTERS and len(one.body) == 4 and bytes(one.body).isalnum()


def _mapping(mapping: Element) -> Iterator[bytes]:
    """How layers of Dolby Vision are told to a decoder; no other is known."""
    found = {one.id: one for one in elements(mapping.body)}
    if MAPPING_KIND in found and MAPPING_BYTES in found:
        kind = found[MAPPING_KIND].number
        if kind in DOLBY:
            extra = element(MAPPING_BYTES, clean_dolby(found[MAPPING_BYTES].body))
            yield element(MAPPING, unsigned(MAPPING_KIND, kind), extra)
