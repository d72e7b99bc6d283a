"""TFLite sessions: numbers in and out, and only models that their entry describes."""

from __future__ import annotations

import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import (
    MemoryExceeded,
    ModelFaulty,
    PolicyRefused,
    RuntimeMissing,
    SafelightError,
)
from safelight.models import runtimes, tflite_session
from safelight.models.entry import Entry
from safelight.models.flatbuffer import refuse_external_buffers
from safelight.models.runtimes import open_session, warm
from safelight.models.session import Session
from safelight.models.tflite_session import SMALLEST, TfliteSession
from tests.models import making_tflite
from tests.models.making import entry_toml

STRETCH = 'resize = "stretch"\nside = 4'
EXTRA = """
resize = "stretch"
side = 4
number = "{number}"
{quantised}
[[input.constants]]
name = "{extra}"
shape = [1, 4, 4, 3]
value = 5.0
number = "{number}"
"""


def entry_of(data: bytes, number: str = "float32", quantised: str = "", **changes: Any) -> Entry:
    extra = changes.pop("extra", "extra")
    plain = "delegates" in changes
    facts = {
        "runtime": "tflite",
        "layout": "NHWC",
        "channels": 3,
        "kind": '"rgb"',
        "output_kind": '"boxes"',
        "scale": 1,
        "input": EXTRA.format(number=number, quantised=quantised, extra=extra),
        "output": 'tensors = ["more", "twice"]',
    }
    changes.pop("delegates", None)
    toml = entry_toml(data, **facts | changes).decode().replace('name = "y"', 'name = "twice"')
    if plain:
        toml = toml.replace("[input]", 'delegates = "none"\n\n[input]')
    return Entry.from_toml(toml.encode())


def session_of(model: Any, threads: int = 1, **facts: Any) -> Session:
    data = making_tflite.to_bytes(model)
    return open_session(entry_of(data, **facts), memoryview(data), threads=threads)


@pytest.mark.parametrize("facts", [{}, {"delegates": "none"}, {"threads": 2}])
def test_every_answer_comes_in_the_order_of_the_entry(facts: dict[str, Any]) -> None:
    session = session_of(making_tflite.sums(), **facts)
    x = np.arange(48, dtype=np.float32).reshape(1, 4, 4, 3)
    more, twice = session.answers(x)
    assert np.array_equal(more, x + 5)
    assert np.array_equal(twice, 2 * x)
    assert np.array_equal(session.run(x), 2 * x)
    assert session.model.runtime == "tflite"


def test_an_answer_outlives_the_next_one() -> None:
    session = session_of(making_tflite.sums())
    first = session.run(np.ones((1, 4, 4, 3), np.float32))
    session.run(np.zeros((1, 4, 4, 3), np.float32))
    assert first.min() == 2


@pytest.mark.parametrize("number", ["uint8", "int8"])
def test_whole_numbers_stand_for_fractions_on_both_sides(number: str) -> None:
    quantised = "unit = 0.5\nzero = 3"
    model = making_tflite.sums(number, unit=0.5, zero=3)
    session = session_of(model, number=number, quantised=quantised, delegates="none")
    x = np.full((1, 4, 4, 3), 7.0, np.float32)
    more, twice = session.answers(x)
    assert twice.dtype == np.float32
    assert set(twice.flat) == {14.0}
    assert set(more.flat) == {7.0 + (5 - 3) * 0.5}


def test_tensors_may_be_meant_by_their_place() -> None:
    model = making_tflite.sums()
    session = session_of(model, extra="#1", output='tensors = ["#1", "#0"]')
    more, twice = session.answers(np.ones((1, 4, 4, 3), np.float32))
    assert (more.max(), twice.max()) == (6, 2)


CONSTANT = """
[[input.constants]]
name = "extra"
shape = [1, 1, 1, 3]
value = 5.0
"""


def test_a_model_may_leave_its_sides_open() -> None:
    model = making_tflite.sums(shape=(1, -1, -1, 3))
    session = session_of(model, input=CONSTANT, output="", output_kind='"rgb"')
    for height, width in ((6, 5), (6, 5), (2, 9)):
        tensor = np.ones((1, height, width, 3), np.float32)
        assert np.array_equal(session.run(tensor), 2 * tensor)
    with pytest.raises(ModelFaulty, match="the model failed on this picture"):
        session.run(np.ones((1, 4, 4, 2), np.float32))


UNFITTING: dict[str, tuple[Any, dict[str, Any], str]] = {
    "an input less": (making_tflite.sums(), {"input": STRETCH}, "takes other tensors"),
    "another input": (making_tflite.sums(), {"extra": "y"}, "takes other tensors"),
    "another place": (making_tflite.sums(), {"extra": "#2"}, "fewer tensors"),
    "other numbers": (making_tflite.sums("uint8", unit=0.5), {}, "takes other numbers"),
    "another size": (making_tflite.sums(shape=(1, 5, 4, 3)), {}, "takes another shape"),
    "fewer sides": (making_tflite.sums(shape=(4, 4, 3)), {}, "takes another shape"),
    "another answer": (making_tflite.sums(), {"output": 'tensors = ["y"]'}, "gives other tensors"),
    "another unit": (
        making_tflite.sums("uint8", unit=0.5),
        {"number": "uint8", "quantised": "unit = 0.25"},
        "quantises in another way",
    ),
}


