"""What a model says of itself leaves the cage in a few words, each held to its bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from safelight.errors import WireBroken
from safelight.image import Finding, Risk
from safelight.models.nature import (
    Given,
    Nature,
    Shown,
    Sight,
    Slot,
    findings_of,
    nature_of,
    peak_of,
    peak_told,
)

VALUES = Shown(-1.5, 2.25, 0.125)
NATURE = Nature(
    (Slot("x:0", "int8", (1, -1, -1, 3), 0.5, -3), Slot("#1", "float32", ())),
    (Given("y", (1, 2), VALUES, VALUES, is_whole=True),),
    Sight(0, "NHWC", 3, 96, 128, is_fixed=False, multiple=8, radius=17),
    "rrdb",
    "none",
)
SIGHT, TAKES, GIVES = "0 NCHW 3 96 96 0 1 0", "x float32 1,3 0.0 0", "y 1,2 0 0.0 1.0 0.5 0 1 1"


def line(kind: str, value: str) -> Finding:
    return Finding(Risk.OTHER, kind, value)


def lines(**changes: str) -> list[Finding]:
    said = {"sight": SIGHT, "takes": TAKES, "gives": GIVES, "delegates": "usual"} | changes
    return [line(kind, value) for kind, value in said.items()]


def test_everything_comes_back_as_it_went() -> None:
    assert nature_of(findings_of(NATURE)) == NATURE
    plain = replace(NATURE, network="", delegates="usual")
    assert nature_of(findings_of(plain)) == plain
    assert peak_of(peak_told(123)) == 123
    assert nature_of(lines()).gives[0].sides == (1, 2)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("sight", ""),
        ("sight", "0 NCHW 3 96 96 0 1"),
        ("sight", "1 NCHW 3 96 96 0 1 0"),
        ("sight", "0 NCWH 3 96 96 0 1 0"),
        ("sight", "0 NCHW 9 96 96 0 1 0"),
        ("sight", "0 NCHW 3 0 96 0 1 0"),
        ("sight", "0 NCHW 3 96 99999999 0 1 0"),
        ("sight", "0 NCHW 3 96 96 2 1 0"),
        ("takes", "x float32 1,3 0.0"),
        ("takes", "x\x1b[31m float32 1,3 0.0 0"),
        ("takes", "x float128 1,3 0.0 0"),
        ("takes", "x float32 1,,3 0.0 0"),
        ("takes", "x float32 1,2,3,4,5,6,7,8,9 0.0 0"),
        ("takes", "x float32 1,3 nan 0"),
        ("takes", "x float32 1,3 0.0 256"),
        ("takes", "x float32 1,3 0.0 ²"),
        ("gives", "y 1,2 0 0.0 1.0 0.5 0 1"),
        ("gives", "y 1,2 0 0.0 1.0 0.5 0 1 inf"),
        ("gives", "y 1,2 0 0.0 1.0 word 0 1 1"),
        ("network", "../rrdb"),
        ("delegates", "all"),
    ],
)
def test_words_that_break_a_rule_are_the_end(kind: str, value: str) -> None:
    with pytest.raises(WireBroken):
        nature_of(lines(**{kind: value}))


@pytest.mark.parametrize("missing", ["sight", "takes", "gives", "delegates"])
def test_words_that_are_missing_are_the_end(missing: str) -> None:
    with pytest.raises(WireBroken):
        nature_of([one for one in lines() if one.name != missing])
    with pytest.raises(WireBroken):
        nature_of([*lines(), *[line("gives", GIVES)] * 40])


@pytest.mark.parametrize("value", ["", "-1", "1 2", "one", "99999999999999999"])
def test_memory_is_bounded_too(value: str) -> None:
    with pytest.raises(WireBroken):
        peak_of([line("took", value)])
    with pytest.raises(WireBroken):
        peak_of([])
