"""A net as an ONNX file: weights and nodes, and nothing about where it was made."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from lab.recipe import Contract

OPSET, IR_VERSION = 17, 8
LARGEST_FILE_BYTES = 4_000_000


class Shipped(nn.Module):
    """The net as the file holds it: clipped to the range of its output."""

    def __init__(self, net: nn.Module, contract: Contract) -> None:
        super().__init__()
        self.net, self.contract = net, contract

    def forward(self, value: Tensor) -> Tensor:
        """The net, and the clip where the contract asks for it."""
        out: Tensor = self.net(value)
        return out.clamp(*self.contract.output_range) if self.contract.clip else out


def to_onnx(net: nn.Module, contract: Contract, example: NDArray[np.float32]) -> onnx.ModelProto:
    """The float32 file: weights and nodes, and nothing about where it was made."""
    axes = {} if contract.side else {2: "height", 3: "width"}
    out_axes = {} if contract.side else {2: "height_out", 3: "width_out"}
    target = io.BytesIO()
    with warnings.catch_warnings():
        # The other exporter needs one package more and names its tensors after the compiler's.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            Shipped(net, contract).eval(),
            (torch.from_numpy(example),),
            target,
            input_names=[contract.input_name],
            output_names=[contract.output_name],
            dynamic_axes={contract.input_name: axes, contract.output_name: out_axes},
            opset_version=OPSET,
            dynamo=False,
        )
    return bare(without_idle_casts(onnx.load_from_string(target.getvalue())))


def without_idle_casts(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without casts from float32 to itself, which stand for a layer's own precision."""
    known = onnx.shape_inference.infer_shapes(model).graph
    types = {v.name: v.type.tensor_type.elem_type for v in (*known.value_info, *known.input)}
    idle: dict[str, str] = {}
    for node in list(model.graph.node):
        node.input[:] = [idle.get(name, name) for name in node.input]
        if node.op_type == "Cast" and types.get(node.input[0]) == node.attribute[0].i:
            idle[node.output[0]] = node.input[0]
            model.graph.node.remove(node)
    return model


def bare(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without producer, notes and foreign operators' domains, checked in full."""
    model.ir_version = IR_VERSION
    model.producer_name, model.producer_version, model.doc_string = "", "", ""
    del model.metadata_props[:]
    kept = [opset for opset in model.opset_import if opset.domain == ""]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    model.graph.name = "drawn"
    for node in model.graph.node:
        node.doc_string = ""
        for index, name in enumerate(node.input):
            node.input[index] = name.removeprefix("net.")
    for constant in model.graph.initializer:
        constant.name = constant.name.removeprefix("net.")
    del model.graph.value_info[:]
    onnx.checker.check_model(model, full_check=True)
    return model


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model, its kernels kept in 16 bits and widened when it is opened."""
    small = onnx.ModelProto()
    small.CopyFrom(model)
    widened = []
    for constant in small.graph.initializer:
        values = onnx.numpy_helper.to_array(constant)
        if values.dtype != np.float32 or values.ndim < 2:
            continue
        name = constant.name
        narrow = onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}.half")
        constant.CopyFrom(narrow)
        widened.append(
            onnx.helper.make_node("Cast", [narrow.name], [name], to=onnx.TensorProto.FLOAT)
        )
    nodes = [*widened, *small.graph.node]
    del small.graph.node[:]
    small.graph.node.extend(nodes)
    onnx.checker.check_model(small, full_check=True)
    return small


def run(model: onnx.ModelProto, value: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the runtime computes, on one thread of the processor."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    name = model.graph.input[0].name
    return np.asarray(session.run(None, {name: value})[0], np.float32)


def write(model: onnx.ModelProto, path: Path) -> None:
    """Save without external data, all or nothing; refused where it is too large to ship."""
    data = model.SerializeToString(deterministic=True)
    if len(data) >= LARGEST_FILE_BYTES:
        raise SystemExit(f"{path.name} is {len(data)} bytes, too large to ship")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(data)
    unfinished.replace(path)