@pytest.mark.parametrize("name", UNFITTING)
def test_a_model_that_its_entry_does_not_describe_is_refused(name: str) -> None:
    model, facts, words = UNFITTING[name]
    with pytest.raises(ModelFaulty, match=words):
        session_of(model, **facts)


def test_operators_that_nobody_has_are_one_clear_error() -> None:
    with pytest.raises(RuntimeMissing, match="needs operators that LiteRT does not have"):
        session_of(making_tflite.custom())


def test_data_in_another_file_is_never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "TfliteSession", None)
    with pytest.raises(PolicyRefused, match="another file"):
        session_of(making_tflite.elsewhere())


@pytest.mark.parametrize("data", [b"", b"\x80\x04K\x01.", bytes(4_000), b"PK\x03\x04TFL3" * 9])
def test_what_is_no_tflite_model_is_refused(data: bytes) -> None:
    with pytest.raises(PolicyRefused, match="damaged"):
        refuse_external_buffers(memoryview(data))


@pytest.mark.parametrize("end", range(0, 200, 7))
def test_a_head_that_is_cut_is_refused_or_lies_inside(end: int) -> None:
    with suppress(PolicyRefused):
        refuse_external_buffers(memoryview(SMALLEST[:end]))


def test_a_field_of_a_newer_schema_is_refused() -> None:
    """Its number is one more than the last that is known."""
    table, size = 40, 4 + 2 * 11
    head = struct.pack("<I4s", table, making_tflite.MARK).ljust(table - size, b"\0")
    fields = [0] * 10 + [4]
    data = head + struct.pack("<HH11H", size, 8, *fields) + struct.pack("<i", size)
    with pytest.raises(PolicyRefused, match="not known, number 10"):
        refuse_external_buffers(memoryview(data))
    backwards = data[:table] + struct.pack("<i", 1_000)
    with pytest.raises(PolicyRefused, match="damaged"):
        refuse_external_buffers(memoryview(backwards))


def test_the_smallest_model_passes() -> None:
    """The control of the tests above."""
    refuse_external_buffers(memoryview(SMALLEST))


@given(st.binary(max_size=300))
def test_any_bytes_behind_the_mark_are_refused_or_pass(data: bytes) -> None:
    with suppress(PolicyRefused):
        refuse_external_buffers(memoryview(data[:4] + making_tflite.MARK + data[4:]))


class Broken:
    """In the place of an interpreter: opens or runs into an error."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __call__(self, **_: object) -> None:
        raise RuntimeError(self._words)

    def invoke(self) -> None:
        raise RuntimeError(self._words)

    def set_tensor(self, *_: object) -> None: ...


@pytest.mark.parametrize(
    ("words", "opening", "running"),
    [
        ("std::bad_alloc", MemoryExceeded, MemoryExceeded),
        ("Model provided has model identifier", RuntimeMissing, ModelFaulty),
    ],
)
def test_each_failure_is_one_clear_error(
    words: str,
    opening: type[SafelightError],
    running: type[SafelightError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = making_tflite.to_bytes(making_tflite.sums())
    session = TfliteSession(entry_of(data), data, threads=1)
    session._net = Broken(words)
    with pytest.raises(running):
        session.run(np.ones((1, 4, 4, 3), np.float32))
    monkeypatch.setattr(tflite_session.import_litert(), "Interpreter", Broken(words))
    with pytest.raises(opening):
        TfliteSession(entry_of(data), data, threads=1)


def test_a_runtime_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(RuntimeMissing) as caught:
        warm("tflite")
    assert caught.value.hint == "pip install 'safelight[tflite]'"


def test_a_quantised_model_that_only_its_own_kernels_run(shared_data: Path) -> None:
    data = (shared_data / "models/portrait-seg/deeplab_aiseg_quant513.tflite").read_bytes()
    facts: dict[str, Any] = {
        "runtime": "tflite",
        "layout": "NHWC",
        "channels": 3,
        "kind": '"rgb"',
        "input": 'resize = "stretch"\nside = 513\nnumber = "uint8"',
        "output_kind": '"alpha"',
        "scale": 1,
    }
    toml = entry_toml(data, **facts).decode()
    toml = toml.replace('name = "x"', 'name = "#0"').replace('name = "y"', 'name = "#0"')
    with pytest.raises(RuntimeMissing, match="LiteRT cannot open the model"):
        open_session(Entry.from_toml(toml.encode()), memoryview(data), threads=1)
    plain = toml.replace("[input]", 'delegates = "none"\n[input]').encode()
    session = open_session(Entry.from_toml(plain), memoryview(data), threads=2)
    (mask,) = session.answers(np.zeros((1, 513, 513, 3), np.uint8))
    assert mask.shape == (1, 513, 513)


def test_a_model_with_old_marks_of_quantisation_is_refused(shared_data: Path) -> None:
    data = (shared_data / "models/tflite-micro/person_detect.tflite").read_bytes()
    with pytest.raises(RuntimeMissing, match="LiteRT cannot open the model"):
        TfliteSession(entry_of(data), data, threads=1)
