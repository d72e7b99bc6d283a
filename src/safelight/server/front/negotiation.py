"""Negotiation: which form of the answer is wanted, and how long its asker waits for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from starlette.datastructures import Headers

from safelight.errors import AnswerUnknown, UsageError

# How an answer can come: bytes, facts, or both in one.
Form = Literal["picture", "json", "both"]
USUAL_WAIT_S, MOST_WAIT_S = 30, 600
_RANGE = re.compile(
    r"([\w!#$&^.+*-]+)/([\w!#$&^.+*-]+)(?:\s*;\s*(?!q=)[^;,=]+=[^;,]*)*(?:\s*;\s*q=([01](?:\.\d{0,3})?))?",
    re.ASCII,
)
_WAIT = re.compile(r"wait\s*=\s*\"?(\d{1,9})\"?", re.ASCII)
MOST_RANGES = 64


@dataclass(frozen=True)
class Preference:
    """wait_s seconds for the answer, then a job is told; applied is what of Prefer was heeded."""

    wait_s: float
    applied: str = ""


def preference(headers: Headers) -> Preference:
    """Raises UsageError for a time that is none."""
    asked = [part.strip() for text in headers.getlist("prefer") for part in text.split(",")]
    if any(part.lower() == "respond-async" for part in asked):
        return Preference(0.0, "respond-async")
    for part in asked:
        if part.lower().startswith("wait"):
            match = _WAIT.fullmatch(part.lower())
            if match is None:
                raise UsageError("Prefer: wait needs seconds", hint="Prefer: wait=60")
            wait_s = min(int(match[1]), MOST_WAIT_S)
            return Preference(float(wait_s), f"wait={wait_s}")
    return Preference(float(USUAL_WAIT_S))


def form_of(headers: Headers, *, gives_image: bool) -> Form:
    """The form that is wanted most; where all are alike, bytes if there are any. Raises
    AnswerUnknown where none is wanted that there is.
    """
    ranges = _ranges(",".join(headers.getlist("accept")) or "*/*")
    forms: list[Form] = ["picture", "json", "both"] if gives_image else ["json"]
    best = max(forms, key=lambda form: (_wish(form, ranges), -forms.index(form)))
    if _wish(best, ranges)[0] <= 0:
        raise AnswerUnknown(hint="" if gives_image else "Accept: application/json")
    return best


def _wish(form: Form, ranges: list[tuple[str, str, float]]) -> tuple[float, int]:
    """How much it is wanted, and how closely it was named."""
    kind, sub = {"picture": ("image", ""), "json": ("application", "json")}.get(
        form, ("multipart", "mixed")
    )
    found = [(0.0, 0)]
    for main, second, weight in ranges:
        if (main, second) == ("*", "*"):
            found.append((weight, 1))
        elif main == kind and (second in ("*", sub) or kind == "image"):
            found.append((weight, 2 if second == "*" else 3))
        elif form == "picture" and (main, second) == ("application", "octet-stream"):
            found.append((weight, 2))
    closest = max(rank for _, rank in found)
    return max(weight for weight, rank in found if rank == closest), closest


def _ranges(text: str) -> list[tuple[str, str, float]]:
    found = []
    for part in text.split(",")[:MOST_RANGES]:
        match = _RANGE.fullmatch(part.strip())
        if match is not None:
            found.append((match[1].lower(), match[2].lower(), float(match[3] or 1)))
    return found
