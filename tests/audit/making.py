"""Receipts and journals made in code, with a fixed key that is used nowhere else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safelight.audit.facts import (
    EgressFact,
    EnvironmentFact,
    InputFact,
    LocalityFact,
    MetadataFact,
    OutputFact,
    ReceiptFacts,
    StorageFact,
)
from safelight.audit.journal import Journal
from safelight.audit.lines import Leaf
from safelight.audit.models import ModelFact
from safelight.audit.operation import OperationFact
from safelight.audit.receipt import Receipt, build, path_for
from safelight.audit.verify import Trust, Verification, verify_output
from safelight.image import Change, Finding, Risk
from safelight.models.store import Store
from safelight.vault.keys import Keys, Signer

RECIPE = (
    b'{"schema":1,"steps":[{"op":"upscale","parameters":{"model":"fast","scale":4},"version":1}]}'
)
CHANGES = (
    Change("removed", Finding(Risk.PLACE, "GPSLatitude", "52.5")),
    Change("removed", Finding(Risk.PLACE, "GPSLongitude", "13.4")),
    Change("removed", Finding(Risk.THUMBNAIL, "ThumbnailImage")),
    Change("removed", Finding(Risk.OTHER, "Meet Anna at\nthe station")),
    Change("kept", Finding(Risk.COLOUR, "ICC_Profile", "sRGB")),
    Change("added", Finding(Risk.ORIENTATION, "Orientation", "1")),
)


def fixed_signer(first: int = 0) -> Signer:
    """A fixed key: its seed is 32 bytes counted up from first."""
    return Signer(lambda: bytes(range(first, first + 32)))


def fixed_keys(first: int = 0) -> Keys:
    """Fixed keys, of the older kind: one signs receipts and journal."""
    signer = fixed_signer(first)
    local, data = b"B" * 32, b"D" * 32
    return Keys(signer, signer, digest=lambda: local, data=lambda: data, tls=lambda: b"")


def model_fact(**changes: Any) -> ModelFact:
    facts: dict[str, Any] = {
        "name": "upscale-x4",
        "sha256": "c" * 64,
        "licence": "Apache-2.0",
        "source": "drawn",
        "task": "upscale",
        "runtime": "onnx",
        "runtime_version": "1.31.1",
        "provider": "CPU",
        "precision": "int8",
        "tile": 256,
        "halo": 12,
        "determinism": "same bytes on the same processor and versions",
    }
    return ModelFact(**facts | changes)


def output_fact(output: bytes) -> OutputFact:
    digest = hashlib.sha256(output).hexdigest()
    return OutputFact(sha256=digest, bytes=len(output), media_type="image/png", width=32, height=24)


def receipt_facts(output: bytes = b"pixels", **changes: Any) -> ReceiptFacts:
    """Facts of one upscale, all fixed, with some changed."""
    facts: dict[str, Any] = {
        "created": "2026-11-21T12:00:00Z",
        "inputs": (
            InputFact(keyed_digest="a" * 64, bytes=9, media_type="image/jpeg", width=8, height=6),
        ),
        "outputs": (output_fact(output),),
        "operation": OperationFact.of(RECIPE, hashlib.sha256(RECIPE).hexdigest(), duration_ms=120),
        "metadata": MetadataFact.of(CHANGES, is_reencoded=True),
        "models": (model_fact(),),
        "locality": LocalityFact(entry="command line"),
        "egress": EgressFact.of(
            level=3,
            attempted=41,
            contained=41,
            layers={"seccomp": True, "landlock": True, "namespaces": False},
            filter_sha256="b" * 64,
            not_covered=("bugs of the kernel",),
        ),
        "storage": StorageFact(
            held=("sealed memory",), temporary_files=0, swap="off", core_dumps="off"
        ),
        "actor": "0123456789abcdef",
        "environment": EnvironmentFact(
            safelight="0.1.0",
            python="3.11.7",
            system="Linux",
            system_version="6.18",
            machine="x86_64",
            libraries={"pyvips": "3.2.0"},
        ),
    }
    return ReceiptFacts(**facts | changes)


def leaf(number: int) -> Leaf:
    """A fixed leaf, different for every number."""
    commitment = hashlib.sha256(str(number).encode()).hexdigest()
    return Leaf(commitment, f"2026-11-21T12:00:{number % 60:02}Z", number, 100, 200)


def failed(number: int) -> Leaf:
    """A fixed failure, different for every number."""
    commitment = hashlib.sha256(f"failed {number}".encode()).hexdigest()
    return Leaf(commitment, "2026-11-21T12:00:00Z", number, 100, 0, "limit-exceeded")


@dataclass(frozen=True)
class Desk:
    """A user's folder: keys, journal, and a place for outputs."""

    folder: Path
    keys: Keys
    journal: Journal
    store: Store

    @classmethod
    def at(cls, folder: Path, keys: Keys | None = None) -> Desk:
        folder.mkdir(parents=True, exist_ok=True)
        keys = keys or fixed_keys()
        return cls(folder, keys, Journal(folder / "journal", keys.journal), Store())

    @property
    def book(self) -> Path:
        """The journal's own file."""
        return self.folder / "journal" / "journal.jsonl"

    def make(self, name: str, data: bytes = b"pixels", **changes: Any) -> tuple[Path, Receipt]:
        """An output with its receipt, not yet in the journal."""
        output = self.folder / name
        output.write_bytes(data)
        receipt = build(receipt_facts(data, **changes), self.keys.receipts, self.journal.head())
        path_for(output).parent.mkdir(exist_ok=True)
        path_for(output).write_bytes(receipt.to_bytes())
        return output, receipt

    def run(self, name: str, data: bytes = b"pixels", **changes: Any) -> Path:
        """An output with its receipt, in the journal."""
        output, receipt = self.make(name, data, **changes)
        self.journal.append(receipt.leaf())
        return output

    def verify(self, path: Path, **more: Any) -> Verification:
        known = (self.keys.receipts.public_bytes, *more.pop("public_keys", ()))
        trust = Trust(known, **more.pop("trust", {}))
        return verify_output(path, journal=self.journal, store=self.store, trust=trust, **more)

    def fresh(self) -> Desk:
        """The same desk as another process would see it."""
        return Desk.at(self.folder, self.keys)


def filled(desk: Desk, batches: int = 3, size: int = 2) -> list[bytes]:
    """Some batches; gives the file's lines."""
    for batch in range(batches):
        desk.journal.append_all([leaf(batch * size + number) for number in range(size)])
    return desk.book.read_bytes().split(b"\n")[:-1]


def rewritten(desk: Desk, found: list[bytes]) -> Desk:
    desk.book.write_bytes(b"".join(line + b"\n" for line in found))
    return desk.fresh()
