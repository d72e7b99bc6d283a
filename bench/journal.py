"""The journal: appending, checking and proving with 100,000 entries; writers side by side.

    python -m bench.journal [--quick] [--check] [--markdown]

On the disk that the temporary folder lies on; every append ends in an fsync.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.tables import Goal, Table, show
from safelight.audit.journal import Journal
from safelight.audit.lines import Leaf
from safelight.audit.log import Log
from safelight.vault.keys import load_or_make

ENTRIES, QUICK_ENTRIES = 100_000, 10_000
BATCH, SINGLES, WRITERS = 100, 1_000, 8
# What "in seconds" is taken to mean, for all of the entries.
MOST_S = 10.0
WRITE = (
    "import sys; from pathlib import Path; from bench.journal import journal, leaf\n"
    "kept = journal(Path(sys.argv[1]))\n"
    "for number in range(int(sys.argv[2])): kept.append(leaf(number))\n"
)


class Stopwatch:
    """Rows of a table, and the seconds that each kept this process busy."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, ...]] = []
        self.busy_s: dict[str, float] = {}

    def __call__(self, what: str, count: int, work: Callable[[], object]) -> None:
        started, busy = time.perf_counter(), time.process_time()
        work()
        took_s = time.perf_counter() - started
        self.busy_s[what] = time.process_time() - busy
        figures = f"{took_s:.2f}", f"{took_s / count * 1e6:.1f}", f"{self.busy_s[what]:.2f}"
        self.rows.append((what, *figures))


def tables(quick: bool) -> list[Table]:
    """Seconds, and what one entry takes."""
    entries = QUICK_ENTRIES if quick else ENTRIES
    measured = Stopwatch()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        kept = journal(place)
        measured("append, 100 at once", entries, lambda: _batches(kept, entries))
        measured("check all", entries, lambda: journal(place).check())
        both = sum(measured.busy_s.values())
        note = kept.log().checkpoint
        measured("append, one by one", SINGLES, lambda: _one_by_one(kept))
        measured("append, 8 threads", SINGLES, lambda: _threads(kept))
        measured("append, 8 processes and their start", SINGLES, lambda: _processes(place))
        notes = _proofs(measured, journal(place).log(), note)
        size = sum(path.stat().st_size for path in (place / "journal").iterdir())
    each = size / (entries + 3 * SINGLES)
    notes = (f"{each:.0f} bytes an entry on the disk, checkpoints included", *notes)
    goal = Goal(f"append and check {entries:,} entries, busy", both, MOST_S, "s")
    title = f"A journal of {entries:,} entries"
    return [Table(title, ("", "s", "µs each", "s busy"), tuple(measured.rows), notes, (goal,))]


def _proofs(measured: Stopwatch, log: Log, note: str) -> tuple[str, ...]:
    measured("prove growth, the first proof", 1, lambda: log.consistency(note))
    numbers = range(1, len(log.leaves), max(1, len(log.leaves) // 1_000))
    proofs = [log.inclusion(number) for number in numbers]
    measured("prove entries", len(proofs), lambda: [log.inclusion(one) for one in numbers])
    measured("check proofs", len(proofs), lambda: [proof.check() for proof in proofs])
    return (f"a proof has {max(len(proof.to_bytes()) for proof in proofs)} bytes at most",)


def journal(folder: Path) -> Journal:
    """A journal in this folder, as another process would open it."""
    return Journal(folder / "journal", load_or_make(folder / "keys").journal)


def leaf(number: int) -> Leaf:
    """One entry as a run leaves it."""
    commitment = hashlib.sha256(b"%d" % number).hexdigest()
    return Leaf(commitment, "2026-11-21T12:00:00Z", 120, 3_900_000, 1_200_000)


def _batches(kept: Journal, entries: int) -> None:
    for start in range(0, entries, BATCH):
        kept.append_all([leaf(number) for number in range(start, start + BATCH)])


def _one_by_one(kept: Journal) -> None:
    for number in range(SINGLES):
        kept.append(leaf(number))


def _threads(kept: Journal) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda number: kept.append(leaf(number)), range(SINGLES)))


def _processes(place: Path) -> None:
    command = [sys.executable, "-c", WRITE, str(place), str(SINGLES // WRITERS)]
    runs = [subprocess.Popen(command) for _ in range(WRITERS)]
    if any(run.wait() for run in runs):
        raise SystemExit("a writer failed")


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
