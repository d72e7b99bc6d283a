"""Fuzz the walkers, guided by coverage, and the decoders in the real cage.

    python -m tests.fuzz [--count 2000] [--seed 1] [--caged 0.25] [--keep FOLDER]

2,000 files take well under a minute on two cores and are a part of CI; 20,000 some minutes;
1,000,000 a day. The seed of each run is printed: the same one changes the same files. What was
found is written to FOLDER, reduced, to become a vector in tests/vectors/fuzz-v1 with its cure.
Exit 1 if anything was found.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import ROOT, SHARED
from tests.fuzz.campaign import Outcome, campaign


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=2_000, help="files in all")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the dice")
    parser.add_argument("--caged", type=float, default=0.25, help="share that the cage gets")
    parser.add_argument("--keep", type=Path, default=ROOT / "build" / "fuzz")
    options = parser.parse_args()
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    caged = int(options.count * options.caged)
    say(f"seed {options.seed}, {options.count} files")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as state:
        os.environ["SAFELIGHT_STATE_DIR"] = state
        shared = SHARED if SHARED.is_dir() else None
        outcome = campaign(options.count - caged, caged, options.seed, shared)
    show(outcome, options.keep, time.monotonic() - started)
    return 1 if outcome.faults else 0


def show(outcome: Outcome, keep: Path, spent_s: float) -> None:
    """The report, for people."""
    ends = ", ".join(f"{code} {count}" for code, count in outcome.caged.most_common())
    say(
        f"walkers: {outcome.walked} files, {outcome.new} reached something new, "
        f"{outcome.steps} steps in all, slowest {outcome.slowest_s:.2f} s with tracing, "
        f"grown {outcome.walkers_grown_bytes / 1e6:.1f} MB\n"
        f"cage: {ends}; zygotes lost {outcome.zygotes_lost}, "
        f"grown {outcome.service_grown_bytes / 1e6:.1f} MB\n"
        f"{spent_s:.0f} s"
    )
    for one in outcome.found:
        say(f"\nFOUND {one.format}: {one.what}\n{one.keep(keep)}\n{one.trace}")
    for fault in outcome.faults:
        say(f"fault: {fault}")


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
