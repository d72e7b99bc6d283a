"""Examining: a model that has no entry yet is opened and asked. This runs in the cage.

It is given one drawn pattern, in 0..1 and in 0..255, in its own size or in the first of several
that it answers; and how far the change of one pixel goes is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from safelight.errors import (
    MemoryExceeded,
    ModelFaulty,
    PolicyRefused,
    RuntimeMissing,
    SafelightError,
)
from safelight.limits import MAX_ANSWER
from safelight.models.bare import Bare, BareOnnx, BareTflite
from safelight.models.entry import Entry, Network
from safelight.models.flatbuffer import refuse_external_buffers
from safelight.models.nature import UNKNOWN, Given, Layout, Nature, Shown, Sight, Slot
from safelight.models.protobuf import refuse_external_data

if TYPE_CHECKING:
    from safelight.models.session import Numbers

# What of a nature is known before the model is asked.
How = dict[str, Any]
COLOURS, GREY = 3, 1
# Sizes that a net of any size is tried at; some take no small ones.
SIDES = (96, 224, 256, 320, 512)
MOST_SIDE = 4_096
MULTIPLES = (1, 2, 4, 8, 16, 32, 64)
# The other inputs of a model: what has no number of sides has one.
OTHERS = (0.0, 1.0)
# How much of the greatest value a change of the answer must be, to be one.
SEEN = 1e-5


@dataclass(frozen=True, slots=True)
class _Asking:
    """One way in which a picture may go in."""

    place: int
    layout: Layout
    channels: int
    height: int
    width: int
    other: float

    def tensors(self, bare: Bare, picture: Numbers) -> list[Numbers]:
        """The picture [rows, columns, channels] at its place, and the same value everywhere else.

        What takes bytes below zero gets the pattern there too.
        """
        import numpy as np

        found: list[Numbers] = []
        for place, slot in enumerate(bare.takes):
            if place != self.place:
                sides = tuple(max(side, 1) for side in slot.sides)
                if math.prod(sides) > MAX_ANSWER:
                    raise PolicyRefused("the model takes more beside a picture than can be used")
                found.append(np.full(sides, self.other, slot.number))
                continue
            values = picture - 128 if slot.number == "int8" else picture
            if self.layout == "NCHW":
                values = values.transpose(2, 0, 1)
            found.append(np.ascontiguousarray(values[None]).astype(slot.number))
        return found


def examined(entry: Entry, data: memoryview, *, threads: int) -> Nature:
    """What the model says and shows of itself; of the entry, form and files alone are used.

    Raises PolicyRefused for a file that is damaged or wants another one, RuntimeMissing for one
    that no runtime opens, ModelFaulty for one that takes no picture, MemoryExceeded.
    """
    last: SafelightError | None = None
    for bare, how in _opened(entry, data, threads=threads):
        try:
            return replace(_nature(bare), **how)
        except ModelFaulty as error:
            last = error
    if last is not None:
        raise last
    raise PolicyRefused(
        "the weights are those of no network that is known",
        hint="export it as ONNX, and add that",
    )


def _opened(entry: Entry, data: memoryview, *, threads: int) -> Iterator[tuple[Bare, How]]:
    """The model, in each way in which its files can be read, and which way that is."""
    graph = data[: entry.size_bytes]
    if entry.form == "tflite":
        refuse_external_buffers(graph)
        yield _lite(graph, threads=threads)
    elif entry.form == "onnx":
        refuse_external_data(graph)
        yield BareOnnx(graph, threads=threads), {}
    else:
        yield from _built(entry, data, threads=threads)


def _lite(graph: memoryview, *, threads: int) -> tuple[Bare, How]:
    """A TFLite model; some open without the usual delegates alone."""
    try:
        return BareTflite(graph, threads=threads, delegates="usual"), {}
    except RuntimeMissing:
        return BareTflite(graph, threads=threads, delegates="none"), {"delegates": "none"}


def _built(entry: Entry, data: memoryview, *, threads: int) -> Iterator[tuple[Bare, How]]:
    """Weights without a graph: every way that fits; the last reason where none does."""
    from safelight.models.forms import graph_of
    from safelight.models.forms.ends import ways
    from safelight.models.forms.files import files_of

    last: SafelightError | None = None
    for way in ways(entry.form, files_of(entry, data)):
        taken = {"name": way.taken, "layout": way.layout, "channels": way.channels}
        given = {"name": way.given[0], "tensors": way.given}
        network = Network(name=way.network) if way.network else entry.network
        trying = entry.model_copy(
            update={
                "input": entry.input.model_copy(update=taken),
                "output": entry.output.model_copy(update=given),
                "network": network,
            }
        )
        try:
            graph = memoryview(graph_of(trying, data))
            bare = BareOnnx(graph, threads=threads)
        except MemoryExceeded:
            raise
        except SafelightError as error:
            last = error
            continue
        yield bare, {"network": way.network}
    if last is not None and entry.form != "torch":
        raise last


def _nature(bare: Bare) -> Nature:
    for asking in _askings(bare.takes):
        try:
            unit = bare.ask(asking.tensors(bare, _pattern(asking, bare, 1)))
            byte = bare.ask(asking.tensors(bare, _pattern(asking, bare, 255)))
        except ModelFaulty:
            continue
        pairs = zip(bare.gives, unit, byte, strict=True)
        given = tuple(
            Given(name, one.shape, _shown(one), _shown(two), one.dtype.kind in "iu")
            for name, one, two in pairs
        )
        return Nature(bare.takes, given, _sight(bare, asking, unit))
    raise ModelFaulty("the model answers no picture: it takes something else, or other sizes")


def _askings(takes: tuple[Slot, ...]) -> Iterator[_Asking]:
    """Every way in which a picture may go in, the likeliest first."""
    for place, slot in enumerate(takes):
        for layout, channels in _layouts(slot.sides):
            down, across = slot.sides[2:] if layout == "NCHW" else slot.sides[1:3]
            sizes = [(down, across)]
            if UNKNOWN in (down, across):
                sizes = [(max(down, 0) or side, max(across, 0) or side) for side in SIDES]
            if max(down, across) > MOST_SIDE:
                continue
            others = OTHERS if len(takes) > 1 else OTHERS[:1]
            for other in others:
                for height, width in sizes:
                    yield _Asking(place, layout, channels, height, width, other)


def _layouts(sides: tuple[int, ...]) -> Iterator[tuple[Layout, int]]:
    if len(sides) != 4 or sides[0] not in (1, UNKNOWN):
        return
    places: tuple[tuple[Layout, int], ...] = (("NCHW", sides[1]), ("NHWC", sides[3]))
    for layout, known in places:
        if known in (COLOURS, GREY):
            yield layout, known
    for layout, known in places:
        if known == UNKNOWN:
            yield from ((layout, COLOURS), (layout, GREY))


def _pattern(asking: _Asking, bare: Bare, top: int) -> Numbers:
    """Slopes and waves between 0 and top; whole numbers have bytes."""
    import numpy as np

    down, across = np.mgrid[: asking.height, : asking.width].astype(np.float32)
    slope = (down / asking.height + across / asking.width) / 2
    lengths = np.arange(5, 5 + asking.channels)
    waves = np.sin(across / 7)[..., None] * np.cos(down[..., None] / lengths)
    values: Numbers = (0.1 + 0.6 * slope[..., None] + 0.1 * (1 + waves)).astype(np.float32)
    is_whole = bare.takes[asking.place].number not in ("float32", "float16")
    return np.rint(values * 255) if is_whole else values * top


def _shown(answer: Numbers) -> Shown:
    import numpy as np

    values = np.asarray(answer)
    if values.dtype.kind not in "fiu" or not values.size or not np.isfinite(values).all():
        raise ModelFaulty("the model gives what are no numbers")
    plain = values.astype(np.float64)
    return Shown(float(plain.min()), float(plain.max()), float(plain.mean()))


def _sight(bare: Bare, asking: _Asking, answers: list[Numbers]) -> Sight:
    sides = bare.takes[asking.place].sides
    down, across = sides[2:] if asking.layout == "NCHW" else sides[1:3]
    is_fixed = UNKNOWN not in (down, across)
    return Sight(
        *(asking.place, asking.layout, asking.channels, asking.height, asking.width, is_fixed),
        multiple=1 if is_fixed else _multiple(bare, asking, answers[0]),
        radius=_radius(bare, asking, answers[0]),
    )


def _multiple(bare: Bare, asking: _Asking, answer: Numbers) -> int:
    """By how many pixels a side may grow, so that the answer grows alike."""
    ratio = [side / asking.height for side in answer.shape]
    for step in MULTIPLES:
        larger = replace(asking, height=asking.height + step, width=asking.width + step)
        try:
            grown = bare.ask(larger.tensors(bare, _pattern(larger, bare, 1)))[0]
        except ModelFaulty:
            continue
        if len(grown.shape) != len(ratio):
            continue
        alike = zip(grown.shape, answer.shape, ratio, strict=True)
        if all(side in (before, round(part * larger.height)) for side, before, part in alike):
            return step
    return MULTIPLES[-1]


def _radius(bare: Bare, asking: _Asking, before: Numbers) -> int:
    """How far the change of one pixel goes in an answer that is a picture too; else 0."""
    import numpy as np

    if before.ndim != 4:
        return 0
    row, column = asking.height // 2, asking.width // 2
    changed = _pattern(asking, bare, 1)
    changed[row, column] = 0
    after = bare.ask(asking.tensors(bare, changed))[0]
    if after.shape != before.shape:
        return 0
    channel = 1 if asking.layout == "NCHW" else 3
    change = np.abs(after.astype(np.float64) - before).max(axis=channel)[0]
    times, rest = divmod(change.shape[0], asking.height)
    if rest or not times or change.shape != (asking.height * times, asking.width * times):
        return 0
    rows, columns = np.nonzero(change > SEEN * max(float(np.abs(before).max()), 1e-6))
    if not len(rows):
        return 0
    away = (
        *(row - rows.min() // times, rows.max() // times - row),
        *(column - columns.min() // times, columns.max() // times - column),
    )
    return int(max(away))
