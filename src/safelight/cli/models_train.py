"""models train-tags: tags of one's own, from pictures that have them."""

from __future__ import annotations

import sys
import time
from array import array
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.models_pull import outcome
from safelight.cli.options import asking, caging, setting, speaking
from safelight.cli.printable import printable
from safelight.cli.shelf import remark, shelving_of
from safelight.errors import Cancelled, InputMissing
from safelight.proof.reports.plain import size

if TYPE_CHECKING:
    from collections.abc import Callable

    from safelight.batch.events import Event, Item, Summary
    from safelight.batch.labelled import Labelled
    from safelight.engine.training import Example, Made
    from safelight.models.entry import Entry
    from safelight.recipe import Recipe

MOST_NAMED = 20
EVERY_S = 5.0


@click.command(name="train-tags", add_help_option=False)
@click.argument("labelled", metavar="FOLDER|TABLE")
@click.option("--name", required=True, metavar="NAME", help="What the model is to be called.")
@click.option("--model", default="", metavar="MODEL", help="Whose vectors of the pictures are "
              "taken: a model for embed. [usual if it is here, else the built-in]")  # fmt: skip
@asking
@setting("jobs")
@setting("progress")
@caging
@speaking
@click.pass_obj
def train_tags(face: Face, labelled: str, name: str, model: str) -> int:
    """Make a small model that gives your own tags, from pictures that have them.

    \b
    Examples:
      safelight models train-tags labelled/ --name mine
      safelight models train-tags tags.csv --name mine --model clip-vit-b32
      safelight classify --model mine photo.jpg

    FOLDER has a folder for each tag, with its pictures. TABLE is a CSV of the columns file and tag,
    a line for each tag of a file; an empty tag says that none fits. Where every picture has exactly
    one tag, tags exclude each other. 20 different pictures of each tag are a start.

    The figures shown are of pictures that were held out. Pictures are read in the cage; their
    vectors are personal data where they are, stay in memory and are overwritten. The model keeps
    none of them, but follows from them: treat it as you treat the pictures.
    """
    from safelight.batch.labelled import labelled as read
    from safelight.engine import training
    from safelight.engine.source import looking
    from safelight.recipe import Recipe

    shelving = shelving_of(face)
    store = shelving.store
    replaced, base = training.require_free(store, name), training.base_for(store, model)
    recipe = Recipe.from_steps([{"op": "embed", "model": base.name}])
    found = read(Path(labelled), recipe, look=looking(face.settings))
    if replaced is not None and not face.agreed(f"replace the model {name}?"):
        raise Cancelled("nothing was made", hint="give --name another one")
    _say_base(face, base, is_typed=bool(model))
    for item in [one for one in found.passed_over if one.warning][:MOST_NAMED]:
        face.warn(f"{printable(item.shown, 200)}: {item.warning}")
    from safelight.cli.stopping import stopping
    from safelight.engine.shelving import Told

    with stopping(quiet=face.verbosity < 0 or face.is_json):
        examples, summary = _looked_at(face, recipe, found)
        remark(face, f"fitting {len(examples)} pictures")
        head, trained = training.train(examples, name, base, _telling(face))
        made = training.keep(shelving, head, trained, Told())
    _tell(face, made, summary)
    return summary.exit_code


def _telling(face: Face) -> Callable[[float], None]:
    """Says now and then how far a long fit is."""
    last_s = time.monotonic()

    def told(share: float) -> None:
        nonlocal last_s
        if time.monotonic() - last_s > EVERY_S:
            last_s = time.monotonic()
            remark(face, f"fitting: {share:.0%}")

    return told


def _say_base(face: Face, base: Entry, *, is_typed: bool) -> None:
    remark(face, f"over {base.name}: {printable(base.title)}")
    if base.pin == "built-in" and not is_typed:
        remark(
            face,
            "it tells looks apart, not things or people; for these: safelight models list"
            " --available --task embed",
        )


