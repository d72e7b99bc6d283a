#!/usr/bin/env python3
"""Write src/safelight/client/verbs.pyi: the types of the client's methods, one for each operation,
from the operations' own fields.

Usage: scripts/client_types.py            (writes it if it changed)
       scripts/client_types.py --check    (writes nothing; leaves with 1 if it is stale)
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

TARGET = Path(__file__).resolve().parent.parent / "src" / "safelight" / "client" / "verbs.pyi"
HEAD = '''"""Written by scripts/client_types.py from the operations; change those, not this file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from safelight.client.call import Sink, Source
from safelight.client.steps import Progress
from safelight.engine.result import Result

OURS: tuple[str, ...]
'''
LONGEST = 60
OURS = (
    "output: Path | None = None",
    "into: Sink | None = None",
    "progress: Progress | None = None",
)


def stub() -> str:
    """The whole file."""
    words: dict[str, str] = {}
    classes = [*_class("Verbs", "def", words), "", *_class("AsyncVerbs", "async def", words)]
    named = [line for text, name in words.items() for line in _alias(name, text)]
    return HEAD + "\n".join((*named, "", *classes)) + "\n"


def _class(name: str, define: str, words: dict[str, str]) -> Iterator[str]:
    """words: names for long lists of words, by their text."""
    from safelight.recipe import operations
    from safelight.server.front.wishes import options_of

    yield f"class {name}:"
    for verb, operation in operations().items():
        yield f"    {define} {verb}("
        yield "        self,"
        yield "        source: Source,"
        yield "        *,"
        for line in OURS:
            yield f"        {line},"
        for field, known in options_of(operation).model_fields.items():
            text = _typed(known)
            for long in _long_words(known.annotation):
                words.setdefault(long, _free(field.title(), words))
                text = text.replace(long, words[long])
            yield f"        {field}: {text}{_default(known)},"
        yield "    ) -> Result: ..."


def _free(name: str, words: dict[str, str]) -> str:
    taken = set(words.values())
    return next(one for one in (name, *(f"{name}{n}" for n in range(2, 99))) if one not in taken)


def _alias(name: str, text: str) -> Iterator[str]:
    yield f"{name} = Literal["
    for word in text.removeprefix("Literal[").removesuffix("]").split(", "):
        yield f"    {word},"
    yield "]"


def _long_words(annotation: Any) -> Iterator[str]:
    """The text of every Literal in it that does not fit into a line."""
    if get_origin(annotation) is Literal:
        text = _text(annotation)
        if len(text) > LONGEST:
            yield text
        return
    for inner in get_args(annotation):
        yield from _long_words(inner)


def _typed(known: FieldInfo) -> str:
    """A further picture may be named by its path, too."""
    extra = known.json_schema_extra
    is_picture = isinstance(extra, dict) and "picture" in extra
    text = _text(known.annotation)
    return text.replace("str", "str | Path") if is_picture else text


def _default(known: FieldInfo) -> str:
    return "" if known.is_required() else " = ..."


def _text(annotation: Any) -> str:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _text(inside[0])
    if origin in (Union, types.UnionType):
        return " | ".join(_text(one) for one in inside)
    if origin is Literal:
        return f"Literal[{', '.join(repr(one) for one in inside)}]".replace("'", '"')
    if origin is tuple and inside[-1:] != (Ellipsis,):
        return f"tuple[{', '.join(_text(one) for one in inside)}]"
    if origin in (tuple, list):
        return f"Sequence[{_text(inside[0])}]"
    return "None" if annotation is type(None) else str(annotation.__name__)


def main(words: list[str]) -> int:
    text = stub()
    is_fresh = TARGET.is_file() and TARGET.read_text() == text
    if "--check" in words:
        if not is_fresh:
            sys.stderr.write("stale: verbs.pyi; scripts/client_types.py writes it anew\n")
        return 0 if is_fresh else 1
    if not is_fresh:
        TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
