"""A small Studio that a test writes, with a manifest as the build writes it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safelight.studio.files import MANIFEST, canonical

VERSION = "0123456789ab"
SCRIPT = "sha256-" + "A" * 43 + "="
CONTENTS: Mapping[str, tuple[bytes, str, str]] = {
    "index.html": (b"<!doctype html>", "identity", "text/html; charset=utf-8"),
    "frame.html": (b"not really Brotli", "br", "text/html; charset=utf-8"),
    "main-abc.js": (b"nor this", "br", "text/javascript; charset=utf-8"),
    "sw.js": (b"// kept", "identity", "text/javascript; charset=utf-8"),
    "engine-abc.zip": (b"PK", "identity", "application/octet-stream"),
}


def described() -> dict[str, Any]:
    """All of the manifest but its digest."""
    entries = {
        name: {
            "content": hashlib.sha256(data).hexdigest(),
            "encoding": encoding,
            "first": name == "main-abc.js",
            "fixed": "-" in name,
            "mime": mime,
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
            "unpacked": len(data),
        }
        for name, (data, encoding, mime) in CONTENTS.items()
    }
    package = {"kind": "npm", "name": "@x/y", "version": "1.2.3", "licence": "MIT", "within": ""}
    parts = {"engine.zip": "engine-abc.zip"}
    return {
        "files": entries, "form": 1, "packages": [package], "parts": parts,
        "script": SCRIPT, "version": VERSION,
    }  # fmt: skip


def write(folder: Path, rest: Mapping[str, Any] | None = None) -> Path:
    """The folder with all files; rest: another manifest, which gets a digest that fits it."""
    folder.mkdir(exist_ok=True)
    for name, (data, encoding, _) in CONTENTS.items():
        (folder / (f"{name}.br" if encoding == "br" else name)).write_bytes(data)
    told = dict(described() if rest is None else rest)
    told["digest"] = hashlib.sha256(canonical(told)).hexdigest()
    (folder / MANIFEST).write_bytes(canonical(told))
    return folder
