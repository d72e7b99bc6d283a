"""The layers of ncnn as nodes, each by the numbers of its settings. A blob has no batch in ncnn; in
the graph it has one, so every axis is one further.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from safelight.models.forms.faults import damaged, unknown
from safelight.models.forms.graph import Graph
from safelight.models.forms.layers import (
    Window,
    clip,
    conv,
    deconv,
    leaky,
    nearest,
    padded,
    prelu,
    scalar,
    shuffled,
    smooth,
)
from safelight.models.forms.ncnn_facts import LEFT, SAME, Blob, Facts

# Those whose order is written out: a few lines can claim any number of them.
MOST_CHANNELS = 65_536


def convolution(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    """With the activation that it has inside."""
    facts.only(*range(8), 9, 10, *range(11, 17))
    value, window = given[0], _window(facts)
    out, groups = facts.count(0), facts.count(7, 1)
    weight = facts.numbers.kernel(facts.count(6))
    rows, columns = facts.kernel
    weight = weight.reshape(out, -1, rows, columns)
    bias = facts.numbers.plain(out) if facts.whole(5) else None
    made = conv(graph, value.value, weight, bias, window=replace(window, groups=groups))
    return [Blob(_activated(graph, made, facts), out)]


def deconvolution(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    """The weights are [out, in, rows, columns] in the file."""
    facts.only(*range(7), 9, 10, *range(11, 17))
    out = facts.count(0)
    weight = facts.numbers.kernel(facts.count(6)).reshape(out, -1, *facts.kernel)
    bias = facts.numbers.plain(out) if facts.whole(5) else None
    turned = np.ascontiguousarray(weight.swapaxes(0, 1))
    made = deconv(graph, given[0].value, turned, bias, window=_window(facts))
    return [Blob(_activated(graph, made, facts), out)]


def _window(facts: Facts) -> Window:
    left = facts.whole(4)
    spread = facts.count(2, 1)
    pads = (
        facts.whole(14, left),
        left,
        facts.whole(16, facts.whole(14, left)),
        facts.whole(15, left),
    )
    is_same = set(pads) == {SAME}
    if not is_same and min(pads) < 0:
        raise unknown()
    return Window(facts.steps, (facts.count(12, spread), spread), None if is_same else pads)


def _activated(graph: Graph, value: str, facts: Facts) -> str:
    numbers = facts.settings.get(10, ())
    match facts.whole(9):
        case 0:
            return value
        case 1:
            return leaky(graph, value, 0.0)
        case 2:
            return leaky(graph, value, numbers[0])
        case 3:
            return clip(graph, value, numbers[0], numbers[1])
        case 4:
            return graph.node("Sigmoid", value)
    raise unknown()


def relu(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    facts.only(0)
    return [replace(given[0], value=leaky(graph, given[0].value, facts.real(0)))]


def slopes(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    facts.only(0)
    values = facts.numbers.plain(facts.count(0))
    return [replace(given[0], value=prelu(graph, given[0].value, values))]


def sigmoid(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    facts.only()
    return [replace(given[0], value=graph.node("Sigmoid", given[0].value))]


def copies(_graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    return [given[0]] * facts.gives


def joined(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    facts.only(0)
    axis = facts.whole(0)
    value = graph.node("Concat", *(one.value for one in given), axis=axis + 1)
    channels = [one.channels for one in given]
    total = 0 if axis else sum(channels) if all(channels) else 0
    return [replace(given[0], value=value, channels=total)]


def cut(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    """In equal parts, as the nets that we know are cut."""
    facts.only(0, 1)
    if facts.whole(1) or set(facts.settings.get(0, ())) != {LEFT}:
        raise unknown()
    names = graph.several("Split", [given[0].value], facts.gives, axis=1)
    channels = given[0].channels // facts.gives
    return [replace(given[0], value=name, channels=channels) for name in names]


def mixed(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    """Channels in another order: the first of each group, then the second of each."""
    facts.only(0, 1)
    groups, channels = facts.count(0, 1), given[0].channels
    if not groups or not 0 < channels <= MOST_CHANNELS or channels % groups:
        raise damaged()
    shape = (groups, channels // groups)
    order = np.arange(channels).reshape(shape[::-1] if facts.whole(1) else shape).T.ravel()
    places = graph.numbers(*(int(one) for one in order))
    return [replace(given[0], value=graph.node("Gather", given[0].value, places, axis=1))]


def pooled(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    """The greatest values, or the means, of windows that lie wholly within the picture."""
    facts.only(0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15)
    columns, step, left = facts.count(1), facts.count(2, 1), facts.count(3)
    if facts.whole(4) or facts.whole(5) != 1:
        raise unknown()
    pads = (facts.count(13, left), left, facts.count(15, left), facts.count(14, left))
    kind = "AveragePool" if facts.whole(0) else "MaxPool"
    value = graph.node(
        kind,
        given[0].value,
        kernel_shape=(facts.count(11, columns), columns),
        strides=(facts.count(12, step), step),
        pads=pads,
    )
    return [replace(given[0], value=value)]


def resized(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    facts.only(0, 1, 2)
    times = (facts.real(1, 1.0), facts.real(2, 1.0))
    value = given[0].value
    match facts.whole(0):
        case 1:
            made = nearest(graph, value, times)
        case 2:
            made = smooth(graph, value, times, "linear")
        case 3:
            made = smooth(graph, value, times, "cubic")
        case _:
            raise unknown()
    return [replace(given[0], value=made)]


def surrounded(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    """With zeros, the edge, or the picture in a mirror."""
    facts.only(0, 1, 2, 3, 4)
    mode = {0: "constant", 1: "edge", 2: "reflect"}[facts.whole(4)]
    pads = (facts.count(0), facts.count(2), facts.count(1), facts.count(3))
    return [replace(given[0], value=padded(graph, given[0].value, pads, mode))]


# Which axes of [batch, channels, rows, columns] come next, by the number of the order.
ORDERS = ((0, 1, 2, 3), (0, 1, 3, 2), (0, 2, 1, 3), (0, 2, 3, 1), (0, 3, 1, 2), (0, 3, 2, 1))


def turned(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    facts.only(0)
    if given[0].axes != 3:
        raise unknown()
    value = graph.node("Transpose", given[0].value, perm=ORDERS[facts.count(0)])
    return [Blob(value)]


def reshaped(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    facts.only(0, 1, 2)
    sides = [facts.whole(key, LEFT) for key in (2, 1, 0)]
    kept = [side for side in sides if side != LEFT]
    if not kept or min(kept) < -1:
        raise damaged()
    value = graph.node("Reshape", given[0].value, graph.numbers(1, *kept))
    return [Blob(value, 0, len(kept))]


def shares(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    facts.only(0, 1)
    value = graph.node("Softmax", given[0].value, axis=facts.whole(0) + 1)
    return [replace(given[0], value=value)]


def reckoned(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    """Sum, difference, product or quotient of two blobs, or of one and a number."""
    facts.only(0, 1, 2)
    kinds = ("Add", "Sub", "Mul", "Div", "Max", "Min")
    second = scalar(graph, facts.real(2)) if facts.whole(1) else given[1].value
    kind = kinds[facts.count(0)]
    return [replace(given[0], value=graph.node(kind, given[0].value, second))]


def pixels(graph: Graph, given: Sequence[Blob], facts: Facts) -> list[Blob]:
    facts.only(0)
    times = facts.count(0, 1)
    channels = given[0].channels // max(1, times**2)
    return [Blob(shuffled(graph, given[0].value, times), channels)]


LAYERS: dict[str, Callable[[Graph, Sequence[Blob], Facts], list[Blob]]] = {
    "BinaryOp": reckoned,
    "Concat": joined,
    "Convolution": convolution,
    "ConvolutionDepthWise": convolution,
    "Deconvolution": deconvolution,
    "Interp": resized,
    "PReLU": slopes,
    "Padding": surrounded,
    "Permute": turned,
    "PixelShuffle": pixels,
    "Pooling": pooled,
    "ReLU": relu,
    "Reshape": reshaped,
    "ShuffleChannel": mixed,
    "Sigmoid": sigmoid,
    "Slice": cut,
    "Softmax": shares,
    "Split": copies,
}
