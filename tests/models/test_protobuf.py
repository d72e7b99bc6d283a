"""A model that names another file is refused wherever it does so; a runtime would read it."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import PolicyRefused
from safelight.models.onnx_session import import_onnxruntime
from safelight.models.protobuf import MAX_DEPTH, refuse_external_data
from safelight.models.store import Store
from tests.models import making


def refuse(data: bytes) -> None:
    refuse_external_data(memoryview(data))


@pytest.mark.parametrize("mark", sorted(making.marks()))
@pytest.mark.parametrize("place", sorted(making.PLACES))
def test_external_data_is_refused_at_every_place(place: str, mark: str) -> None:
    model = making.plain_model()
    making.PLACES[place](model, making.marks()[mark])
    with pytest.raises(PolicyRefused, match="another file"):
        refuse(making.to_bytes(model))


@pytest.mark.parametrize("place", sorted(making.PLACES))
def test_an_inner_tensor_passes_at_every_place(place: str) -> None:
    model = making.plain_model()
    making.PLACES[place](model, making.plain_model().graph.initializer[0])
    refuse(making.to_bytes(model))


def test_the_builtin_models_pass() -> None:
    store = Store()
    for entry in store.entries():
        with store.open(entry) as model, model.view() as data:
            refuse_external_data(data)


def test_control_onnxruntime_reads_the_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np

    (tmp_path / "secret.bin").write_bytes(struct.pack("<1024f", *range(1_024)))
    monkeypatch.chdir(tmp_path)
    data = making.to_bytes(making.model_with_external_initializer())
    session: Any = import_onnxruntime().InferenceSession(data, providers=["CPUExecutionProvider"])
    assert session.run(None, {"x": np.zeros(1_024, np.float32)})[0].tolist() == list(range(1_024))
    with pytest.raises(PolicyRefused, match="another file"):
        refuse(data)


def test_a_field_that_nobody_has_read_is_refused() -> None:
    data = making.to_bytes(making.plain_model()) + bytes([15 << 3 | 2, 0])
    with pytest.raises(PolicyRefused, match="number 15"):
        refuse(data)


def test_a_location_of_the_wrong_wire_type_is_refused() -> None:
    tensor = bytes([14 << 3 | 2, 1, 1])
    graph = bytes([5 << 3 | 2, len(tensor)]) + tensor
    with pytest.raises(PolicyRefused, match="another file"):
        refuse(bytes([7 << 3 | 2, len(graph)]) + graph)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80",
        b"\x80" * 12,
        b"\x0a\x05ab",
        b"\x0d\x00",
        b"\x0b",
        b"\x38\x01",
        b"not a model at all",
    ],
    ids=[
        "torn key",
        "endless key",
        "short bytes",
        "short fixed",
        "group",
        "graph as number",
        "text",
    ],
)
def test_what_is_no_model_is_refused(data: bytes) -> None:
    with pytest.raises(PolicyRefused):
        refuse(data)


def test_a_form_of_the_runtimes_own_is_refused_though_it_is_a_model_too() -> None:
    """onnxruntime knows that form by four bytes, wherever else they may stand."""
    model = making.to_bytes(making.plain_model())
    refuse(bytes([6 << 3 | 2, 6]) + b".ORTM." + model)
    with pytest.raises(PolicyRefused, match="one runtime alone"):
        refuse(bytes([6 << 3 | 2, 6]) + b"..ORTM" + model)


def test_a_field_beyond_all_numbers_is_damage() -> None:
    """Its number would be too long to cross the wall, and the sentence would be lost with it."""
    with pytest.raises(PolicyRefused, match="damaged"):
        refuse(bytes([*[0xFF] * 8, 0x7F]))


def test_fixed_fields_are_stepped_over() -> None:
    model = making.plain_model()
    model.graph.node[0].attribute.add(name="a", f=1.5)
    refuse(making.to_bytes(model) + bytes([1 << 3 | 1]) + bytes(8))


def test_a_bottomless_model_is_refused() -> None:
    data = b""
    for _ in range(MAX_DEPTH):
        for field in (6, 5, 1):
            data = bytes([field << 3 | 2]) + _varint(len(data)) + data
    with pytest.raises(PolicyRefused, match="nested"):
        refuse(bytes([7 << 3 | 2]) + _varint(len(data)) + data)


def test_a_model_of_too_many_fields_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safelight.models.protobuf.MAX_FIELDS", 5)
    with pytest.raises(PolicyRefused, match="too many"):
        refuse(making.to_bytes(making.plain_model()))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_walk(data: bytes) -> None:
    with suppress(PolicyRefused):
        refuse(data)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
