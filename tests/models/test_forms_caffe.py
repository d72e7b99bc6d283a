"""Caffe: its layers give what they say, and files that lie are refused."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest

from safelight.errors import PolicyRefused
from safelight.models.forms import graph_of
from safelight.models.forms.plain_text import fields_of
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


def prototxt(*layers: str) -> bytes:
    first = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 } } }'
    return ("# a comment\n" + "\n".join([first, *layers])).encode()


def one_layer(kind: str, settings: str = "", bottom: str = '"x"') -> str:
    return f"layer {{ name: 'l' type: '{kind}' bottom: {bottom} top: \"y\" {settings} }}"


def blob(values: Numbers, *, is_old: bool = False) -> bytes:
    if is_old:
        padded = (1,) * (4 - values.ndim) + values.shape
        sides = b"".join(field(place + 1, side) for place, side in enumerate(padded))
    else:
        sides = field(7, field(1, b"".join(map(varint, values.shape))))
    return field(7, sides + field(5, floats(values)))


def caffemodel(*blobs: bytes) -> bytes:
    return field(1, "net") + field(100, field(1, "l") + field(2, "Any") + b"".join(blobs))


def caffe(given: Numbers, settings: str, *blobs: bytes) -> Numbers:
    files = (prototxt(settings), caffemodel(*blobs))
    entry = entry_of("caffe", *files, channels=given.shape[1])
    return session_of(entry, *files).run(given)


def test_a_convolution_of_caffe_has_its_numbers_by_name() -> None:
    given, kernel, bias = ramp(1, 2, 3, 4), ramp(2, 1, 1, 1), np.array([1, 2], np.float32)
    text = "convolution_param { num_output: 2 kernel_size: 1 group: 2 }"
    wanted = given * kernel.reshape(1, 2, 1, 1) + bias.reshape(1, 2, 1, 1)
    for is_old in (False, True):
        blobs = (blob(kernel, is_old=is_old), blob(bias, is_old=is_old))
        made = caffe(given, one_layer("Convolution", text), *blobs)
        np.testing.assert_allclose(made, wanted, atol=1e-6)


def test_pads_and_steps_of_caffe_may_differ_by_axis() -> None:
    text = "bias_term: false pad_h: 1 pad_w: 0 kernel_h: 3 kernel_w: 1 stride_h: 2 stride_w: 1"
    kernel = blob(ramp(1, 1, 3, 1))
    made = caffe(
        ramp(1, 1, 5, 4), one_layer("Convolution", f"convolution_param {{ {text} }}"), kernel
    )
    assert made.shape == (1, 1, 3, 4)


CAFFE_GIVES: dict[str, tuple[str, Numbers]] = {
    "ReLU": (one_layer("ReLU"), np.maximum(ramp(1, 2, 2, 3), 0)),
    "Permute": (
        one_layer("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }"),
        ramp(1, 2, 2, 3).transpose(0, 2, 3, 1),
    ),
    "Reshape": (
        one_layer("Reshape", "reshape_param { shape { dim: 1 dim: -1 dim: 2 } }"),
        ramp(1, 2, 2, 3).reshape(1, -1, 2),
    ),
    "Concat": (
        one_layer("Concat", "concat_param { axis: 2 }", '"x" bottom: "x"'),
        np.concatenate([ramp(1, 2, 2, 3)] * 2, 2),
    ),
    "Eltwise": (
        one_layer("Eltwise", "eltwise_param { operation: SUM }", '"x" bottom: "x"'),
        ramp(1, 2, 2, 3) * 2,
    ),
    "Softmax": (
        one_layer("Softmax", "softmax_param { axis: 3 }"),
        np.exp(ramp(1, 2, 2, 3)) / np.exp(ramp(1, 2, 2, 3)).sum(3, keepdims=True),
    ),
}


@pytest.mark.parametrize("kind", CAFFE_GIVES)
def test_a_layer_gives_what_caffe_gives(kind: str) -> None:
    text, wanted = CAFFE_GIVES[kind]
    np.testing.assert_allclose(caffe(ramp(1, 2, 2, 3), text), wanted, atol=1e-6)


CONVOLUTION = "convolution_param { num_output: 1 kernel_size: 1 bias_term: false %s }"
CAFFE: dict[str, tuple[str, bytes, str]] = {
    "a brace too few": (one_layer("ReLU")[:-1], caffemodel(), BROKEN),
    "a brace too many": (one_layer("ReLU") + "}", caffemodel(), BROKEN),
    "a field without value": (one_layer("ReLU") + " layer", caffemodel(), BROKEN),
    "words that end nowhere": (one_layer("ReLU") + ' "', caffemodel(), BROKEN),
    "nested for ever": ("a { " * 10_000, caffemodel(), BROKEN),
    "a layer that is not known": (one_layer("Python"), caffemodel(), UNKNOWN),
    "a setting that is not known": (one_layer("ReLU", "phase: 1"), caffemodel(), UNKNOWN),
    "slopes": (one_layer("ReLU", "relu_param { negative_slope: 1 }"), caffemodel(), UNKNOWN),
    "another sum": (
        one_layer("Eltwise", "eltwise_param { coeff: 2 }", '"x" bottom: "x"'),
        caffemodel(),
        UNKNOWN,
    ),
    "a blob that is not there": (one_layer("ReLU", bottom='"z"'), caffemodel(), BROKEN),
    "two tops": (one_layer("ReLU", 'top: "z"'), caffemodel(), BROKEN),
    "no numbers": (one_layer("Convolution", CONVOLUTION % ""), caffemodel(), BROKEN),
    "too few numbers": (
        one_layer("Convolution", CONVOLUTION % ""),
        caffemodel(field(7, field(7, field(1, b"\x01\x01\x01\x02")) + field(5, bytes(4)))),
        BROKEN,
    ),
    "no message": (one_layer("ReLU"), b"\xff\xff", BROKEN),
    "a step that is no number": (
        one_layer("Convolution", CONVOLUTION % "stride: a"),
        caffemodel(blob(ramp(1, 1, 1, 1))),
        BROKEN,
    ),
}


@pytest.mark.parametrize("flaw", CAFFE)
def test_a_model_of_caffe_that_lies_is_refused(flaw: str) -> None:
    text, numbers, sentence = CAFFE[flaw]
    files = (prototxt(text), numbers)
    entry = entry_of("caffe", *files, channels=1)
    with pytest.raises(PolicyRefused, match=sentence):
        graph_of(entry, memoryview(b"".join(files)))


def test_numbers_that_layers_share_make_no_graph_far_larger_than_their_file() -> None:
    text = "convolution_param { num_output: 100000 bias_term: false }"
    weights = caffemodel(blob(np.zeros((100_000, 1, 1, 1), np.float32)))
    for layers, is_refused in ((40, False), (400, True)):
        files = (prototxt(*[one_layer("Convolution", text)] * layers), weights)
        entry = entry_of("caffe", *files, channels=1)
        with pytest.raises(PolicyRefused, match=BROKEN) if is_refused else nullcontext():
            graph_of(entry, memoryview(b"".join(files)))


def test_fields_keep_their_order() -> None:
    text = "a: 1 b { c: 'x y' c: \"z\" } a: -2.5 # b: 3\nd {}"
    assert fields_of(text) == {"a": ["1", "-2.5"], "b": [{"c": ["x y", "z"]}], "d": [{}]}
