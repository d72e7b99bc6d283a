"""prove and audit egress: attack our own cage and show what held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking, stacked
from safelight.cli.printable import printable
from safelight.errors import InputMissing, SafelightError, SomethingMissing, VerificationFailed

if TYPE_CHECKING:
    from safelight.audit.ledger import Ledger
    from safelight.engine.engine import Engine
    from safelight.proof.prove import AtDevice
    from safelight.worker.job import Host

Proved = TypeVar("Proved")
RECEIPTS = ".safelight/*.receipt.json"
# The widest worker there is: it decodes, opens a model and encodes.
WIDEST = {"op": "upscale"}
NO_RUNTIME = {"op": "resize", "width": 1}
UNMEASURED = (
    "no verb but models pull opens a connection; this line is not a measurement, --prove makes one"
)

measuring = stacked(setting("require_level"), setting("state_dir"), setting("data_dir"), speaking)
proving = stacked(setting("device"), measuring)


@click.command(name="prove", add_help_option=False)
@click.argument("files", nargs=-1, metavar="[FILE|FOLDER]...")
@proving
@click.pass_obj
def prove(face: Face, files: tuple[str, ...]) -> int:
    """Attack our own cage and show what held.

    \b
    Examples:
      safelight prove
      safelight prove out/
      safelight prove --require-level 3 --json
      safelight prove --device cpu:shared

    The attacks run in a fresh worker, then in a process without a cage. Models are compared
    with their pins, the journal is checked; so are the receipts of a FILE, or of all in a FOLDER.
    """
    from safelight.proof.egress import GROUP
    from safelight.proof.prove import prove as measure

    receipts = [path for name in files for path in _receipts(Path(name))]
    level = face.settings.require_level
    proof = _measured(
        face,
        lambda host, engine: measure(
            host,
            store=engine.store,
            journal=engine.book.journal,
            receipts=receipts,
            required_level=level,
            device=_at_device(engine),
        ),
    )
    for row in proof.rows:
        if row.group == GROUP:
            _write_down(face, row.attempted, row.contained, proof.cage.level)
    if face.is_json:
        face.document({"type": "proof", "schema": SCHEMA} | proof.document())
    else:
        for line in proof.lines():
            face.out(printable(line))
    return 0 if proof.ok else VerificationFailed.exit_code


@click.group(name="audit", add_help_option=False)
@click.help_option("--help", help="Show this page.")
def audit() -> None:
    """Show that nothing can leave."""


@audit.command(name="egress", add_help_option=False)
@click.option("--prove", "is_measured", is_flag=True, help="Try every way out, and show it closed.")
@measuring
@click.pass_obj
def egress(face: Face, *, is_measured: bool) -> int:
    """Show what can leave this computer.

    \b
    Examples:
      safelight audit egress --prove
      safelight audit egress --prove --json
    """
    from safelight.proof.egress import egress as measure

    if not is_measured:
        if face.is_json:
            face.document({"type": "egress", "schema": SCHEMA, "measured": False})
        else:
            face.out(UNMEASURED)
        return 0
    level = face.settings.require_level
    found = _measured(face, lambda host, _engine: measure(host, required_level=level))
    _write_down(face, found.row.attempted, found.row.contained, found.cage.level)
    if face.is_json:
        head = {"type": "egress", "schema": SCHEMA, "measured": True}
        face.document(head | found.document())
    else:
        for line in found.lines():
            face.out(printable(line))
    return 0 if found.is_closed else VerificationFailed.exit_code


@audit.command(name="ledger", add_help_option=False)
@setting("state_dir")
@speaking
@click.pass_obj
def ledger(face: Face) -> int:
    """List every connection that was allowed, and the results of self-tests.

    \b
    Examples:
      safelight audit ledger
      safelight audit ledger --json

    Each line is signed and holds the digest of the one before: a line that was changed or taken out
    ends this with exit code 5. Lines cut off at the end are not noticed.
    """
    found = _ledger(face).read()
    for entry in found:
        facts = {key: value for key, value in entry.items() if key != "schema"}
        if face.is_json:
            face.document({"type": "ledger", "schema": SCHEMA, **facts})
        else:
            time, what = facts.pop("time"), facts.pop("what")
            words = "  ".join(f"{key} {value}" for key, value in sorted(facts.items()))
            face.out(printable(f"{time}  {what:<10}  {words}"))
    if not face.is_json and not any(entry["what"] == "connection" for entry in found):
        face.out("no connection was opened")
    return 0


def _ledger(face: Face) -> Ledger:
    from safelight.engine.book import Book

    return Book(face.settings.state_dir).ledger


def _write_down(face: Face, attempted: int, contained: int, level: int) -> None:
    """Keep the result of a self-test; that it cannot be kept must not hide it."""
    try:
        _ledger(face).append(
            {"what": "self-test", "attempted": attempted, "contained": contained, "level": level}
        )
    except SafelightError as error:
        face.warn(f"the result is not in the ledger: {error.message}")


def _measured(face: Face, measure: Callable[[Host, Engine], Proved]) -> Proved:
    """Open a cage as the work would, whatever its level: a weak one must be shown, not refused."""
    from safelight.engine.engine import Engine

    settings = replace(face.settings, require_level=0)
    with Engine(settings, jobs=1, door="command line") as engine:
        return measure(_widest(engine, face), engine)


def _at_device(engine: Engine) -> AtDevice | None:
    """What holds the worker of the device; None where models run in their picture's own."""
    from safelight.proof.prove import AtDevice

    report = engine.devices.report()
    return None if report is None else AtDevice(engine.devices.device.name, report)


def _widest(engine: Engine, face: Face) -> Host:
    from safelight.recipe import Recipe

    try:
        return engine.host(Recipe.from_steps([WIDEST]), "png")
    except SomethingMissing as error:
        face.warn(f"measured in a worker without a model: {error.message}")
        return engine.host(Recipe.from_steps([NO_RUNTIME]), "png")


def _receipts(path: Path) -> list[Path]:
    if not path.exists():
        raise InputMissing(f"there is no {path}")
    return sorted(path.glob(RECEIPTS)) if path.is_dir() else [path]
