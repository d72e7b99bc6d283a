"""Losses: what a result no longer holds of the picture itself, told apart from its metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable

from safelight.image import Change, Risk

FRAMES = re.compile(r"(\d{1,9}) further frames")
COLOURS = re.compile(r"colours beyond \d{1,9}")
DEPTH, DEEP = "sample depth", "16 bit"
GAIN_MAP = "gain map"
OF_THE_PICTURE = {
    (Risk.OTHER, DEPTH),
    (Risk.OTHER, "values outside the window"),
    (Risk.OTHER, "transparency"),
    (Risk.OTHER, "partial transparency"),
    (Risk.COLOUR, "CMYK"),
    (Risk.COLOUR, "colours outside sRGB"),
}


def is_loss(change: Change) -> bool:
    """True for what was taken from the picture, not from what stands beside it."""
    finding = change.finding
    is_named = (finding.group, finding.name) in OF_THE_PICTURE
    is_frames = finding.group == Risk.OTHER and FRAMES.fullmatch(finding.name) is not None
    is_colours = finding.group == Risk.COLOUR and COLOURS.fullmatch(finding.name) is not None
    is_of_the_picture = is_named or is_frames or is_colours or finding.name == GAIN_MAP
    return change.what == "removed" and is_of_the_picture


def losses_of(changes: Iterable[Change]) -> tuple[str, ...]:
    """Each loss once, in words; further frames come first with their number."""
    words = dict.fromkeys(_words(change) for change in changes if is_loss(change))
    return tuple(sorted(words, key=lambda word: (frames_in(word) is None, word == GAIN_MAP, word)))


def frames_in(word: str) -> int | None:
    """How many frames this loss is of; None for another loss."""
    found = FRAMES.fullmatch(word)
    return int(found[1]) if found else None


def _words(change: Change) -> str:
    finding = change.finding
    if finding.name != DEPTH or not finding.value:
        return finding.name
    return DEEP if finding.value.startswith(DEEP) else finding.value
