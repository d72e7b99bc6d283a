"""Sessions: opened quietly, on the processor, from one file, and only when the rules hold."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from safelight.errors import (
    MemoryExceeded,
    ModelFaulty,
    PolicyRefused,
    RuntimeMissing,
    SafelightError,
)
from safelight.models import runtimes
from safelight.models.entry import Entry
from safelight.models.guard import doubt_of, fits
from safelight.models.onnx_session import OnnxSession, import_onnxruntime
from safelight.models.runtimes import open_session, warm
from safelight.models.store import Store
from safelight.worker.sentences import error_of, failure_of
from tests.models import making


def entry_of(data: bytes, runtime: str = "onnx") -> Entry:
    return Entry.from_toml(making.entry_toml(data, runtime=runtime))


def test_a_builtin_model_enlarges_by_its_scale() -> None:
    store = Store()
    for entry in store.entries():
        with store.open(entry) as model, model.view() as data:
            session = open_session(entry, data, threads=2)
        given, scale = entry.input, entry.output.scale
        height, width = (given.side, given.side) if given.side else (64, 48)
        tensor = np.full((1, given.channels, height, width), 0.5, np.float32)
        answer = session.run(tensor)
        assert session.model is entry
        assert fits(entry, tensor, answer)
        assert doubt_of(entry, tensor, answer) is None
        if entry.output.kind != "vector":
            assert answer.shape[2:] == (height * scale, width * scale)
            assert not fits(entry, tensor, answer[:, :, 1:])


def test_a_fake_model_repeats_pixels() -> None:
    session = open_session(entry_of(b"x", "fake"), memoryview(b"x"), threads=1)
    answer = session.run(np.array([[[[1, 2]]]], np.float32))
    assert answer.tolist() == [[[[1, 1, 2, 2], [1, 1, 2, 2]]]]
    assert session.model.runtime == "fake"


def test_a_fake_model_repeats_pixels_with_channels_last() -> None:
    data = making.entry_toml(b"x").replace(b"NCHW", b"NHWC")
    session = open_session(Entry.from_toml(data), memoryview(b"x"), threads=1)
    assert session.run(np.ones((1, 3, 2, 1), np.float32)).shape == (1, 6, 4, 1)


def test_a_model_that_wants_another_file_is_never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "OnnxSession", None)
    data = making.to_bytes(making.model_with_external_initializer())
    with pytest.raises(PolicyRefused, match="another file"):
        open_session(entry_of(data), memoryview(data), threads=1)


def test_a_session_that_cannot_be_opened_is_one_clear_error() -> None:
    model = making.plain_model()
    model.graph.node[0].input[0] = "nowhere"
    data = making.to_bytes(model)
    with pytest.raises(RuntimeMissing, match=r"cannot open the model$"):
        open_session(entry_of(data), memoryview(data), threads=1)


@pytest.mark.parametrize("domain", ["", "nobody.operators"])
def test_operators_that_nobody_has_are_one_clear_error(domain: str) -> None:
    model = making.plain_model()
    model.graph.node[0].op_type, model.graph.node[0].domain = "NoSuchOperator", domain
    if domain:
        model.opset_import.add(domain=domain, version=1)
    data = making.to_bytes(model)
    with pytest.raises(RuntimeMissing, match="needs operators that onnxruntime does not have"):
        open_session(entry_of(data), memoryview(data), threads=1)


def test_tensors_may_be_meant_by_their_place() -> None:
    entry, data = several(output='tensors = ["#1", "#0"]')
    more, same = open_session(entry, data, threads=1).answers(np.ones((1, 3, 4, 4), np.float32))
    assert (more.max(), same.max()) == (6, 1)
    entry, data = several(output='tensors = ["#2"]')
    with pytest.raises(ModelFaulty, match="fewer tensors"):
        open_session(entry, data, threads=1)


def test_a_model_that_fails_is_one_clear_error() -> None:
    data = making.to_bytes(making.plain_model())
    session = open_session(entry_of(data), memoryview(data), threads=1)
    assert session.run(np.zeros(making.LENGTH, np.float32)).min() == 1
    with pytest.raises(ModelFaulty, match="the model failed on this picture"):
        session.run(np.zeros(5, np.float32))


class Full:
    """In the place of a runtime's session: no memory is left."""

    def __init__(self, words: str) -> None:
        self._words = words

    def run(self, *_: object) -> None:
        raise RuntimeError(self._words)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Failed to allocate memory for requested buffer of size 442368", MemoryExceeded),
        ("std::bad_alloc", MemoryExceeded),
        ("Non-zero status code, node upscale-x4", ModelFaulty),
    ],
)
def test_a_model_without_memory_says_so(words: str, kind: type[SafelightError]) -> None:
    """The name of a model ends in a number, which must not come out as one: no name is told."""
    data = making.to_bytes(making.plain_model())
    session = OnnxSession(entry_of(data), memoryview(data), threads=1)
    session._session = Full(words)
    with pytest.raises(kind) as caught:
        session.run(np.zeros(making.LENGTH, np.float32))
    crossed = error_of(failure_of(caught.value))
    assert (type(crossed), crossed.message) == (kind, caught.value.message)
    assert not any(letter.isdigit() for letter in crossed.message)


