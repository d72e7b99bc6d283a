"""What the cage and our work before and after a model cost beside a bare call of the runtime.

    python -m bench.overhead           print the table
    python -m bench.overhead --check   also exit 1 where a goal is missed

The models are nets of plain convolutions with random weights, made here. In every round each is
called bare, then put to work on a small photograph by the engine: caged, one thread, one picture
after the other. The picture is opened and decoded in both, since a bare call needs it too.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from onnx import TensorProto, helper

from bench.tables import Goal, Spread, Table, show
from safelight.engine.engine import Engine
from safelight.models.entry import Entry
from safelight.models.runtimes import open_session
from safelight.recipe import Recipe
from safelight.settings import Settings

PICTURE = Path(__file__).resolve().parents[1] / "examples/pictures/lake.jpg"
SIDE, WORDS = 224, 10
WIDE = (640, 480)
ROUNDS, QUICK = 40, 10
MOST_PER_CENT = 10.0
LEAST_MS = 20.0
NETS = {
    "a net of 10 MB": (256, 4),
    "a net of 24 MB": (256, 10),
    "a net of 62 MB": (256, 26),
    "a net of 156 MB": (256, 66),
}
NOTES = (
    "medians with quarters; more: the whole job beside a bare call and decoding, by medians, and",
    "by the fastest rounds, which a machine with other work still shows; workers inherit the net",
)
TOML = """
name = "{name}"
title = "Plain convolutions with random weights"
task = "classify"
file = "{name}.onnx"
sha256 = "{sha256}"
size_bytes = {size_bytes}
licence = "Apache-2.0"
pin = "own"
source = "made by a measurement"
card = "none"
runtime = "onnx"
precision = "fp32"
peak_bytes = {peak_bytes}

[input]
name = "x"
layout = "NCHW"
channels = 3
kind = "rgb"
range = [0.0, 1.0]
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
tile = 0
halo = 0
resize = "crop"
side = {side}
shorter = 256
kernel = "bilinear"

[output]
name = "y"
kind = "labels"
range = [-100.0, 100.0]
activation = "softmax"
labels = [{labels}]
"""


@dataclass(frozen=True)
class Net:
    """A net in a folder of models."""

    entry: Entry
    data: bytes


def net(folder: Path, channels: int, depth: int) -> Net:
    """Three convolutions that halve, so many that keep their size, the mean, a word for each."""
    draw = np.random.default_rng(5)
    nodes, weights, now = [], [], "x"
    shapes = [(3, 64, 2), (64, 128, 2), (128, channels, 2), *[(channels, channels, 1)] * depth]
    for place, (taken, given, stride) in enumerate(shapes):
        values = draw.standard_normal((given, taken, 3, 3)) * (2 / (9 * taken)) ** 0.5
        weights.append(_tensor(f"w{place}", values))
        made = {"kernel_shape": [3, 3], "pads": [1] * 4, "strides": [stride] * 2}
        nodes.append(helper.make_node("Conv", [now, f"w{place}"], [f"c{place}"], **made))
        nodes.append(helper.make_node("Relu", [f"c{place}"], [f"r{place}"]))
        now = f"r{place}"
    weights.append(_tensor("head", draw.standard_normal((channels, WORDS)) / channels))
    nodes += [
        helper.make_node("GlobalAveragePool", [now], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "head"], ["y"]),
    ]
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    answer = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, WORDS])
    graph = helper.make_graph(nodes, "net", [taken], [answer], weights)
    opset = helper.make_opsetid("", 17)
    data = helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()
    return _shelved(folder, f"net-{depth}", data)


def _tensor(name: str, values: Any) -> Any:
    raw = values.astype(np.float32)
    return helper.make_tensor(name, TensorProto.FLOAT, raw.shape, raw.tobytes(), raw=True)


def _shelved(folder: Path, name: str, data: bytes) -> Net:
    facts = {
        "name": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        "peak_bytes": 4 * len(data) + 50_000_000,
        "side": SIDE,
        "labels": ", ".join(f'"word {number}"' for number in range(WORDS)),
    }
    toml = TOML.format(**facts).encode()
    (folder / f"{name}.toml").write_bytes(toml)
    (folder / f"{name}.onnx").write_bytes(data)
    return Net(Entry.from_toml(toml), data)


def photograph() -> bytes:
    """A small JPEG."""
    file = io.BytesIO()
    with Image.open(PICTURE) as picture:
        picture.convert("RGB").resize(WIDE).save(file, "JPEG", quality=90)
    return file.getvalue()


def decoded_ms(picture: bytes) -> float:
    """Opening and decoding it, as whoever calls a runtime himself would."""
    return _ms(lambda: np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")))


def _ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1_000


@contextmanager
def engine(folder: Path) -> Iterator[Engine]:
    """One thread for each picture."""
    cores = len(os.sched_getaffinity(0))
    wishes = replace(Settings(), data_dir=folder, state_dir=folder / "state")
    with Engine(wishes, jobs=cores) as running:
        yield running


def measured(folder: Path, made: Net, rounds: int) -> tuple[list[float], ...]:
    """Milliseconds of each round: the bare call, the decoding, the job, its work in the cage."""
    picture = photograph()
    session = open_session(made.entry, memoryview(made.data), threads=1)
    tensor = np.random.default_rng(1).random((1, 3, SIDE, SIDE), np.float32)
    recipe = Recipe.from_steps([{"op": "classify", "model": made.entry.name}])
    figures: tuple[list[float], ...] = ([], [], [], [])
    with engine(folder) as running:
        for turn in range(rounds + 3):
            one = [_ms(lambda: session.run(tensor)), decoded_ms(picture)]
            started = time.perf_counter()
            result = running.run(picture, recipe)
            one += [(time.perf_counter() - started) * 1_000, _work_ms(result)]
            if turn >= 3:
                for values, value in zip(figures, one, strict=True):
                    values.append(value)
    return figures


def _work_ms(result: Any) -> float:
    return float(result.work_s) * 1_000


def tables(quick: bool) -> list[Table]:
    """One row for each net."""
    rows, goals = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "models").mkdir()
        for words, (channels, depth) in NETS.items():
            made = net(folder / "models", channels, depth)
            figures = measured(folder, made, QUICK if quick else ROUNDS)
            shown = [Spread.of(values).shown() for values in figures]
            middle, fastest = _more(figures, median), _more(figures, min)
            rows.append((words, *shown, f"{middle:+.0f} %", f"{fastest:+.0f} %"))
            if min(figures[0]) >= LEAST_MS:
                what = f"{words}: more than bare, fastest rounds"
                goals.append(Goal(what, fastest, MOST_PER_CENT, "%", digits=0))
    title = f"A model in the cage beside a bare call, ms a picture of {WIDE[0]} x {WIDE[1]}"
    head = ("", "bare call", "decoding", "the whole job", "in the cage", "more", "fastest")
    return [Table(title, head, tuple(rows), NOTES, tuple(goals))]


def _more(figures: Sequence[Sequence[float]], of: Callable[[Sequence[float]], float]) -> float:
    """How many per cent a job takes longer than decoding and calling alone."""
    bare, opening, whole, _inside = map(of, figures)
    return 100 * (whole / (bare + opening) - 1)


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
