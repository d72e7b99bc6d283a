"""Nature: what a model says and shows of itself, and the words in which that leaves the cage.

Nobody vouches for the model, so nobody vouches for these words: on the way out of the cage each is
held to a pattern, and every number to its bounds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from safelight.errors import WireBroken
from safelight.image import Finding, Risk
from safelight.limits import MAX_MODEL_BYTES, MAX_SIDE, bounded
from safelight.models.contract import Number
from safelight.models.entry import Delegates

MAX_TENSORS = 32
MAX_RANK = 8
UNKNOWN = -1
NUMBERS: tuple[Number, ...] = get_args(Number)
Layout = Literal["NCHW", "NHWC"]
# Tensors whose name is none that an entry can hold go by their place.
NAME = re.compile(r"#[0-9]{1,2}|[A-Za-z0-9_.:/-]{1,64}")
WORD = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Slot:
    """A tensor that a model takes: its name, its numbers, its sides (-1: any), and by what whole
    numbers stand for fractions (unit 0: they do not).
    """

    name: str
    number: Number
    sides: tuple[int, ...]
    unit: float = 0.0
    zero: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """What an answer was made of: its least, its greatest and its mean value."""

    least: float
    greatest: float
    mean: float


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to the pattern: its name, the sides that it had, and its values where the pattern
    came in 0..1 and in 0..255. is_whole: it came as whole numbers that stand for no fractions.
    """

    name: str
    sides: tuple[int, ...]
    unit: Shown
    byte: Shown
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """How a picture went in: at which place of what the model takes, in which layout and size.

    is_fixed: the model takes no other size. Sides are multiples of `multiple`. radius is how many
    pixels around one change with it in the answer; 0 where that could not be seen.
    """

    place: int
    layout: Layout
    channels: int
    height: int
    width: int
    is_fixed: bool
    multiple: int
    radius: int


@dataclass(frozen=True, slots=True)
class Nature:
    """A model that was opened and asked in the cage. network is that of weights without a graph;
    delegates those of LiteRT that it was opened with.
    """

    takes: tuple[Slot, ...]
    gives: tuple[Given, ...]
    sight: Sight
    network: str = ""
    delegates: Delegates = "usual"


def findings_of(nature: Nature) -> tuple[Finding, ...]:
    """In the cage: the nature as lines that the wall lets through."""
    sight = nature.sight
    size = f"{sight.channels} {sight.height} {sight.width}"
    rest = f"{int(sight.is_fixed)} {sight.multiple} {sight.radius}"
    lines = [("sight", f"{sight.place} {sight.layout} {size} {rest}")]
    lines += [
        ("takes", f"{one.name} {one.number} {_sides(one.sides)} {one.unit!r} {one.zero}")
        for one in nature.takes
    ]
    lines += [
        ("gives", f"{_told(one)} {_values(one.unit)} {_values(one.byte)}") for one in nature.gives
    ]
    lines += [("network", nature.network)] if nature.network else []
    lines += [("delegates", nature.delegates)]
    return tuple(Finding(Risk.OTHER, kind, value) for kind, value in lines)


def nature_of(untrusted: Iterable[Finding]) -> Nature:
    """Outside: the way back from `findings_of`. Raises WireBroken."""
    try:
        return _nature(list(untrusted))
    except (ValueError, IndexError) as error:
        raise WireBroken("what the worker says of the model breaks the rules") from error


def peak_told(peak_bytes: int) -> tuple[Finding, ...]:
    """In the cage: the memory that one answer took."""
    return (Finding(Risk.OTHER, "took", f"{peak_bytes}"),)


def peak_of(untrusted: Iterable[Finding]) -> int:
    """Outside: the bytes that one answer took. Raises WireBroken."""
    try:
        return _whole(next(_words(list(untrusted), "took", 1))[0], 0, 64 * MAX_MODEL_BYTES)
    except (ValueError, StopIteration) as error:
        raise WireBroken("what the worker says of the model breaks the rules") from error


def _nature(lines: list[Finding]) -> Nature:
    place, layout, channels, height, width, is_fixed, multiple, radius = next(
        _words(lines, "sight", 8), [""] * 8
    )
    takes = tuple(_slot(words) for words in _words(lines, "takes", 5))
    gives = tuple(_given(words) for words in _words(lines, "gives", 9))
    bounded(len(takes), 1, MAX_TENSORS)
    bounded(len(gives), 1, MAX_TENSORS)
    sight = Sight(
        _whole(place, 0, len(takes) - 1),
        get_args(Layout)[get_args(Layout).index(layout)],
        _whole(channels, 1, 4),
        _whole(height, 1, MAX_SIDE),
        _whole(width, 1, MAX_SIDE),
        bool(_whole(is_fixed, 0, 1)),
        _whole(multiple, 1, 64),
        _whole(radius, 0, MAX_SIDE),
    )
    network = next(_words(lines, "network", 1), [""])[0]
    if network and not WORD.fullmatch(network):
        raise ValueError("no name of a network")
    every: tuple[Delegates, ...] = get_args(Delegates)
    delegates = every[every.index(next(_words(lines, "delegates", 1), [""])[0])]
    return Nature(takes, gives, sight, network, delegates)


def _words(lines: list[Finding], kind: str, count: int) -> Iterator[list[str]]:
    for line in lines:
        if line.name == kind:
            words = line.value.split(" ")
            if len(words) != count:
                raise ValueError("words are missing")
            yield words


def _slot(words: list[str]) -> Slot:
    name, number, sides, unit, zero = words
    kind = NUMBERS[NUMBERS.index(number)]
    return Slot(_name(name), kind, _parsed(sides), _fraction(unit), _whole(zero, -128, 255))


def _given(words: list[str]) -> Given:
    values = [_fraction(word) for word in words[3:]]
    shown = Shown(*values[:3]), Shown(*values[3:])
    return Given(_name(words[0]), _parsed(words[1]), *shown, bool(_whole(words[2], 0, 1)))


def _told(one: Given) -> str:
    return f"{one.name} {_sides(one.sides)} {int(one.is_whole)}"


def _name(word: str) -> str:
    if not NAME.fullmatch(word):
        raise ValueError("no name of a tensor")
    return word


def _sides(sides: tuple[int, ...]) -> str:
    return ",".join(map(str, sides)) or "-"


def _parsed(word: str) -> tuple[int, ...]:
    sides = tuple(_whole(side, UNKNOWN, 2**31) for side in word.split(",")) if word != "-" else ()
    bounded(len(sides), 0, MAX_RANK)
    return sides


def _values(shown: Shown) -> str:
    return f"{shown.least!r} {shown.greatest!r} {shown.mean!r}"


def _whole(word: str, low: int, high: int) -> int:
    if not re.fullmatch(r"-?[0-9]{1,15}", word, re.ASCII):
        raise ValueError("no whole number")
    return bounded(int(word), low, high)


def _fraction(word: str) -> float:
    value = float(word)
    if not math.isfinite(value):
        raise ValueError("no number")
    return value
