#!/usr/bin/env python3
"""Hold every claim against a test run, and write docs/claims.md from it.

Usage: scripts/claims.py RUN           (writes the page; RUN is what `pytest --claims RUN` wrote)
       scripts/claims.py --check RUN   (writes nothing; leaves with 1 and names what is wrong)

Wrong is: a claim of which a test or a control did not run and pass, a page that should make a claim
and does not carry its id, an id that no claim has, a row of promises without an id, a word to
avoid, a page that is not what the run says.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from safelight.proof.claims import FILE, Avoided, Claim, Claims, load

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "claims.md"
HEADER = (
    "<!-- Written by scripts/claims.py from a test run; change claims.toml, not this page. -->\n"
)
ID = re.compile(r"claims\.md#([a-z-]+)")
# Whatever we say to anybody: pages, and the words in the program.
TEXTS = (
    *("*.md", "docs/**/*.md", "docs/**/*.json", "changes/*.md", "examples/**/*"),
    *(f"web/{room}/**/*" for room in ("app", "core", "python", "sw", "tab", "text", "widgets")),
    *(f"src/**/*.{ending}" for ending in ("py", "mjs", "toml", "html", "css")),
)
PROMISES = re.compile(r"^\|\s*promise\s*\|", re.IGNORECASE)


def page(claims: Claims) -> str:
    """The page: what is promised, by what, how strongly, shown by which tests and controls."""
    lines = [HEADER, "# Claims\n", INTRODUCTION]
    for claim in claims.claim:
        lines += [*_entry(claim), ""]
    lines += ["## Words that we do not use\n", "| words | why |", "|---|---|"]
    lines += [f"| `{one.words.replace('|', chr(92) + '|')}` | {one.why} |" for one in claims.avoid]
    return "\n".join(lines) + "\n"


INTRODUCTION = """\
Every promise that Safelight makes, in one place. Each names what keeps it, how strong that is,
the test that shows it, and a control: a test in which the protection is taken away and the
detector must trip. In the test run that this page was written from, all of them passed; a claim
without both fails the build, and so does a page that promises without naming its claim.

Strengths: **enforced by kernel** (the kernel refuses it), **enforced by browser** (the browser
refuses it), **enforced in process** (our own code refuses it), **observed** (looked for and not
found), **declared by user** (taken from what the user said).
"""


def _entry(claim: Claim) -> Iterator[str]:
    yield f"## {claim.id}\n"
    yield f"**{claim.sentence[:1].upper()}{claim.sentence[1:]}.**\n"
    yield "| | |\n|---|---|"
    yield f"| mechanism | {claim.mechanism} |"
    yield f"| strength | {claim.strength} |"
    if claim.limits:
        yield f"| not covered | {claim.limits} |"
    yield f"| tests, passed | {_links(claim.tests)} |"
    yield f"| controls, tripped | {_links(claim.controls)} |"
    yield f"| said in | {', '.join(f'[{name}]({_from_docs(name)})' for name in claim.said)} |"


def _links(nodes: Iterable[str]) -> str:
    found = []
    for node in nodes:
        path, name = node.split("::")
        found.append(f"[{name.removeprefix('test_').replace('_', ' ')}]({_from_docs(path)})")
    return ", ".join(found)


def _from_docs(name: str) -> str:
    return name.removeprefix("docs/") if name.startswith("docs/") else f"../{name}"


def unshown(claims: Claims, passed: set[str]) -> Iterator[str]:
    """Claims whose tests or controls did not run and pass."""
    for claim in claims.claim:
        for kind, nodes in (("test", claim.tests), ("control", claim.controls)):
            for node in nodes:
                if node not in passed:
                    yield f"{claim.id}: its {kind} did not run and pass: {node}"


def unsaid(claims: Claims, root: Path = ROOT) -> Iterator[str]:
    """Pages that do not carry the ids that they should, or carry ids that no claim has."""
    known = {claim.id for claim in claims.claim}
    pages = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("src/**/*.py")]
    for path in sorted(pages):
        name = path.relative_to(root).as_posix()
        if path == root / PAGE.relative_to(ROOT):
            continue
        text = path.read_text()
        yield from (f"{name}: no claim is called {one}" for one in set(ID.findall(text)) - known)
        yield from (f"{name}: a promise without its claim: {row}" for row in _bare_promises(text))
    for claim in claims.claim:
        for name in claim.said:
            there = root / name
            if not there.is_file() or f"claims.md#{claim.id}" not in _plain(there):
                yield f"{claim.id}: {name} does not carry it"


def _plain(path: Path) -> str:
    return path.read_text()


def _bare_promises(text: str) -> Iterator[str]:
    """Rows of a table of promises that name no claim."""
    is_inside = False
    for line in text.splitlines():
        is_inside = line.startswith("|") and (is_inside or bool(PROMISES.match(line)))
        is_head = bool(PROMISES.match(line)) or set(line) <= set("|-: ")
        if is_inside and not is_head and not ID.search(line):
            yield line.strip("| ")[:60]


def avoided(words: Iterable[Avoided], root: Path = ROOT) -> Iterator[str]:
    """Every place that uses a word to avoid; the list of them alone may."""
    for path in sorted({path for pattern in TEXTS for path in root.glob(pattern)}):
        if not path.is_file() or path.name == FILE or path == root / PAGE.relative_to(ROOT):
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for one in words:
            for line in one.found_in(text):
                yield f"{path.relative_to(root)}:{line}: /{one.words}/ is not said: {one.why}"


def main(words: list[str]) -> int:
    """Write the page, or with --check say what is wrong."""
    is_check = words[:1] == ["--check"]
    if len(words) != 1 + is_check:
        sys.exit("usage: scripts/claims.py [--check] RUN")
    claims = load()
    passed = set(json.loads(Path(words[-1]).read_text())["passed"])
    wrong = [*unshown(claims, passed), *unsaid(claims), *avoided(claims.avoid)]
    if not wrong and not is_check:
        PAGE.write_text(page(claims))
    elif is_check and (not PAGE.is_file() or PAGE.read_text() != page(claims)):
        wrong.append(f"{PAGE.relative_to(ROOT)} is stale: scripts/claims.py RUN writes it anew")
    for sentence in wrong:
        print(sentence)
    count = len(claims.claim)
    print(f"{count} claims: {'WRONG' if wrong else 'each shown, each control tripped'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
