"""The page on the interface speaks of what there is."""

from __future__ import annotations

import re

from safelight.server.description.openapi import document
from safelight.server.description.problem import Problem
from safelight.server.endpoint import discovered
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "handbook" / "api.md").read_text()


def test_every_path_that_it_names_is_there() -> None:
    known = set(document(discovered())["paths"])
    named = set(re.findall(r"`(/(?:api/v1/[\w/{}.]+|reference|problems))`", PAGE))
    assert len(named) > 10
    assert named <= known


def test_the_problem_that_it_shows_is_one() -> None:
    shown = re.search(r"```\n(\{\"type\".*?\})\n```", PAGE, re.DOTALL)
    assert shown
    assert Problem.model_validate_json(shown[1]).status == 422
