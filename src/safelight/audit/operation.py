"""Operation: what was asked for, as a receipt states it, and what of it stands in none.

Where a region that was covered lies is never told: the parameters that say so are withheld. A
sensitive receipt withholds free words and every place besides. Which parameters these are, the
operations declare: "receipt": "never" or "usual" in their field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, JsonValue

from safelight.annotation import Decision
from safelight.audit.canonical import canonical, parse_canonical
from safelight.audit.fact import SECOND, Count, Digest, Sparse, Text
from safelight.limits import MAX_RECIPE_BYTES
from safelight.recipe import operation_named

WITHHELD = "withheld"
# What a parameter is that nobody gave; 0 is a place like any other.
NOTHING: tuple[object, ...] = (None, "", [])
# What stands before a recipe when it is keyed.
RECIPE = b"recipe\0"


class OperationFact(Sparse):
    """What was asked for: verbs in order, the recipe with parameters resolved, its digest, time.

    confidence is how sure the models were, 0..1; decided what operations left to decide for
    themselves came to, 0..100; cages is 2 where one decoded, only pixels crossed, and another
    encoded. withheld names parameters that stand in the recipe as "withheld": recipe_sha256 is then
    that of the recipe as it stands here, and recipe_keyed the keyed digest of the whole one.
    """

    verbs: Annotated[tuple[Text, ...], Field(min_length=1)]
    recipe: dict[str, JsonValue]
    recipe_sha256: Digest
    duration_ms: Count
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    decided: dict[Decision, Annotated[float, Field(ge=0, le=100)]] | None = None
    cages: Annotated[int, Field(ge=2, le=2)] | None = None
    recipe_keyed: Digest | None = Field(None, json_schema_extra=SECOND)
    withheld: tuple[Text, ...] | None = Field(None, json_schema_extra=SECOND)

    @classmethod
    def of(
        cls,
        recipe: bytes,
        digest: str,
        *,
        duration_ms: int,
        confidence: float | None = None,
        decided: Mapping[Decision, float] | None = None,
        cages: int = 1,
    ) -> Self:
        """From a recipe's canonical form and its digest, all of it."""
        document = parse_canonical(recipe, MAX_RECIPE_BYTES)
        return cls(
            verbs=tuple(step["op"] for step in document["steps"]),
            recipe=document,
            recipe_sha256=digest,
            duration_ms=duration_ms,
            confidence=confidence,
            decided=dict(decided) if decided else None,
            cages=cages if cages > 1 else None,
        )

    def withholding(self, keyed: Callable[[bytes], str], *, is_sensitive: bool) -> Self:
        """The same without what no receipt tells, or a sensitive one does not; keyed gives the
        keyed digest of bytes.
        """
        recipe: dict[str, Any] = parse_canonical(canonical(self.recipe), MAX_RECIPE_BYTES)
        gone = []
        for step in recipe["steps"]:
            for name in _untold(step["op"], is_sensitive=is_sensitive):
                if step["parameters"].get(name) not in NOTHING:
                    step["parameters"][name] = WITHHELD
                    gone.append(f"{step['op']}.{name}")
        if not gone:
            return self
        changes = {
            "recipe": recipe,
            "recipe_sha256": hashlib.sha256(canonical(recipe)).hexdigest(),
            "recipe_keyed": keyed(RECIPE + canonical(self.recipe)),
            "withheld": tuple(dict.fromkeys(gone)),
        }
        return self.model_copy(update=changes)

    @property
    def digest_holds(self) -> bool:
        """True if recipe, digest and verbs belong together."""
        digest = hashlib.sha256(canonical(self.recipe)).hexdigest()
        match self.recipe.get("steps"):
            case list(steps) if digest == self.recipe_sha256:
                verbs = [step.get("op") for step in steps if isinstance(step, dict)]
                return list(self.verbs) == verbs
        return False


def _untold(name: str, *, is_sensitive: bool) -> Iterator[str]:
    for field_name, field in operation_named(name).model_fields.items():
        extra = field.json_schema_extra
        told = extra.get("receipt") if isinstance(extra, dict) else None
        if told == "never" or (told == "usual" and is_sensitive):
            yield field_name
