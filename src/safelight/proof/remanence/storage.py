"""Storage: what a process has had written, where the kernel's count of it tells."""

from __future__ import annotations

from safelight.proof.remanence.watched import Subject

BLOCK_BYTES = 4_096
TRIES = 4


def is_counted(subject: Subject) -> bool:
    """Whether a small file where it works counts as a block or two. In memory it counts as nothing,
    and a file system that copies on write counts its own trees besides: neither tells what a job
    wrote. Raises SafelightError when the subject is gone.
    """
    return 0 < min(_small_file(subject) for _ in range(TRIES)) <= 2 * BLOCK_BYTES


def _small_file(subject: Subject) -> int:
    before = subject.written_bytes()
    subject.tell({"small file": str(subject.ground.part("tmp"))})
    return subject.written_bytes() - before
