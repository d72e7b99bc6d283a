"""The published schema of receipts is that of the models, and sees what breaks it."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path

import pytest

from safelight.audit import statement
from safelight.audit.canonical import canonical
from safelight.audit.schema import schema
from safelight.audit.statement import PREDICATES, Form
from tests.audit.making import fixed_keys, receipt_facts
from tests.audit.test_receipt import HEAD, make
from tests.house.receipts import FOLDER, breaks

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
# What one look at the fields does not see: the recipe's digest, whose key, the disclosure.
BY_SENSE = {"other-recipe", "other-subject", "other-verbs", "weaker-disclosure", "recipe-put-back",
            "file-without-digest", "other-time"}  # fmt: skip


@pytest.mark.parametrize("form", PREDICATES.values())
def test_what_is_published_is_what_the_models_say(form: Form) -> None:
    assert json.loads((FOLDER / f"v{form}.json").read_text()) == schema(form)


def test_the_first_form_knows_nothing_of_the_second() -> None:
    first, second = json.dumps(schema(1)), json.dumps(schema(2))
    for name in ("redactions", "assignment", "pixel_sha256", "package_sha256", "withheld"):
        assert f'"{name}"' not in first
        assert f'"{name}"' in second
    for text in (first, second):
        assert '"since"' not in text
        assert '"null"' not in text


@pytest.mark.parametrize("form", PREDICATES.values())
def test_vectors_that_are_whole_keep_to_it_and_others_break_it(form: Form) -> None:
    folder = VECTORS / f"receipt-v{form}"
    wanted = json.loads((folder / "expected.json").read_text())["vectors"]
    seen = set()
    for name, states in wanted.items():
        if states["signature"] != "ok" or states["schema"] == "unknown":
            continue
        payload = b64decode(json.loads((folder / name).read_bytes())["payload"])
        stem = name.removesuffix(".receipt.json")
        if states["schema"] == "ok":
            assert breaks(payload) == [], name
        elif stem not in BY_SENSE and json.loads(payload).get("predicateType") in PREDICATES:
            assert breaks(payload), name
            seen.add(stem)
    assert len(seen) >= 3


def test_a_field_that_is_not_published_breaks_it() -> None:
    document = json.loads(make().payload)
    document["predicate"]["name"] = "anna.jpg"
    assert breaks(canonical(document))


def test_control_the_look_is_in_the_way_of_every_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.house import receipts

    monkeypatch.setattr(receipts, "breaks", lambda _payload: ["as planted"])
    with pytest.raises(AssertionError, match="as planted"):
        statement.make(receipt_facts(), fixed_keys().receipts, HEAD)
