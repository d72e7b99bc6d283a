"""Proposing: the entry of a user's own model, from what the cage found and what the user says.

Values of input and output that were said win over what the shapes suggest; a file that the
catalogue pins too has the contract that stands there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from safelight.errors import PolicyRefused, UsageError
from safelight.models.entry import Entry, Form
from safelight.models.guessing import BYTES, IMAGENET, Guess, guesses
from safelight.models.lint import FREE, require_whole
from safelight.models.nature import Nature, Shown, Slot
from safelight.models.staging import Wanted

# What stands around a tile where the net looks further than could be seen.
TILE, WIDE, USUAL_HALO, FARTHEST = 256, 64, 16, 46
# The size of what takes any, by task.
SIDES = {"cutout": 320, "detect": 640, "pose": 256}
SIDE = 224
OWN = "a file of yours"
NO_LICENCE = "not stated"
# How alike the ends of two ranges must be, in widths of the range.
SAME = 0.05
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user says. labels are words; facts are values by the field that they belong to, as
    input.side; licence is empty where nothing is said.
    """

    name: str
    task: str = ""
    title: str = ""
    licence: str = ""
    labels: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry, not measured yet, and what in it nobody could know for sure."""

    entry: Entry
    remarks: tuple[str, ...]


def blank(form: Form, files: Sequence[Wanted]) -> Entry:
    """An entry that says nothing but which files there are, for the cage."""
    document = {
        **_head("examined", form, files),
        "task": "exam",
        "input": {**_plain_input("NCHW", 3), "name": "#0", "kind": "rgb"},
        "output": {"name": "#0", "kind": "labels", "range": [0.0, 1.0]},
    }
    return Entry.from_json(json.dumps(document).encode())


def proposed(
    nature: Nature,
    form: Form,
    files: Sequence[Wanted],
    wishes: Wishes,
    *,
    catalogue: Iterable[Entry] = (),
) -> Proposal:
    """The entry that these shapes and wishes suggest.

    A file of the catalogue is under the licence that stands there, whoever brings it. Raises
    UsageError where the shapes fit no task, or the wishes no entry, PolicyRefused for a file that
    is excluded.
    """
    known = next((one for one in catalogue if one.sha256 == files[0].sha256), None)
    document = _head(wishes.name, form, files)
    if known is not None and wishes.task in ("", known.task):
        kept = known.model_dump(mode="json", include={"input", "output", "network", "delegates"})
        document |= {**kept, "task": known.task}
        remarks: tuple[str, ...] = (
            f"the catalogue pins this very file as {known.name}: its contract is taken",
        )
    else:
        guess = _guess(nature, form, wishes)
        document |= {"task": guess.task, "input": _input(nature, guess), "output": guess.output}
        document |= {"network": _network(nature, guess), "delegates": nature.delegates}
        remarks = _fill(document, nature, guess, catalogue)
    if wishes.labels:
        document["output"]["labels"] = list(wishes.labels)
    document["title"] = wishes.title or (known.title if known is not None else OWN)
    document |= {"licence": wishes.licence or NO_LICENCE}
    is_free = wishes.licence in FREE
    document |= {
        "licence_class": "free" if is_free else "consent",
        "caveat": "" if is_free else "added by you: its terms are for you to know",
    }
    if known is not None:
        if known.licence_class == "excluded":
            raise PolicyRefused(f"{known.name} is not to be had: {known.caveat}")
        document |= known.terms
    for place, value in wishes.facts.items():
        _put(document, place, value)
    entry = Entry.from_json(json.dumps(document).encode())
    require_whole(entry)
    return Proposal(entry, remarks)


def _network(nature: Nature, guess: Guess) -> Facts | None:
    if guess.around:
        return {"name": "ncnn", "parameters": {"around": float(guess.around)}}
    return {"name": nature.network} if nature.network else None


def _guess(nature: Nature, form: Form, wishes: Wishes) -> Guess:
    every = [one for one in guesses(nature) if form == "ncnn" or not one.around]
    if wishes.labels and not wishes.task:
        every.sort(key=lambda one: one.words != len(wishes.labels))
    for guess in every:
        if wishes.task in ("", guess.task):
            return guess
    shapes = "; ".join("x".join(map(str, one.sides)) or "1" for one in nature.gives)
    raise UsageError(
        f"answers of these sides fit no model for {wishes.task or 'any task'}: {shapes[:200]}",
        hint="--task of: classify, detect, pose, cutout, upscale, embed; --set input.side=320 and"
        " the like say the rest",
    )


def _head(name: str, form: Form, files: Sequence[Wanted]) -> Facts:
    suffixes = [PurePath(one.file).suffix.lower()[:16] for one in files]
    return {
        "name": name,
        "title": OWN,
        "file": f"{name}{suffixes[0]}",
        "sha256": files[0].sha256,
        "size_bytes": files[0].size_bytes,
        "licence": NO_LICENCE,
        "licence_text": "whatever you know of it",
        "pin": "own",
        "pin_source": "the file as it was when it was added",
        "source": OWN,
        "card": "none",
        "runtime": "tflite" if form == "tflite" else "onnx",
        "form": form,
        "precision": "unknown",
        "peak_bytes": 0,
        "parts": [
            {"file": f"{name}-{place}{suffix}", "role": "weights", "sha256": one.sha256,
             "size_bytes": one.size_bytes}
            for place, (one, suffix) in enumerate(zip(files, suffixes, strict=True)) if place
        ],
    }  # fmt: skip


def _plain_input(layout: str, channels: int) -> Facts:
    return {
        "layout": layout,
        "channels": channels,
        "range": [0.0, 1.0],
        "mean": [0.0],
        "std": [1.0],
        "tile": 0,
        "halo": 0,
    }


def _input(nature: Nature, guess: Guess) -> Facts:
    sight = nature.sight
    slot = nature.takes[sight.place]
    facts = {
        **_plain_input(sight.layout, sight.channels),
        "name": slot.name,
        "kind": "rgb" if sight.channels == 3 else "luma",
        "mean": list(guess.normal[0]) if sight.channels == 3 else [0.0],
        "std": list(guess.normal[1]) if sight.channels == 3 else [1.0],
        "resize": "stretch",
        "kernel": "bilinear",
        **guess.input,
        "number": slot.number,
        "constants": [
            {"name": one.name, "shape": [max(side, 1) for side in one.sides], "value": 0.0,
             "number": one.number}
            for one in nature.takes if one is not slot
        ],
    }  # fmt: skip
    facts |= _size(nature, guess, tiled=facts["resize"] == "tile")
    if slot.number not in ("float32", "float16"):
        facts |= _whole(slot)
    return facts


def _size(nature: Nature, guess: Guess, *, tiled: bool) -> Facts:
    sight = nature.sight
    if not tiled:
        side = sight.width if sight.is_fixed else SIDES.get(guess.task, SIDE)
        is_even = not sight.is_fixed or sight.height == sight.width
        return {"side": side, "height": 0 if is_even else sight.height}
    seen = sight.radius + 2 if 0 < sight.radius < FARTHEST else sight.radius and WIDE
    halo = -(-(seen or USUAL_HALO) // sight.multiple) * sight.multiple
    if not sight.is_fixed:
        return {"tile": TILE, "halo": halo, "multiple": sight.multiple}
    least = min(sight.width, sight.height)
    halo = min(halo, least // 8)
    height = 0 if sight.height == sight.width else sight.height
    return {"side": sight.width, "height": height, "tile": least - 2 * halo, "halo": halo}


def _whole(slot: Slot) -> Facts:
    """What whole numbers stand for: by the model's own unit, else bytes."""
    if not slot.unit:
        ends = [-128.0, 127.0] if slot.number == "int8" else BYTES
        return {"range": ends, "mean": [0.0], "std": [1.0]}
    least = -128 if slot.number == "int8" else 0
    low, high = ((value - slot.zero) * slot.unit for value in (least, least + 255))
    facts: Facts = {"unit": slot.unit, "zero": slot.zero}
    for black, white, mean, std in ((-1, 1, 0.5, 0.5), (0, 1, 0.0, 1.0), (0, 255, 0.0, 1.0)):
        if max(abs(low - black), abs(high - white)) <= SAME * (white - black):
            return {**facts, "range": [0.0, float(white)], "mean": [mean], "std": [std]}
    if low > -1 or high < 1:
        return {**facts, "range": [low, high], "mean": [0.0], "std": [1.0]}
    mean_of, std_of = IMAGENET
    return {**facts, "range": [0.0, 1.0], "mean": list(mean_of), "std": list(std_of)}


