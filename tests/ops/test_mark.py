"""mark: the mark is there afterwards, says no less than before unless that was explained."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from safelight.codecs import metadata
from safelight.codecs.origin import SCHEME, STRENGTH, TERMS, stronger
from safelight.errors import InputRefused
from safelight.formats import TABLE, WRITABLE, Format, Writable
from safelight.ops import mark as marks
from safelight.ops.convert import Convert
from safelight.ops.mark import Mark
from safelight.ops.scrub import Scrub
from tests.codecs.making import jpeg, picture, png, webp
from tests.codecs.test_profiles import outcome
from tests.contract import result

SOURCES: dict[Format, Any] = {"jpeg": jpeg, "png": png, "webp": webp}


def mark_of(data: bytes, format: Format) -> str:
    known = metadata.read_blocks(metadata.blocks_of(memoryview(data), format))
    return known.mark.removeprefix(SCHEME)


def marked(data: bytes, **parameters: Any) -> bytes:
    return b"".join(result(Mark(**parameters), data).pieces)


@pytest.mark.parametrize("origin", marks.TERMS)
@pytest.mark.parametrize("format", SOURCES)
def test_the_mark_is_there_and_nothing_was_decoded(format: Format, origin: marks.Origin) -> None:
    made = result(Mark(origin=origin), SOURCES[format]())
    assert mark_of(b"".join(made.pieces), format) == marks.TERMS[origin]
    assert not made.is_reencoded
    assert mark_of(SOURCES[format](), format) == ""


def test_a_stronger_mark_takes_the_place_of_a_weaker_one() -> None:
    weak = marked(jpeg(), origin="captured")
    made = result(Mark(origin="ai-generated"), weak)
    assert mark_of(b"".join(made.pieces), "jpeg") == "trainedAlgorithmicMedia"
    assert {change.what for change in made.changes} == {"removed", "added"}


def test_a_weaker_mark_needs_a_reason() -> None:
    strong = marked(jpeg(), origin="ai-edited")
    with pytest.raises(InputRefused, match="says more of machines"):
        marked(strong, origin="human-edited")
    told = marked(strong, origin="human-edited", reason="the wrong file was marked")
    assert mark_of(told, "jpeg") == "humanEdits"


def test_a_wish_by_the_way_leaves_a_stronger_mark() -> None:
    strong = marked(jpeg(), origin="ai-generated")
    kept = outcome(strong, mark="algorithmicallyEnhanced")
    assert kept.kept == {"XMP DigitalSourceType"}
    assert mark_of(kept.data, "jpeg") == "trainedAlgorithmicMedia"


def test_only_a_reason_lets_a_scrub_drop_the_mark() -> None:
    strong = marked(jpeg(), origin="ai-generated")
    assert mark_of(b"".join(result(Scrub(), strong).pieces), "jpeg") == "trainedAlgorithmicMedia"
    bare = b"".join(result(Scrub(drop_marks="internal copy"), strong).pieces)
    assert mark_of(bare, "jpeg") == ""
    all_kept = b"".join(result(Scrub(profile="none", drop_marks="internal"), strong).pieces)
    assert mark_of(all_kept, "jpeg") == ""


def test_the_order_of_strength_holds_every_published_term() -> None:
    assert set(STRENGTH) == set(TERMS)
    assert stronger("", "humanEdits") == SCHEME + "humanEdits"
    assert stronger(SCHEME + "print", "") == SCHEME + "print"
    assert stronger(SCHEME + "unknownTerm", "humanEdits") == SCHEME + "humanEdits"


@pytest.mark.parametrize("format", [one for one in WRITABLE if TABLE[one].mark])
def test_the_mark_crosses_into_every_format_that_can_hold_it(format: Writable) -> None:
    strong = marked(jpeg(picture()), origin="ai-generated")
    made = result(Convert(to=format), strong)
    assert mark_of(b"".join(made.pieces), format) == "trainedAlgorithmicMedia"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "required"),
        ({"origin": "made-up"}, "ai-generated"),
        ({"origin": "captured", "reason": "no"}, "at least 3"),
        ({"origin": "captured", "reason": "a\nb\nc"}, "printable line"),
    ],
)
def test_refuses_what_cannot_be(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Mark(**parameters)


def test_an_output_beside_its_input_is_called_marked() -> None:
    assert Mark(origin="captured").suffix() == "marked"
