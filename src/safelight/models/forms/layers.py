"""Layers: what nets are made of, as nodes of a graph. Pictures are [1, channels, rows, columns]."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from safelight.models.forms.faults import unfit
from safelight.models.forms.graph import Attribute, Graph

Weights = NDArray[np.float32]
Pair = tuple[int, int]
Times = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Window:
    """How a kernel goes over a picture. pads: top, left, bottom, right; None: as many as keep the
    size at step 1, the odd one below and at the right.
    """

    step: Pair = (1, 1)
    spread: Pair = (1, 1)
    pads: tuple[int, int, int, int] | None = (0, 0, 0, 0)
    groups: int = 1

    @property
    def attributes(self) -> dict[str, Attribute]:
        """As the operators of ONNX take them."""
        facts: dict[str, Attribute] = {"strides": self.step, "dilations": self.spread}
        if self.pads is None:
            return facts | {"auto_pad": "SAME_UPPER"}
        return facts | {"pads": self.pads}


def around(weight: Weights, *, groups: int = 1) -> Window:
    """The window of a kernel of odd sides that keeps a picture's size."""
    above, left = weight.shape[2] // 2, weight.shape[3] // 2
    return Window(pads=(above, left, above, left), groups=groups)


def conv(
    graph: Graph, value: str, weight: Weights, bias: Weights | None, *, window: Window | None = None
) -> str:
    """A convolution; without a window, one that keeps the size. Raises PolicyRefused for weights
    of another shape.
    """
    is_kernel = weight.ndim == 4 and weight.size > 0
    if not is_kernel or (bias is not None and bias.shape != weight.shape[:1]):
        raise unfit()
    window = window or around(weight)
    inputs = [value, graph.constant(weight)]
    if bias is not None:
        inputs.append(graph.constant(bias))
    shape = tuple(weight.shape[2:])
    facts = window.attributes
    return graph.node("Conv", *inputs, kernel_shape=shape, group=window.groups, **facts)


def deconv(
    graph: Graph, value: str, weight: Weights, bias: Weights | None, *, window: Window
) -> str:
    """A transposed convolution; weight is [in, out, rows, columns]."""
    is_kernel = weight.ndim == 4 and weight.size > 0
    if not is_kernel or (bias is not None and bias.shape != weight.shape[1:2]):
        raise unfit()
    inputs = [value, graph.constant(weight)]
    if bias is not None:
        inputs.append(graph.constant(bias))
    facts = window.attributes
    return graph.node("ConvTranspose", *inputs, kernel_shape=tuple(weight.shape[2:]), **facts)


def dense(graph: Graph, value: str, weight: Weights, bias: Weights | None) -> str:
    """Each row of [rows, in] by a weight of [in, out]."""
    if weight.ndim != 2 or (bias is not None and bias.shape != weight.shape[1:]):
        raise unfit()
    out = graph.node("MatMul", value, graph.constant(weight))
    return out if bias is None else graph.node("Add", out, graph.constant(bias))


def leaky(graph: Graph, value: str, slope: float) -> str:
    """Negative values by the slope; 0 cuts them."""
    if slope == 0:
        return graph.node("Relu", value)
    return graph.node("LeakyRelu", value, alpha=float(slope))


def prelu(graph: Graph, value: str, slopes: Weights) -> str:
    """Negative values by the slope of their channel."""
    if slopes.ndim != 1:
        raise unfit()
    return graph.node("PRelu", value, graph.constant(slopes.reshape(-1, 1, 1)))


def gelu(graph: Graph, value: str) -> str:
    """The exact one, by the error function; in words that runtimes know as one operator."""
    part = graph.node("Div", value, scalar(graph, math.sqrt(2)))
    grown = graph.node("Add", graph.node("Erf", part), scalar(graph, 1.0))
    return graph.node("Mul", graph.node("Mul", value, grown), scalar(graph, 0.5))


def clip(graph: Graph, value: str, low: float, high: float) -> str:
    """Values cut to low..high."""
    return graph.node("Clip", value, scalar(graph, low), scalar(graph, high))


def scalar(graph: Graph, value: float) -> str:
    """One number as a constant."""
    return graph.constant(np.array(value, np.float32))


def add(graph: Graph, first: str, second: str) -> str:
    """The sum."""
    return graph.node("Add", first, second)


def nearest(graph: Graph, value: str, times: Times) -> str:
    """Larger by repeating pixels: rows and columns so many times."""
    scales = graph.constant(np.array([1, 1, *times], np.float32))
    facts = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return graph.node("Resize", value, "", scales, mode="nearest", **facts)


def smooth(graph: Graph, value: str, times: Times, mode: str) -> str:
    """Resized by linear or cubic interpolation (a = -0.75), without antialiasing."""
    scales = graph.constant(np.array([1, 1, *times], np.float32))
    how = {"coordinate_transformation_mode": "half_pixel", "mode": mode}
    return graph.node("Resize", value, "", scales, cubic_coeff_a=-0.75, **how)


def as_large_as(graph: Graph, value: str, pattern: str) -> str:
    """Resized by linear interpolation to the rows and columns of the pattern."""
    own = graph.node("Shape", value, start=0, end=2)
    wanted = graph.node("Concat", own, graph.node("Shape", pattern, start=2, end=4), axis=0)
    how = {"coordinate_transformation_mode": "half_pixel", "mode": "linear"}
    return graph.node("Resize", value, "", "", wanted, **how)


def shuffled(graph: Graph, value: str, times: int) -> str:
    """Groups of times x times channels become pixels, as nets of upscalers end."""
    return graph.node("DepthToSpace", value, blocksize=times, mode="CRD")


def padded(graph: Graph, value: str, pads: tuple[int, int, int, int], mode: str) -> str:
    """With rows and columns around it (top, left, bottom, right): constant (0), edge or reflect."""
    top, left, bottom, right = pads
    sides = graph.numbers(0, 0, top, left, 0, 0, bottom, right)
    return graph.node("Pad", value, sides, mode=mode)
