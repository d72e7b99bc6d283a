"""Whatever a signer puts into a receipt, all three verifiers answer, and alike."""

from __future__ import annotations

import copy
import json
import random
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safelight.audit import dsse, statement
from safelight.audit.canonical import canonical
from safelight.audit.receipt import Receipt
from safelight.errors import VerificationFailed
from tests.audit.alone import Case, by_javascript, by_python
from tests.audit.making import fixed_keys

WHOLE = Path(__file__).resolve().parent.parent / "vectors" / "receipt-v2" / "whole.receipt.json"
STRANGE: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        0,
        1.5,
        1.0,
        300.0,
        2**53 + 1,
        "none",
        "",
        "x" * 600,
        "0" * 64,
        "\u202e",
        "\U0001f600",
    ),
    *([], [1], [[]], {}, {"a": 1}, {"steps": 3}),
)
COUNT = 200
KEY = fixed_keys().receipts


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every way to a value inside."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in inner:
        yield (*way, name)
        if isinstance(one, dict | list):
            yield from places(one, (*way, name))


def changed(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    made: Any = copy.deepcopy(document)
    *way, name = chance.choice(list(places(made)))
    holder = made
    for step in way:
        holder = holder[step]
    match chance.randrange(4):
        case 0:
            del holder[name]
        case 1 if isinstance(holder, dict):
            holder[f"{name}-more"] = chance.choice(STRANGE)
        case _:
            holder[name] = copy.deepcopy(chance.choice(STRANGE))
    result: dict[str, Any] = made
    return result


def ours(receipt: bytes) -> str:
    """What our own reading comes to: the state of the line schema."""
    try:
        if statement.form_of(Receipt(receipt).payload) is None:
            return "unknown"
        Receipt.parse(receipt)
    except VerificationFailed:
        return "failed"
    return "ok"


def test_all_answer_alike_whatever_was_signed() -> None:
    chance = random.Random(6)
    document = json.loads(b64decode(json.loads(WHOLE.read_bytes())["payload"]))
    payloads = [canonical(changed(document, chance)) for _ in range(COUNT)]
    cases = [Case(dsse.sign(payload, KEY), KEY.fingerprint) for payload in payloads]
    spoken = [by_python(case) for case in cases]
    assert by_javascript(cases) == spoken
    for case, states in zip(cases, spoken, strict=True):
        # Who has only the receipt knows no key where that names none.
        if states["signature"] == "ok":
            assert states["schema"] == ours(case.receipt)
        else:
            assert ours(case.receipt) != "ok"
    refused = sum("failed" in states.values() for states in spoken)
    assert COUNT * 0.7 < refused < COUNT
