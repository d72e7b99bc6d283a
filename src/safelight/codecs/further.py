"""Further pictures that recipes name by a path: which they are, by SHA-256 of what they hold."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from safelight.codecs.routing import ROUTE_BYTES, Brief, foreign, route
from safelight.errors import FormatUnknown, InputMissing, LimitExceeded
from safelight.formats import TABLE
from safelight.operation import Operation

PIECE_BYTES = 1 << 20


class Inside(Protocol):
    """What an open file holds: how many bytes, and what reads them."""

    @property
    def size_bytes(self) -> int: ...

    @property
    def fill(self) -> Callable[[memoryview], int]: ...


Opening = Callable[[Path, int, int], AbstractContextManager[Inside]]


@dataclass(frozen=True)
class Shelf:
    """The folder from which paths of further pictures go, and how many bytes each may have. opening
    gives the inside of a file, by its path, descriptor and size; None: the file itself.
    """

    folder: Path
    limit_bytes: int
    opening: Opening | None = None

    def digest(self, path: Path, what: str) -> str:
        """SHA-256 of a picture's file; what says which picture it is.

        Raises InputMissing, LimitExceeded, and FormatUnknown by its first bytes, with its name;
        what opening raises.
        """
        named = f"the {what} {path}"
        try:
            with open(path, "rb", buffering=0, opener=_without_waiting) as file:
                facts = os.fstat(file.fileno())
                if not stat.S_ISREG(facts.st_mode):
                    raise InputMissing(f"{named} is no regular file")
                opening = self.opening or _itself
                with opening(path, file.fileno(), facts.st_size) as inside:
                    if inside.size_bytes > self.limit_bytes:
                        raise LimitExceeded(
                            f"{named} has more than {self.limit_bytes} bytes",
                            hint="--max-bytes allows more",
                        )
                    return _digest_of(inside.fill, named)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "no such path"
            raise InputMissing(f"{named} cannot be read: {reason.lower()}") from error

    def with_digests(
        self, operation: type[Operation], parameters: Mapping[str, Any], files: dict[str, Path]
    ) -> dict[str, Any]:
        """The parameters with every file of a further picture named by its SHA-256; files learns
        where it lies. What has an ending or a folder in its name is a file.
        """
        found = dict(parameters)
        for name, known in operation.model_fields.items():
            extra, value = known.json_schema_extra, found.get(name)
            if not isinstance(extra, dict) or "picture" not in extra or not _is_file(value):
                continue
            path = self.folder / str(value)
            digest = self.digest(path, str(extra["called"]))
            found[name] = f"{extra['picture']}{digest}"
            files[digest] = path
        return found


@dataclass(frozen=True)
class _Plain:
    size_bytes: int
    fill: Callable[[memoryview], int]


@contextmanager
def _itself(_path: Path, fd: int, size_bytes: int) -> Iterator[_Plain]:
    yield _Plain(size_bytes, lambda view: os.readv(fd, [view]))


def _digest_of(fill: Callable[[memoryview], int], named: str) -> str:
    """Raises FormatUnknown as soon as the first bytes are there."""
    digest = hashlib.sha256()
    with memoryview(bytearray(PIECE_BYTES)) as view:
        count = fill(view)
        _refuse_pixelless(Brief(view[: min(count, ROUTE_BYTES)]), named)
        while count:
            digest.update(view[:count])
            count = fill(view)
        view[:] = bytes(PIECE_BYTES)
    return digest.hexdigest()


def _refuse_pixelless(first: Brief, named: str) -> None:
    """Raises FormatUnknown for a document or a film, and for bytes that are nothing we read."""
    format = route(first)
    if format is None:
        known = foreign(first)
        if known is None:
            raise FormatUnknown(f"{named} is no picture format that Safelight reads")
        message = f"{named} is {known.title}, which Safelight does not read"
        raise FormatUnknown(message, hint=known.hint)
    if not TABLE[format].reads:
        facts = TABLE[format]
        raise FormatUnknown(
            f"{named} is a {facts.kind} ({facts.title}): its pixels are not read",
            hint="export it as PNG, and give that",
        )


def _without_waiting(path: str, flags: int) -> int:
    """Of a pipe in a file's place nobody waits for the other end."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _is_file(value: object) -> bool:
    return isinstance(value, str) and bool(Path(value).suffix or Path(value).name != value)
