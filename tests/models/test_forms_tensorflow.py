"""TensorFlow: nodes of a frozen graph give what they say, and a graph that lies is refused."""

from __future__ import annotations

import contextlib
import struct

import numpy as np
import pytest

from safelight.errors import PolicyRefused
from safelight.models.forms import graph_of
from safelight.models.forms.messages import Message
from tests.models.forms import (
    BROKEN,
    UNKNOWN,
    Numbers,
    entry_of,
    field,
    floats,
    ramp,
    session_of,
    varint,
)


def setting(name: str, value: bytes) -> bytes:
    return field(5, field(1, name) + field(2, value))


def node(kind: str, name: str, *takes: str, settings: bytes = b"") -> bytes:
    inputs = b"".join(field(3, one) for one in takes)
    return field(1, field(1, name) + field(2, kind) + inputs + settings)


def constant(name: str, values: Numbers, *, kind: int = 1, sides: tuple[int, ...] = ()) -> bytes:
    shape = b"".join(field(2, field(1, side)) for side in sides or values.shape)
    tensor = field(1, kind) + field(2, shape) + field(4, floats(values))
    return node("Const", name, settings=setting("value", field(8, tensor)))


def listed(*numbers: int) -> bytes:
    return field(1, field(3, b"".join(map(varint, numbers))))


def conv_settings(*, padding: str = "SAME", layout: str = "NHWC", step: int = 1) -> bytes:
    return (
        setting("padding", field(2, padding))
        + setting("data_format", field(2, layout))
        + setting("strides", listed(1, step, step, 1))
    )


X = node("Placeholder", "x")


def tensorflow(graph: bytes, given: Numbers) -> Numbers:
    entry = entry_of("tensorflow", graph, channels=given.shape[-1], layout="NHWC")
    return session_of(entry, graph).run(given)


def test_a_frozen_graph_keeps_its_channels_last() -> None:
    kernel, bias = ramp(1, 1, 3, 2), np.array([1, 2], np.float32)
    graph = X + constant("k", kernel) + constant("b", bias)
    graph += node("Conv2D", "c", "x", "k", settings=conv_settings())
    graph += node("BiasAdd", "s", "c", "b:0", "^x") + node("Identity", "y", "s")
    given = ramp(1, 4, 5, 3)
    np.testing.assert_allclose(tensorflow(graph, given), given @ kernel[0, 0] + bias, atol=1e-6)


def test_a_frozen_graph_may_take_its_channels_first() -> None:
    graph = X + node("Relu", "y", "x")
    entry = entry_of("tensorflow", graph, channels=3)
    given = ramp(1, 3, 4, 5)
    np.testing.assert_allclose(session_of(entry, graph).run(given), np.maximum(given, 0))


def test_steps_and_pads_are_those_of_the_graph() -> None:
    kernel = np.ones((3, 3, 1, 1), np.float32)
    for padding, step, sides in (("SAME", 2, (3, 3)), ("VALID", 1, (4, 3)), ("VALID", 2, (2, 2))):
        graph = X + constant("k", kernel)
        given = conv_settings(padding=padding, step=step)
        graph += node("Conv2D", "y", "x", "k", settings=given)
        assert tensorflow(graph, ramp(1, 6, 5, 1)).shape == (1, *sides, 1)


def test_plain_nodes_mean_what_they_say() -> None:
    given = ramp(1, 2, 2, 2)
    half = constant("h", np.array(0.5, np.float32))
    graph = (
        X + half + node("Abs", "a", "x") + node("Sub", "s", "x", "a") + node("Mul", "y", "h", "s")
    )
    np.testing.assert_allclose(tensorflow(graph, given), (given - abs(given)) / 2, atol=1e-6)
    graph = X + node("Tanh", "t", "x") + node("AddV2", "y", "t", "t")
    np.testing.assert_allclose(tensorflow(graph, given), np.tanh(given) * 2, atol=1e-6)


def test_depth_becomes_pixels_in_the_order_of_tensorflow() -> None:
    graph = X + node("DepthToSpace", "y", "x", settings=setting("block_size", field(3, 2)))
    given = ramp(1, 2, 3, 8)
    wanted = given.reshape(2, 3, 2, 2, 2).transpose(0, 2, 1, 3, 4).reshape(1, 4, 6, 2)
    np.testing.assert_allclose(tensorflow(graph, given), wanted)


