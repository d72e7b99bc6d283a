"""prove: attack our own cage and show what held."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.measuring import measured, proving, write_down
from safelight.cli.printable import printable
from safelight.errors import InputMissing, VerificationFailed

if TYPE_CHECKING:
    from safelight.engine.engine import Engine
    from safelight.proof.prove import AtDevice

RECEIPTS = ".safelight/*.receipt.json"


@click.command(name="prove", add_help_option=False)
@click.argument("files", nargs=-1, metavar="[FILE|FOLDER]...")
@click.option("--cage-only", is_flag=True, help="Leave canaries, server, imports and codecs out.")
@proving
@click.pass_obj
def prove(face: Face, files: tuple[str, ...], *, cage_only: bool) -> int:
    """Attack our own cage, search for what jobs left, and show what held.

    \b
    Examples:
      safelight prove
      safelight prove out/
      safelight prove --require-level 3 --json
      safelight prove --device cpu:shared

    The attacks run in a fresh worker, then in a process without a cage. Pictures that carry
    canaries go every way through a process that stays, which is then searched, as are its
    folders; leaks made on purpose must be found. The same goes through the server that runs here,
    or through one that is started for it, which also tries to call out. Every import is watched by
    the kernel. Models are compared with their pins, journal and ledger are checked; so are the
    receipts of a FILE, or of all in a FOLDER. Exit code 5 if anything is not as claimed.
    """
    from safelight.cli.proving_server import look
    from safelight.proof.besides import look_besides
    from safelight.proof.egress import GROUP
    from safelight.proof.prove import prove as measure

    receipts = [path for name in files for path in _receipts(Path(name))]
    level = face.settings.require_level
    proof = measured(
        face,
        lambda host, engine: measure(
            host,
            store=engine.store,
            journal=engine.book.journal,
            ledger=engine.book.ledger,
            receipts=receipts,
            public_keys=(engine.book.keys.receipts.public_bytes,),
            required_level=level,
            device=_at_device(engine),
            besides=None if cage_only else look_besides(engine, lambda: look(face.settings)),
        ),
    )
    for row in proof.rows:
        if row.group == GROUP:
            write_down(face, row.attempted, row.contained, proof.cage.level)
    if face.is_json:
        face.document({"type": "proof", "schema": SCHEMA} | proof.document())
    else:
        for line in proof.lines():
            face.out(printable(line))
    return 0 if proof.ok else VerificationFailed.exit_code


def _at_device(engine: Engine) -> AtDevice | None:
    """What holds the worker of the device; None where models run in their picture's own."""
    from safelight.proof.prove import AtDevice

    report = engine.devices.report()
    return None if report is None else AtDevice(engine.devices.device.name, report)


def _receipts(path: Path) -> list[Path]:
    if not path.exists():
        raise InputMissing(f"there is no {path}")
    return sorted(path.glob(RECEIPTS)) if path.is_dir() else [path]
