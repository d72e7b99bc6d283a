"""What may stand in one setting: parsers with ranges, and what counts as tighter."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from safelight.limits import MEGA

Source = Literal["policy", "flag", "environment", "project", "user", "system", "default"]
GROUPS = (
    "place",
    "identity",
    "device",
    "time",
    "history",
    "thumbnail",
    "provenance",
    "rights",
    "colour",
    "orientation",
    "settings",
    "other",
)

DEVICES = ("auto", "cpu", "cpu:shared", "cuda", "cuda:N", "directml", "directml:N", "coreml")
CARD = re.compile(r"1[0-5]|[0-9]", re.ASCII)
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,63}", re.ASCII)
BYTES = {"b": 1, "kb": 1000, "mb": MEGA, "kib": 1024, "mib": 1024**2}
PIXELS = {"p": 1, "kp": 1000, "mp": MEGA}
SECONDS = {"s": 1, "min": 60, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from, in which file or variable, and whether the policy locks it."""

    source: Source
    place: str = ""
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """The contract of one setting. `parse` takes text or a TOML value and raises ValueError.

    is_tighter(new, old) says if a project's file may put new in place of old; None means never.
    """

    parse: Callable[[Any], Any]
    range: str
    description: str
    show: Callable[[Any], str] = str
    is_tighter: Callable[[Any, Any], bool] | None = None


def quantity(value: Any, units: Mapping[str, int], example: str) -> int:
    """A whole number from `200MP`, `90s` or 90; case does not matter. Raises ValueError."""
    text = "" if isinstance(value, bool) else str(value)
    match = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*([A-Za-z]*)\s*", text, re.ASCII)
    factor = units.get(match[2].lower()) if match and match[2] else 1
    if match is None or factor is None:
        raise ValueError(f"must be like {example}")
    number = float(match[1]) * factor
    if number != int(number):
        raise ValueError(f"must be a whole number, like {example}")
    return int(number)


def whole(
    low: int, high: int, example: str, units: Mapping[str, int] | None = None
) -> Callable[[Any], int]:
    """A parser of quantities from low to high, both allowed."""

    def parse(value: Any) -> int:
        number = quantity(value, units or {}, example)
        if not low <= number <= high:
            raise ValueError(f"must be from {low} to {high}")
        return number

    return parse


def one_of(*words: str) -> Callable[[Any], str]:
    """A parser that takes exactly these words."""

    def parse(value: Any) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return str(value)

    return parse


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def jobs(value: Any) -> int:
    """1 to 256, or auto: one per core."""
    return usable_cores() if value == "auto" else whole(1, 256, "4 or auto")(value)


def device(value: Any) -> str:
    """auto, or a device by its kind, with the number of the card where there may be several."""
    kind, _, number = str(value).partition(":")
    is_card = f"{kind}:N" in DEVICES and CARD.fullmatch(number)
    if not is_card and (value not in DEVICES or number == "N"):
        raise ValueError(f"must be one of {', '.join(DEVICES)}")
    return str(value)


def groups(value: Any) -> tuple[str, ...]:
    """Risk groups as a list or with commas, each once."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple):
        raise ValueError("must be a list of groups")
    found = tuple(dict.fromkeys(str(name).strip().lower() for name in names if str(name).strip()))
    for name in found:
        if name not in GROUPS:
            raise ValueError(f"{name!r} is no group; groups are {', '.join(GROUPS)}")
    return found


def switch(value: Any) -> bool:
    """true or false, as TOML, yes and no, or 1 and 0."""
    answers = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if str(value).lower() not in answers:
        raise ValueError("must be true or false")
    return answers[str(value).lower()]


def server(value: Any) -> str:
    """The address of a server as it was written, nothing for none; who connects looks closer."""
    if not isinstance(value, str) or not (value.isprintable() and len(value) <= 300):
        raise ValueError("must be https://HOST:PORT, unix:PATH, local, or none")
    return "" if value == "none" else value.strip()


def code(value: Any) -> str:
    """A code that an organisation gives, or nothing."""
    if not isinstance(value, str) or not (value == "" or WORD.fullmatch(value)):
        raise ValueError("must have 1 to 64 letters, digits and . _ : / - or blanks")
    return value


def folder(value: Any) -> Path:
    """An absolute path; ~ stands for the home folder."""
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise ValueError("must be a folder")
    try:
        path = Path(value).expanduser()
    except RuntimeError as error:
        raise ValueError("names the home folder of nobody") from error
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


def file(value: Any) -> Path:
    """A path, made absolute; ~ stands for the home folder."""
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise ValueError("must be a file")
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("names the home folder of nobody") from error


def lower(new: int, old: int) -> bool:
    return new <= old


def higher(new: int, old: int) -> bool:
    return new >= old


def fewer(new: tuple[str, ...], old: tuple[str, ...]) -> bool:
    return set(new) <= set(old)


def later_in(words: tuple[str, ...]) -> Callable[[str, str], bool]:
    """Words stand from loose to tight."""
    return lambda new, old: words.index(new) >= words.index(old)


def mega(unit: str) -> Callable[[int], str]:
    """Show 200000000 as 200MP; a number that is not so round stays whole."""
    return lambda number: f"{number // MEGA}{unit}" if number % MEGA == 0 else str(number)