def test_numbers_may_stand_one_by_one() -> None:
    tensor = field(1, 1) + field(2, b"") + varint(5 << 3 | 5) + struct.pack("<f", 3)
    graph = X + node("Const", "t", settings=setting("value", field(8, tensor)))
    given = ramp(1, 2, 2, 1)
    made = tensorflow(graph + node("Mul", "y", "x", "t"), given)
    np.testing.assert_allclose(made, given * 3)


KERNEL = constant("k", np.ones((1, 1, 1, 1), np.float32))
TENSORFLOW: dict[str, tuple[bytes, str]] = {
    "nothing": (b"\x0a\x00", BROKEN),
    "no message": (b"\xff" * 20, BROKEN),
    "a message beyond the end": (b"\x0a\x7f", BROKEN),
    "a group": (b"\x0b", BROKEN),
    "a node that is not known": (X + node("PyFunc", "y", "x"), UNKNOWN),
    "a node that is not there": (X + node("Relu", "y", "z"), BROKEN),
    "a node that takes itself": (X + node("Relu", "y", "y"), BROKEN),
    "another placeholder": (node("Placeholder", "z") + node("Relu", "y", "z"), BROKEN),
    "too few numbers": (
        X + constant("k", ramp(2), sides=(3,)) + node("Add", "y", "x", "k"),
        BROKEN,
    ),
    "whole numbers": (X + constant("k", ramp(2), kind=3) + node("Add", "y", "x", "k"), UNKNOWN),
    "a table for a bias": (X + constant("k", ramp(2, 2)) + node("Add", "y", "x", "k"), UNKNOWN),
    "channels first": (
        X + KERNEL + node("Conv2D", "y", "x", "k", settings=conv_settings(layout="NCHW")),
        UNKNOWN,
    ),
    "other pads": (
        X + KERNEL + node("Conv2D", "y", "x", "k", settings=conv_settings(padding="EXPLICIT")),
        BROKEN,
    ),
    "a kernel that is made": (
        X + node("Relu", "k", "x") + node("Conv2D", "y", "x", "k", settings=conv_settings()),
        UNKNOWN,
    ),
    "a list for a message": (field(1, 7), BROKEN),
}


@pytest.mark.parametrize("flaw", TENSORFLOW)
def test_a_frozen_graph_that_lies_is_refused(flaw: str) -> None:
    graph, sentence = TENSORFLOW[flaw]
    entry = entry_of("tensorflow", graph, channels=1, layout="NHWC")
    with pytest.raises(PolicyRefused, match=sentence):
        graph_of(entry, memoryview(graph))


def test_a_deep_graph_is_built_and_one_that_goes_round_is_refused() -> None:
    chain = b"".join(node("Relu", f"n{place}", f"n{place + 1}") for place in range(2_000))
    graph = chain + node("Add", "y", "n0", "n1")
    for end, first in (("x", X), ("n5", b"")):
        whole = graph + first + node("Relu", "n2000", end)
        entry = entry_of("tensorflow", whole, channels=1, layout="NHWC")
        with contextlib.nullcontext() if first else pytest.raises(PolicyRefused, match=BROKEN):
            assert len(graph_of(entry, memoryview(whole))) > 20_000


def test_a_node_that_takes_much_many_times_is_looked_at_once() -> None:
    whole = X + node("Identity", "n", *["x"] * 30_000) + node("Identity", "y", *["n"] * 30_000)
    entry = entry_of("tensorflow", whole, channels=1, layout="NHWC")
    assert len(graph_of(entry, memoryview(whole))) < 1_000


def test_a_message_of_too_many_fields_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safelight.models.forms.messages.MAX_FIELDS", 3)
    assert Message(memoryview(field(3, 7) * 3)).numbers(3) == [7, 7, 7]
    with pytest.raises(PolicyRefused, match=BROKEN):
        Message(memoryview(field(3, 7) * 4))


def test_numbers_of_a_message_are_packed_or_not() -> None:
    assert Message(memoryview(field(3, b"\x01\x02") + field(3, 7))).numbers(3) == [1, 2, 7]
    assert Message(memoryview(field(3, -1))).number(3) == -1
    assert Message(memoryview(b"")).number(3, 5) == 5
    for data in (field(1, 5), b"\x08" + b"\xff" * 11):
        with pytest.raises(PolicyRefused, match=BROKEN):
            Message(memoryview(data)).raw(1)
