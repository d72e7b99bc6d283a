"""How fast encrypted files are: per core, beside Tink's own and beside a plain write.

    python -m bench.stream [--quick] [--check] [--markdown]

Figures are plain bytes over processor time, so that what else runs on the machine counts little.
Files lie in memory: a disk would be measured instead. --check exits 1 when a goal is missed.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.tables import Goal, Spread, Table, show
from safelight.engine.sealing import write_through
from safelight.vault.files import decrypt_file, encrypt_file
from safelight.vault.stream import Decryptor, Encryptor
from tests.vault.tinkered import tink_encrypts, tink_opens

LEAST_GB_S = 1.0
LARGE, QUICK_LARGE, SMALL = 512 << 20, 128 << 20, 300_000
ROUNDS, QUICK_ROUNDS = 9, 3
IN_MEMORY = Path("/dev/shm")


def tables(quick: bool) -> list[Table]:
    """Gigabytes a second on one core, the goal at least one, and what a small file costs."""
    data, rounds = os.urandom(QUICK_LARGE if quick else LARGE), QUICK_ROUNDS if quick else ROUNDS
    ours = {
        "encrypt": lambda: encrypt(data),
        "open": opening(data),
    }
    found = {name: rate(len(data), rounds, work) for name, work in ours.items()}
    rows = [(name, spread.shown(2)) for name, spread in found.items()]
    rows += [(name, rate(len(data), rounds, work).shown(2)) for name, work in others(data).items()]
    return [
        Table(
            f"Encrypted files of {len(data) >> 20} MiB, GB/s on one core, median (quarters)",
            ("", "GB/s"),
            rows=tuple(rows),
            goals=tuple(
                Goal(f"{name}, one core", spread.middle, LEAST_GB_S, "GB/s", is_floor=True)
                for name, spread in found.items()
            ),
        ),
        small(rounds * 20),
    ]


def encrypt(data: bytes) -> None:
    with Encryptor(bytes(32), lambda piece: None) as encryptor:
        encryptor.write(data)
        encryptor.finish()


def opening(data: bytes) -> Callable[[], None]:
    """Opens a file that was made before, into a buffer that is used again."""
    sealed = io.BytesIO()
    with Encryptor(bytes(32), sealed.write) as encryptor:
        encryptor.write(data)
        encryptor.finish()
    view = memoryview(bytearray(1 << 20))

    def work() -> None:
        sealed.seek(0)
        with Decryptor(bytes(32), sealed.readinto) as decryptor:
            while decryptor.read_into(view):
                pass

    return work


def others(data: bytes) -> dict[str, Callable[[], object]]:
    """What the goal does not speak of: Tink's own, and an output's whole way to its file."""

    def written(key: Callable[[], bytearray] | None) -> None:
        fd = os.memfd_create("bench")
        try:
            write_through(fd, [data], key)
        finally:
            os.close(fd)

    sealed = tink_encrypts(bytes(32), data)
    return {
        "encrypt, Tink": lambda: tink_encrypts(bytes(32), data),
        "open, Tink": lambda: tink_opens(bytes(32), sealed),
        "an output, hashed and written": lambda: written(None),
        "an output, encrypted, hashed and written": lambda: written(lambda: bytearray(32)),
    }


def small(rounds: int) -> Table:
    """What a picture of usual size costs, there and back, with its file."""
    with TemporaryDirectory(dir=IN_MEMORY) as folder:
        plain, sealed, again = (Path(folder, name) for name in ("a", "a.enc", "b"))
        plain.write_bytes(os.urandom(SMALL))
        there, back = [], []
        for _ in range(rounds):
            there.append(busy_s(lambda: encrypt_file(plain, sealed, bytes(32))) * 1e3)
            back.append(busy_s(lambda: decrypt_file(sealed, again, bytes(32))) * 1e3)
            sealed.unlink()
            again.unlink()
    rows = (
        ("vault encrypt, without the start of the program", Spread.of(there).shown(2)),
        ("vault decrypt", Spread.of(back).shown(2)),
    )
    return Table(f"A file of {SMALL // 1000} kB, ms on one core", ("", "ms"), rows=rows)


def rate(size: int, rounds: int, work: Callable[[], object]) -> Spread:
    """Gigabytes a second; the first round, which touches fresh memory, is not counted."""
    busy_s(work)
    return Spread.of([size / 1e9 / busy_s(work) for _ in range(rounds)])


def busy_s(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
