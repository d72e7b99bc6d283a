"""TFLite models made in code: sums of what goes in, in any number; and ones to be refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

MARK = b"TFL3"
TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "uint8": schema.TensorType.UINT8,
    "int8": schema.TensorType.INT8,
}
SHAPE = (1, 4, 4, 3)
# What the entry of sums says.
FACTS: dict[str, Any] = {
    "runtime": "tflite",
    "layout": "NHWC",
    "channels": 3,
    "kind": '"rgb"',
    "scale": 1,
    "input": """
resize = "stretch"
side = 4

[[input.constants]]
name = "extra"
shape = [1, 4, 4, 3]
value = 5.0
""",
    "output_kind": '"boxes"',
    "output": 'tensors = ["twice"]',
}


def _tensor(name: str, number: str, shape: Sequence[int], quantised: tuple[float, int]) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.type, tensor.buffer = name.encode(), TYPES[number], 0
    tensor.shape = [abs(side) for side in shape]
    if min(shape) < 0:
        tensor.shapeSignature = list(shape)
    unit, zero = quantised
    if unit:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [unit], [zero]
    return tensor


def _operator(code: int, given: list[int], answer: int) -> Any:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, given, [answer]
    operator.builtinOptionsType = schema.BuiltinOptions.AddOptions
    operator.builtinOptions = schema.AddOptionsT()
    return operator


def sums(
    number: str = "float32",
    shape: Sequence[int] = SHAPE,
    unit: float = 0.0,
    zero: int = 0,
) -> Any:
    """twice = x + x, more = x + extra; all of one number, and quantised where it has a unit."""
    model = schema.ModelT()
    model.version, model.buffers = 3, [schema.BufferT()]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.ADD
    code.version = 1
    model.operatorCodes = [code]
    graph = schema.SubGraphT()
    names = ("x", "extra", "twice", "more")
    graph.tensors = [_tensor(name, number, shape, (unit, zero)) for name in names]
    graph.inputs, graph.outputs = [0, 1], [2, 3]
    graph.operators = [_operator(0, [0, 0], 2), _operator(0, [0, 1], 3)]
    model.subgraphs = [graph]
    return model


def custom() -> Any:
    """Sums, by an operator that no runtime has."""
    model = sums()
    code = model.operatorCodes[0]
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode = b"nobody.sums"
    for operator in model.subgraphs[0].operators:
        operator.builtinOptionsType, operator.builtinOptions = 0, None
    return model


def elsewhere() -> Any:
    """Sums, with a file that holds weights named in the head."""
    model = sums()
    group = schema.ExternalBufferGroupT()
    group.name = b"secret.bin"
    model.externalBufferGroups = [group]
    return model


def to_bytes(model: Any) -> bytes:
    """The model as a file."""
    builder = flatbuffers.Builder(1_024)
    builder.Finish(model.Pack(builder), file_identifier=MARK)
    return bytes(builder.Output())
