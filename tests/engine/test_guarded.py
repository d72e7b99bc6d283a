"""A model that gives no picture: its exact twin does, and it is said; else nothing is left."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper
from PIL import Image as Pillow

from safelight.audit.receipt import Receipt
from safelight.audit.words import describe
from safelight.batch.events import Item, Summary, result_document
from safelight.cli.figures import Figures
from safelight.cli.table import lines
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.engine.stock import Models
from safelight.errors import ModelFaulty
from safelight.models.guard import Fault, Retry
from safelight.operation import ModelNeed
from safelight.ops.upscale import Upscale
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.worker.job import ModelFile
from tests.models.making import add_model, to_bytes

NAN = float("nan")
# A model's name, what it multiplies the picture with, and its exact twin.
MODELS: dict[str, tuple[float, str | None]] = {
    "good": (1.0, "broken"),
    "plain": (1.0, None),
    "black": (0.0, "plain"),
    "nan": (NAN, "plain"),
    "huge": (1e9, "plain"),
    "alone": (NAN, None),
    "broken": (NAN, None),
    "both": (0.0, "broken"),
    "triple": (1.0, "plain"),
    "triple-alone": (1.0, None),
}


def onnx_model(factor: float, times: float = 2.0) -> bytes:
    """Repeats every pixel so many times on both sides and multiplies it."""
    shape = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, None, None])
    answer = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, None, None])
    nodes = [
        helper.make_node("Resize", ["x", "", "scales"], ["large"], mode="nearest"),
        helper.make_node("Mul", ["large", "factor"], ["y"]),
    ]
    constants = [
        helper.make_tensor("scales", TensorProto.FLOAT, [4], [1.0, 1.0, times, times]),
        helper.make_tensor("factor", TensorProto.FLOAT, [1], [factor]),
    ]
    graph = helper.make_graph(nodes, "g", [shape], [answer], constants)
    opset = helper.make_opsetid("", 17)
    return to_bytes(helper.make_model(graph, opset_imports=[opset], ir_version=8))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    data = tmp_path_factory.mktemp("data")
    folder = data / "models"
    folder.mkdir()
    for name, (factor, exact) in MODELS.items():
        facts: dict[str, Any] = {"name": name, "file": f"{name}.onnx", "runtime": "onnx"}
        twin = f'[]\nexact = "{exact}"' if exact else "[]"
        data_of = onnx_model(factor, 3.0 if name.startswith("triple") else 2.0)
        add_model(folder, data_of, aliases=twin, **facts)
    with Engine(replace(Settings(), data_dir=data), jobs=1) as engine:
        yield engine


def png(low: int = 30, high: int = 220) -> bytes:
    file = io.BytesIO()
    ramp = np.linspace(low, high, 24 * 20).astype(np.uint8).reshape(20, 24)
    Pillow.fromarray(ramp).save(file, "PNG")
    return file.getvalue()


def enlarged(engine: Engine, model: str, source: bytes) -> Result:
    result = engine.run(source, Recipe((Upscale(scale=2, model=model),)))
    assert isinstance(result, Result)
    return result


def pixels(result: Result) -> NDArray[np.uint8]:
    assert result.data is not None
    with Pillow.open(io.BytesIO(result.data)) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        ("black", "blank"),
        ("nan", "not finite"),
        ("huge", "out of range"),
        ("triple", "wrong shape"),
    ],
)
def test_a_faulty_model_s_twin_gives_the_picture_and_the_receipt_says_so(
    engine: Engine, model: str, fault: Fault
) -> None:
    result = enlarged(engine, model, png())
    assert np.array_equal(pixels(result), pixels(enlarged(engine, "plain", png())))
    assert result.retries == (Retry(0, fault, 1),)
    receipt = Receipt.parse(result.receipt)
    (fact,) = receipt.predicate.models
    assert (fact.name, fact.retried and fact.retried.name) == (model, "plain")
    words = " ".join(text for _label, text in describe(receipt))
    assert f"1 {fault}" in words
    document = result_document(result)
    assert (document["retried"], document["faults"]) == (1, [fault])
    item = Item(1, "a.png", "done", result=result)
    figures = Figures()
    figures.add(item)
    table = lines(figures, Summary(1, 0, 0, 0, 0, level=3), ["upscale"])
    assert f"faulty tiles of 1 picture, in full precision ({fault} 1)" in "\n".join(table)


def test_a_good_model_is_never_asked_twice(engine: Engine) -> None:
    """The control: its twin is broken, and nobody notices."""
    result = enlarged(engine, "good", png())
    assert result.retries == ()
    assert Receipt.parse(result.receipt).predicate.models[0].retried is None
    assert b"retried" not in Receipt.parse(result.receipt).payload


def test_a_black_picture_is_no_fault(engine: Engine) -> None:
    result = enlarged(engine, "good", png(0, 0))
    assert (result.retries, pixels(result).max()) == ((), 0)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("alone", "it has no exact twin"),
        ("triple-alone", "it has no exact twin"),
        ("both", "nor is that of its exact twin"),
    ],
)
def test_without_a_picture_nothing_is_left(
    engine: Engine, tmp_path: Path, model: str, words: str
) -> None:
    source = tmp_path / "a.png"
    source.write_bytes(png())
    with pytest.raises(ModelFaulty, match=words) as caught:
        engine.run(source, Recipe((Upscale(scale=2, model=model),)), output=tmp_path / "b.png")
    assert caught.value.exit_code == 1
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.png"]


def test_only_a_model_with_a_twin_can_have_been_asked_twice() -> None:
    """What a worker claims of another model breaks the wire."""
    first, second = ModelNeed("upscale", "a", 2), ModelNeed("upscale", "b", 2)
    file = ModelFile(("upscale", "a", 2), b"{}", 0, 1)
    models = Models({first: file, second: file}, {second: file})
    assert [models.has_twin(place) for place in range(4)] == [False, True, False, False]
    assert models.files == (file,)
