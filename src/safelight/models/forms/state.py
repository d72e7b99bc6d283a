"""State: the weights of a saved net by name, from a file of torch in its newer or its older form.

The newer one is a zip archive: a pickle that names tensors, and one stored member for the numbers
of each. The older one is five pickles, then the numbers.
"""

from __future__ import annotations

import codecs
import io
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safelight.models.forms.faults import damaged, unfit
from safelight.models.forms.pickled import Storage, Tensor, unpickled

# The names in an archive may be in this; in the cage it is too late to bring it in.
codecs.lookup("cp437")

Weights = NDArray[np.float32]
ZIP = b"PK\x03\x04"
OLDER = 0x1950A86A20F9469CFC6C
# Where the weights stand within what was saved; the averaged ones are those to use.
INNER = ("params_ema", "params", "state_dict", "model", "net")


class State:
    """Weights by name, each asked for by the network that they belong to."""

    def __init__(self, weights: Mapping[str, Weights]) -> None:
        self._weights = dict(weights)
        self._asked: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._weights

    def take(self, name: str) -> Weights:
        """Raises PolicyRefused where the file has no such weights."""
        if name not in self._weights:
            raise unfit()
        self._asked.add(name)
        return self._weights[name]

    def places(self, prefix: str) -> tuple[int, ...]:
        """The numbers that stand behind this prefix, in order: those of layers or blocks."""
        found = {
            name[len(prefix) :].partition(".")[0]
            for name in self._weights
            if name.startswith(prefix)
        }
        return tuple(sorted(int(one) for one in found if one.isdecimal() and len(one) < 6))

    def require_all_asked(self) -> None:
        """Raises PolicyRefused if the file has weights that the network did not ask for."""
        if self._asked != set(self._weights):
            raise unfit()

    def mixed(self, other: State, share: float) -> State:
        """(1 - share) of these weights and share of the other's."""
        if self._weights.keys() != other._weights.keys():
            raise unfit()
        mixed = {}
        for name, own in self._weights.items():
            further = other._weights[name]
            if own.shape != further.shape:
                raise unfit()
            mixed[name] = np.asarray(own * (1 - share) + further * share, np.float32)
        return State(mixed)


def state_of(data: memoryview) -> State:
    """The weights of a saved net. Nothing of the file is run.

    Raises PolicyRefused for a file that is no such thing, or that asks for more.
    """
    saved, numbers = _newer(data) if bytes(data[:4]) == ZIP else _older(data)
    table = _inner(saved)
    # Tensors may have the same numbers, but not so that a small file fills the memory.
    if sum(math.prod(one.sides) for one in table.values()) > len(data):
        raise damaged()
    return State({str(name): _weights(one, numbers) for name, one in table.items()})


Numbers = Callable[[Storage], NDArray[Any]]


def _inner(saved: Any) -> dict[Any, Tensor]:
    """The table of tensors: what was saved, or one table in it."""
    if not isinstance(saved, dict):
        raise damaged()
    for name in INNER:
        if isinstance(saved.get(name), dict):
            saved = saved[name]
            break
    tensors = {name: one for name, one in saved.items() if isinstance(one, Tensor)}
    if not tensors or len(tensors) != len(saved):
        raise damaged()
    return tensors


def _newer(data: memoryview) -> tuple[Any, Numbers]:
    members = dict(_members(data))
    roots = [name[: -len("data.pkl")] for name in members if name.endswith("/data.pkl")]
    if len(roots) != 1:
        raise damaged()

    def numbers(storage: Storage) -> NDArray[Any]:
        return _numbers(members[f"{roots[0]}data/{storage.key}"], storage)

    return unpickled(members[roots[0] + "data.pkl"])[0], numbers


def _members(data: memoryview) -> Iterator[tuple[str, memoryview]]:
    """Name and bytes of each member, all stored as they are."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        left = len(data)
        for member in archive.infolist():
            left -= member.file_size
            is_plain = member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1
            if not is_plain or left < 0:
                raise damaged()
            yield member.filename, memoryview(archive.read(member))


def _older(data: memoryview) -> tuple[Any, Numbers]:
    magic, place = unpickled(data)
    if magic != OLDER:
        raise damaged()
    for _head in range(2):
        _value, place = unpickled(data, place)
    saved, place = unpickled(data, place)
    keys, place = unpickled(data, place)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise damaged()
    # How long each storage is, is known when its kind is: by the tensors that have numbers of it.
    kinds = {one.storage.key: one.storage for one in _inner(saved).values()}
    members: dict[str, memoryview] = {}
    for key in keys:
        storage = kinds[key]
        start = place + 8
        if int.from_bytes(data[place:start], "little") != storage.count:
            raise damaged()
        place = start + storage.count * _bytes_of(storage.kind)
        members[key] = data[start:place]
    return saved, lambda storage: _numbers(members[storage.key], storage)


def _bytes_of(kind: str) -> int:
    return 2 if kind == "bfloat16" else np.dtype(kind).itemsize


def _numbers(data: memoryview, storage: Storage) -> NDArray[Any]:
    if storage.count < 0 or len(data) != storage.count * _bytes_of(storage.kind):
        raise damaged()
    if storage.kind == "bfloat16":
        wide = np.frombuffer(data, "<u2").astype(np.uint32) << 16
        return wide.view(np.float32)
    return np.frombuffer(data, np.dtype(storage.kind).newbyteorder("<"))


def _weights(tensor: Tensor, numbers: Numbers) -> Weights:
    """The numbers of a tensor, in order. Raises PolicyRefused where they are not all in the file,
    or are no finite numbers.
    """
    held = numbers(tensor.storage)
    sides, steps = tensor.sides, tensor.steps
    count = math.prod(sides)
    if len(sides) != len(steps) or min((0, *sides, *steps)) < 0:
        raise damaged()
    last = tensor.start + sum((side - 1) * step for side, step in zip(sides, steps, strict=True))
    if tensor.start < 0 or not 0 < count <= held.size or last >= held.size:
        raise damaged()
    # As many bytes along each side as the steps say: within the numbers, by what was just checked.
    strided = np.lib.stride_tricks.as_strided(
        held[tensor.start :], sides, [step * held.itemsize for step in steps], writeable=False
    )
    weights = np.ascontiguousarray(strided, np.float32)
    if not np.isfinite(weights).all():
        raise damaged()
    return weights
