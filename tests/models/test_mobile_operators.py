"""Mobile, operator by operator: small nets, each answered as onnxruntime answers it, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from safelight.errors import PolicyRefused
from safelight.models.mobile import tflite_of
from safelight.models.mobile.file import schema
from safelight.models.onnx_session import import_onnxruntime
from safelight.models.tflite_session import import_litert
from tests.models.making import to_bytes

SHAPE = (1, 4, 6, 8)
CHANCE = np.random.default_rng(3)
PICTURE = CHANCE.uniform(-1, 1, SHAPE).astype(np.float32)
Nodes = list[tuple[str, list[str], dict[str, Any]]]


def net(nodes: Nodes, constants: dict[str, Any] | None = None) -> bytes:
    """A net from x to the last of the nodes; each gives what the next may take by its place."""
    made = [
        helper.make_node(kind, inputs, [f"n{place}"], **facts)
        for place, (kind, inputs, facts) in enumerate(nodes)
    ]
    held = [
        numpy_helper.from_array(np.asarray(values), name)
        for name, values in (constants or {}).items()
    ]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)
    answer = helper.make_tensor_value_info(f"n{len(nodes) - 1}", TensorProto.FLOAT, None)
    graph = helper.make_graph(made, "net", [given], [answer], held)
    opset = helper.make_opsetid("", 17)
    return bytes(to_bytes(helper.make_model(graph, opset_imports=[opset], ir_version=8)))


def by_onnx(data: bytes) -> np.ndarray[Any, Any]:
    session = import_onnxruntime().InferenceSession(data, providers=["CPUExecutionProvider"])
    answer: np.ndarray[Any, Any] = session.run(None, {"x": PICTURE})[0]
    return answer


def by_tflite(data: bytes) -> np.ndarray[Any, Any]:
    litert = import_litert()
    plain = litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    made = tflite_of(data, "x", SHAPE, "a small net")
    known = litert.Interpreter(model_content=made, num_threads=1,
                               experimental_op_resolver_type=plain)  # fmt: skip
    known.allocate_tensors()
    turned = np.ascontiguousarray(PICTURE.transpose(0, 2, 3, 1))
    known.set_tensor(known.get_input_details()[0]["index"], turned)
    known.invoke()
    answer: np.ndarray[Any, Any] = known.get_tensor(known.get_output_details()[0]["index"])
    return answer.transpose(0, 3, 1, 2) if answer.ndim == 4 else answer


def f32(*shape: int) -> Any:
    return CHANCE.uniform(-1, 1, shape).astype(np.float32)


def i64(*values: int) -> Any:
    return np.array(values, np.int64)


def conv(window: int, **facts: Any) -> Nodes:
    usual = {"kernel_shape": [window] * 2, "strides": [1, 1], "pads": [0] * 4}
    return [("Conv", ["x", "w"], usual | facts)]


def onto(*rest: tuple[str, list[str], dict[str, Any]]) -> Nodes:
    return list(rest)


APART: Nodes = [
    ("Reshape", ["x", "a"], {}),
    ("Transpose", ["n0"], {"perm": [0, 1, 3, 5, 2, 4]}),
    ("Reshape", ["n1", "b"], {}),
    ("Relu", ["n2"], {}),
]
GOOD: dict[str, tuple[Nodes, dict[str, Any]]] = {
    "conv, no edge": (conv(3), {"w": f32(5, 4, 3, 3)}),
    "conv, an edge all around": (conv(3, pads=[1] * 4), {"w": f32(5, 4, 3, 3)}),
    "conv, an edge on one side": (conv(3, pads=[0, 2, 1, 0]), {"w": f32(5, 4, 3, 3)}),
    "conv, by twos": (conv(3, pads=[1] * 4, strides=[2, 2]), {"w": f32(5, 4, 3, 3)}),
    "conv, wide and low": (
        conv(0, kernel_shape=[1, 5], pads=[0, 2, 0, 2]),
        {"w": f32(5, 4, 1, 5)},
    ),
    "conv, each channel alone": (conv(3, pads=[1] * 4, group=4), {"w": f32(8, 4 // 4, 3, 3)}),
    "many halves": (conv(1), {"w": f32(1_100, 4, 1, 1).astype(np.float16).astype(np.float32)}),
    "a relu that another takes, too": (
        onto(("Add", ["x", "x"], {}), ("Relu", ["n0"], {}), ("Sub", ["n0", "n1"], {})),
        {},
    ),
    "two relus": (onto(("Add", ["x", "x"], {}), ("Relu", ["n0"], {}), ("Relu", ["n1"], {})), {}),
    "a picture and a row of it": (
        onto(
            ("ReduceMean", ["x"], {"axes": [2], "keepdims": 1}),
            ("Div", ["x", "c"], {}),
            ("Mul", ["n1", "n0"], {}),
        ),
        {"c": f32(8)},
    ),
    "a constant first": (onto(("Sub", ["c", "x"], {})), {"c": f32(4, 1, 1)}),
    "fewer sides than a picture": (
        onto(("ReduceMean", ["x"], {"axes": [0, 1], "keepdims": 0}), ("Add", ["x", "n0"], {})),
        {},
    ),
    "means of a side": (onto(("ReduceMean", ["x"], {"axes": [2], "keepdims": 0})), {}),
    "means of channels": (onto(("ReduceMean", ["x"], {"axes": [1], "keepdims": 0})), {}),
    "means of both": (onto(("ReduceMean", ["x"], {"axes": [-1, -2], "keepdims": 0})), {}),
    "a sum": (onto(("ReduceSum", ["x", "a"], {"keepdims": 1})), {"a": i64(1)}),
    "lengths": (onto(("ReduceL2", ["x"], {"axes": [1], "keepdims": 1})), {}),
    "between two ends": (
        onto(("Clip", ["x", "a", "b"], {})),
        {"a": np.float32(-0.2), "b": np.float32(0.3)},
    ),
    "above an end": (onto(("Clip", ["x", "a"], {})), {"a": np.float32(0.1)}),
    "above nought": (onto(("Clip", ["x", "a"], {})), {"a": np.float32(0)}),
    "each by itself": (
        onto(("Abs", ["x"], {}), ("Sqrt", ["n0"], {}), ("Sigmoid", ["n1"], {})),
        {},
    ),
    "a product": (
        onto(("Flatten", ["x"], {}), ("Gemm", ["n0", "w", "b"], {})),
        {"w": f32(192, 3), "b": f32(3)},
    ),
    "a product, turned": (
        onto(("Flatten", ["x"], {}), ("Gemm", ["n0", "w", "b"], {"transB": 1})),
        {"w": f32(3, 192), "b": f32(3)},
    ),
    "one of many": (onto(("Gather", ["x", "i"], {"axis": 1})), {"i": np.int64(-1)}),
    "repeated": (
        onto(
            ("ReduceMean", ["x"], {"axes": [1], "keepdims": 1}),
            ("Shape", ["x"], {}),
            ("Expand", ["n0", "n1"], {}),
        ),
        {},
    ),
    "many sides": (
        onto(
            ("Unsqueeze", ["x", "a"], {}),
            ("Mul", ["n0", "c"], {}),
            ("ReduceMean", ["n1"], {"axes": [3, 4], "keepdims": 0}),
        ),
        {"a": i64(2), "c": f32(1, 1, 5, 1, 8)},
    ),
    "many sides, all kept": (
        onto(
            ("Unsqueeze", ["x", "a"], {}),
            ("Add", ["n0", "c"], {}),
            ("ReduceSum", ["n1", "b"], {"keepdims": 1}),
        ),
        {"a": i64(2), "b": i64(2), "c": f32(1, 4, 5, 1, 1)},
    ),
    "in another order": (onto(("Transpose", ["x"], {"perm": [0, 2, 1, 3]})), {}),
    "in another order, and on": (
        onto(
            ("Transpose", ["x"], {"perm": [0, 3, 1, 2]}),
            ("Conv", ["n0", "w"], {"kernel_shape": [1, 1], "strides": [1, 1]}),
        ),
        {"w": f32(2, 8, 1, 1)},
    ),
    "in other sides": (onto(("Reshape", ["x", "a"], {})), {"a": i64(0, -1, 4)}),
    "a side less": (
        onto(("Squeeze", ["x", "a"], {}), ("Relu", ["n0"], {})),
        {"a": i64(0)},
    ),
    "taken apart": (APART, {"a": i64(0, 0, 3, 2, 4, 2), "b": i64(0, -1, 3, 4)}),
    "taken apart another way": (
        [APART[0], ("Transpose", ["n0"], {"perm": [0, 3, 5, 1, 2, 4]}), *APART[2:]],
        {"a": i64(0, 0, 3, 2, 4, 2), "b": i64(1, 16, 3, 4)},
    ),
    "put together": (onto(("DepthToSpace", ["x"], {"blocksize": 2, "mode": "CRD"})), {}),
    "put together, of several": (
        onto(
            ("Concat", ["c", "c"], {"axis": 0}),
            ("Conv", ["x", "n0"], {"kernel_shape": [1, 1], "strides": [1, 1]}),
            ("DepthToSpace", ["n1"], {"blocksize": 2, "mode": "CRD"}),
        ),
        {"c": f32(4, 4, 1, 1)},
    ),
    "put together as TFLite does": (
        onto(
            ("Conv", ["x", "c"], {"kernel_shape": [1, 1], "strides": [1, 1]}),
            ("DepthToSpace", ["n0"], {"blocksize": 2}),
        ),
        {"c": f32(8, 4, 1, 1)},
    ),
    "larger": (
        onto(
            (
                "Resize",
                ["x", "", "s"],
                {
                    "mode": "nearest",
                    "nearest_mode": "floor",
                    "coordinate_transformation_mode": "asymmetric",
                },
            )
        ),
        {"s": np.array([1, 1, 3, 2], np.float32)},
    ),
    "means of windows": (
        onto(("AveragePool", ["x"], {"kernel_shape": [3, 2], "strides": [3, 2]})),
        {},
    ),
    "a part": (
        onto(("Slice", ["x", "a", "b", "c", "d"], {})),
        {"a": i64(1, -3), "b": i64(3, 99), "c": i64(1, 3), "d": i64(1, 1)},
    ),
    "an edge of noughts": (onto(("Pad", ["x", "p"], {})), {"p": i64(0, 1, 2, 0, 0, 0, 0, 3)}),
    "worked out beforehand": (
        onto(
            ("ConstantOfShape", ["a"], {}),
            ("Constant", [], {"value": numpy_helper.from_array(i64(3, 2, 1, 0))}),
            ("Slice", ["n1", "e", "c", "b", "d"], {}),
            ("Cast", ["n2"], {"to": 1}),
            ("Concat", ["n3", "n0"], {"axis": 0}),
            ("Mul", ["x", "n4"], {}),
        ),
        {"a": i64(4), "b": i64(0), "c": i64(-99), "d": i64(-1), "e": i64(-1)},
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_it_answers_as_onnx_does(name: str) -> None:
    data = net(*GOOD[name])
    wanted, answer = by_onnx(data), by_tflite(data)
    assert wanted.shape == answer.shape
    assert np.abs(wanted - answer).max() < 2e-6


def test_the_check_sees_another_answer() -> None:
    one, other = (net(conv(1), {"w": f32(2, 4, 1, 1)}) for _ in range(2))
    assert np.abs(by_onnx(one) - by_tflite(other)).max() > 2e-6


def test_what_takes_a_picture_apart_is_one_operator() -> None:
    made = tflite_of(net(*GOOD["taken apart"]), "x", SHAPE, "x")
    model = schema().ModelT.InitFromPackedBuf(made, 0)
    codes = {one.builtinCode for one in model.operatorCodes}
    kinds = schema().BuiltinOperator
    assert codes == {kinds.SPACE_TO_DEPTH, kinds.CONV_2D, kinds.RELU}


BAD: dict[str, tuple[Nodes, dict[str, Any]]] = {
    "an operator": (onto(("Erf", ["x"], {})), {}),
    "several answers": (onto(("Relu", ["x"], {}), ("Relu", ["x"], {})), {}),
    "conv by groups": (conv(1, group=2), {"w": f32(4, 2, 1, 1)}),
    "conv with holes": (conv(2, dilations=[2, 2]), {"w": f32(4, 4, 2, 2)}),
    "conv by what comes": (onto(("Conv", ["x", "x"], {"strides": [1, 1]})), {}),
    "pad by repeating": (onto(("Pad", ["x", "p"], {"mode": "edge"})), {"p": i64(*[0] * 7, 1)}),
    "pad by less than nothing": (onto(("Pad", ["x", "p"], {})), {"p": i64(*[0] * 7, -1)}),
    "pad by another number": (
        onto(("Pad", ["x", "p", "v"], {})),
        {"p": i64(*[0] * 7, 1), "v": np.float32(1)},
    ),
    "every second": (
        onto(("Slice", ["x", "a", "b", "c", "d"], {})),
        {"a": i64(0), "b": i64(4), "c": i64(1), "d": i64(2)},
    ),
    "larger, smoothly": (
        onto(("Resize", ["x", "", "s"], {"mode": "linear"})),
        {"s": np.array([1, 1, 2, 2], np.float32)},
    ),
    "larger by halves": (
        onto(
            (
                "Resize",
                ["x", "", "s"],
                {
                    "mode": "nearest",
                    "nearest_mode": "floor",
                    "coordinate_transformation_mode": "asymmetric",
                },
            )
        ),
        {"s": np.array([1, 1, 1.5, 2], np.float32)},
    ),
    "windows with an edge": (
        onto(
            (
                "AveragePool",
                ["x"],
                {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [1, 1, 1, 1]},
            )
        ),
        {},
    ),
    "several of many": (onto(("Gather", ["x", "i"], {"axis": 1})), {"i": i64(0, 2)}),
    "a product, doubled": (
        onto(("Flatten", ["x"], {}), ("Gemm", ["n0", "w", "b"], {"alpha": 2.0})),
        {"w": f32(192, 3), "b": f32(3)},
    ),
    "far sides of many": (
        onto(
            ("Unsqueeze", ["x", "a"], {}),
            ("ReduceMean", ["n0"], {"axes": [1, 3], "keepdims": 0}),
        ),
        {"a": i64(2)},
    ),
    "a constant of words": (
        onto(("Constant", [], {"value_float": 2.0}), ("Mul", ["x", "n0"], {})),
        {},
    ),
    "several kinds of numbers in a fact": (
        onto(("Constant", [], {"value_floats": [2.0]}), ("Mul", ["x", "n0"], {})),
        {},
    ),
    "a fact of many words": (
        onto(("Constant", [], {"value_strings": ["a"]}), ("Mul", ["x", "n0"], {})),
        {},
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_known_is_refused(name: str) -> None:
    data = net(*BAD[name])
    if name == "several answers":
        data = _of_two(data)
    with pytest.raises(PolicyRefused, match="a layer that is not known"):
        by_tflite(data)


def _of_two(data: bytes) -> bytes:
    import onnx

    model = onnx.load_from_string(data)
    model.graph.output.add().CopyFrom(helper.make_tensor_value_info("n0", TensorProto.FLOAT, SHAPE))
    return bytes(to_bytes(model))


def test_an_operator_of_two_answers_is_refused() -> None:
    import onnx

    model = onnx.load_from_string(net([("Relu", ["x"], {})]))
    model.graph.node[0].output.append("more")
    with pytest.raises(PolicyRefused, match="a layer that is not known"):
        by_tflite(bytes(to_bytes(model)))


@pytest.mark.parametrize("data", [b"\xff\xff", b"no model at all"])
def test_what_is_no_onnx_file_is_refused(data: bytes) -> None:
    with pytest.raises(PolicyRefused):
        by_tflite(data)