def _looked_at(face: Face, recipe: Recipe, found: Labelled) -> tuple[list[Example], Summary]:
    """The vectors of all pictures that can be read, by workers in the cage.

    Raises Cancelled, and InputMissing where none can be read.
    """
    from safelight.batch.run import Batch, Manner
    from safelight.cli.stopping import stopping
    from safelight.engine.engine import Engine

    settings = face.settings
    gathering = Gathering(face, found)
    with (
        stopping(quiet=face.verbosity < 0 or face.is_json) as stopper,
        Engine(settings, jobs=min(settings.jobs, len(found.items)), door="command line") as engine,
    ):
        engine.devices.require()
        manner = Manner(jobs=settings.jobs)
        batch = Batch(engine, recipe, found.items, manner=manner, listener=gathering)
        stopper.batch = batch
        try:
            summary = batch.run()
        finally:
            gathering.close()
    if summary.cancelled:
        raise Cancelled("no model was made")
    gathering.tell()
    if not gathering.examples:
        raise InputMissing("no picture could be read: no model was made")
    return [gathering.examples[index] for index in sorted(gathering.examples)], summary


class Gathering:
    """Takes the vectors of a batch, and what failed."""

    def __init__(self, face: Face, found: Labelled) -> None:
        from safelight.cli.progress import choose

        self._face, self._found = face, found
        self.examples: dict[int, Example] = {}
        self._bad: list[Item] = []
        has_colour = face.has_colour(sys.stderr)
        kind, verbosity = face.settings.progress, face.verbosity
        self._progress = choose(
            kind, verbosity=verbosity, has_colour=has_colour, is_json=face.is_json
        )

    def __call__(self, event: Event) -> None:
        """Take one event."""
        from safelight.batch.events import Item, Start
        from safelight.engine.training import Example

        if isinstance(event, Start):
            self._progress.start(event.items)
        if not isinstance(event, Item):
            return
        self._progress.ended(event)
        if event.result is None:
            self._bad.append(event)
            return
        vector = array("f", event.result.vector)
        self.examples[event.index] = Example(vector, self._found.tags[event.index])

    def close(self) -> None:
        """End the progress display."""
        self._progress.close()

    def tell(self) -> None:
        """Name what failed, and was left out."""
        bad = sorted(self._bad, key=lambda item: item.index)
        if self._face.is_json:
            for item in bad:
                self._face.document(item.document())
            return
        for item in bad[:MOST_NAMED]:
            self._face.failure(item.input, item.error, item.hint)
        if bad:
            pictures = "1 picture was" if len(bad) == 1 else f"{len(bad)} pictures were"
            self._face.warn(f"{pictures} left out")


def _tell(face: Face, made: Made, summary: Summary) -> None:
    from safelight.models.heads.card import percent
    from safelight.models.heads.card import summary as figures_in_words

    entry, figures = made.entry, made.trained.figures
    if face.is_json:
        face.document({
            "type": "training", "schema": SCHEMA, "name": entry.name, "sha256": entry.sha256,
            "size_bytes": entry.total_bytes, "over": entry.over, "over_sha256": entry.over_sha256,
            "exclusive": made.trained.is_exclusive, "left_out": summary.refused + summary.failed,
            **asdict(figures),
        })  # fmt: skip
        return
    face.out(f"{'tag':<24} pictures  differ  precision  recall   (of held-out pictures)")
    for tag in figures.tags:
        face.out(
            f"{printable(tag.tag, 24):<24} {tag.pictures:>8}  {tag.different:>6}"
            f"  {percent(tag.precision):>9}  {percent(tag.recall):>6}{'   few' * tag.is_few}"
        )
    for line in figures_in_words(figures, is_exclusive=made.trained.is_exclusive):
        face.out(printable(line, 2_000))
    face.out(f"{entry.name}  {size(entry.total_bytes)}  in use; {outcome(made.trial)}")
    remark(face, f"its card: safelight models show {entry.name} --card")
    remark(face, "it follows from your pictures: keep it, and the tags it gives, as you keep them")
