"""Every receipt that a test makes in its own process is held against the published schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from safelight.audit import statement
from safelight.audit.facts import Head, ReceiptFacts
from safelight.audit.statement import Predicate
from safelight.vault.keys import Signer

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference" / "schema" / "receipt"


def breaks(payload: bytes) -> list[str]:
    """What in a statement of ours breaks the schema of its form."""
    document: dict[str, Any] = json.loads(payload)
    form = statement.PREDICATES[document["predicateType"]]
    return [error.message for error in _validator(form).iter_errors(document)]


@contextmanager
def held() -> Iterator[None]:
    """Within it, a receipt that breaks its schema is an error of the test that makes it."""
    make = statement.make

    def checked(facts: ReceiptFacts, signer: Signer, head: Head) -> tuple[Predicate, bytes]:
        predicate, payload = make(facts, signer, head)
        if found := breaks(payload):
            raise AssertionError(f"the receipt breaks the published schema: {found}")
        return predicate, payload

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statement, "make", checked)
        yield


@cache
def _validator(form: int) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads((FOLDER / f"v{form}.json").read_text()))
