"""Pools: decided by their seeds, kept with a digest, refused when they are not what was drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lab import pool
from lab.pool import Pool, digest


def speckle(seed: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture of noise, quick to draw."""
    drawn: NDArray[np.uint8] = np.random.default_rng(seed).integers(0, 256, (8, 8), np.uint8)
    return drawn


def snoop(seed: tuple[int, int]) -> NDArray[np.uint8]:
    """A drawing function that does not draw."""
    Path(__file__).parent.joinpath("../../README.md").read_bytes()
    return speckle(seed)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pool, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def kept(seed: int = 5, **options: Any) -> Pool:
    made = Pool("speckle", options.get("draw", speckle), count=9, seed=seed)
    made.keep(processes=options.get("processes", 2))
    return made


def test_a_pool_repeats_from_its_seed(cache: Path) -> None:
    first = digest(kept().ready())
    for file in cache.iterdir():
        file.unlink()
    assert digest(kept(processes=1).ready()) == first
    assert digest(kept(seed=6).ready()) != first


def test_picture_by_picture_it_is_what_the_function_draws() -> None:
    pictures = kept().ready()
    assert all(np.array_equal(pictures[i], speckle((5, i))) for i in range(9))


def test_what_is_kept_is_not_drawn_again(cache: Path) -> None:
    made = kept()
    before = made.path.stat().st_mtime_ns
    made.keep()
    assert made.path.stat().st_mtime_ns == before
    assert sorted(file.suffix for file in cache.iterdir()) == [".json", ".npy"]


def test_a_changed_pixel_is_refused() -> None:
    made = kept()
    pictures = np.lib.format.open_memmap(made.path, mode="r+")
    pictures[8, 7, 7] ^= 1
    pictures.flush()
    with pytest.raises(SystemExit, match="not what was drawn"):
        made.ready()


def test_another_digest_is_refused() -> None:
    made = kept()
    made.note.write_text(json.dumps({"sha256": "0" * 64}))
    with pytest.raises(SystemExit, match="not what was drawn"):
        made.ready()


def test_a_drawing_function_that_opens_a_file_draws_nothing(cache: Path) -> None:
    """The processes that draw are locked; the control is the same function without them."""
    assert snoop((5, 0)).shape == (8, 8)
    with pytest.raises(SystemExit, match="could not be drawn"):
        kept(draw=snoop)
    assert not list(cache.glob("*.json"))
