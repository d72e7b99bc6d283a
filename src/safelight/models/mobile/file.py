"""File: a TFLite model in the making, and its bytes at the end."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safelight.errors import RuntimeMissing

Numbers = NDArray[Any]
Shape = tuple[int, ...]

MARK, SCHEMA_VERSION = b"TFL3", 3
# The first place of an operator's code has one byte; later ones stand in another field.
LAST_OLD_CODE = 127
# Weights begin where processors like to read them.
ALIGNED = 16
# From so many weights on, those that are halves at heart are kept as such.
MANY = 4_096
# What each operator keeps its settings in; those that are not here have none.
OPTIONS = {
    "ADD": "AddOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "BROADCAST_TO": "BroadcastToOptions",
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "DEPTH_TO_SPACE": "DepthToSpaceOptions",
    "DEQUANTIZE": "DequantizeOptions",
    "DIV": "DivOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "MEAN": "ReducerOptions",
    "MINIMUM": "MaximumMinimumOptions",
    "MUL": "MulOptions",
    "PAD": "PadOptions",
    "RESHAPE": "ReshapeOptions",
    "RESIZE_NEAREST_NEIGHBOR": "ResizeNearestNeighborOptions",
    "SLICE": "SliceOptions",
    "SPACE_TO_DEPTH": "SpaceToDepthOptions",
    "SUB": "SubOptions",
    "SUM": "ReducerOptions",
    "TRANSPOSE": "TransposeOptions",
}
# Operators that are not in their first version: halves; a list of sides as a tensor.
VERSIONS = {"DEQUANTIZE": 3, "BROADCAST_TO": 2}


def schema() -> Any:
    """The classes of the TFLite schema. Raises RuntimeMissing if they are not installed."""
    try:
        return importlib.import_module("ai_edge_litert.schema_py_generated")
    except ImportError as error:
        raise RuntimeMissing(
            "LiteRT, whose schema TFLite files are written by, is not installed",
            hint="pip install 'safelight[tflite]'",
        ) from error


@dataclass(frozen=True, slots=True)
class Weights:
    """The bytes of a constant; they end up aligned."""

    data: bytes

    def Pack(self, builder: Any) -> int:
        """Put them behind what the builder has; where they are. The name is the schema's."""
        classes = schema()
        builder.Prep(ALIGNED, len(self.data))
        place = builder.CreateByteVector(self.data)
        classes.BufferStart(builder)
        classes.BufferAddData(builder, place)
        return int(classes.BufferEnd(builder))


class File:
    """Tensors, each known by its place, and operators in the order in which they were put."""

    def __init__(self) -> None:
        self._schema = schema()
        self._tensors: list[Any] = []
        self._operators: list[Any] = []
        self._codes: dict[str, int] = {}
        self._buffers: list[Any] = [self._schema.BufferT()]
        self._known: dict[tuple[str, Shape, bytes], int] = {}

    def shape(self, tensor: int) -> Shape:
        """The sides of a tensor."""
        return tuple(self._tensors[tensor].shape)

    def tensor(self, name: str, shape: Shape) -> int:
        """A new tensor of fractions, with no values yet."""
        return self._tensor(name, shape, "FLOAT32", 0)

    def constant(self, values: Numbers) -> int:
        """A tensor of these fp32 or int32 values. Many that halves hold without loss take half the
        room: the model makes them fp32 again when it is opened.
        """
        if values.dtype == np.float32 and values.size >= MANY:
            with np.errstate(over="ignore"):
                halves = values.astype(np.float16)
            if np.array_equal(halves.astype(np.float32), values):
                kept = self._constant(halves)
                return self.operator("DEQUANTIZE", [kept], values.shape)
        return self._constant(values)

    def operator(self, kind: str, inputs: Sequence[int], shape: Shape, **settings: Any) -> int:
        """The tensor that this operator gives, of this shape."""
        operator = self._schema.OperatorT()
        operator.opcodeIndex = self._codes.setdefault(kind, len(self._codes))
        operator.inputs = list(inputs)
        if kind in OPTIONS:
            options = getattr(self._schema, OPTIONS[kind] + "T")()
            for name, value in settings.items():
                setattr(options, name, value)
            operator.builtinOptions = options
            operator.builtinOptionsType = getattr(self._schema.BuiltinOptions, OPTIONS[kind])
        made = self.tensor(f"{kind.lower()}_{len(self._operators)}", shape)
        operator.outputs = [made]
        self._operators.append(operator)
        return made

    def only_positive(self, tensor: int) -> bool:
        """Let the operator that gives a tensor cut what is below 0 itself; False if it cannot."""
        options = next(one for one in self._operators if one.outputs == [tensor]).builtinOptions
        kinds = self._schema.ActivationFunctionType
        if getattr(options, "fusedActivationFunction", None) != kinds.NONE:
            return False
        options.fusedActivationFunction = kinds.RELU
        return True

    def to_bytes(self, title: str, inputs: Sequence[int], outputs: dict[str, int]) -> bytes:
        """The file. outputs: the names that these tensors are to have."""
        model = self._schema.ModelT()
        model.version, model.description = SCHEMA_VERSION, title.encode()
        model.buffers = self._buffers
        model.operatorCodes = [self._code(kind) for kind in self._codes]
        for name, tensor in outputs.items():
            self._tensors[tensor].name = name.encode()
        graph = self._schema.SubGraphT()
        graph.name, graph.tensors, graph.operators = b"main", self._tensors, self._operators
        graph.inputs, graph.outputs = list(inputs), list(outputs.values())
        model.subgraphs = [graph]
        builder = importlib.import_module("flatbuffers").Builder(1_024)
        builder.Finish(model.Pack(builder), file_identifier=MARK)
        return bytes(builder.Output())

    def _code(self, kind: str) -> Any:
        code = self._schema.OperatorCodeT()
        code.builtinCode = getattr(self._schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode = min(code.builtinCode, LAST_OLD_CODE)
        code.version = VERSIONS.get(kind, 1)
        return code

    def _constant(self, values: Numbers) -> int:
        """Equal constants are one."""
        data = np.ascontiguousarray(values).tobytes()
        key = (values.dtype.name, values.shape, data)
        if key not in self._known:
            self._buffers.append(Weights(data))
            number = values.dtype.name.upper()
            name = f"constant_{len(self._buffers)}"
            place = self._tensor(name, values.shape, number, len(self._buffers) - 1)
            self._known[key] = place
        return self._known[key]

    def _tensor(self, name: str, shape: Shape, number: str, buffer: int) -> int:
        tensor = self._schema.TensorT()
        tensor.name, tensor.shape, tensor.buffer = name.encode(), list(shape), buffer
        tensor.type = getattr(self._schema.TensorType, number)
        self._tensors.append(tensor)
        return len(self._tensors) - 1
