"""Have workers for a recipe made ready, and tell what holds them."""

from __future__ import annotations

from typing import Any

from safelight.errors import RecipeInvalid, UsageError
from safelight.formats import FORMATS, Format
from safelight.recipe import Recipe
from safelight.server.back.asking import Given


def answer(given: Given) -> dict[str, Any]:
    """facts: steps of a recipe, and the format of the pictures to come; keys: whether those that
    every run takes are to be tried, too. Raises RecipeInvalid, UsageError, VaultLocked, and what
    keeps the workers from starting.
    """
    if given.untrusted_facts.get("keys"):
        given.engine.book.input_digest()
    steps = given.untrusted_facts.get("steps", [{"op": "inspect"}])
    if not isinstance(steps, list):
        raise RecipeInvalid("steps must be a list")
    host = given.engine.host(Recipe.from_steps(steps), _format(given))
    cage = host.report()
    return {
        "level": cage.level,
        "attempted": len(cage.attempts),
        "contained": cage.contained,
        "layers": dict(cage.layers),
        "filter_sha256": cage.filter_sha256,
        "not_covered": list(cage.not_covered),
        "attempts": [
            {"name": one.name, "group": one.group, "contained": one.contained}
            for one in cage.attempts
        ],
    }


def _format(given: Given) -> Format:
    named = given.untrusted_facts.get("format", "jpeg")
    for format in FORMATS:
        if format == named:
            return format
    raise UsageError("this is no format that Safelight knows")
