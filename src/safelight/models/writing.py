"""Writing in one piece: a file is there whole or not at all, and lasts once it is there."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

from safelight.errors import DiskFull, OutputFailed

OURS = "the models' folder"


def write_whole(path: Path, data: bytes, *, where: str = OURS) -> None:
    """Write the file and make it last. Raises DiskFull, OutputFailed, which call the place what
    where says; then nothing has changed.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        move(temporary, path)
    except OSError as error:
        raise failed(error, where) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def move(source: Path, target: Path) -> None:
    """Give a file its name, in the place of what has it, and make the name last."""
    os.replace(source, target)
    if os.name == "posix":
        fd = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def failed(error: OSError, where: str = OURS) -> OutputFailed:
    """Our error for a write that the system refused."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"no space is left in {where}")
    reason = (error.strerror or "error").lower()
    hint = "safelight config show --origin" if where == OURS else ""
    return OutputFailed(f"{where} cannot be written: {reason}", hint=hint)
