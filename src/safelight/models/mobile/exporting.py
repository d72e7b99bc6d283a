"""Exporting: a model of this package for phones, held against the ONNX answer before it is given.

This opens pinned files of the package alone, in the program's own process; no other model may come
here.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from safelight.errors import VerificationFailed
from safelight.models.contract import PICTURES, ModelInput
from safelight.models.entry import Entry
from safelight.models.mobile import tflite_of
from safelight.models.mobile.file import Shape
from safelight.models.mobile.net import Numbers
from safelight.models.runtimes import open_session

# How far an answer may be from that of the ONNX file, as a share of its range: a fortieth of a
# step of 8 bits. What we measured is a twentieth of that and less.
TOLERANCE = 1e-4
# What LiteRT takes beside the file: measured 3 to 12 times the largest tensor, and the weights
# twice more.
TENSORS, FILES = 12, 4
ENDING = "-tflite"


@dataclass(frozen=True, slots=True)
class Exported:
    """A TFLite file, its entry, what it was made from, and how far its answer was from that."""

    entry: Entry
    data: bytes
    origin: Entry
    takes: Shape
    gives: Shape
    difference: float

    @property
    def document(self) -> dict[str, Any]:
        """Everything that an app must know to use it."""
        return {
            "name": self.entry.name,
            "file": self.entry.file,
            "sha256": self.entry.sha256,
            "size_bytes": self.entry.size_bytes,
            "made_from": self.origin.name,
            "made_from_sha256": self.origin.sha256,
            "input_shape": list(self.takes),
            "output_shape": list(self.gives),
            "largest_difference": self.difference,
            "tolerance": TOLERANCE,
            "entry": self.entry.model_dump(mode="json"),
        }

    @property
    def toml(self) -> bytes:
        """The entry as a file of a catalogue."""
        facts = self.entry.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        tables = {name: facts.pop(name) for name in ("input", "output")}
        lines = _lines(facts)
        for name, table in tables.items():
            lines += ["", f"[{name}]", *_lines(table)]
        return "\n".join([*lines, ""]).encode()


def exported(origin: Entry, data: memoryview, *, tile: int = 0) -> Exported:
    """The model as a TFLite file of one size: the whole picture that it takes, or a tile of so many
    pixels (0: as its entry says) and its halos.

    Raises VerificationFailed where its answer is another one, RuntimeMissing, PolicyRefused for an
    operator that is not known here.
    """
    facts = _given(origin.input, tile)
    shape = (1, facts.channels, facts.rows, facts.side)
    made = tflite_of(data, facts.name, shape, origin.title)
    entry = _entry(origin, facts, made)
    picture = drawn(facts, shape)
    wanted = open_session(origin, data, threads=0).run(picture)
    turned = np.ascontiguousarray(picture.transpose(0, 2, 3, 1))
    # LiteRT's own kernels: the usual delegate writes a line of its own to the error stream.
    bare = entry.model_copy(update={"delegates": "none"})
    answer = open_session(bare, memoryview(made), threads=1).run(turned)
    difference = _difference(entry, wanted, answer)
    if not difference <= TOLERANCE:
        raise VerificationFailed(
            f"{origin.name} answers otherwise as a TFLite file: by {difference:.2g} of its range,"
            f" at most {TOLERANCE:g}"
        )
    largest = max(turned.nbytes, answer.nbytes, _largest(made))
    peak = TENSORS * largest + FILES * len(made)
    entry = Entry.model_validate(entry.model_dump(exclude_unset=True) | {"peak_bytes": peak})
    return Exported(entry, made, origin, turned.shape, answer.shape, difference)


def drawn(facts: ModelInput, shape: Shape) -> Numbers:
    """What a model is tried on: soft light with noise, and an edge; the same for ever."""
    chance = np.random.default_rng(5)
    _, channels, rows, columns = shape
    down, across = np.mgrid[:rows, :columns] / max(rows, columns)
    waves = [np.sin(3 + (2 + plane) * down + (5 - plane) * across) for plane in range(channels)]
    planes = np.stack(waves) / 2 + 0.5
    planes[:, rows // 3 :, columns // 2 :] **= 3
    planes[:, :, : columns // 2] += chance.uniform(-0.3, 0.3, (channels, rows, columns // 2))
    low, high = facts.range
    mean, std = (np.reshape(values, (-1, 1, 1)) for values in (facts.mean, facts.std))
    values = (low + (high - low) * planes.clip(0, 1) - mean) / std
    picture: Numbers = values[None].astype(np.float32)
    return picture


def _given(facts: ModelInput, tile: int) -> ModelInput:
    """The input in one size, with the channels last."""
    changes: dict[str, Any] = {"layout": "NHWC"}
    if facts.resize == "tile":
        tile, multiple = tile or facts.tile, facts.multiple
        parts = -(-tile // multiple) + 2 * -(-facts.halo // multiple)
        changes |= {"tile": tile, "side": parts * multiple}
    return ModelInput.model_validate(facts.model_dump(exclude_unset=True) | changes)


def _entry(origin: Entry, facts: ModelInput, made: bytes) -> Entry:
    answer = origin.output.model_dump(exclude_unset=True)
    if origin.output.kind in (*PICTURES, "alpha"):
        answer["layout"] = "NHWC"
    changes = {
        "name": origin.name + ENDING,
        "title": f"{origin.title}, as TFLite",
        "aliases": (),
        "file": f"{origin.name}.tflite",
        "sha256": hashlib.sha256(made).hexdigest(),
        "size_bytes": len(made),
        "pin": "own",
        "pin_source": f"made here from {origin.name} {origin.sha256}",
        "runtime": "tflite",
        "form": "tflite",
        "input": facts,
        "output": answer,
    }
    return Entry.model_validate(origin.model_dump(exclude_unset=True) | changes)


def _difference(entry: Entry, wanted: Numbers, answer: Numbers) -> float:
    """The largest difference as a share of the range; not a number where one of them is none."""
    if wanted.ndim == len("NHWC"):
        wanted = wanted.transpose(0, 2, 3, 1)
    if wanted.shape != answer.shape:
        return math.inf
    low, high = entry.output.range
    return float(np.abs(wanted - answer).max()) / (high - low)


def _largest(made: bytes) -> int:
    """The bytes of the largest tensor that a TFLite file has."""
    from safelight.models.mobile.file import schema

    graph = schema().ModelT.InitFromPackedBuf(made, 0).subgraphs[0]
    return 4 * max(int(np.prod(tensor.shape)) for tensor in graph.tensors)


def _lines(table: dict[str, Any]) -> list[str]:
    """Words, numbers and lists of them are written alike in JSON and in TOML."""
    return [f"{key} = {json.dumps(value)}" for key, value in table.items() if value is not None]
