"""Whatever JSON stands in the part `options`: it is a recipe, or a problem that says what is wrong.

A control shows that a fault would be seen.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from safelight.batch import steps
from safelight.errors import SafelightError
from safelight.operation import Operation
from safelight.recipe import Recipe, operations
from safelight.server.front.wishes import recipe_of, wishes_of
from safelight.settings import Settings

WORDS = st.sampled_from(
    ["", "red", "1,2,3,4", "10x10", "auto", "faces", "picture:", "picture:" + "a" * 64, "#ffffff",
     "jpeg", "-1", "1e400", "nan", "\x00", "☃", "a,b", "x" * 300]
)  # fmt: skip
PLAIN = st.one_of(
    st.none(), st.booleans(), st.sampled_from([0, 1, -1, 5, 2**70, 1.5, float("nan")]), WORDS
)
VALUES = st.one_of(
    PLAIN, st.lists(PLAIN, max_size=3), st.lists(st.lists(PLAIN, max_size=4), max_size=2),
    st.dictionaries(WORDS, PLAIN, max_size=1),
)  # fmt: skip


def wish(data: st.DataObject) -> tuple[type[Operation], dict[str, Any]]:
    operation = data.draw(st.sampled_from(sorted(operations().values(), key=lambda one: one.name)))
    names = st.sampled_from(sorted({*operation.model_fields, *wishes_of(operation), "other"}))
    return operation, data.draw(st.dictionaries(names, VALUES, max_size=4))


def recipe_or_problem(operation: type[Operation], asked: dict[str, Any]) -> Recipe | SafelightError:
    try:
        return recipe_of(operation, asked, Settings())
    except SafelightError as error:
        return error


@settings(
    max_examples=600, deadline=None, database=None, derandomize=True,
    phases=[Phase.generate], suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(st.data())
def test_any_json_is_a_recipe_or_a_problem(data: st.DataObject) -> None:
    operation, asked = wish(data)
    found = recipe_or_problem(operation, asked)
    if isinstance(found, SafelightError):
        assert 400 <= found.status < 500
        assert len(found.message) < 1_000
    else:
        assert found.canonical


def test_a_step_that_fails_in_another_way_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_labels", lambda asked: asked.split(","))
    with pytest.raises(AttributeError):
        recipe_of(operations()["redact"], {"seen": 5}, Settings())
