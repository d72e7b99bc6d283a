"""The table at the end of a run: what was done, removed and kept, what failed, what helps."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from safelight.annotation import Decision
from safelight.batch.events import Summary
from safelight.cli.figures import LONGEST_LIST, MARKS, Cages, Figures
from safelight.cli.printable import printable
from safelight.codecs.origin import is_by_ai
from safelight.image import Finding, Risk
from safelight.proof.reports.plain import size

LONGEST_LOSS = 60
LABELS = {
    Risk.PLACE: "place",
    Risk.IDENTITY: "identity",
    Risk.DEVICE: "device",
    Risk.TIME: "time",
    Risk.HISTORY: "edit history",
    Risk.THUMBNAIL: "embedded thumbnail",
    Risk.PROVENANCE: "origin",
    Risk.RIGHTS: "copyright",
    Risk.COLOUR: "colour profile",
    Risk.ORIENTATION: "orientation",
    Risk.SETTINGS: "camera settings",
    Risk.OTHER: "other",
}
# A mark by which a model had a hand in the picture: told apart where one picture is told of.
AI_MARK = "AI-origin mark"
ORDER = tuple(
    label for risk in Risk for label in (*([AI_MARK] * (risk == Risk.PROVENANCE)), LABELS[risk])
)
# What the rules of done_word do not give.
PAST = {
    "canvas": "put on a canvas",
    "classify": "looked at",
    "cutout": "cut out",
    "detect": "looked at",
    "difference": "compared",
    "draw": "drawn on",
    "embed": "embedded",
    "pose": "looked at",
}
DECIDED: dict[Decision, str] = {"jpeg-quality": "JPEG", "noise": "noise"}
PASSED_OVER = {
    "no-picture": "no picture",
    "format-unknown": "of kinds not read",
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
    """The past of a verb: scrub gives scrubbed, resize resized, inspect inspected."""
    if verb in PAST:
        return PAST[verb]
    if verb.endswith("e"):
        return f"{verb}d"
    if re.fullmatch(r"[^aeiou]+[aeiou][^aeiouwxy]", verb):
        return f"{verb}{verb[-1]}ed"
    return f"{verb}ed"


def lines(
    figures: Figures, summary: Summary, verbs: Sequence[str], *, named: bool = False
) -> list[str]:
    """The table, fit to print; named lists what a lone picture lost and kept by name."""
    written = [_heading(figures, summary, verbs)]
    written += _small_enough(figures, verbs)
    written += _outputs(figures)
    for what, pictures in (
        ("removed", summary.removed),
        ("kept", summary.kept),
        ("added", summary.added),
    ):
        written += (
            _of_one(figures, what, named)
            if figures.items == 1
            else _counted(what, {LABELS[Risk[name.upper()]]: n for name, n in pictures.items()})
        )
    written += _lost(figures)
    written += _unmarked(figures)
    written += _reencoded(figures)
    written += _retried(figures)
    written += _decided(figures)
    written += _found(figures)
    written += _sure(figures)
    written += [
        _row("" if number else "seen", row) for number, row in enumerate(figures.seen.rows())
    ]
    written += [_row("failed" if number == 0 else "", text) for number, text in _failed(figures)]
    if figures.results:
        written.append(_row("network", network(figures.cages)) + _receipts(figures))
    return written


def network(cages: Cages) -> str:
    """What the attacks in the workers showed about the way out."""
    attempted, contained = cages.attempted, cages.contained
    if cages.level < 2 or contained < attempted:
        found = f"level {cages.level}, {contained} of {attempted} contained"
        return f"not closed by the kernel ({found})"
    each = ""
    if len(cages.attempts_each) == 1:  # else the sums say more
        attempted = contained = min(cages.attempts_each)
        each = f" in each of {cages.workers} workers" if cages.workers > 1 else ""
    return f"closed by the kernel ({contained} of {attempted} attempts contained{each})"


def _heading(figures: Figures, summary: Summary, verbs: Sequence[str]) -> str:
    word = done_word(verbs[0]) if len(verbs) == 1 else "done"
    files = figures.items + summary.left
    parts = [f"{files} file{'' if files == 1 else 's'}"]
    changed = summary.done - (figures.small_enough if is_resize(verbs) else 0)
    if changed:
        parts.append(f"{changed} {word}")
    parts += [_passed_over(code, number) for code, number in sorted(figures.passed_over.items())]
    if summary.refused:
        parts.append(f"{summary.refused} refused")
    if summary.failed:
        parts.append(f"{summary.failed} failed")
    if summary.left:
        parts.append(f"{summary.left} not done")
    return "  " + " · ".join(parts)


def _passed_over(code: str, number: int) -> str:
    words = PASSED_OVER | (ONE_PASSED_OVER if number == 1 else {})
    return f"{number} {words.get(code, code)}"


def _row(label: str, text: str) -> str:
    return f"  {label + ':' if label else '':<8} {text}"


def _unmarked(figures: Figures) -> list[str]:
    """The mark must be missed aloud where the format has no place for it."""
    if not figures.unmarked:
        return []
    names, number = ", ".join(sorted(figures.unmarked)), figures.unmarked.total()
    lost = f"{number} picture{'' if number == 1 else 's'} lost the mark of origin"
    return [_row("warning", f"{lost}: {names} has no place for it")]


def is_resize(verbs: Sequence[str]) -> bool:
    return tuple(verbs) == ("resize",)


def _small_enough(figures: Figures, verbs: Sequence[str]) -> list[str]:
    """Nobody should take a picture that was left alone for one with more pixels."""
    number = figures.small_enough
    if not (number and is_resize(verbs)):
        return []
    pictures = "1 picture was" if number == 1 else f"{number} pictures were"
    return [_row("size", f"{pictures} already small enough; only --enlarge makes one larger")]


def _lost(figures: Figures) -> list[str]:
    """What the pictures themselves are without now; of several, in how many of them."""
    parts = []
    if figures.lost_frames:
        many = "" if figures.lost_frames == 1 else "s"
        parts.append(f"{figures.lost_frames} further frame{many}")
    for word, number in figures.lost.items():
        if number:
            count = "" if figures.results == 1 else f" {number}"
            parts.append(printable(word, LONGEST_LOSS) + count)
    return [_row("lost", " · ".join(parts))] if parts else []


def _outputs(figures: Figures) -> list[str]:
    if figures.items != 1 or figures.output is None:
        return []
    sizes = ""
    if figures.written is not None:
        width, height, written_bytes = figures.written
        parts = (sides(width, height), size(written_bytes))
        sizes = f" ({', '.join(part for part in parts if part)})"
    return [_row("output", printable(figures.output) + sizes)]


def sides(width: int, height: int) -> str:
    """Width and height in pixels; blank for what has none, as a document."""
    return f"{width} x {height}" if width and height else ""


def _of_one(figures: Figures, what: str, named: bool) -> list[str]:
    """How many facts of each group a lone picture lost or kept, and which."""
    names: dict[str, list[str]] = {}
    for change in figures.changes:
        if change.what == what:
            names.setdefault(_label(change.finding), []).append(change.finding.name)
    rows = _counted(what, {label: len(found) for label, found in names.items()})
    for label in ORDER if named else ():
        if label in names:
            found = ", ".join(printable(name) for name in sorted(set(names[label])))
            rows.append(_row("", f"{label}: {found}"))
    return rows


def _label(finding: Finding) -> str:
    is_mark = finding.name in MARKS and is_by_ai(finding.value)
    return AI_MARK if is_mark else LABELS[finding.group]


def _counted(what: str, count: Mapping[str, int]) -> list[str]:
    """The groups and how many each counts: facts of a lone picture, or pictures."""
    parts = [f"{label} {count[label]}" for label in ORDER if count.get(label)]
    return [_row(what, " · ".join(parts))] if parts else []


def _reencoded(figures: Figures) -> list[str]:
    changed, rest = figures.reencoded, figures.pictures - figures.reencoded
    if not changed:
        return [_row("pixels", "untouched")] if rest else []
    return [_row("pixels", f"re-encoded {changed}" + (f" · untouched {rest}" if rest else ""))]


def _retried(figures: Figures) -> list[str]:
    """What exact twins did again: people whose pictures came out black elsewhere look for this."""
    if not figures.retried:
        return []
    pictures = figures.retried_pictures
    which = "1 picture" if pictures == 1 else f"{pictures} pictures"
    faults = " · ".join(f"{fault} {count}" for fault, count in sorted(figures.retried.items()))
    return [_row("retried", f"faulty tiles of {which}, in full precision ({faults})")]


def _decided(figures: Figures) -> list[str]:
    """What auto came to: the figures of one picture, or in how many of several it saw what."""
    parts = []
    for kind, name in DECIDED.items():
        if kind in figures.decided:
            count, first = figures.decided[kind]
            figure = f" {first:g}" if first else " of unknown quality"
            parts.append(f"{name}{figure}" if figures.results == 1 else f"{name} in {count:g}")
    return [_row("auto saw", " · ".join(parts))] if parts else []


def _found(figures: Figures) -> list[str]:
    """The quality that fits into the bytes asked for: of one picture, or of several the range."""
    if figures.qualities is None:
        return []
    least, best = figures.qualities
    words = f"{least:g}" if least == best else f"{least:g} to {best:g}"
    return [_row("quality", f"{words}, the best that fits")]


def _sure(figures: Figures) -> list[str]:
    """How sure the models were; which pictures to look at, the least sure first."""
    sure = figures.sure
    if sure.least is None:
        return []
    if not sure.doubtful:
        return [_row("sure", f"at least {sure.least:.2f} of 1")]
    shown = [f"{printable(name, 80)} {score:.2f}" for score, name in sure.named]
    if sure.doubtful > len(shown):
        shown.append(f"and {sure.doubtful - len(shown)} more; --json lists all")
    hint = (
        "look at the result; a stronger model may serve better: safelight models list --available"
    )
    rows = [_row("unsure" if number == 0 else "", text) for number, text in enumerate(shown)]
    return [*rows, _row("", f"(hint: {hint})")]


def _failed(figures: Figures) -> list[tuple[int, str]]:
    shown = [
        f"{printable(item.input, 80)} — {printable(item.error)}"
        + (f" (hint: {printable(item.hint)})" if item.hint else "")
        for item in figures.bad[:LONGEST_LIST]
    ]
    if len(figures.bad) > LONGEST_LIST:
        shown.append(f"and {len(figures.bad) - LONGEST_LIST} more; --json lists all")
    return list(enumerate(shown))


def _receipts(figures: Figures) -> str:
    folders = figures.folders
    if not folders:
        return "   receipts: in the journal" if figures.receipts else ""
    if len(folders) == 1:
        return f"   receipts: {printable(_relative(next(iter(folders))))}{os.sep}"
    return f"   receipts: .safelight{os.sep} in {len(folders)} folders"


def _relative(folder: Path) -> str:
    """As short as the user would write it."""
    shown = os.path.relpath(folder) if folder.is_absolute() else str(folder)
    return str(folder) if shown.startswith("..") else shown
