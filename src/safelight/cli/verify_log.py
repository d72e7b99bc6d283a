"""verify log: the journal against itself, a checkpoint, and receipts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from safelight.cli.checking import believed
from safelight.cli.face import Face
from safelight.cli.keeping import answer, note, receipt_of
from safelight.cli.options import setting, speaking
from safelight.errors import VerificationFailed

if TYPE_CHECKING:
    from safelight.audit.checks import Answer
    from safelight.audit.log import Log
    from safelight.audit.receipt import Receipt
    from safelight.engine.book import Book

NOTHING_KEPT = "no older checkpoint was given: --since FILE shows what a journal cut back hides"
NO_RECEIPTS = "no receipt was given, and none is kept in the state folder"


@click.command(name="log", add_help_option=False)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--since", metavar="CHECKPOINT",
              help="A checkpoint that you kept: audit log --checkpoint.")  # fmt: skip
@click.option("--journal", metavar="PATH", help="Another journal than your own: its folder or its "
              "file; needs --key.")  # fmt: skip
@click.option("--key", metavar="KEY", help="The key of that journal that you trust: its whole "
              "fingerprint, or a PEM file.")  # fmt: skip
@setting("state_dir")
@speaking
@click.pass_obj
def command(
    face: Face, files: tuple[str, ...], since: str | None, journal: str | None, key: str | None
) -> int:
    """Check the whole journal: no entry was edited, removed, moved or cut off.

    \b
    Examples:
      safelight verify log --since monday.checkpoint
      safelight verify log out/*.jpg
      safelight verify log --journal theirs/ --key their-journal.pem

    FILEs are outputs or receipts: each must have its entry, and each names a head of the journal
    that came before it, so a journal that was rolled back no longer fits. Works offline.
    """
    from safelight.audit.checks import LIMITS, Answer, against_checkpoint, against_receipts
    from safelight.engine.book import Book

    book = Book.of(face.settings)
    try:
        log, has_head = _log(book, journal, key)
    except VerificationFailed as error:
        return answer(face, "log", (Answer("log", "failed", error.message),), LIMITS)
    sentence = f"{log.head.entries} entries, signed by the key {log.fingerprint}"
    if not has_head:
        sentence += "; its head is not here, so a cut at its end cannot be told"
    answers = [Answer("log", "ok" if has_head else "unknown", sentence)]
    if since is None:
        answers.append(Answer("since", "unknown", NOTHING_KEPT))
    else:
        answers.append(against_checkpoint(log, note(since)))
    receipts, refused = _receipts(files, book if journal is None else None)
    answers += refused
    if receipts:
        answers.append(against_receipts(log, receipts))
    elif not refused:
        answers.append(Answer("receipts", "unknown", NO_RECEIPTS))
    return answer(face, "log", answers, LIMITS)


def _log(book: Book, journal: str | None, key: str | None) -> tuple[Log, bool]:
    from safelight.audit.copied import read_copy
    from safelight.vault.keys import fingerprint_of

    known = believed(key) if key is not None else {}
    if journal is not None:
        return read_copy(Path(journal), known)
    own = book.journal.public_bytes
    if known and fingerprint_of(own) not in known:
        raise VerificationFailed(f"the journal here is of the key {fingerprint_of(own)}")
    return book.journal.log(), True


def _receipts(files: Sequence[str], book: Book | None) -> tuple[list[Receipt], list[Answer]]:
    """Those named, and those of results without a file; what is no sound receipt is told, and what
    names the journal here and is signed by a stranger: anybody could say that of it.
    """
    from safelight.audit.checks import Answer, is_whole

    sound, refused = [], []
    for name, receipt in _named(files, book):
        sentence = ""
        if receipt is None or not is_whole(receipt):
            sentence = f"the receipt of {name} was altered, or was never signed"
        elif book is not None and _is_strangers(receipt, book):
            signer = receipt.envelope.fingerprint
            sentence = (
                f"the receipt of {name} names this journal, and its key {signer} is not yours"
            )
        if receipt is None or sentence:
            refused.append(Answer("receipts", "failed", sentence))
        else:
            sound.append(receipt)
    return sound, refused


def _is_strangers(receipt: Receipt, book: Book) -> bool:
    names_ours = receipt.predicate.follows.journal == book.keys.journal.fingerprint
    return names_ours and receipt.envelope.fingerprint != book.keys.receipts.fingerprint


def _named(files: Sequence[str], book: Book | None) -> Iterator[tuple[str, Receipt | None]]:
    from safelight.audit.receipt import SUFFIX

    shelf = [] if book is None else sorted((book.state_dir / "receipts").glob(f"*{SUFFIX}"))
    for name in (*files, *map(str, shelf)):
        try:
            yield name, receipt_of(name)
        except VerificationFailed:
            yield name, None