def test_a_runtime_imported_with_its_telemetry_on_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import_onnxruntime()
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY")
    with pytest.raises(PolicyRefused, match="telemetry"):
        import_onnxruntime()


def test_a_runtime_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(RuntimeMissing) as caught:
        warm("onnx")
    assert caught.value.hint == "pip install 'safelight[cpu]'"


def test_a_fake_runtime_needs_no_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    warm("fake")


def test_a_provider_that_was_not_named_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import_onnxruntime()
    data = making.to_bytes(making.plain_model())
    monkeypatch.setattr(
        "onnxruntime.InferenceSession.get_providers", lambda _self: ["SomewhereElse"]
    )
    with pytest.raises(PolicyRefused, match="not named"):
        open_session(entry_of(data), memoryview(data), threads=1)


EXTRA = """
resize = "stretch"
side = 4
number = "{number}"
{quantised}
[[input.constants]]
name = "extra"
shape = [1]
value = 5.0
number = "int64"
"""


def several(
    number: str = "float32", quantised: str = "", **changes: Any
) -> tuple[Entry, memoryview]:
    """A model with two inputs and two answers, and its entry."""
    data = making.to_bytes(making.plain_inputs(number, changes.pop("shape", (1, 3, 4, 4))))
    facts = {
        "runtime": "onnx",
        "channels": 3,
        "kind": '"rgb"',
        "output_kind": '"boxes"',
        "scale": 1,
        "input": EXTRA.format(number=number, quantised=quantised),
        "output": 'tensors = ["z", "y"]',
    }
    return Entry.from_toml(making.entry_toml(data, **facts | changes)), memoryview(data)


@pytest.mark.parametrize("number", making.NUMBERS)
def test_numbers_go_in_as_the_model_takes_them(number: str) -> None:
    entry, data = several(number)
    session = open_session(entry, data, threads=1)
    whole = np.arange(48, dtype=np.float32).reshape(1, 3, 4, 4)
    more, same = session.answers(whole)
    assert np.array_equal(same, whole)
    assert np.array_equal(more, whole + 5)
    assert np.array_equal(session.run(whole), whole)
    assert np.array_equal(session.run(whole.astype(number)), whole)


@pytest.mark.parametrize(("number", "low", "high"), [("uint8", 0, 255), ("int8", -128, 127)])
def test_fractions_are_quantised_by_the_entry(number: str, low: int, high: int) -> None:
    entry, data = several(number, "unit = 0.5\nzero = 3")
    session = open_session(entry, data, threads=1)
    for value, wanted in ((0.0, 3), (1.0, 5), (1.3, 6), (1e9, high), (-1e9, low)):
        assert session.run(np.full((1, 3, 4, 4), value, np.float32)).max() == wanted


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"input": 'resize = "stretch"\nside = 4'}, "takes other tensors"),
        ({"input": EXTRA.format(number="uint8", quantised="")}, "takes other numbers"),
        ({"input": EXTRA.format(number="float32", quantised="height = 5")}, "takes another shape"),
        ({"layout": "NHWC"}, "takes another shape"),
        ({"shape": (3, 4, 4)}, "takes another shape"),
        ({"output": 'tensors = ["y", "w"]'}, "gives other tensors"),
    ],
)
def test_a_model_that_its_entry_does_not_describe_is_refused(
    changes: dict[str, Any], words: str
) -> None:
    entry, data = several(**changes)
    with pytest.raises(ModelFaulty, match=words):
        open_session(entry, data, threads=1)


def test_a_model_may_leave_its_sides_open() -> None:
    """The control of the test above."""
    entry, data = several(shape=("n", 3, "h", "w"))
    session = open_session(entry, data, threads=1)
    assert session.run(np.zeros((1, 3, 4, 4), np.float32)).shape == (1, 3, 4, 4)


def test_what_lies_behind_the_file_is_no_part_of_the_model() -> None:
    entry, data = several()
    session = open_session(entry, memoryview(bytes(data) + b"a vocabulary"), threads=1)
    assert len(session.answers(np.zeros((1, 3, 4, 4), np.float32))) == 2


def test_a_fake_model_has_one_answer() -> None:
    session = open_session(entry_of(b"x", "fake"), memoryview(b"x"), threads=1)
    assert [answer.shape for answer in session.answers(np.ones((1, 1, 2, 3), np.float32))] == [
        (1, 1, 4, 6)
    ]
