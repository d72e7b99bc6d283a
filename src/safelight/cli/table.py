"""The table at the end of a run: what was done, removed and kept, what failed, what helps."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from safelight.batch.events import Item, Summary
from safelight.cli.printable import printable
from safelight.engine.result import Result
from safelight.image import DOUBTFUL, Decision, Risk

LABELS = {
    Risk.PLACE: "place",
    Risk.IDENTITY: "identity",
    Risk.DEVICE: "device",
    Risk.TIME: "time",
    Risk.HISTORY: "edit history",
    Risk.THUMBNAIL: "embedded thumbnail",
    Risk.PROVENANCE: "AI-origin mark",
    Risk.RIGHTS: "copyright",
    Risk.COLOUR: "colour profile",
    Risk.ORIENTATION: "orientation",
    Risk.SETTINGS: "camera settings",
    Risk.OTHER: "other",
}
DECIDED: dict[Decision, str] = {"jpeg-quality": "JPEG", "noise": "noise"}
FOUND: Decision = "quality"
LONGEST_LIST = 20
BAD = ("failed", "refused")
PASSED_OVER = {
    "no-picture": "no picture",
    "link-outside": "links out of the folder not followed",
    "own-output": "already results of this run's inputs",
    "verified": "already done",
    "exists": "already there",
}
ONE_PASSED_OVER = {
    "link-outside": "link out of the folder not followed",
    "own-output": "already a result of this run's inputs",
}


def done_word(verb: str) -> str:
    """scrub gives scrubbed, resize resized, inspect inspected, cutout cut out."""
    if verb.startswith("cut"):
        return f"cut {verb.removeprefix('cut')}".rstrip()
    if verb.endswith("e"):
        return f"{verb}d"
    if re.fullmatch(r"[^aeiou]*[aeiou][bdgmnprt]", verb):
        return f"{verb}{verb[-1]}ed"
    return f"{verb}ed"


def lines(items: Sequence[Item], summary: Summary, verbs: Sequence[str]) -> list[str]:
    """The table, fit to print."""
    results = [item.result for item in items if item.result is not None]
    written = [_heading(items, summary, verbs)]
    written += _outputs(items)
    written += _metadata("removed", summary.removed)
    written += _metadata("kept", summary.kept)
    written += _reencoded(results)
    written += _retried(results)
    written += _decided(results)
    written += _found(results)
    written += _sure(items)
    written += [_row("failed" if number == 0 else "", text) for number, text in _failed(items)]
    if results:
        written.append(_row("network", network(results)) + _receipts(results))
    return written


def network(results: Iterable[Result]) -> str:
    """What the attacks in the workers showed about the way out."""
    cages = [result.cage for result in results]
    level = min(cage.level for cage in cages)
    attempted = sum(len(cage.attempts) for cage in cages)
    contained = sum(cage.contained for cage in cages)
    if level < 2 or contained < attempted:
        return f"not closed by the kernel (level {level}, {contained} of {attempted} contained)"
    each = f" in each of {len(cages)} workers" if len(cages) > 1 else ""
    each = each if len({len(cage.attempts) for cage in cages}) == 1 else ""
    if each or len(cages) == 1:
        attempted = contained = len(cages[0].attempts)
    return f"closed by the kernel ({contained} of {attempted} attempts contained{each})"


def _heading(items: Sequence[Item], summary: Summary, verbs: Sequence[str]) -> str:
    word = done_word(verbs[0]) if len(verbs) == 1 else "done"
    count = Counter(item.code for item in items if item.status == "skipped")
    files = len(items) + summary.left
    parts = [f"{files} file{'' if files == 1 else 's'}"]
    if summary.done:
        parts.append(f"{summary.done} {word}")
    parts += [_passed_over(code, number) for code, number in sorted(count.items())]
    if summary.refused:
        parts.append(f"{summary.refused} refused")
    if summary.failed:
        parts.append(f"{summary.failed} failed")
    if summary.left:
        parts.append(f"{summary.left} not started")
    return "  " + " · ".join(parts)


def _passed_over(code: str, number: int) -> str:
    words = PASSED_OVER | (ONE_PASSED_OVER if number == 1 else {})
    return f"{number} {words.get(code, code)}"


def _row(label: str, text: str) -> str:
    return f"  {label + ':' if label else '':<8} {text}"


def _outputs(items: Sequence[Item]) -> list[str]:
    if len(items) != 1 or items[0].output is None:
        return []
    item, sizes = items[0], ""
    if item.result is not None:
        result = item.result
        sizes = f" ({result.width} x {result.height}, {size(result.output_bytes)})"
    return [_row("output", printable(item.output or "") + sizes)]


def size(number: int) -> str:
    """Bytes as people say them."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= factor:
            return f"{number / factor:.1f} {unit}"
    return f"{number} bytes"


