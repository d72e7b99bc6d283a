"""Entries and sessions of models that are no ONNX file, for the tests of their forms."""

from __future__ import annotations

import hashlib
from typing import Any

from safelight.models.entry import Entry, Form, Network, Part
from safelight.models.runtimes import open_session
from safelight.models.session import Session
from tests.models.making import entry_toml


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
