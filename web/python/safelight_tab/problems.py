"""Our errors as the tab tells them: a code, a sentence, and a hint that fits a page."""

from __future__ import annotations

from safelight.errors import (
    ContainerBroken,
    FormatUnknown,
    LimitExceeded,
    MemoryExceeded,
    ModelMissing,
    RecipeInvalid,
    SafelightError,
    SomethingMissing,
)

ELSEWHERE = "this may go on this computer, outside the tab"
# The usual hints name commands of a terminal; these are for a page.
HINTS: dict[type[SafelightError], str] = {
    FormatUnknown: "open a picture, a PDF, an SVG or a film",
    ContainerBroken: "ask for the file again: it is truncated or corrupt",
    LimitExceeded: ELSEWHERE,
    MemoryExceeded: f"try a smaller picture; {ELSEWHERE}",
    ModelMissing: "this needs a model: continue on this computer",
    RecipeInvalid: "",
    SomethingMissing: ELSEWHERE,
}


def told(error: SafelightError) -> dict[str, str | int]:
    """An error as the frame shows it."""
    return {
        "code": error.code,
        "title": error.message,
        "hint": _hint(error),
        "status": error.status,
    }


def _hint(error: SafelightError) -> str:
    is_of_a_terminal = "--" in error.hint or "safelight" in error.hint
    if error.hint != type(error).usual_hint and not is_of_a_terminal:
        return error.hint
    known = (HINTS[kind] for kind in type(error).__mro__ if kind in HINTS)
    return next(known, "" if is_of_a_terminal else error.hint)
