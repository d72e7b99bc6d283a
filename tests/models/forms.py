"""Entries and sessions of models that are no ONNX file, for the tests of their forms."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safelight.models.entry import Entry, Form, Network, Part
from safelight.models.runtimes import open_session
from safelight.models.session import Session
from tests.models.making import entry_toml

Numbers = NDArray[np.float32]
# The words of the errors that a wrong file ends in.
BROKEN, UNKNOWN = "the model file is damaged", "a layer that is not known"


def entry_of(form: Form, *files: bytes, network: str = "", **changes: Any) -> Entry:
    """An entry of a model with these files. changes are those of entry_toml."""
    plain = Entry.from_toml(entry_toml(files[0], runtime="onnx", **changes))
    parts = tuple(
        Part(
            file=f"part-{place}.bin",
            role="weights",
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
        )
        for place, data in enumerate(files[1:])
    )
    chosen = Network(name=network) if network else None
    return plain.model_copy(update={"form": form, "parts": parts, "network": chosen})


def session_of(entry: Entry, *files: bytes) -> Session:
    """These files opened as the entry says."""
    return open_session(entry, memoryview(b"".join(files)), threads=1)


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(number: int, value: bytes | str | int) -> bytes:
    """One field of a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value & (2**64 - 1))
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def floats(values: Numbers) -> bytes:
    return values.astype("<f4").tobytes()


def ramp(*sides: int) -> Numbers:
    return np.linspace(-1, 1, int(np.prod(sides)), dtype=np.float32).reshape(sides)
