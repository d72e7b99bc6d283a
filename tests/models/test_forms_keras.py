"""Keras: its layers give what they say, and files that lie are refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from safelight.errors import PolicyRefused
from safelight.models.forms import graph_of
from tests.models.forms import (
    BROKEN,
    UNKNOWN,
    Numbers,
    entry_of,
    floats,
    ramp,
    session_of,
)


def keras(layers: list[dict[str, Any]], weights: dict[str, Numbers]) -> tuple[bytes, bytes]:
    """The two files of a chain of layers that starts with x and ends with y."""
    chain, before = [], "x"
    for place, one in enumerate([{"class_name": "InputLayer", "config": {}}, *layers]):
        name = "x" if not place else "y" if place == len(layers) else f"layer{place}"
        takes = [[[before, 0, 0, {}]]] if place else []
        if one["class_name"] == "Add":
            takes = [[*takes[0], *takes[0]]]
        chain.append({**one, "name": name, "inbound_nodes": takes})
        before = name
    manifest = [
        {"name": name, "shape": list(values.shape), "dtype": "float32"}
        for name, values in weights.items()
    ]
    saved = {
        "modelTopology": {"model_config": {"config": {"layers": chain}}},
        "weightsManifest": [{"paths": ["a"], "weights": manifest}],
    }
    # A model has no empty part.
    numbers = b"".join(map(floats, weights.values()))
    return json.dumps(saved).encode(), numbers


def layer(kind: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": config}


CONV = {"strides": [1, 1], "dilation_rate": [1, 1], "padding": "valid", "use_bias": True}
DENSE = layer("Dense", use_bias=True, activation="linear")
UNIT: dict[str, Numbers] = {
    "y/kernel": np.eye(2, dtype=np.float32),
    "y/bias": np.zeros(2, np.float32),
}


def keras_answer(
    given: Numbers, layers: list[dict[str, Any]], weights: dict[str, Numbers]
) -> Numbers:
    files = keras(layers, weights)
    entry = entry_of("keras", *files, channels=given.shape[-1], layout="NHWC")
    return session_of(entry, *files).run(given)


def flat(given: Numbers) -> Numbers:
    return given.reshape(1, -1)


def in_keras(given: Numbers, *layers: dict[str, Any], **weights: Numbers) -> Numbers:
    """What these layers give, flattened, and by a unit layer at the end."""
    made = flat(given).shape[1] if not weights.pop("units", None) else 0
    eye: dict[str, Numbers] = {"y/kernel": np.eye(made, dtype=np.float32)}
    chain = [*layers, layer("Flatten"), layer("Dense", use_bias=False)]
    named = {name.replace("__", "/"): values for name, values in weights.items()}
    return keras_answer(given, chain, named | eye)


def test_layers_of_keras_keep_their_channels_last() -> None:
    given = ramp(1, 2, 3, 2)
    np.testing.assert_allclose(in_keras(given), flat(given))
    np.testing.assert_allclose(in_keras(given, layer("Dropout")), flat(given))
    np.testing.assert_allclose(in_keras(given, layer("Add")), flat(given) * 2)
    np.testing.assert_allclose(in_keras(given, layer("ReLU")), flat(np.maximum(given, 0)))
    cut = in_keras(given, layer("ReLU", max_value=0.5))
    np.testing.assert_allclose(cut, flat(np.clip(given, 0, 0.5)))


def test_convolutions_of_keras_have_their_kernels_turned() -> None:
    given, kernel, bias = ramp(1, 2, 3, 2), ramp(1, 1, 2, 2), np.array([1, 2], np.float32)
    weights = {"layer1__kernel": kernel, "layer1__bias": bias}
    made = in_keras(given, layer("Conv2D", activation="relu", **CONV), **weights)
    wanted = np.maximum(given @ kernel[0, 0] + bias, 0)
    np.testing.assert_allclose(made, flat(wanted), atol=1e-6)
    alone = {"layer1__depthwise_kernel": kernel[:, :, 0, :].reshape(1, 1, 2, 1)}
    settings = {**CONV, "use_bias": False, "padding": "same", "activation": "sigmoid"}
    made = in_keras(given, layer("DepthwiseConv2D", **settings), **alone)
    wanted = 1 / (1 + np.exp(-given * kernel[0, 0, 0]))
    np.testing.assert_allclose(made, flat(wanted), atol=1e-6)


def test_values_are_normalised_by_what_training_saw() -> None:
    given = ramp(1, 2, 3, 2)
    facts = {"axis": -1, "epsilon": 0.001, "scale": True, "center": True}
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    values = [np.array(pair, np.float32) for pair in ((1, 2), (0, 1), (0.5, -0.5), (1, 4))]
    weights = {f"layer1__{name}": one for name, one in zip(names, values, strict=True)}
    gamma, beta, mean, spread = values
    wanted = (given - mean) / np.sqrt(spread + 0.001) * gamma + beta
    made = in_keras(given, layer("BatchNormalization", **facts), **weights)
    np.testing.assert_allclose(made, flat(wanted), atol=1e-6)
    for name in names[:2]:
        del weights[f"layer1__{name}"]
    plain = facts | {"scale": False, "center": False}
    made = in_keras(given, layer("BatchNormalization", **plain), **weights)
    np.testing.assert_allclose(made, flat((given - mean) / np.sqrt(spread + 0.001)), atol=1e-6)


def test_pictures_of_keras_are_padded_and_averaged() -> None:
    given = ramp(1, 2, 2, 1)
    pad = layer("ZeroPadding2D", padding=[[0, 1], [1, 0]])
    mean = layer("AveragePooling2D", pool_size=[2, 2], strides=[1, 1], padding="valid")
    wide = np.pad(given[0, ..., 0], ((0, 1), (1, 0)))
    wanted = (wide[:-1, :-1] + wide[1:, :-1] + wide[:-1, 1:] + wide[1:, 1:]) / np.float32(4)
    np.testing.assert_allclose(in_keras(given, pad, mean), flat(wanted), atol=1e-6)


def test_weights_of_keras_come_in_8_and_in_16_bits() -> None:
    steps = {"min": -1.0, "scale": 0.5}
    kinds: tuple[tuple[str, str, dict[str, float]], ...] = (
        *(("uint8", "u1", steps), ("uint16", "<u2", steps), ("float16", "<f2", {})),
    )
    for kind, form, how in kinds:
        text, _ = keras([layer("Flatten"), DENSE], UNIT)
        saved = json.loads(text)
        for one in saved["weightsManifest"][0]["weights"]:
            one["quantization"] = {"dtype": kind, **how}
        values = [4, 2, 2, 4, 2, 2] if how else [1, 0, 0, 1, 0, 0]
        files = (json.dumps(saved).encode(), np.array(values, form).tobytes())
        entry = entry_of("keras", *files, channels=2, layout="NHWC")
        given = ramp(1, 1, 1, 2)
        np.testing.assert_allclose(session_of(entry, *files).run(given), flat(given))


def changed(**changes: Any) -> bytes:
    return keras([layer("Flatten"), layer("Dense", **{"use_bias": True} | changes)], UNIT)[0]


NUMBERS = keras([layer("Flatten"), DENSE], UNIT)[1]
KERAS: dict[str, tuple[bytes, bytes, str]] = {
    "no JSON": (b"{", NUMBERS, BROKEN),
    "nested for ever": (b"[" * 100_000, NUMBERS, BROKEN),
    "no model": (b"{}", NUMBERS, BROKEN),
    "too few numbers": (changed(), NUMBERS[:-1], BROKEN),
    "too many numbers": (changed(), NUMBERS + b"1", BROKEN),
    "an activation that is not known": (changed(activation="swish"), NUMBERS, UNKNOWN),
    "a layer that is not known": (changed().replace(b"Dense", b"Lambd"), NUMBERS, UNKNOWN),
    "a shape below nothing": (changed().replace(b"[2, 2]", b"[-2, -2]"), NUMBERS, BROKEN),
    "a shape of gigabytes": (changed().replace(b"[2, 2]", b"[99999, 99999]"), NUMBERS, BROKEN),
    "a shape of words": (changed().replace(b"[2, 2]", b'["a"]'), NUMBERS, BROKEN),
    "a layer used twice": (changed().replace(b"{}]]]", b"{}]], []]"), NUMBERS, UNKNOWN),
    "weights that do not fit": (changed().replace(b"[2, 2]", b"[4]"), NUMBERS, "not those of"),
}
LAYERS: dict[str, tuple[dict[str, Any], str]] = {
    "channels first": (layer("ZeroPadding2D", data_format="channels_first"), UNKNOWN),
    "pads below nothing": (layer("ZeroPadding2D", padding=[[-1, 0], [0, 0]]), BROKEN),
    "slopes": (layer("ReLU", negative_slope=0.1), UNKNOWN),
    "pools that go beyond": (
        layer("AveragePooling2D", pool_size=[2, 2], strides=[2, 2], padding="same"),
        UNKNOWN,
    ),
    "normalised rows": (layer("BatchNormalization", axis=1), UNKNOWN),
    "a kernel that is not there": (layer("Conv2D", **CONV), BROKEN),
}


@pytest.mark.parametrize("flaw", KERAS)
def test_a_model_of_keras_that_lies_is_refused(flaw: str) -> None:
    *files, sentence = KERAS[flaw]
    entry = entry_of("keras", *files, channels=2, layout="NHWC")
    with pytest.raises(PolicyRefused, match=sentence):
        graph_of(entry, memoryview(b"".join(files)))


def test_many_layers_and_many_weights_do_not_take_their_product() -> None:
    saved = json.loads(keras([layer("Flatten"), DENSE], UNIT)[0])
    graph = saved["modelTopology"]
    every = graph["model_config"]["config"]["layers"]
    plain = {"class_name": "Dropout", "config": {}, "inbound_nodes": [[["x"]]]}
    every += [plain | {"name": f"d{place}"} for place in range(5_000)]
    none = {"dtype": "float32", "shape": [0]}
    more = [none | {"name": f"w{place}/kernel"} for place in range(5_000)]
    saved["weightsManifest"][0]["weights"] += more
    files = (json.dumps(saved).encode(), NUMBERS)
    entry = entry_of("keras", *files, channels=2, layout="NHWC")
    assert graph_of(entry, memoryview(b"".join(files)))


@pytest.mark.parametrize("flaw", LAYERS)
def test_a_layer_of_keras_that_is_not_built_is_refused(flaw: str) -> None:
    one, sentence = LAYERS[flaw]
    files = keras([one, layer("Flatten"), DENSE], UNIT)
    entry = entry_of("keras", *files, channels=2, layout="NHWC")
    with pytest.raises(PolicyRefused, match=sentence):
        graph_of(entry, memoryview(b"".join(files)))
