"""Mobile: the models of the package as TFLite files give the answer of their ONNX files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from safelight.errors import RuntimeMissing, VerificationFailed
from safelight.models import lint
from safelight.models.entry import Entry
from safelight.models.mobile import exporting, tflite_of
from safelight.models.mobile.exporting import TOLERANCE, Exported, drawn, exported
from safelight.models.mobile.file import ALIGNED, schema
from safelight.models.runtimes import open_session
from safelight.models.store import Store

STORE = Store()
EXACT = [entry.name for entry in STORE.built_in() if entry.precision == "fp32"]
TILE = 32


def entry_of(name: str) -> Entry:
    return next(entry for entry in STORE.built_in() if entry.name == name)


def bytes_of(entry: Entry) -> bytes:
    with STORE.open(entry) as loaded:
        return bytes(loaded.view())


def made_of(name: str, tile: int = TILE) -> Exported:
    entry = entry_of(name)
    return exported(entry, memoryview(bytes_of(entry)), tile=tile)


@pytest.mark.parametrize("name", EXACT)
def test_every_exact_net_answers_as_its_onnx_file(name: str) -> None:
    made = made_of(name)
    assert 0 <= made.difference < TOLERANCE / 10
    assert lint.contract_faults(made.entry) == ()
    assert Entry.from_toml(made.toml) == made.entry
    # With LiteRT's usual delegate too, which is what runs it later.
    picture = drawn(made.entry.input, _first(made.takes))
    wanted = open_session(made.origin, memoryview(bytes_of(made.origin)), threads=1).run(picture)
    turned = np.ascontiguousarray(picture.transpose(0, 2, 3, 1))
    answer = open_session(made.entry, memoryview(made.data), threads=1).run(turned)
    if wanted.ndim == 4:
        wanted = wanted.transpose(0, 2, 3, 1)
    assert wanted.std() > 0.01
    assert np.abs(answer - wanted).max() < TOLERANCE


def _first(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[0], shape[3], shape[1], shape[2])


def test_the_tile_is_that_of_the_entry_where_none_is_asked_for() -> None:
    made = made_of("restore-noise", tile=0)
    assert made.takes == (1, 300, 300, 4)
    assert (made.entry.input.tile, made.entry.input.side) == (256, 300)
    assert made.document["output_shape"] == [1, 300, 300, 3]


def test_a_tile_and_its_halos_are_multiples() -> None:
    made = made_of("restore-noise", tile=33)
    assert made.takes == (1, 78, 78, 4)
    assert made.entry.input.tile == 33


def test_the_same_model_gives_the_same_bytes() -> None:
    assert made_of("embed-fp32").data == made_of("embed-fp32").data


def test_only_operators_that_every_tflite_has_and_as_few_as_can_be() -> None:
    model = schema().ModelT.InitFromPackedBuf(made_of("upscale-x4-photo-fp32").data, 0)
    codes = schema().BuiltinOperator
    kinds = [
        model.operatorCodes[one.opcodeIndex].builtinCode for one in model.subgraphs[0].operators
    ]
    assert codes.CUSTOM not in kinds
    assert codes.RELU not in kinds
    assert kinds.count(codes.CONV_2D) == 13
    assert kinds.count(codes.DEPTHWISE_CONV_2D) == 1


def test_halves_stay_halves_and_weights_lie_where_processors_like_them() -> None:
    made = made_of("embed-fp32")
    assert made.entry.size_bytes < 1.1 * made.origin.size_bytes
    model = schema().ModelT.InitFromPackedBuf(made.data, 0)
    filled = [bytes(one.data) for one in model.buffers if one.data is not None]
    assert len(filled) > 20
    big = [data for data in filled if len(data) > 1_000]
    assert all(made.data.index(data) % ALIGNED == 0 for data in big)


WRONG: dict[str, Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]] = {
    "shifted": lambda values: values + np.float32(2 * TOLERANCE),
    "no number": lambda values: values * np.float32(np.nan),
    "of another shape": lambda values: values[:, 1:],
}


@pytest.mark.parametrize("name", WRONG)
def test_another_answer_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(entry: Entry, data: memoryview, *, threads: int) -> Any:
        session = open_session(entry, data, threads=threads)
        if entry.runtime == "onnx":
            return session
        run = session.run
        monkeypatch.setattr(session, "run", lambda tensor: WRONG[name](run(tensor)))
        return session

    monkeypatch.setattr(exporting, "open_session", opened)
    with pytest.raises(VerificationFailed, match="answers otherwise as a TFLite file"):
        made_of("upscale-x2-fp32")


def test_without_litert_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.schema_py_generated", None)
    with pytest.raises(RuntimeMissing, match="LiteRT") as caught:
        tflite_of(bytes_of(entry_of("upscale-x2-fp32")), "luma", (1, 1, 8, 8), "x")
    assert caught.value.hint == "pip install 'safelight[tflite]'"
