"""Bundle: models in one file, for a machine without network. A plain tar archive, byte for byte the
same for the same models.

    safelight-bundle.json    what is in it: a signed statement with every entry
    files/SHA256             each file of each model, in the order of their digests

The reader parses no archive. From what the statement says it makes the very bytes that must stand
between the files, and compares: another name, a link, an extension, a size that lies or anything
further has no place where it could stand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from safelight.errors import OutputFailed, VerificationFailed
from safelight.limits import MEGA
from safelight.models.entry import Entry
from safelight.models.shelf import wanted
from safelight.models.staging import Staged, Wanted, written

STATEMENT = "safelight-bundle.json"
BLOCK = 512
END = bytes(2 * BLOCK)
MAX_STATEMENT_BYTES = MEGA
# Where the size stands in a header, and of how many octal digits it is.
SIZE = slice(124, 135)


def files_of(entries: Iterable[Entry]) -> tuple[Wanted, ...]:
    """Every file of these models once, in the order of the bundle."""
    found = {one.sha256: one for entry in entries for one in wanted(entry)}
    return tuple(found[digest] for digest in sorted(found))


def write(out: IO[bytes], statement: bytes, files: Iterable[tuple[Wanted, Path]]) -> None:
    """Write a bundle. Raises OutputFailed, and VerificationFailed for a file that is not the pinned
    one.
    """
    _put(out, STATEMENT, statement)
    for one, path in files:
        try:
            source = path.open("rb")
        except OSError as error:
            raise OutputFailed(f"the model file {one.file} cannot be read") from error
        with source:
            written(out, header(_name(one), one.size_bytes))
            _copy(source, out, one)
            written(out, _padding(one.size_bytes))
    written(out, END)


def read_statement(source: IO[bytes]) -> bytes:
    """The statement, not believed yet. Raises VerificationFailed for what is no bundle."""
    first = _exactly(source, BLOCK)
    digits = first[SIZE]
    size = int(digits, 8) if digits.isdigit() and not set(digits) & set(b"89") else 0
    if not 0 < size <= MAX_STATEMENT_BYTES or first != header(STATEMENT, size):
        raise _no_bundle()
    statement = _exactly(source, size)
    _skip(source, size)
    return statement


def read_files(
    source: IO[bytes], files: Sequence[Wanted], staged: Callable[[Wanted], Staged]
) -> None:
    """Put every file of the bundle where it is staged, checked.

    Raises VerificationFailed for a bundle that has other files, other bytes or more than the
    statement says, DiskFull, OutputFailed; then nothing of it is left there.
    """
    with ExitStack() as undo:
        for one in files:
            if _exactly(source, BLOCK) != header(_name(one), one.size_bytes):
                raise _no_bundle()
            place = staged(one)
            place.start("")
            undo.callback(place.drop)
            with place.appending() as file:
                left = one.size_bytes
                while left:
                    chunk = _exactly(source, min(left, MEGA))
                    written(file, chunk)
                    left -= len(chunk)
            place.check()
            _skip(source, one.size_bytes)
        if _exactly(source, len(END)) != END or source.read(1):
            raise _no_bundle()
        undo.pop_all()


def header(name: str, size_bytes: int) -> bytes:
    """The header of a plain file in the ustar form: readable by all, of nobody, without a date."""
    fields = (
        name.encode().ljust(100, b"\0"),
        b"0000644\0" + b"0000000\0" * 2,
        b"%011o\0" % size_bytes,
        b"%011o\0" % 0,
        b" " * 8,
        b"0" + bytes(100),
        b"ustar\0" + b"00" + bytes(64),
        bytes(16 + 155 + 12),
    )
    block = b"".join(fields)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def _name(one: Wanted) -> str:
    return f"files/{one.sha256}"


def _put(out: IO[bytes], name: str, data: bytes) -> None:
    written(out, header(name, len(data)) + data + _padding(len(data)))


def _padding(size_bytes: int) -> bytes:
    return bytes(-size_bytes % BLOCK)


def _copy(source: IO[bytes], out: IO[bytes], one: Wanted) -> None:
    digest, left = hashlib.sha256(), one.size_bytes
    while left and (chunk := source.read(min(left, MEGA))):
        digest.update(chunk)
        written(out, chunk)
        left -= len(chunk)
    if left or source.read(1) or digest.hexdigest() != one.sha256:
        raise VerificationFailed(f"the model file {one.file} is not the one that is pinned")


def _skip(source: IO[bytes], size_bytes: int) -> None:
    if any(_exactly(source, -size_bytes % BLOCK)):
        raise _no_bundle()


def _exactly(source: IO[bytes], size: int) -> bytes:
    try:
        data = source.read(size)
    except OSError as error:
        raise OutputFailed(f"the bundle cannot be read: {error.strerror}") from error
    if len(data) != size:
        raise VerificationFailed("the bundle ends too early", hint="copy it again")
    return data


def _no_bundle() -> VerificationFailed:
    return VerificationFailed(
        "the file is no bundle of models as Safelight writes them, or was changed",
        hint="make it anew: safelight models export",
    )