def _fill(
    document: Facts, nature: Nature, guess: Guess, catalogue: Iterable[Entry]
) -> tuple[str, ...]:
    """Put in words and ranges; say what is a guess."""
    remarks = ["how values are scaled, and the order of colours, is a guess: try a photograph"]
    taken, given = document["input"], document["output"]
    if given["kind"] in ("rgb", "luma"):
        is_float = taken["number"] in ("float32", "float16")
        top_in, top_out = _tops(nature, is_float=is_float)
        given["range"] = [0.0, top_out]
        if is_float:
            taken["range"] = [0.0, top_in]
        remarks = ["the range of values is what the answer to a pattern suggests"]
    if guess.words:
        words = next((one for one in catalogue if _has_words(one, guess)), None)
        given["labels"] = (
            list(words.output.labels) if words else [str(place) for place in range(guess.words)]
        )
        remarks.append(
            f"labels are those of {words.name}, which has as many" if words
            else "labels are numbers: --labels FILE has a word a line"
        )  # fmt: skip
    if taken["constants"]:
        remarks.append("further inputs are always 0")
    if guess.task in ("classify", "detect", "cutout", "pose") and not nature.sight.is_fixed:
        remarks.append("it takes any size: --set input.side=N is the one it was trained at")
    return tuple(remarks)


