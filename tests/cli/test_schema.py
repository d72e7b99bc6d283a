"""The published schemas: each is used by a script, and the checker sees what breaks them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.schema import broken, schemas, violations

SCRIPTS = Path(__file__).parent / "scripts"
GOOD = {"type": "version", "schema": 1, "safelight": "0.1.0", "python": "3.11.7"}

BAD: dict[str, Any] = {
    "no type": {"schema": 1},
    "an unknown type": GOOD | {"type": "elephant"},
    "another schema": GOOD | {"schema": 2},
    "a field too few": {key: GOOD[key] for key in ("type", "schema", "python")},
    "a field too many": GOOD | {"elephant": 1},
    "a field of another type": GOOD | {"python": 3},
    "no object": ["type"],
}


def test_a_line_as_published_is_right() -> None:
    assert violations(GOOD) == []


@pytest.mark.parametrize("name", BAD)
def test_a_line_that_breaks_its_schema_is_seen(name: str) -> None:
    assert violations(BAD[name])


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (True, {"type": "integer"}),
        (-1, {"minimum": 0}),
        (4, {"maximum": 3}),
        ("x", {"enum": ["y"]}),
        ("x", {"pattern": "^y"}),
        ({"a": "x"}, {"additionalProperties": {"type": "integer"}}),
        ([1, "x"], {"items": {"type": "integer"}}),
        ("x", {"format": "date"}),
    ],
)
def test_each_keyword_is_held(value: Any, schema: dict[str, Any]) -> None:
    assert list(broken(value, schema, "value"))


def test_every_schema_is_met_in_a_script() -> None:
    text = "\n".join(path.read_text() for path in SCRIPTS.glob("*.txt"))
    met = set(re.findall(r"^json(?:err)? .*?type=(\S+)", text, re.MULTILINE))
    met |= {"problem"} if re.search(r"^jsonerr .*exit_code=", text, re.MULTILINE) else set()
    assert set(schemas()) - met == set()