def _metadata(label: str, count: dict[str, int]) -> list[str]:
    parts = [f"{LABELS[risk]} {count[name]}" for name, risk in _risks() if count.get(name)]
    return [_row(label, " · ".join(parts))] if parts else []


def _risks() -> list[tuple[str, Risk]]:
    return [(risk.name.lower(), risk) for risk in Risk]


def _reencoded(results: Sequence[Result]) -> list[str]:
    changed = sum(result.is_reencoded for result in results if result.format is not None)
    if not changed:
        untouched = any(result.format is not None for result in results)
        return [_row("pixels", "untouched")] if untouched else []
    rest = len(results) - changed
    return [_row("pixels", f"re-encoded {changed}" + (f" · untouched {rest}" if rest else ""))]


def _retried(results: Sequence[Result]) -> list[str]:
    """What exact twins did again: people whose pictures came out black elsewhere look for this."""
    tiles: Counter[str] = Counter()
    for result in results:
        for retry in result.retries:
            tiles[retry.fault] += retry.tiles
    if not tiles:
        return []
    pictures = sum(bool(result.retries) for result in results)
    which = "1 picture" if pictures == 1 else f"{pictures} pictures"
    faults = " · ".join(f"{fault} {count}" for fault, count in sorted(tiles.items()))
    return [_row("retried", f"faulty tiles of {which}, in full precision ({faults})")]


def _decided(results: Sequence[Result]) -> list[str]:
    """What auto came to: the figures of one picture, or in how many of several it saw what."""
    parts = []
    for kind, name in DECIDED.items():
        found = [result.decided[kind] for result in results if kind in result.decided]
        if found:
            figure = f" {found[0]:g}" if found[0] else " of unknown quality"
            parts.append(f"{name}{figure}" if len(results) == 1 else f"{name} in {len(found)}")
    return [_row("auto saw", " · ".join(parts))] if parts else []


def _found(results: Sequence[Result]) -> list[str]:
    """The quality that fits into the bytes asked for: of one picture, or of several the range."""
    found = [result.decided[FOUND] for result in results if FOUND in result.decided]
    if not found:
        return []
    least, best = min(found), max(found)
    words = f"{best:g}" if least == best else f"{least:g} to {best:g}"
    return [_row("quality", f"{words}, the best that fits")]


def _sure(items: Sequence[Item]) -> list[str]:
    """How sure the models were; which pictures to look at, the least sure first."""
    said = [
        (item.result.confidence, item.input)
        for item in items
        if item.result is not None and item.result.confidence is not None
    ]
    if not said:
        return []
    doubtful = sorted(one for one in said if one[0] < DOUBTFUL)
    if not doubtful:
        return [_row("sure", f"at least {min(said)[0]:.2f} of 1")]
    shown = [f"{printable(name, 80)} {score:.2f}" for score, name in doubtful[:LONGEST_LIST]]
    if len(doubtful) > LONGEST_LIST:
        shown.append(f"and {len(doubtful) - LONGEST_LIST} more; --json lists all")
    hint = "look at the result; a stronger pulled model may do better: safelight models list"
    rows = [_row("unsure" if number == 0 else "", text) for number, text in enumerate(shown)]
    return [*rows, _row("", f"(hint: {hint})")]


def _failed(items: Sequence[Item]) -> list[tuple[int, str]]:
    bad = [item for item in items if item.status in BAD]
    shown = [
        f"{printable(item.input, 80)} — {printable(item.error)}"
        + (f" (hint: {printable(item.hint)})" if item.hint else "")
        for item in bad[:LONGEST_LIST]
    ]
    if len(bad) > LONGEST_LIST:
        shown.append(f"and {len(bad) - LONGEST_LIST} more; --json lists all")
    return list(enumerate(shown))


def _receipts(results: Sequence[Result]) -> str:
    folders = {result.receipt_path.parent for result in results if result.receipt_path is not None}
    if not folders:
        return "" if not any(r.receipt_id for r in results) else "   receipts: in the journal"
    if len(folders) == 1:
        return f"   receipts: {printable(_relative(folders.pop()))}{os.sep}"
    return f"   receipts: .safelight{os.sep} in {len(folders)} folders"


def _relative(folder: Path) -> str:
    """As short as the user would write it."""
    shown = os.path.relpath(folder) if folder.is_absolute() else str(folder)
    return str(folder) if shown.startswith("..") else shown
