"""Paging: a report on the terminal, or in a file of the kind that its name says."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.cli.face import Face
from safelight.cli.printable import printable
from safelight.errors import DiskFull, OutputExists, OutputFailed, UsageError

if TYPE_CHECKING:
    from safelight.proof.reports.page import Page

KINDS = (".html", ".json", ".md")
WIDTH = 34


def require_free(output: str | None) -> None:
    """Refuse before any work. Raises UsageError for an ending of no kind, OutputExists."""
    if output is None:
        return
    if Path(output).suffix.lower() not in KINDS:
        raise UsageError(f"-o takes a name that ends in {', '.join(KINDS)}")
    _require_absent(Path(output))


def write(face: Face, page: Page, output: str) -> Page:
    """Write the page: .html and .json are signed, .md is there to go on writing in.

    The page as it was written. Raises OutputExists, VaultLocked, DiskFull, OutputFailed.
    """
    from safelight.engine.book import Book
    from safelight.proof.reports import signed
    from safelight.proof.reports.markdown import markdown

    place = Path(output)
    if place.suffix.lower() == ".md":
        put(place, markdown(page).encode())
        made = page
    else:
        one = signed.sign(page, Book.of(face.settings).keys.receipts)
        is_html = place.suffix.lower() == ".html"
        put(place, signed.as_html(one).encode() if is_html else one.envelope)
        made = one.page
    if not face.is_json:
        face.note(f"written: {printable(output)}")
    return made


def put(place: Path, data: bytes) -> None:
    """Write a new file that only its owner may read, whole or not at all.

    Raises OutputExists, DiskFull, OutputFailed, PolicyRefused among the originals of a case.
    """
    from safelight.engine.kept import refuse_kept

    refuse_kept(place, replaces=False)
    temporary = place.with_name(f".{secrets.token_hex(8)}.part")  # fits, whatever the name
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _require_absent(place)
        os.rename(temporary, place)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull() from error
        reason = (error.strerror or "error").lower()
        raise OutputFailed(f"{place} cannot be written: {reason}") from error
    finally:
        with suppress(OSError):  # gone, or never there
            temporary.unlink()


def _require_absent(place: Path) -> None:
    if os.path.lexists(place):  # where that cannot be seen, writing says why
        raise OutputExists(f"{place} is there already", hint="give it another name")


def tell(face: Face, page: Page) -> None:
    """Every section with its facts and tables, on the terminal."""
    for section in page.sections:
        face.out(face.paint(printable(section.title), "bold"))
        for text in section.text:
            face.out(f"  {printable(text)}")
        for one in section.facts:
            face.out(f"  {printable(one.name):<{WIDTH}} {printable(one.value)}  ({one.basis})")
        for table in section.tables:
            if table.title:
                face.out(f"  {printable(table.title)}")
            face.out(f"  {' · '.join(table.headings)}")
            for row in table.rows:
                face.out(f"    {printable(' · '.join(row))}")
        for ask in section.asks:
            face.out(f"  [to be added] {printable(ask.name)}")
        face.out()
