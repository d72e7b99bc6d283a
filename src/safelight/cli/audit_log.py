"""audit log: how each run ended."""

from __future__ import annotations

from itertools import dropwhile
from typing import TYPE_CHECKING

import click

from safelight.audit.moments import HINT, moment
from safelight.cli.face import SCHEMA, Face
from safelight.cli.keeping import keep
from safelight.cli.options import setting, speaking
from safelight.proof.reports.plain import size

if TYPE_CHECKING:
    from safelight.audit.log import Log


@click.command(name="log", add_help_option=False)
@click.option("--since", metavar="WHEN", help=f"Only what ended since then: {HINT}.")
@click.option("--checkpoint", metavar="FILE", help="Write the signed checkpoint of the journal to "
              "FILE (- for standard output), to keep elsewhere.")  # fmt: skip
@click.option("--public-key", metavar="FILE",
              help="Write the journal's public key as PEM, for who must check it.")  # fmt: skip
@setting("state_dir")
@speaking
@click.pass_obj
def command(face: Face, since: str | None, checkpoint: str | None, public_key: str | None) -> int:
    """List how each run ended: when, with what code, how long it took, how many bytes went in and
    came out. The journal holds nothing else of a run.

    \b
    Examples:
      safelight audit log --since 24h
      safelight audit log --json
      safelight audit log --checkpoint monday.checkpoint

    The whole journal is checked first; one that was altered ends this with exit code 5. Whoever
    keeps a checkpoint can show later that nothing before it has changed:
    safelight verify log --since monday.checkpoint
    """
    from safelight.engine.book import Book

    start = moment(since) if since is not None else ""
    book = Book.of(face.settings)
    log = book.journal.log()
    if public_key is not None:
        pem = book.keys.journal.public_pem
        keep(face, public_key, pem, "public key", entries=log.head.entries)
    if checkpoint is not None:
        keep(face, checkpoint, log.checkpoint.encode(), "checkpoint", entries=log.head.entries)
    if checkpoint is None and public_key is None:
        _list(face, log, start)
    return 0


def _list(face: Face, log: Log, start: str) -> None:
    shown = failed = 0
    # what stands behind the first of them ended later, also by a clock that was set back
    for entry in dropwhile(lambda entry: entry.leaf.time < start, log.entries()):
        leaf = entry.leaf
        shown, failed = shown + 1, failed + (leaf.code != "done")
        if face.is_json:
            line = {"type": "entry", "schema": SCHEMA, "number": entry.number, "time": leaf.time}
            line |= {"code": leaf.code, "duration_ms": leaf.duration_ms}
            line |= {"input_bytes": leaf.input_bytes, "output_bytes": leaf.output_bytes}
            face.document(line | {"commitment": leaf.commitment})
        else:
            sizes = f"{size(leaf.input_bytes):>9} {size(leaf.output_bytes):>9}"
            what = f"{leaf.code:<18} {leaf.duration_ms:>7} ms {sizes}"
            face.out(f"{entry.number:>7}  {leaf.time}  {what}")
    if face.is_json:
        head = {"type": "log", "schema": SCHEMA, "journal": log.fingerprint}
        counts = {"entries": log.head.entries, "shown": shown, "failed": failed}
        face.document(head | counts | {"root": log.head.root})
    else:
        face.out(
            f"{shown} of {log.head.entries} entries, {failed} failed; the journal holds,"
            f" signed by the key {log.fingerprint[:16]}"
        )
