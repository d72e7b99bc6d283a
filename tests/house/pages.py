"""Reads Markdown pages: their examples, the commands and the places that they speak of.

Examples come in four kinds. A ```python block is a doctest. In a ```console block each line after
`$ ` is run and what it prints is compared: … stands for anything, a number for any number, and
blanks are alike. A ```bash block is what is asked of a server, and is asked of one. A ```sh block
is not run; what it names must exist.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`\n]*`")
ANYTHING = "…"
NUMBER = r"\d+(?:\.\d+)?"


@dataclass(frozen=True)
class Command:
    """One line of a console block: what is typed, what is shown, and the line of the page."""

    typed: str
    shown: str
    line: int


def blocks(text: str, kind: str) -> Iterator[tuple[int, str]]:
    """The line and the text of every fenced block of this kind."""
    for match in BLOCK.finditer(text):
        if match[1] == kind:
            yield text[: match.start(2)].count("\n") + 1, match[2]


def commands(text: str) -> list[Command]:
    """What the console blocks of a page type, in order."""
    found = []
    for start, block in blocks(text, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            typed, _, shown = part.partition("\n")
            line = start + block[: block.index(part)].count("\n")
            found.append(Command(typed, shown.strip("\n"), line))
    return found


def matches(shown: str, printed: str) -> bool:
    """True if the program printed what the page shows.

    … in a line stands for anything, alone in a line for any lines; a number for any number.
    """
    pattern = ""
    for line in shown.strip().splitlines():
        if line.strip() == ANYTHING:
            pattern += r"(?:.*\n)*?"
        else:
            pattern += _line_pattern(line) + r"\n"
    lines = [" ".join(line.split()) for line in printed.strip().splitlines()]
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)) is not None


def _line_pattern(line: str) -> str:
    pieces = re.split(r"(…|\d+(?:\.\d+)?)", " ".join(line.split()))
    wild = {"…": ".*?"}
    return "".join(
        wild.get(piece, NUMBER if piece[:1].isdigit() else re.escape(piece)) for piece in pieces
    )


def safelight_words(text: str) -> Iterator[list[str]]:
    """Every call of safelight that a page names, in spans and blocks, as words."""
    lines = [match[1] for match in SPAN.finditer(text)]
    for kind in ("sh", "console"):
        for _, block in blocks(text, kind):
            lines += [line.removeprefix("$ ") for line in block.splitlines()]
    for line in lines:
        if line.startswith("safelight "):
            yield shlex.split(line.split(" > ")[0].split(" | ")[0], comments=True)[1:]


def make_targets(text: str) -> Iterator[str]:
    """Every target of make that a page names."""
    for _, block in blocks(text, "sh"):
        yield from re.findall(r"^make (\w+)", block, flags=re.MULTILINE)
    yield from re.findall(r"`make (\w+)`", text)


def broken_links(page: Path) -> list[str]:
    """Links to places in this tree that are not there."""
    text = CODE.sub("", page.read_text())  # what only shows how one is written is none
    found = []
    for target in LINK.findall(text):
        place, _, anchor = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (page.parent / place).resolve() if place else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            found.append(target)
    return found


def anchors(text: str) -> set[str]:
    """The anchors that headings make."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def missing_files(root: Path, text: str) -> list[str]:
    """Files of this tree that a page names in a span and that are not there."""
    found = []
    for name in SPAN.findall(text):
        if re.fullmatch(r"[\w.-]+(?:/[\w.-]*)+", name) and not name.startswith(
            (".safelight", "out/")
        ):
            places = (root / name, root / "src" / "safelight" / name)
            known_top = (root / name.split("/")[0]).exists() or (
                root / "src" / "safelight" / name.split("/")[0]
            ).exists()
            if known_top and not any(place.exists() for place in places):
                found.append(name)
    return found
