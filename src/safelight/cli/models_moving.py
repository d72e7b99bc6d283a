"""models export, import, rollback, rm, use, measure: what is done with models that are here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safelight.cli.face import Face
from safelight.cli.models_pull import accept, outcome
from safelight.cli.options import asking
from safelight.cli.printable import printable
from safelight.cli.shelf import (
    changing,
    document,
    pace,
    remark,
    shelving_of,
    store_of,
    timings_of,
    trying,
)
from safelight.engine.model_facts import named
from safelight.errors import Cancelled, InputMissing, ModelMissing, PolicyRefused, UsageError
from safelight.proof.reports.plain import size

if TYPE_CHECKING:
    from safelight.engine.bundling import Arriving
    from safelight.models.entry import Entry


@click.command(name="export", add_help_option=False)
@click.argument("names", nargs=-1, required=True, metavar="MODEL...")
@click.option("-o", "--output", required=True, metavar="FILE", help="The bundle to write.")
@changing
@click.pass_obj
def export(face: Face, names: tuple[str, ...], output: str) -> int:
    """Write models into one file, for a machine without network.

    \b
    Examples:
      safelight models export u2netp -o bundle.tar

    The same models give the same bytes, signed with your key.
    """
    from safelight.engine.book import Book
    from safelight.engine.bundling import export as write

    signer = Book.of(face.settings).keys.receipts
    store = store_of(face)
    entries = write(store, names, Path(output), signer)
    for entry in entries:
        _told(face, entry, f"{entry.name}  {size(entry.total_bytes)}  {entry.sha256}")
    remark(face, f"signed by {signer.fingerprint}")
    return 0


@click.command(name="import", add_help_option=False)
@click.argument("file", metavar="FILE")
@click.option("--key", default="", metavar="FINGERPRINT",
              help="Trust the models of a bundle that this key signed.")  # fmt: skip
@click.option("--accept-licence", "accepted", multiple=True, metavar="MODEL",
              help="You have read the terms of this model and accept them.")  # fmt: skip
@asking
@trying
@click.pass_obj
def import_bundle(face: Face, file: str, key: str, accepted: tuple[str, ...]) -> int:
    """Take models from a bundle, checked and tried out as if they were pulled.

    \b
    Examples:
      safelight models import bundle.tar

    Models that this program's catalogue pins need no trust in who wrote the bundle. Others are
    taken from your own key, or from the one that --key names.
    """
    from safelight.engine.book import Book
    from safelight.engine.bundling import Arriving
    from safelight.engine.shelving import Told

    shelving = shelving_of(face)
    try:
        source = Path(file).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise InputMissing(f"{file} cannot be read: {reason}") from error
    with source:
        arriving = Arriving(shelving, source, Book.of(face.settings).keys.receipts)
        _settle_trust(face, arriving, key)
        accept(face, [one.entry for one in arriving.packed], accepted, "import FILE")
        with shelving.alone():
            try:
                arriving.unpack()
                for one in arriving.packed:
                    trial = shelving.admit(one.entry, Told())
                    _told(face, one.entry, f"{one.entry.name}  in use; {outcome(trial)}")
            finally:
                arriving.discard()
    return 0


def _settle_trust(face: Face, arriving: Arriving, key: str) -> None:
    """Raises PolicyRefused for models that only a stranger vouches for."""
    foreign = [one.entry.name for one in arriving.packed if not one.is_pinned]
    for one in arriving.packed:
        pinned = "pinned by the catalogue" if one.is_pinned else "pinned by the bundle alone"
        facts = f"{size(one.entry.total_bytes)}, {printable(one.entry.licence)}, {pinned}"
        remark(face, f"{one.entry.name}  {facts}{', here already' if one.is_here else ''}")
    if not foreign or arriving.is_ours or key.lower() == arriving.fingerprint:
        return
    remark(face, f"signed by {arriving.fingerprint}, which is not your key")
    names = ", ".join(foreign)
    can_ask = face.may_ask and not face.assume_yes and sys.stdin.isatty() and sys.stderr.isatty()
    if not can_ask or not face.agreed(f"is that the key of somebody whom you trust with {names}?"):
        raise PolicyRefused(
            f"this program's catalogue does not pin {names}, and the bundle is not signed by you",
            hint=f"if you know the key: --key {arriving.fingerprint}",
        )


@click.command(name="rollback", add_help_option=False)
@click.argument("name", metavar="MODEL")
@changing
@click.pass_obj
def roll_back(face: Face, name: str) -> int:
    """Use the version of a model that was in use before; once more goes forward again.

    \b
    Examples:
      safelight models rollback u2netp
    """
    entry = shelving_of(face).roll_back(name)
    _told(face, entry, f"{name}  in use: {entry.sha256}")
    return 0


@click.command(name="rm", add_help_option=False)
@click.argument("names", nargs=-1, metavar="[MODEL]...")
@click.option("--unfinished", is_flag=True, help="Take away all that was only half fetched.")
@asking
@changing
@click.pass_obj
def remove(face: Face, names: tuple[str, ...], *, unfinished: bool) -> int:
    """Take models away that came from outside, with what is half fetched of them.

    \b
    Examples:
      safelight models rm u2netp
      safelight models rm --unfinished
    """
    if not names and not unfinished:
        raise UsageError("name a model to take away, or --unfinished")
    parts = [*map(printable, names), *(["all that is half fetched"] if unfinished else [])]
    if not face.agreed(f"take away {', '.join(parts)}?"):
        raise Cancelled("nothing was taken away")
    shelving = shelving_of(face)
    if unfinished:
        remark(face, f"{size(shelving.clear())} freed")
    for name in names:
        freed = shelving.remove(name)
        remark(face, f"{printable(name)}  gone, {size(freed)} freed")
    return 0


@click.command(name="use", add_help_option=False)
@click.argument("choices", nargs=-1, metavar="[TASK=MODEL]...")
@changing
@click.pass_obj
def use(face: Face, choices: tuple[str, ...]) -> int:
    """Choose what is used where no model is named; TASK= alone goes back to the usual one.

    \b
    Examples:
      safelight models use cutout=u2netp
      safelight models use cutout=
      safelight models use
    """
    shelving, store = shelving_of(face), store_of(face)
    now = shelving.shelf.choices()
    for typed in choices:
        task, equals, name = typed.partition("=")
        if not equals:
            raise UsageError(f"{typed!r} is not of the form TASK=MODEL")
        now.pop(task, None)
        if name:
            now[task] = shelving.choice(task, named(store, name))
    if choices:
        shelving.choose(now)
    for task, choice in sorted(now.items()):
        if store.origin(choice.model) is None:
            remark(face, f"{task}  {choice.model} is not here: safelight models use {task}=")
        else:
            _told(face, named(store, choice.model), f"{task}  {choice.model}, for {choice.alias}")
    if not now:
        remark(face, "every task has its usual model")
    return 0


@click.command(name="measure", add_help_option=False)
@click.argument("names", nargs=-1, metavar="[MODEL]...")
@click.option("--all", "every", is_flag=True, help="Measure every model that is here.")
@trying
@click.pass_obj
def measure(face: Face, names: tuple[str, ...], *, every: bool) -> int:
    """Time models over a drawn picture in the cage; models list shows it.

    \b
    Examples:
      safelight models measure upscale-x4
      safelight models measure --all
    """
    store, shelving = store_of(face), shelving_of(face)
    if not names and not every:
        raise UsageError("name a model, or --all")
    entries = store.entries() if every else tuple(named(store, name) for name in names)
    for entry in entries:
        trial = shelving.measure(entry)
        if trial is None and not every:
            raise ModelMissing(f"no verb takes {entry.name} by its name: it cannot be timed alone")
        if trial is not None:
            _told(face, entry, f"{entry.name:<30} {pace(timings_of(face).get(entry.sha256))}")
    return 0


def _told(face: Face, entry: Entry, words: str) -> None:
    if face.is_json:
        face.document(document(entry, store_of(face), timings_of(face).get(entry.sha256)))
    else:
        face.out(printable(words))
