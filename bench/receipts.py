"""Receipts: every byte flipped before three verifiers; what making, checking and bundling take.

    python -m bench.receipts [--quick] [--check] [--markdown]

The verifiers are our own, and the two that stand alone, in Python and JavaScript (Node).
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.tables import Goal, Table, show
from safelight.audit.bundle import Bundle, Part, write
from safelight.audit.bundled import examine
from safelight.audit.receipt import Receipt, path_for
from safelight.audit.verify import Trust
from tests.audit.alone import Case, by_javascript, by_python
from tests.audit.making import Desk

RUNS, BUNDLED, QUICK_BUNDLED = 200, 1_000, 100
QUICK_STRIDE = 20
# What is waited for without a thought.
MOST_S = 10.0


def tables(quick: bool) -> list[Table]:
    """How many altered receipts each verifier refused, and times."""
    with TemporaryDirectory() as folder:
        desk = Desk.at(Path(folder))
        output = desk.run("a.png", models=())
        receipt = path_for(output).read_bytes()
        return [
            _flipped(desk, receipt, QUICK_STRIDE if quick else 1),
            _times(desk, output, receipt),
            _bundled(desk, QUICK_BUNDLED if quick else BUNDLED),
        ]


def _flipped(desk: Desk, receipt: bytes, stride: int) -> Table:
    altered = [_flip(receipt, place) for place in range(0, len(receipt), stride)]
    key = desk.keys.receipts.fingerprint
    cases = [Case(one, key) for one in altered]
    refused = {
        "safelight verify": sum(_is_refused_here(desk, one) for one in altered),
        "verify_receipt.py": sum(_is_refused(by_python(case)) for case in cases),
        "verify_receipt.mjs": sum(map(_is_refused, by_javascript(cases))),
    }
    rows = tuple((name, f"{count}", f"{len(altered)}") for name, count in refused.items())
    share = min(refused.values()) / len(altered) * 100
    goal = Goal("altered receipts refused by all three", share, 100, "%", is_floor=True)
    title = f"A receipt of {len(receipt)} bytes, one byte flipped at a time"
    return Table(title, ("", "refused", "altered"), rows, goals=(goal,))


def _flip(receipt: bytes, place: int) -> bytes:
    altered = bytearray(receipt)
    altered[place] ^= 1 << place % 8
    return bytes(altered)


def _is_refused(states: dict[str, str]) -> bool:
    return "failed" in states.values()


def _is_refused_here(desk: Desk, receipt: bytes) -> bool:
    place = desk.folder / "altered.receipt.json"
    place.write_bytes(receipt)
    return desk.verify(place).is_failed


def _times(desk: Desk, output: Path, receipt: bytes) -> Table:
    number = desk.verify(output).number or 1
    proof = desk.journal.log().inclusion(number).to_bytes()
    case = Case(receipt, desk.keys.receipts.fingerprint, output, proof)
    rows = (
        ("make and sign", _each_ms(lambda: desk.make("b.png", models=()))),
        ("safelight verify", _each_ms(lambda: desk.verify(output))),
        ("verify_receipt.py, with proof", _each_ms(lambda: by_python(case))),
    )
    started = time.perf_counter()
    by_javascript([case] * RUNS)
    javascript = (time.perf_counter() - started) / RUNS * 1e3
    last = ("verify_receipt.mjs, with proof", f"{javascript:.2f}")
    notes = (f"medians are not asked for: the mean of {RUNS}; a process is not started each time",)
    return Table("What one takes", ("", "ms"), (*rows, last), notes)


def _each_ms(work: Callable[[], object]) -> str:
    started = time.perf_counter()
    for _ in range(RUNS):
        work()
    return f"{(time.perf_counter() - started) / RUNS * 1e3:.2f}"


def _bundled(desk: Desk, count: int) -> Table:
    outputs = [desk.run(f"{number}.png", models=()) for number in range(count)]
    receipts = [Receipt.parse(path_for(output).read_bytes()) for output in outputs]
    log, numbers = desk.journal.log(), desk.journal.check().numbers
    parts: dict[str, Part] = {}
    for receipt in receipts:
        parts[f"receipts/{receipt.id}.receipt.json"] = receipt.data
        proof = log.inclusion(numbers[receipt.commitment])
        parts[f"proofs/{receipt.id}.tlog-proof"] = proof.to_bytes()
    file = io.BytesIO()
    started = time.perf_counter()
    write(file, parts, desk.keys.receipts)
    packed_s = time.perf_counter() - started
    lines = examine(Bundle(file), Trust((desk.keys.receipts.public_bytes,)))
    checked_s = time.perf_counter() - started - packed_s
    if any(line.state != "ok" for line in lines):
        raise SystemExit("the bundle does not hold")
    size = file.tell() / 1e6
    rows = (("pack", f"{packed_s:.2f}"), ("check", f"{checked_s:.2f}"))
    goal = Goal(f"pack and check {count:,} receipts", packed_s + checked_s, MOST_S, "s")
    title = f"A bundle of {count:,} receipts with their proofs, {size:.1f} MB"
    return Table(title, ("", "s"), rows, goals=(goal,))


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
