"""Storage: what a process has had written, where the kernel's count of it tells."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from safelight.proof.remanence.family import written_bytes

BLOCK_BYTES = 4_096
TRIES = 4


def is_counted(folder: Path) -> bool:
    """Whether a small file in the folder counts as a block or two. In memory it counts as nothing,
    and a file system that copies on write counts its own trees besides: neither tells what a job
    wrote. Raises OSError.
    """
    return 0 < min(_one_byte(folder) for _ in range(TRIES)) <= 2 * BLOCK_BYTES


def _one_byte(folder: Path) -> int:
    before = written_bytes(os.getpid())
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(b"1")
        file.flush()
        os.fsync(file.fileno())
    return written_bytes(os.getpid()) - before
