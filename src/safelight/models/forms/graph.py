"""Graph: an ONNX file in the making, as bytes of our own; nothing of the onnx library is needed."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from safelight.limits import MAX_MODEL_BYTES
from safelight.models.forms.faults import damaged
from safelight.models.protobuf import BYTES, FIXED32, VARINT

OPSET, IR_VERSION = 17, 8
# Numbers of the ONNX schema: kinds of an attribute, kinds of a tensor.
A_FLOAT, AN_INT, A_STRING, INTS = 1, 2, 3, 7
NUMBERS = {"float32": 1, "int64": 7}

Attribute = float | int | str | Sequence[int]


@dataclass(frozen=True, slots=True)
class Value:
    """An input of the whole graph: its name, and its sides; a word stands for any size."""

    name: str
    sides: tuple[int | str, ...]


class Graph:
    """Nodes and constants, in the order in which they were put. Names are given by the graph."""

    def __init__(self, most_bytes: int = MAX_MODEL_BYTES) -> None:
        """most_bytes is what all constants together may have."""
        self._left = most_bytes
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._count = 0

    def constant(self, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        """The name under which nodes take these values. Raises PolicyRefused where a file has its
        numbers used so often that the graph would be far larger than it.
        """
        self._left -= values.nbytes
        if self._left < 0:
            raise damaged()
        name = self._name()
        data = np.ascontiguousarray(values)
        number = NUMBERS[data.dtype.name]
        fields = [_number(1, side) for side in data.shape]
        fields += [_number(2, number), _text(8, name), _bytes(9, data.tobytes())]
        self._constants.append(b"".join(fields))
        return name

    def numbers(self, *values: int) -> str:
        """Whole numbers, such as a shape, under a name."""
        return self.constant(np.array(values, np.int64))

    def node(self, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """The name of what this operator gives; an empty input is one left out."""
        return self.several(kind, inputs, 1, **attributes)[0]

    def several(
        self, kind: str, inputs: Sequence[str], count: int, **attributes: Attribute
    ) -> tuple[str, ...]:
        """The names of the so many tensors that this operator gives."""
        names = tuple(self._name() for _ in range(count))
        self._nodes.append(_node(kind, inputs, names, attributes.items()))
        return names

    def to_bytes(self, inputs: Iterable[Value], outputs: Iterable[tuple[str, str]]) -> bytes:
        """The file. outputs are pairs: the name that it is to have, and the name in the graph."""
        given = tuple(outputs)
        named = [_node("Identity", [inner], [name], ()) for name, inner in given]
        graph = [
            *(_bytes(1, node) for node in (*self._nodes, *named)),
            _text(2, "weights"),
            *(_bytes(5, constant) for constant in self._constants),
            *(_bytes(11, _declared(one.name, one.sides)) for one in inputs),
            *(_bytes(12, _declared(name, None)) for name, _inner in given),
        ]
        body = b"".join(graph)
        return b"".join(
            (
                _number(1, IR_VERSION),
                *_long(7, body),
                _bytes(8, _text(1, "") + _number(2, OPSET)),
            )
        )

    def _name(self) -> str:
        # No entry can give a tensor such a name.
        self._count += 1
        return f"%{self._count}"


def _node(
    kind: str,
    inputs: Iterable[str],
    outputs: Iterable[str],
    attributes: Iterable[tuple[str, Attribute]],
) -> bytes:
    fields = [_text(1, name) for name in inputs] + [_text(2, name) for name in outputs]
    fields.append(_text(4, kind))
    fields += [_bytes(5, _attribute(name, value)) for name, value in attributes]
    return b"".join(fields)


def _attribute(name: str, value: Attribute) -> bytes:
    match value:
        case str():
            return _text(1, name) + _text(4, value) + _number(20, A_STRING)
        case int():
            return _text(1, name) + _number(3, value) + _number(20, AN_INT)
        case float():
            return _text(1, name) + _float(2, value) + _number(20, A_FLOAT)
    return _text(1, name) + b"".join(_number(8, one) for one in value) + _number(20, INTS)


def _declared(name: str, sides: Sequence[int | str] | None) -> bytes:
    """A tensor of float32; without sides, of whatever shape comes out."""
    tensor = _number(1, NUMBERS["float32"])
    if sides is not None:
        shape = [_number(1, one) if isinstance(one, int) else _text(2, one) for one in sides]
        tensor += _bytes(2, b"".join(_bytes(1, one) for one in shape))
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _varint(value: int) -> bytes:
    value &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | VARINT) + _varint(value)


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | FIXED32) + struct.pack("<f", value)


def _long(field: int, value: bytes) -> tuple[bytes, bytes]:
    return _varint(field << 3 | BYTES) + _varint(len(value)), value


def _bytes(field: int, value: bytes) -> bytes:
    return b"".join(_long(field, value))


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
