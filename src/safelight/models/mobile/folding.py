"""Folding: what of a net is the same for every picture, worked out once, by numpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from safelight.models.forms.faults import unknown
from safelight.models.mobile.net import KINDS, Net, Node, Numbers

# A node, and its inputs that are constants, by place; None where one is left out.
Given = list[Numbers | None]


def folded(net: Net) -> dict[str, Numbers]:
    """Every constant of the net, by name: those that it has, and those that follow from them."""
    known = dict(net.constants)
    for node in net.nodes:
        fold(node, known)
    return known


def fold(node: Node, known: dict[str, Numbers]) -> bool:
    """Add what the node gives to the constants, where all that it takes is among these."""
    if node.kind not in FOLDS or not all(name in known for name in node.inputs if name):
        return False
    known[node.output] = FOLDS[node.kind](node, [known.get(name) for name in node.inputs])
    return True


def moved(node: Node, values: Numbers, known: Mapping[str, Numbers]) -> Numbers:
    """What a node of MOVES makes of these values; its other inputs are constants."""
    return MOVES[node.kind](node, [values, *(known.get(name) for name in node.inputs[1:])])


def _axes(node: Node, given: Given) -> tuple[int, ...]:
    return tuple(whole(given[1]))


def whole(values: Numbers | None) -> list[int]:
    """The whole numbers of a constant. Raises PolicyRefused where there is none."""
    if values is None:
        raise unknown()
    return [int(one) for one in values.ravel()]


def _of(given: Given) -> Numbers:
    if given[0] is None:
        raise unknown()
    return given[0]


def _reshape(_node: Node, given: Given) -> Numbers:
    values, sides = _of(given), whole(given[1])
    kept = [values.shape[place] if side == 0 else side for place, side in enumerate(sides)]
    return values.reshape(kept)


def _flatten(node: Node, given: Given) -> Numbers:
    values = _of(given)
    first = int(np.prod(values.shape[: node.facts.get("axis", 1)]))
    return values.reshape(first, -1)


def _slice(_node: Node, given: Given) -> Numbers:
    values = _of(given)
    starts, ends = whole(given[1]), whole(given[2])
    axes = whole(given[3]) if len(given) > 3 else list(range(len(starts)))
    steps = whole(given[4]) if len(given) > 4 else [1] * len(starts)
    cut = [slice(None)] * values.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        # An end beyond the first value, going back, is what Python calls none.
        cut[axis] = slice(start, None if step < 0 and end < -values.shape[axis] else end, step)
    return values[tuple(cut)]


def _constant(node: Node, _given: Given) -> Numbers:
    if set(node.facts) != {"value"}:
        raise unknown()
    value: Numbers = node.facts["value"]
    return value


def _constant_of_shape(node: Node, given: Given) -> Numbers:
    value = node.facts.get("value", np.zeros(1, np.float32))
    return np.full(whole(_of(given)), value.ravel()[0])


MOVES: dict[str, Callable[[Node, Given], Numbers]] = {
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Squeeze": lambda node, given: np.squeeze(_of(given), _axes(node, given)),
    "Transpose": lambda node, given: _of(given).transpose(node.facts["perm"]),
    "Unsqueeze": lambda node, given: np.expand_dims(_of(given), _axes(node, given)),
}
FOLDS: dict[str, Callable[[Node, Given], Numbers]] = MOVES | {
    "Cast": lambda node, given: _of(given).astype(KINDS[node.facts["to"]]),
    "Concat": lambda node, given: np.concatenate(
        [one for one in given if one is not None], node.facts["axis"]
    ),
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Slice": _slice,
}
