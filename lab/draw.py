"""Draw the pool of pictures that the built-in models learn from.

    python -m lab.draw --count 320

Numpy and Pillow only. Picture number `index` of seed `seed` depends on these two numbers
alone; no photograph, and no figure measured from one, enters it.
"""

from __future__ import annotations

import argparse
import hashlib
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lab.scene import draw_scene

CACHE = Path(__file__).resolve().parent / ".cache"
TRAINING_SEED, CALIBRATION_SEED, TEST_SEED = 2026, 77, 4242


def draw_picture(index: int, seed: int = TRAINING_SEED) -> NDArray[np.uint8]:
    """Grey picture number `index` of this seed: 512 by 512, 8 bits."""
    return draw_scene((seed, index))


def digest(pictures: NDArray[np.uint8]) -> str:
    """SHA-256 of the pixels, in hexadecimal."""
    return hashlib.sha256(np.ascontiguousarray(pictures).tobytes()).hexdigest()


def pool_path(count: int, seed: int = TRAINING_SEED) -> Path:
    """Where the pool of this seed and size is kept."""
    return CACHE / f"pool-{seed}-{count}.npy"


def draw_pool(count: int, *, seed: int = TRAINING_SEED, processes: int = 2) -> Path:
    """Draw `count` pictures once and keep them; returns the file."""
    path = pool_path(count, seed)
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    jobs = [(index, seed) for index in range(count)]
    with Pool(processes) as pool:
        pictures = np.stack(pool.starmap(draw_picture, jobs, chunksize=4))
    unfinished = path.with_suffix(".part.npy")
    np.save(unfinished, pictures)
    unfinished.replace(path)
    return path


def main() -> None:
    """Draw the pool and print its digest."""
    parser = argparse.ArgumentParser(description="draw the pictures to learn from")
    parser.add_argument("--count", type=int, default=320)
    parser.add_argument("--seed", type=int, default=TRAINING_SEED)
    options = parser.parse_args()
    path = draw_pool(options.count, seed=options.seed)
    print(f"{path.name} {digest(np.load(path))}")


if __name__ == "__main__":
    main()
