"""Card: what a head is, what it was made from and how right it was, in Markdown, for its owner."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.models.entry import Entry
from safelight.models.heads.figures import ENOUGH, Figures, TagFigures
from safelight.models.heads.training import Trained

PRIVACY = (
    "It was made from pictures of yours and keeps none of them, nor their vectors. Its numbers"
    " still follow from them: treat the model, and the tags that it gives, as personal data where"
    " the pictures show people, and do not sort people by what the law protects."
)


def card_of(trained: Trained, name: str, base: Entry) -> str:
    """The whole page."""
    return "\n".join(_lines(trained, name, base)) + "\n"


def _lines(trained: Trained, name: str, base: Entry) -> Iterator[str]:
    figures = trained.figures
    ways = "one tag for each picture" if trained.is_exclusive else "tags by themselves"
    yield f"# {name}\n"
    yield f"Gives {len(figures.tags)} tags ({ways}) by the vector of `{base.name}`"
    yield f"(SHA-256 {base.sha256}; {base.licence}).\n"
    yield f"    safelight classify --model {name} PICTURE...\n"
    yield f"{PRIVACY}\n"
    yield "## How right it was\n"
    yield "On held-out pictures: each was judged by a rule that was fitted without it and without"
    yield "any copy of it, with a strength and a calibration chosen without it. Pictures of another"
    yield "kind than these are not covered by the figures; it still gives them a tag.\n"
    yield from (f"- {line}" for line in summary(figures, is_exclusive=trained.is_exclusive))
    yield "\n| tag | pictures | that differ | precision | recall |"
    yield "|---|---|---|---|---|"
    for tag in figures.tags:
        word = tag.tag.replace("|", "\\|")
        shares = f"{percent(tag.precision)} | {_recall(tag)}"
        yield f"| {word} | {tag.pictures} | {tag.different} | {shares} |"


def summary(figures: Figures, *, is_exclusive: bool) -> Iterator[str]:
    """The figures of all tags together, one sentence each."""
    differ = f", {figures.different} that differ" if figures.different < figures.pictures else ""
    what = "right" if is_exclusive else "all tags right"
    yield f"{figures.pictures} pictures{differ}"
    yield (
        f"{what}: {percent(figures.accuracy)} ({percent(figures.least)} to"
        f" {percent(figures.most)}); always guessing the most frequent:"
        f" {percent(figures.guessing)}; with half as many pictures: {percent(figures.half)}"
    )
    yield f"log loss: {figures.log_loss:.3f}; guessing by frequency: {figures.guessing_loss:.3f}"
    yield f"calibration error: {figures.calibration_error:.3f} (0: as sure as it is right)"
    few = [tag.tag for tag in figures.tags if tag.is_few]
    if few:
        yield f"too few pictures that differ to be sure (fewer than {ENOUGH}): {', '.join(few)}"


def percent(share: float | None) -> str:
    """A share as people say it; a dash where there is none."""
    return "-" if share is None else f"{100 * share:.0f} %"


def _recall(tag: TagFigures) -> str:
    return percent(tag.recall) + (" (few)" if tag.is_few else "")
