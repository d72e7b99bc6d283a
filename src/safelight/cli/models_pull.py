"""models pull: show what would come and from where, ask, fetch, try out, take into use."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from safelight.cli.face import Face
from safelight.cli.options import asking, setting
from safelight.cli.printable import printable
from safelight.cli.shelf import PINS, SINGLE, document, remark, shelving_of, timings_of, trying
from safelight.errors import Cancelled, ParameterInvalid, PolicyRefused, UsageError
from safelight.proof.reports.plain import size

if TYPE_CHECKING:
    from safelight.engine.shelving import Offer
    from safelight.engine.trial import Trial
    from safelight.models.entry import Entry

EVERY_S = 10.0
STALL_S = (1, 3_600)


@click.command(name="pull", add_help_option=False)
@click.argument("names", nargs=-1, metavar="MODEL...")
@click.option(
    "--accept-licence",
    "accepted",
    multiple=True,
    metavar="MODEL",
    help="You have read the terms of this model and accept them. May be given several times.",
)
@click.option(
    "--outdated", is_flag=True, help="Pull every model here whose pin is another one by now."
)
@click.option(
    "--stall",
    default="30s",
    metavar="TIME",
    help="Break off and go on anew where nothing comes for so long. [1s to 3600s; 30s]",
)
@asking
@setting("network")
@trying
@click.pass_obj
def pull(
    face: Face, names: tuple[str, ...], accepted: tuple[str, ...], *, outdated: bool, stall: str
) -> int:
    """Fetch models, after showing host, size, licence and digest. The one verb that connects.

    \b
    Examples:
      safelight models pull u2netp
      safelight models pull isnet-general-use --accept-licence isnet-general-use

    A pull that was interrupted goes on where it ended. A model is used only once its SHA-256 is
    the pinned one and it has worked over a drawn picture in the cage; until then the version
    before stays, and `models rollback` brings it back later.
    """
    shelving = shelving_of(face)
    stall_s = _seconds(stall)
    if outdated:
        names += tuple(entry.name for entry in shelving.store.outdated())
    if not names and not outdated:
        raise UsageError("name a model to pull", hint="safelight models list --available")
    offers = shelving.offers(names)
    if not offers:
        remark(face, "everything is here as the catalogue pins it; nothing was fetched")
        return 0
    for offer in offers:
        _show(face, offer)
    accept(face, [offer.entry for offer in offers], accepted, f"pull {' '.join(names)}")
    _ask(face, offers)
    from safelight.engine.shelving import Told

    for offer in offers:
        coming = Coming(face, offer.entry.total_bytes)
        told = Told(came=coming.came, begins=coming.begins)
        trial = shelving.pull(offer, stall_s=stall_s, told=told)
        _done(face, offer.entry, trial)
    return 0


def _done(face: Face, entry: Entry, trial: Trial | None) -> None:
    store = shelving_of(face).store
    if face.is_json:
        face.document(document(entry, store, timings_of(face).get(entry.sha256)))
        return
    face.out(f"{entry.name}  in use; {outcome(trial)}")
    if entry.text is not None and store.origin(entry.text) is None:
        remark(face, f"to search by words: safelight models pull {entry.text}")


def outcome(trial: Trial | None) -> str:
    """What a trial showed, in words."""
    if trial is None:
        return "not tried out: no verb takes it by its name"
    return f"tried out in the cage by {trial.operation}: {trial.seconds:.2g} s a {trial.per}"


def _show(face: Face, offer: Offer) -> None:
    """Everything that one should know before saying yes."""
    entry = offer.entry
    rows = [
        ("for", f"{entry.task}: {entry.title}"),
        ("from", ", ".join(offer.hosts) + (f", by way of {offer.proxy}" if offer.proxy else "")),
        ("size", _size(offer)),
        ("licence", f"{entry.licence}; terms: {entry.licence_text}"),
        ("sha256", entry.sha256),
        ("pin", PINS[entry.pin] + (f": {SINGLE}" if entry.pin == "single" else "")),
    ]
    rows += [("pinned by", entry.pin_source)] if entry.pin_source else []
    rows += [("note", entry.caveat)] if entry.caveat else []
    rows += [("replaces", offer.replaces)] if offer.replaces else []
    remark(face, face.paint(entry.name, "bold", stream=sys.stderr))
    for label, text in rows:
        remark(face, f"  {label:<10} {printable(text)}")


def _size(offer: Offer) -> str:
    whole = f"{size(offer.entry.total_bytes)} ({offer.entry.total_bytes} bytes)"
    return whole + (f", {size(offer.came_bytes)} of it here already" if offer.came_bytes else "")


def accept(face: Face, entries: Sequence[Entry], accepted: Sequence[str], verb: str) -> None:
    """Raises PolicyRefused for terms that nobody has accepted."""
    asked = [entry.name for entry in entries if entry.licence_class == "consent"]
    flags = " ".join(f"--accept-licence {name}" for name in asked)
    for entry in entries:
        if entry.licence_class != "consent" or entry.name in accepted:
            continue
        can_ask = face.may_ask and not face.assume_yes
        can_ask = can_ask and sys.stdin.isatty() and sys.stderr.isatty()
        question = f"have you read the terms of {entry.name}, and do you accept them?"
        if not can_ask or not face.agreed(question):
            raise PolicyRefused(
                f"the terms of {entry.name} must be accepted first: {printable(entry.licence)}",
                hint=f"safelight models {verb} {flags}",
            )


def _ask(face: Face, offers: Sequence[Offer]) -> None:
    left = sum(offer.entry.total_bytes - offer.came_bytes for offer in offers)
    hosts = ", ".join(dict.fromkeys(host for offer in offers for host in offer.hosts))
    if not face.agreed(f"fetch {size(left)} from {hosts}?"):
        raise Cancelled("nothing was fetched", hint="safelight models list shows what is here")


def _seconds(stall: str) -> float:
    from safelight.settings.rules import SECONDS, whole

    try:
        return float(whole(*STALL_S, "30s", SECONDS)(stall))
    except ValueError as error:
        raise ParameterInvalid(f"--stall {error}") from error


class Coming:
    """Tells on the error stream how much has come: one line over and over on a terminal, else a
    line now and then.
    """

    def __init__(self, face: Face, total: int) -> None:
        self._face, self._total = face, total
        self._is_drawn = sys.stderr.isatty() and not face.is_json and face.verbosity >= 0
        self._last_s = time.monotonic()

    def came(self, entry: Entry, came_bytes: int) -> None:
        """So many bytes of a model are here."""
        now = time.monotonic()
        text = f"{entry.name}: {size(came_bytes)} of {size(self._total)}"
        if self._is_drawn and (now - self._last_s > 0.1 or came_bytes == self._total):
            sys.stderr.write(f"\r{text:<78}")
            sys.stderr.flush()
            self._last_s = now
        elif now - self._last_s > EVERY_S:
            remark(self._face, text)
            self._last_s = now

    def begins(self, what: str) -> None:
        """The bytes are here; something else begins."""
        if self._is_drawn:
            sys.stderr.write("\n")
        if what == "trial":
            remark(self._face, "trying it out over a drawn picture in the cage")
