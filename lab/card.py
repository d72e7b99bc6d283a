"""Write the measured figures and the facts of training into the model card.

    python -m lab.card

Without the benchmark pictures the table of quality stays as it is.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import numpy as np

from bench.quality import FLOORS_DB, PICTURES, SETS, as_table, table
from lab.draw import CACHE, digest, pool_path

CARD = Path(__file__).resolve().parents[1] / "docs/models/upscale.md"


def training_table(folder: Path) -> list[str]:
    """The facts of both runs, as Markdown."""
    runs = [json.loads((folder / f"upscale-x{scale}.json").read_text()) for scale in (2, 4)]
    pool = digest(np.load(pool_path(runs[0]["pool_count"], runs[0]["pool_seed"])))
    rows = {
        "steps": [f"{run['done']:,}" for run in runs],
        "batch": [f"{run['batch']} x {run['patch_px']} px" for run in runs],
        "seed of the run": [str(run["seed"]) for run in runs],
        "seed and count of drawn pictures": [
            f"{run['pool_seed']}, {run['pool_count']}" for run in runs
        ],
        "SHA-256 of the pool, first half": [f"`{pool[:32]}`"] * 2,
        "settling steps of the 8-bit file": [f"{run['settled_steps']:,}" for run in runs],
        "wall clock, shared machine": [f"{run['seconds'] / 60:.0f} min" for run in runs],
        "processor, one thread": [run["machine"] for run in runs],
        "torch": [run["torch"] for run in runs],
    }
    lines = ["| | x2 | x4 |", "| --- | --- | --- |"]
    return lines + [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]


def quality_tables() -> list[str]:
    """What bench/quality.py measures now, as Markdown."""
    lines: list[str] = []
    for scale in FLOORS_DB:
        lines += as_table(scale, table(scale, PICTURES))
    return lines[1:]


def replace_block(text: str, name: str, lines: list[str]) -> str:
    """`text` with everything between the two marks called `name` replaced."""
    block = f"<!-- {name} -->\n" + "\n".join(lines) + f"\n<!-- end of {name} -->"
    pattern = rf"<!-- {name} -->.*?<!-- end of {name} -->"
    return re.sub(pattern, lambda _: block, text, count=1, flags=re.DOTALL)


def main() -> None:
    """Bring the card up to date."""
    parser = argparse.ArgumentParser(description="write measured figures into the model card")
    parser.add_argument("--folder", type=Path, default=CACHE)
    options = parser.parse_args()
    text = replace_block(CARD.read_text(), "training", training_table(options.folder))
    if all(list((PICTURES / folder).glob("*_HR.png")) for folder in SETS.values()):
        text = replace_block(text, "quality", quality_tables())
    CARD.write_text(text)
    print(CARD.name)


if __name__ == "__main__":
    main()