def _has_words(entry: Entry, guess: Guess) -> bool:
    many = len(entry.output.labels) == guess.words >= 50
    return many and entry.task == guess.task and entry.licence_class == "free"


def _tops(nature: Nature, *, is_float: bool) -> tuple[float, float]:
    """What white is on the way in and out: where the answer is most like the pattern."""
    one = nature.gives[0]
    tried = [(255.0, 255.0, one.byte), (255.0, 1.0, one.byte)]
    if is_float:
        tried = [(1.0, 1.0, one.unit), (1.0, 255.0, one.unit), *tried]
    best = min(tried, key=lambda way: _unlike(way[2], way[1]))
    first = tried[0]
    is_alike = _unlike(first[2], first[1]) <= _unlike(best[2], best[1]) + 0.1
    return (first if is_alike else best)[:2]


# The pattern's own mean, in shares of white.
MEAN = 0.5


def _unlike(shown: Shown, top: float) -> float:
    beyond = max(0.0, -shown.least / top) + max(0.0, shown.greatest / top - 1)
    return abs(shown.mean / top - MEAN) + beyond


def _put(document: Facts, place: str, value: Any) -> None:
    """A value at its field. Raises UsageError for what is no field of an entry."""
    parts = place.split(".")
    inner = document
    for part in parts[:-1]:
        found = inner.setdefault(part, {})
        if found is None:
            found = inner[part] = {}
        if not isinstance(found, dict):
            raise UsageError(f"an entry has no field {place}", hint="as in input.side")
        inner = found
    if place in ("sha256", "size_bytes", "file", "pin", "url", "parts", "name", "form"):
        raise UsageError(f"{place} is what the file says, and nobody else")
    inner[parts[-1]] = value
