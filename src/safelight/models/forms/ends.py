"""Ends: by which names a graph begins and ends, where no entry says so. This runs in the cage."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from safelight.errors import MemoryExceeded
from safelight.models.entry import Form
from safelight.models.forms import keras, ncnn
from safelight.models.forms.faults import LIES, damaged, unknown
from safelight.models.forms.files import Files
from safelight.models.forms.messages import Message
from safelight.models.forms.networks import NETWORKS
from safelight.models.forms.plain_text import fields_of
from safelight.models.forms.state import state_of
from safelight.models.nature import NAME, Layout

# What a picture can have: colours first, then grey.
CHANNELS = (3, 1)
MAX_ENDS = 24


@dataclass(frozen=True, slots=True)
class Ends:
    """A way to read the files: what goes in, and the names of what comes out."""

    taken: str
    layout: Layout
    channels: int
    given: tuple[str, ...]
    network: str = ""


def ways(form: Form, files: Files) -> list[Ends]:
    """Every way in which these files may be a net that takes a picture, the likeliest first.

    Raises PolicyRefused for files that are damaged, and as graph_of does.
    """
    try:
        return list(_ways(form, files))
    except MemoryError as error:
        raise MemoryExceeded from error
    except LIES as error:
        raise damaged() from error


def _ways(form: Form, files: Files) -> Iterator[Ends]:
    if form == "torch":
        state_of(files.first)
        for network in NETWORKS:
            for channels in CHANNELS:
                yield Ends("input", "NCHW", channels, ("output",), network)
        return
    reader = {
        "caffe": _of_caffe,
        "keras": _of_keras,
        "ncnn": _of_ncnn,
        "tensorflow": _of_tensorflow,
    }
    for taken, layout, given in reader[form](files.first):
        if not 1 <= len(given) <= MAX_ENDS or not all(map(NAME.fullmatch, (taken, *given))):
            raise unknown()
        for channels in CHANNELS:
            yield Ends(taken, layout, channels, given)


Named = Iterator[tuple[str, Layout, tuple[str, ...]]]


def _of_caffe(first: memoryview) -> Named:
    layers = fields_of(bytes(first).decode()).get("layer", [])
    yield "input", "NCHW", _loose((one["top"], one.get("bottom", ())) for one in layers)


def _of_keras(first: memoryview) -> Named:
    every = list(keras.layers(json.loads(bytes(first))["modelTopology"]))
    taken = [one.name for one in every if one.kind == "InputLayer"]
    yield _only(taken), "NHWC", _loose(((one.name,), one.takes) for one in every)


def _of_ncnn(first: memoryview) -> Named:
    every = ncnn.layers(bytes(first).decode("ascii"))
    yield "input", "NCHW", _loose((one.gives, one.takes) for one in every)


def _of_tensorflow(first: memoryview) -> Named:
    """Its own ends; then, where one only turns its channels to the front, what it turns."""
    taken, ends, turned = [], [], {}
    for one in Message(first).inner(1):
        takes = tuple(name.partition(":")[0] for name in one.texts(3))
        ends.append(((one.text(1),), takes))
        if one.text(2) == "Placeholder":
            taken.append(one.text(1))
        if one.text(2) == "Transpose":
            turned[one.text(1)] = takes[0]
    given = _loose(ends)
    yield _only(taken), "NHWC", given
    yield _only(taken), "NHWC", tuple(turned.get(name, name) for name in given)


def _only(names: list[str]) -> str:
    if not names:
        raise damaged()
    if len(names) > 1:
        raise unknown()
    return names[0]


def _loose(layers: Iterable[tuple[Iterable[str], Iterable[str]]]) -> tuple[str, ...]:
    """What is given and that nothing takes, in order."""
    given: dict[str, None] = {}
    taken: set[str] = set()
    for gives, takes in layers:
        given |= dict.fromkeys(gives)
        taken |= set(takes)
    return tuple(name for name in given if name not in taken)
