"""Controls: each leak is made on purpose, and its detector must see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from safelight.proof.remanence import leaks
from safelight.proof.remanence.canary import Mark, picture
from safelight.proof.remanence.leaks import Leak
from safelight.proof.remanence.search import Found, search_folder
from safelight.proof.remanence.storage import is_counted
from safelight.proof.remanence.watched import Ground, Subject
from safelight.worker.freeing import OVERWRITTEN

CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")
# Only who owns a disk can look at it raw.
ELSEWHERE = frozenset({"device"})


@dataclass(frozen=True, slots=True)
class Tripped:
    """What the detectors of one leak saw: copies of the canary, or bytes written. None: this
    system lets nobody look there.
    """

    leak: Leak
    seen: int | None

    @property
    def is_blind(self) -> bool:
        """Whether the leak went by unseen."""
        return self.seen == 0

    def document(self) -> dict[str, object]:
        """JSON values."""
        return {"name": self.leak.name, "leak": self.leak.sentence, "seen": self.seen}


def trip_all(folder: Path, names: Iterable[str] | None = None) -> tuple[Tripped, ...]:
    """Every leak, or those named, in a process and folders of their own below this one.

    Raises SafelightError when a process could not be started, OSError.
    """
    chosen = leaks.load().values() if names is None else [leaks.load()[name] for name in names]
    found: dict[str, Tripped] = {}
    for overwrites in (True, False):
        ground = Ground.made(folder / f"leaks-{overwrites}".lower())
        environment = OVERWRITTEN if overwrites else None
        with Subject(ground, environment=environment) as subject:
            for leak in chosen:
                if leak.overwrites is overwrites:
                    found[leak.name] = trip(leak, subject)
    return tuple(found[leak.name] for leak in chosen)


def trip(leak: Leak, subject: Subject) -> Tripped:
    """Make one leak there, with a mark of its own, and look with its detectors. Raises as
    trip_all.
    """
    mark, inbox = Mark(), subject.ground.folder.parent / "inbox of leaks"
    inbox.mkdir(exist_ok=True)
    source = inbox / f"{mark.name(0)}.png"
    source.write_bytes(picture(mark, 0))
    before = subject.written_bytes()
    subject.tell({"leak": leak.name, "inbox": str(inbox)})
    written = subject.written_bytes() - before
    size = source.stat().st_size
    source.unlink()
    found = subject.search(mark)
    counts = {
        "written": (written >= size and written) if is_counted(subject) else None,
        "cores": _cores(mark, subject.ground),
    }
    looked = [one for one in leak.detectors if one not in ELSEWHERE]
    seen = [counts[one] if one in counts else found.of(one) for one in looked]
    return Tripped(leak, None if None in seen else max(filter(None, seen), default=0))


def _cores(mark: Mark, ground: Ground) -> int | None:
    """Copies in core dumps that lie where a subject works; None where the system gives them to a
    program, or allows none.
    """
    import resource

    is_forbidden = resource.getrlimit(resource.RLIMIT_CORE)[1] == 0
    if is_forbidden or not CORE_PATTERN.exists() or CORE_PATTERN.read_text()[:1] in ("|", "/"):
        return None
    found = Found()
    search_folder(mark, ground.part("tmp"), found)
    return found.of("files")
