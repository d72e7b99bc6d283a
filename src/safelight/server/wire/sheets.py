"""The memory that goes along with a record: made by one side, taken over by the other."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any, Self

from safelight.server.blob import Blob
from safelight.server.wire.records import MAX_FACTS_BYTES, File, Malformed
from safelight.worker.memory import ZEROS, is_sealed


class Output:
    """An encoded picture on its way to the front end: a memfd that is written once, hashed as it
    is. Whoever takes it over seals it; so nothing else of ours may have it mapped.
    """

    def __init__(self) -> None:
        self.fd = os.memfd_create("output", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self.size_bytes = 0
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self.fd)

    def write(self, data: memoryview, /) -> int:
        """All of it goes from one memory to the other by the kernel."""
        self._digest.update(data)
        done = 0
        while done < len(data):
            with data[done:] as rest:
                done += os.pwrite(self.fd, rest, self.size_bytes + done)
        self.size_bytes += done
        return done

    def overwrite(self) -> None:
        """For one that nobody takes over."""
        overwrite(self.fd, self.size_bytes)

    @property
    def file(self) -> File:
        return File(self._digest.hexdigest(), self.size_bytes)


class Facts:
    """A JSON object on its way to the front end; the taker overwrites it."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        """Raises ValueError for more than a record may bring."""
        data = json.dumps(facts, separators=(",", ":"), allow_nan=False).encode()
        self.size_bytes = len(data)
        if self.size_bytes > MAX_FACTS_BYTES:
            raise ValueError("there is more to tell than one answer holds")
        self.fd = os.memfd_create("facts", os.MFD_CLOEXEC)
        os.pwrite(self.fd, data, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self.fd)


def facts_in(fd: int, size_bytes: int) -> dict[str, Any]:
    """What a back end told; the memory is zeros afterwards. Raises Malformed."""
    data = bytearray(size_bytes)
    with memoryview(data) as view:
        done = 0
        while done < size_bytes:
            count = os.preadv(fd, [view[done:]], done)
            if not count:
                raise Malformed("the facts are shorter than they were told to be")
            done += count
    overwrite(fd, size_bytes)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Malformed("the facts are no JSON") from error
    if not isinstance(found, dict):
        raise Malformed("the facts are no object")
    return found


def overwrite(fd: int, size_bytes: int) -> None:
    """Zeros over the first bytes of a memfd that is not sealed."""
    for start in range(0, size_bytes, len(ZEROS)):
        os.pwrite(fd, ZEROS[: min(len(ZEROS), size_bytes - start)], start)


def taken(fd: int, file: File) -> Blob:
    """An output as the front end holds it, which takes the descriptor over. Raises Malformed; then
    it does not.
    """
    try:
        blob = Blob(fd, file.size_bytes, file.sha256)
        size_bytes = os.fstat(fd).st_size
    except (OSError, ValueError) as error:
        raise Malformed("the output cannot be taken over") from error
    if size_bytes != file.size_bytes:  # no more and no less, from here on
        raise Malformed("the output has another size than was told")
    return blob


def require_file(fd: int, file: File, most_bytes: int) -> None:
    """Raises Malformed unless this is a sealed memfd of exactly that size, within the bound."""
    try:
        is_it = is_sealed(fd) and os.fstat(fd).st_size == file.size_bytes
    except OSError as error:
        raise Malformed("a file that came along is none") from error
    if not is_it or not 0 < file.size_bytes <= most_bytes:
        raise Malformed("a file that came along is not sealed, or of another size than was told")
