"""What was passed over is counted in words, for one and for several."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from safelight.annotation import Decision
from safelight.batch.events import Item
from safelight.batch.tally import Tally
from safelight.cli import table
from safelight.cli.figures import Figures, has_its_size
from safelight.codecs.origin import SCHEME
from safelight.engine.result import Result
from safelight.image import Change, Finding, Risk
from safelight.recipe import operations
from safelight.worker.job import CageReport


def lines(items: list[Item], verb: str, *, named: bool = False) -> list[str]:
    """The table of these items."""
    figures = Figures()
    for item in items:
        figures.add(item)
    summary = Tally(items).summary(1.0, planned=len(items), was_cancelled=False)
    return table.lines(figures, summary, (verb,), named=named)


@pytest.mark.parametrize(
    ("code", "number", "words"),
    [
        ("link-outside", 1, "1 link out of the folder not followed"),
        ("link-outside", 2, "2 links out of the folder not followed"),
        ("own-output", 1, "1 already a result of this run's inputs"),
        ("own-output", 3, "3 already results of this run's inputs"),
        ("verified", 2, "2 already done"),
    ],
)
def test_passed_over(code: str, number: int, words: str) -> None:
    items = [Item(index, f"{index}.jpg", "skipped", code=code) for index in range(1, number + 1)]
    heading = lines(items, "scrub")[0]
    assert heading.endswith(f" · {words}")


def looked_at(
    name: str, confidence: float | None, decided: dict[Decision, float] | None = None
) -> Item:
    """A picture that was worked on, as much of it as the table reads."""
    cage = CageReport(2, (), {}, "", {}, ())
    result = Result(
        path=Path(name),
        data=None,
        format="png",
        width=1,
        height=1,
        output_bytes=1,
        input_format="jpeg",
        input_width=2,
        input_height=2,
        input_bytes=1,
        is_reencoded=True,
        findings=(),
        changes=(),
        models=(),
        cage=cage,
        receipt=b"",
        receipt_id="",
        receipt_path=None,
        read_s=0.0,
        work_s=0.0,
        total_s=0.0,
        confidence=confidence,
        decided=decided or {},
    )
    return Item(1, name, "done", output=name, result=result)


def said(*confidences: float | None) -> str:
    items = [looked_at(f"{number}.jpg", sure) for number, sure in enumerate(confidences)]
    return "\n".join(lines(items, "cutout"))


def test_a_doubtful_result_is_named_with_what_may_do_better() -> None:
    text = said(0.99, 0.31, None, 0.05)
    assert "unsure:  3.jpg 0.05\n           1.jpg 0.31" in text
    assert "0.jpg" not in text
    assert "a stronger model may serve better: safelight models list --available" in text


def test_only_the_first_doubtful_results_are_named() -> None:
    assert "and 5 more; --json lists all" in said(*[0.2] * 25)


def test_a_sure_result_says_how_sure() -> None:
    assert "sure:    at least 0.91 of 1" in said(0.95, 0.91)
    assert "sure" not in said(None).replace("pixels", "")


def scrubbed(name: str) -> Item:
    """A picture that lost two places and a serial number and kept its colour profile."""
    item = looked_at(name, None)
    assert item.result is not None
    changes = (
        Change("removed", Finding(Risk.PLACE, "GPSLongitude")),
        Change("removed", Finding(Risk.PLACE, "GPSLatitude")),
        Change("removed", Finding(Risk.DEVICE, "Serial\x1bNumber")),
        Change("kept", Finding(Risk.COLOUR, "ICC_Profile")),
    )
    return replace(item, result=replace(item.result, changes=changes))


def test_of_one_picture_facts_are_counted_and_of_several_pictures() -> None:
    assert "  removed: place 2 · device 1" in lines([scrubbed("a.jpg")], "scrub")
    two = [scrubbed("a.jpg"), scrubbed("b.jpg"), looked_at("c.jpg", None)]
    assert "  removed: place 2 · device 2" in lines(two, "scrub")
    three = [scrubbed(name) for name in ("a.jpg", "b.jpg", "c.jpg")]
    assert "  removed: place 3 · device 3" in lines(three, "scrub")


def test_names_are_told_of_one_picture_when_asked() -> None:
    table_of_one = lines([scrubbed("a.jpg")], "scrub", named=True)
    assert "           place: GPSLatitude, GPSLongitude" in table_of_one
    assert "           colour profile: ICC_Profile" in table_of_one
    assert not any("\x1b" in line for line in table_of_one)
    assert not any("GPS" in line for line in lines([scrubbed("a.jpg")], "scrub"))
    assert not any("GPS" in line for line in lines([scrubbed("a.jpg")] * 2, "scrub", named=True))


PASTS = {
    "canvas": "put on a canvas",
    "classify": "looked at",
    "compare": "compared",
    "convert": "converted",
    "crop": "cropped",
    "cutout": "cut out",
    "detect": "looked at",
    "difference": "compared",
    "draw": "drawn on",
    "embed": "embedded",
    "flip": "flipped",
    "inspect": "inspected",
    "mark": "marked",
    "pose": "looked at",
    "redact": "redacted",
    "resize": "resized",
    "restore": "restored",
    "rotate": "rotated",
    "sanitize": "sanitized",
    "scrub": "scrubbed",
    "upscale": "upscaled",
    "watermark": "watermarked",
}


@pytest.mark.parametrize("verb", sorted(operations()))
def test_every_verb_has_its_past(verb: str) -> None:
    """A new verb is given its past here, by somebody who reads it aloud."""
    assert f"4 {PASTS[verb]}" in lines([looked_at("a.jpg", None)] * 4, verb)[0]


@pytest.mark.parametrize(
    ("decided", "words"),
    [
        ([{"jpeg-quality": 40.0, "noise": 12.3}], "auto saw: JPEG 40 · noise 12.3"),
        ([{"jpeg-quality": 0.0}], "auto saw: JPEG of unknown quality"),
        (
            [{"noise": 5.0}, {"noise": 9.0}, {"jpeg-quality": 30.0}],
            "auto saw: JPEG in 1 · noise in 2",
        ),
    ],
)
def test_what_auto_saw_is_said(decided: list[dict[Decision, float]], words: str) -> None:
    items = [looked_at(f"{place}.jpg", None, one) for place, one in enumerate(decided)]
    assert f"  {words}" in lines(items, "restore")


def test_where_auto_saw_nothing_nothing_is_said() -> None:
    assert "auto" not in "".join(lines([looked_at("a.jpg", None)], "restore"))


def test_what_was_not_resized_is_not_counted_as_resized() -> None:
    left, made = looked_at("a.png", None), looked_at("b.png", None)
    assert left.result is not None
    left = replace(left, result=replace(left.result, input_width=1, input_height=1))
    text = "\n".join(lines([left, made, left], "resize"))
    assert "3 files · 1 resized" in text
    assert "size:    2 pictures were already small enough; only --enlarge makes one larger" in text
    assert "small enough" not in "\n".join(lines([left], "rotate"))


def test_a_turned_file_that_was_left_alone_has_its_size() -> None:
    result = looked_at("a.jpg", None).result
    assert result is not None
    turned = replace(result, width=4, height=3, input_width=3, input_height=4)
    assert has_its_size(replace(turned, is_reencoded=False))
    assert not has_its_size(turned)


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("XMP DigitalSourceType", f"{SCHEME}trainedAlgorithmicMedia", "AI-origin mark"),
        ("C2PA digitalSourceType", f"{SCHEME}algorithmicallyEnhanced", "AI-origin mark"),
        ("XMP DigitalSourceType", "trainedAlgorithmicMedia", "AI-origin mark"),
        ("XMP DigitalSourceType", f"{SCHEME}digitalCapture", "origin"),
        ("C2PA manifest", "900 bytes", "origin"),
        ("XMP provenance", "https://example.org/trainedAlgorithmicMedia", "origin"),
    ],
)
def test_only_a_mark_that_says_ai_is_called_one(name: str, value: str, label: str) -> None:
    item = looked_at("1.jpg", None)
    assert item.result is not None
    change = Change("removed", Finding(Risk.PROVENANCE, name, value))
    one = replace(item, result=replace(item.result, changes=(change,)))
    told = lines([one], "scrub", named=True)
    assert f"  removed: {label} 1" in told
    assert any(line.strip() == f"{label}: {name}" for line in told)
    # of several pictures only the groups are counted
    assert "  removed: origin 2" in lines([one, replace(one, index=2)], "scrub")
