"""Models that see, made in code: red squares as things, mean colours as words, a fixed body.

Each looks at a picture of 8 x 8 cells, so that what it must see is known.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from PIL import Image as Pillow

from safelight.models.entry import Entry
from safelight.models.guard import Guarded
from safelight.models.look import look
from safelight.models.runtimes import open_session
from safelight.operation import Context, ModelNeed, Sample
from tests.contract import LIMITS
from tests.models.making import entry_toml, to_bytes

CELLS = 8
POINTS = ("nose", "left shoulder", "right shoulder", "left elbow")
# x, y and score of each, in shares of the picture.
SPOTS = ((0.5, 0.25, 0.9), (0.75, 0.5, 0.8), (0.25, 0.5, 0.8), (0.75, 0.75, 0.1))
WORDS = ("red", "green", "blue")


def red_squares(*cells: tuple[int, int], side: int = 10, ground: int = 40) -> Any:
    """A picture of 8 x 8 cells, so many pixels on each side, red where it is said (column, row)."""
    picture = np.full((CELLS * side, CELLS * side, 3), ground, np.uint8)
    for column, row in cells:
        picture[row * side : (row + 1) * side, column * side : (column + 1) * side] = (255, 0, 0)
    return Pillow.fromarray(picture)


def _graph(nodes: list[Any], outputs: tuple[str, ...], **held: Any) -> bytes:
    shape = (1, 3, CELLS, CELLS)
    taken = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    weights = [numpy_helper.from_array(np.asarray(value), name) for name, value in held.items()]
    graph = helper.make_graph(nodes, "g", taken, given, weights)
    opset = [helper.make_opsetid("", 17)]
    return to_bytes(helper.make_model(graph, opset_imports=opset, ir_version=8))


def _detector() -> bytes:
    """The score of a cell is how much redder than green it is."""
    rows, columns = np.mgrid[0:CELLS, 0:CELLS].reshape(2, -1) / CELLS
    boxes = np.stack((columns, rows, columns + 1 / CELLS, rows + 1 / CELLS), 1).astype(np.float32)
    nodes = [
        helper.make_node("Split", ["x"], ["red", "green", "blue"], axis=1),
        helper.make_node("Sub", ["red", "green"], ["more"]),
        helper.make_node("Relu", ["more"], ["high"]),
        helper.make_node("Reshape", ["high", "column"], ["things"]),
        helper.make_node("Sub", ["one", "things"], ["ground"]),
        helper.make_node("Concat", ["ground", "things"], ["scores"], axis=1),
        helper.make_node("Identity", ["places"], ["y"]),
    ]
    column = np.array([CELLS * CELLS, 1])
    return _graph(nodes, ("y", "scores"), places=boxes, column=column, one=np.float32(1))


def _classifier() -> bytes:
    """The score of a word is the mean of its colour."""
    nodes = [helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)]
    return _graph(nodes, ("y",))


def _body() -> bytes:
    """The same body, whatever the picture shows."""
    rows = np.array([[y, x, score] for x, y, score in SPOTS], np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["none"]),
        helper.make_node("Add", ["rows", "none"], ["y"]),
    ]
    return _graph(nodes, ("y",), rows=rows, nothing=np.float32(0))


LOOKING = 'resize = "stretch"\nside = 8\nkernel = "area"'
SEERS: dict[str, tuple[Callable[[], bytes], dict[str, Any]]] = {
    "detect": (
        _detector,
        {
            "output_kind": '"boxes"',
            "output": 'decoder = "ultraface"\ntensors = ["y", "scores"]\n'
            'labels = ["square", "circle"]\nleast = 0.5\noverlap = 0.5',
        },
    ),
    "classify": (
        _classifier,
        {"output_kind": '"labels"', "output": f"labels = {list(WORDS)}".replace("'", '"')},
    ),
    "pose": (
        _body,
        {
            "output_kind": '"keypoints"',
            "output": 'decoder = "movenet"\nlabels = ["person"]\nleast = 0.2\n'
            + f"points = {list(POINTS)}".replace("'", '"'),
        },
    ),
}


@cache
def made(task: str) -> tuple[bytes, bytes]:
    """The catalogue entry and the file of the model for this task."""
    make, facts = SEERS[task]
    data = make()
    given = {
        "name": f"seer-{task}",
        "task": task,
        "title": "made by a test",
        "aliases": '["usual", "faces", "people"]',
        "file": f"seer-{task}.onnx",
        "runtime": "onnx",
        "scale": 1,
        "channels": 3,
        "kind": '"rgb"',
        "input": LOOKING,
    }
    return _with_task(entry_toml(data, **given | facts), task), data


def _with_task(toml: bytes, task: str) -> bytes:
    return toml.replace(b'task = "upscale"', f'task = "{task}"'.encode())


def install(folder: Path, *tasks: str) -> None:
    """Put the models of these tasks into a user's folder of models."""
    folder.mkdir(parents=True, exist_ok=True)
    for task in tasks:
        toml, data = made(task)
        (folder / f"seer-{task}.toml").write_bytes(toml)
        (folder / f"seer-{task}.onnx").write_bytes(data)


@cache
def session(need: ModelNeed) -> Guarded:
    """The model for this task, opened once."""
    toml, data = made(need.task)
    return Guarded(open_session(Entry.from_toml(toml), memoryview(data), threads=1), None)


def context(**changes: Any) -> Context:
    """A context that has these models and no other."""

    def see(need: ModelNeed, sample: Sample) -> Any:
        return look(session(need), sample)

    return Context(LIMITS, session, **{"look": see} | changes)
