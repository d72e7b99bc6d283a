"""Draw the pictures that a model learns from, and say their digests.

    python -m lab.draw cutout

Numpy, Pillow and OpenCV only. Picture number `index` of a pool depends on the pool's seed and
`index` alone; no photograph, and no figure measured from one, enters it.
"""

from __future__ import annotations

import argparse
import json

TRAINING_SEED, CALIBRATION_SEED, TEST_SEED = 2026, 77, 4242


def main() -> None:
    """Draw what is not kept yet."""
    from lab.recipe import load_recipe

    parser = argparse.ArgumentParser(description="draw the pictures that a model learns from")
    parser.add_argument("name")
    parser.add_argument("--processes", type=int, default=0, help="0 takes every processor")
    options = parser.parse_args()
    for pool in load_recipe(options.name).pools:
        pool.keep(processes=options.processes or None)
        print(f"{pool.path.name} {json.loads(pool.note.read_text())['sha256']}")


if __name__ == "__main__":
    main()
