"""Receipts: what Safelight itself did to the pictures, as the receipts beside them say.

Read, not verified: whether one holds is what `safelight verify` tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from safelight.audit.receipt import Receipt, path_for
from safelight.errors import VerificationFailed
from safelight.proof.dataflow.ground import Asked, Ground
from safelight.proof.dataflow.parts import Evidence, Sight

NAME = "Safelight"
MOST_BYTES = 4_000_000


def sights(ground: Ground, asked: Asked) -> Iterator[Sight]:
    """One for each picture that has a receipt, and one for each model that ran on it."""
    for file in asked.files:
        place = path_for(file)
        receipt = read(place)
        if receipt is None:
            continue
        told = receipt.predicate
        verbs = Evidence(str(place), "recipe", ", ".join(told.operation.verbs))
        ran = [
            (Evidence(str(place), "model", one.name), f"model {one.name}") for one in told.models
        ]
        for evidence, detail in [(verbs, ""), *ran]:
            yield Sight(
                asked.at, "program", NAME, "went through", "claimed", evidence,
                picture=str(file), detail=detail, when=told.created,
            )  # fmt: skip


def read(place: Path) -> Receipt | None:
    """The receipt that lies there; None where there is none, or nothing that is one."""
    try:
        with place.open("rb") as file:
            receipt = Receipt.parse(file.read(MOST_BYTES))
        return receipt if receipt.predicate else None
    except (OSError, VerificationFailed):
        return None
