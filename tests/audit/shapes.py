"""The fields of receipts as the stand-alone verifiers know them, written from the models.

`name:kind`, of kind text where none is named. After the name: ? may be left out, + may be left out
and is of the second form alone, ! may be left out in the second form alone. A kind in brackets is a
list of it, with how many there may be; two in braces are an object of such names and values; 0..3
is a whole number, 0.0..1.0 one with a point. Words of a fixed list are called after the list.
"""

from __future__ import annotations

import textwrap
import types
import typing
from dataclasses import dataclass, field
from typing import Any, Union

from pydantic.fields import FieldInfo

from safelight.annotation import Decision
from safelight.audit.blocks import CODE
from safelight.audit.fact import Count, Digest, Fact, Pseudonym, Time
from safelight.audit.facts import State
from safelight.audit.statement import Predicate

PATTERNS = {r"^[0-9a-f]{32}$": "id", r"^([0-9a-f]{64})?$": "perhaps", CODE: "code"}
KINDS: dict[Any, str] = {Digest: "digest", Count: "count", Time: "time", Pseudonym: "pseudonym"}
# What lists of words are called that are not called after their field.
LISTS: dict[Any, str] = {State: "state", Decision: "decision"}


@dataclass
class Found:
    """Kinds of object with their fields, and fixed lists with their words, each by name."""

    objects: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


def shapes() -> str:
    """The table of objects as it stands in the verifiers: a kind begins at the margin."""
    return _table(_found().objects)


def words() -> str:
    """The table of fixed lists as it stands there."""
    return _table(_found().words)


def _found() -> Found:
    found = Found()
    _add(Predicate, found)
    return found


def _table(rows: dict[str, str]) -> str:
    blocks = [
        textwrap.wrap(f"{name}: {row}", 98, subsequent_indent="  ", break_long_words=False,
                      break_on_hyphens=False)
        for name, row in sorted(rows.items())
    ]  # fmt: skip
    return "".join(f"{line}\n" for block in blocks for line in block)


def _add(model: type[Fact], found: Found) -> str:
    name = model.__name__.removesuffix("Fact").lower()
    if name not in found.objects:
        found.objects[name] = ""
        fields = sorted(model.model_fields.items())
        hints = typing.get_type_hints(model, include_extras=True)
        found.objects[name] = " ".join(
            f"{key}{_mark(info)}:{_kind(hints[key], key, found)}".removesuffix(":text")
            for key, info in fields
        )
    return name


def _mark(info: FieldInfo) -> str:
    extra = info.json_schema_extra
    marks = extra if isinstance(extra, dict) else {}
    if marks.get("since") == 2:
        return "+"
    if marks.get("needed_in") == 1:
        return "!"
    return "?" if info.default is None else ""


def _kind(hint: Any, name: str, found: Found) -> str:
    if hint in KINDS:
        return KINDS[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return _kind(next(one for one in inner if one is not type(None)), name, found)
    if origin is typing.Literal:
        return _words(hint, name, found)
    if origin is tuple:
        return f"[{_kind(inner[0], name, found)}]"
    if origin is dict:
        return "any" if "JsonValue" in str(inner[1]) else _pair(*inner, name=name, found=found)
    if origin is typing.Annotated:
        return _annotated(inner, name, found)
    if isinstance(hint, type) and issubclass(hint, Fact):
        return _add(hint, found)
    return {bool: "yes"}.get(hint, "text")


def _pair(key: Any, value: Any, *, name: str, found: Found) -> str:
    return f"{{{_kind(key, name, found)}:{_kind(value, name, found)}}}"


def _words(hint: Any, name: str, found: Found) -> str:
    listed = typing.get_args(hint)
    if isinstance(listed[0], int):
        return "count"
    called = LISTS.get(hint, name)
    row = " | ".join(listed)
    assert found.words.setdefault(called, row) == row
    return called


def _annotated(inner: tuple[Any, ...], name: str, found: Found) -> str:
    """A kind by its rules: a pattern that has a name, or bounds of a number or of a list."""
    rules = [
        rule
        for info in inner[1:]
        for rule in (info.metadata if isinstance(info, FieldInfo) else ())
    ]
    pattern = next((rule.pattern for rule in rules if getattr(rule, "pattern", None)), None)
    if pattern is not None:
        return PATTERNS[pattern]
    least, most = (_bound(rules, *names) for names in (("ge", "min_length"), ("le", "max_length")))
    if inner[0] is int:
        return f"{least}..{most}"
    if inner[0] is float:
        return f"{float(least)}..{float(most)}"
    kind = _kind(inner[0], name, found)
    return f"{kind}{least or 0}..{'' if most is None else most}" if kind[0] == "[" else kind


def _bound(rules: list[Any], *names: str) -> Any:
    found = (getattr(rule, name, None) for rule in rules for name in names)
    return next((bound for bound in found if bound is not None), None)


if __name__ == "__main__":
    import sys

    sys.stdout.write(f"{shapes()}\n{words()}")
