"""The layers of Keras as nodes: [1, channels, rows, columns], and [1, units] after flattening."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safelight.models.forms.faults import damaged, unknown
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import Window, clip, conv, dense, padded

TO_LAST = (0, 2, 3, 1)


@dataclass(frozen=True, slots=True)
class Weights:
    """The settings of a layer, and its own weights by their name."""

    settings: dict[str, Any]
    own: dict[str, NDArray[np.float32]]

    def pair(self, name: str) -> tuple[int, int]:
        rows, columns = self.settings[name]
        return int(rows), int(columns)

    def bias(self) -> NDArray[np.float32] | None:
        return self.own["bias"] if self.settings["use_bias"] else None

    def require_last(self) -> None:
        """Raises PolicyRefused if the channels are not last."""
        if self.settings.get("data_format", "channels_last") != "channels_last":
            raise unknown()

    def pads(self) -> tuple[int, int, int, int] | None:
        """As a window has them."""
        return {"same": None, "valid": (0, 0, 0, 0)}[self.settings["padding"]]


def _activated(graph: Graph, value: str, layer: Weights) -> str:
    match layer.settings.get("activation", "linear"):
        case "linear":
            return value
        case "relu":
            return graph.node("Relu", value)
        case "sigmoid":
            return graph.node("Sigmoid", value)
        case "softmax":
            return graph.node("Softmax", value, axis=-1)
    raise unknown()


def convolution(graph: Graph, given: Sequence[str], layer: Weights) -> str:
    layer.require_last()
    window = Window(layer.pair("strides"), layer.pair("dilation_rate"), layer.pads())
    weight = layer.own["kernel"].transpose(3, 2, 0, 1)
    return _activated(graph, conv(graph, given[0], weight, layer.bias(), window=window), layer)


def by_channel(graph: Graph, given: Sequence[str], layer: Weights) -> str:
    """A convolution of each channel alone."""
    layer.require_last()
    rows, columns, channels, times = layer.own["depthwise_kernel"].shape
    weight = layer.own["depthwise_kernel"].transpose(2, 3, 0, 1)
    weight = weight.reshape(channels * times, 1, rows, columns)
    steps, spread = layer.pair("strides"), layer.pair("dilation_rate")
    window = Window(steps, spread, layer.pads(), channels)
    return _activated(graph, conv(graph, given[0], weight, layer.bias(), window=window), layer)


def normalised(graph: Graph, given: Sequence[str], layer: Weights) -> str:
    """By the mean and the spread that training saw."""
    if layer.settings["axis"] not in (-1, 3, [-1], [3]):
        raise unknown()
    mean, spread = layer.own["moving_mean"], layer.own["moving_variance"]
    scale = layer.own["gamma"] if layer.settings["scale"] else np.ones_like(mean)
    shift = layer.own["beta"] if layer.settings["center"] else np.zeros_like(mean)
    facts = [graph.constant(one) for one in (scale, shift, mean, spread)]
    least = float(layer.settings["epsilon"])
    return graph.node("BatchNormalization", given[0], *facts, epsilon=least)


def rectified(graph: Graph, given: Sequence[str], layer: Weights) -> str:
    settings = layer.settings
    if settings.get("negative_slope") or settings.get("threshold"):
        raise unknown()
    most = settings.get("max_value")
    if most is None:
        return graph.node("Relu", given[0])
    return clip(graph, given[0], 0.0, float(most))


def summed(graph: Graph, given: Sequence[str], _layer: Weights) -> str:
    if len(given) != 2:
        raise unknown()
    return graph.node("Add", *given)


def surrounded(graph: Graph, given: Sequence[str], layer: Weights) -> str:
    layer.require_last()
    (top, bottom), (left, right) = layer.settings["padding"]
    pads = (int(top), int(left), int(bottom), int(right))
    if min(pads) < 0:
        raise damaged()
    return padded(graph, given[0], pads, "constant")


def averaged(graph: Graph, given: Sequence[str], layer: Weights) -> str:
    layer.require_last()
    if layer.pads() is None:
        raise unknown()
    size, steps = layer.pair("pool_size"), layer.pair("strides")
    return graph.node("AveragePool", given[0], kernel_shape=size, strides=steps)


def flattened(graph: Graph, given: Sequence[str], layer: Weights) -> str:
    """In the order that the layers behind it were trained with: channels last."""
    layer.require_last()
    return graph.node("Flatten", graph.node("Transpose", given[0], perm=TO_LAST), axis=1)


def all_by_all(graph: Graph, given: Sequence[str], layer: Weights) -> str:
    return _activated(graph, dense(graph, given[0], layer.own["kernel"], layer.bias()), layer)


def same(_graph: Graph, given: Sequence[str], _layer: Weights) -> str:
    """What only training needs."""
    return given[0]


LAYERS: dict[str, Callable[[Graph, Sequence[str], Weights], str]] = {
    "Add": summed,
    "AveragePooling2D": averaged,
    "BatchNormalization": normalised,
    "Conv2D": convolution,
    "Dense": all_by_all,
    "DepthwiseConv2D": by_channel,
    "Dropout": same,
    "Flatten": flattened,
    "ReLU": rectified,
    "ZeroPadding2D": surrounded,
}
