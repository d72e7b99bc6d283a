"""Fact: the base of everything that a receipt states, and what its values may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    model_serializer,
)

# Digits of ASCII alone: as a class of signs they would be those of every script.
TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=2**53)]
Text = Annotated[str, Field(max_length=500)]
Time = Annotated[str, Field(pattern=TIME)]
Pseudonym = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
# The mark of a field that came with the second form of receipts; the first has none of these.
SECOND: dict[str, JsonValue] = {"since": 2}
# The mark of one that the second form may leave out and the first may not.
FIRST: dict[str, JsonValue] = {"needed_in": 1}


class Fact(BaseModel):
    """Base: frozen, strict, no field that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Sparse(Fact):
    """A fact whose fields stand in a receipt only where there is something to say."""

    @model_serializer(mode="wrap")
    def _without_nothing(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = serialize(self)
        return {name: value for name, value in fields.items() if value is not None}


def fits_first_form(fact: Fact) -> bool:
    """True if nothing here, however deep, needs the second form, and nothing of the first lacks."""
    for name, field in type(fact).model_fields.items():
        value, extra = getattr(fact, name), field.json_schema_extra
        marks = extra if isinstance(extra, dict) else {}
        if (marks.get("since") == 2 and value is not None) or (
            marks.get("needed_in") == 1 and value is None
        ):
            return False
        if not all(fits_first_form(one) for one in _facts(value)):
            return False
    return True


def _facts(value: object) -> Iterator[Fact]:
    if isinstance(value, Fact):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _facts(one)
