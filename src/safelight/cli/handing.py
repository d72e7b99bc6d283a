"""Handing: receipts as they are given to somebody: which may be given, and the file written."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from safelight.cli.face import SCHEMA, Face
from safelight.cli.printable import printable
from safelight.errors import OutputExists, UsageError, VerificationFailed

if TYPE_CHECKING:
    from safelight.audit.receipt import Receipt
    from safelight.audit.verify import Name, Verification

NEEDED: tuple[Name, ...] = ("signature", "schema")


def sound(found: Verification) -> Receipt:
    """The receipt, whatever became of its output. Raises VerificationFailed for one that was
    altered or is of a kind that this version cannot read.
    """
    for name in NEEDED:
        line = found.line(name)
        if line.state == "failed" or (name == "schema" and line.state == "unknown"):
            raise VerificationFailed(f"{line.name}: {line.sentence}")
    if found.receipt is None:
        raise VerificationFailed("there is no receipt")
    return found.receipt


def hand_over(face: Face, name: str, data: bytes, *, what: str, force: bool = False) -> None:
    """Write a file in one piece, or text to standard output for -, and tell of it.

    Raises OutputExists unless force is given, OutputFailed, DiskFull.
    """
    if name == "-":
        for line in data.decode().rstrip("\n").split("\n"):
            face.out(printable(line))
        return
    write(Path(name), lambda file: file.write(data), force=force)
    if face.is_json:
        face.document({"type": "written", "schema": SCHEMA, "what": what, "file": name})
    elif face.verbosity >= 0:
        face.out(f"{printable(name)}: {what}")


def write(place: Path, fill: Callable[[BinaryIO], object], *, force: bool) -> None:
    """Write a file in one piece or not at all; fill writes into it. Raises like hand_over."""
    from safelight.engine.kept import refuse_kept
    from safelight.engine.output import output_error

    refuse_kept(place, replaces=force)
    if place.is_dir():
        raise UsageError(f"{place} is a folder", hint="-o takes the name of a file")
    temporary = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with temporary.open("xb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        if force:
            os.replace(temporary, place)
        else:
            os.link(temporary, place)
    except FileExistsError as error:
        raise OutputExists(f"{place} is there already", hint="another name, or --force") from error
    except OSError as error:
        raise output_error(error) from error
    finally:
        # A file system that takes no writes refuses this, too, though nothing is there.
        with suppress(OSError):
            temporary.unlink()
