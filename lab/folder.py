"""Where the laboratory keeps what it made, and how a process comes by it."""

from __future__ import annotations

import json
from pathlib import Path

from lab import guard
from lab.recipe import Pools, Recipe


def state_file(folder: Path, name: str) -> Path:
    """Where a run's checkpoint is kept."""
    return folder / f"{name}.state.pt"


def settled_file(folder: Path, name: str) -> Path:
    """Where the weights and ranges of the 8-bit file are kept."""
    return folder / f"{name}.settled.pt"


def facts_file(folder: Path, name: str) -> Path:
    """Where the facts of a run are kept, for the card."""
    return folder / f"{name}.json"


def data_files(recipe: Recipe, folder: Path) -> list[Path]:
    """All that a process may read for this recipe: its pools and what earlier steps wrote."""
    files = [file for pool in recipe.pools for file in (pool.path, pool.note)]
    files += [part(folder, recipe.name) for part in (state_file, settled_file, facts_file)]
    return files + ([state_file(folder, recipe.begun_from)] if recipe.begun_from else [])


def open_pools(recipe: Recipe, folder: Path, *, processes: int = 0) -> Pools:
    """The recipe's pictures, drawn now if they are not kept yet.

    From here on this process can open nothing but code and `data_files`; processes is how many
    children it will start. Raises SystemExit if a pool is not what was drawn.
    """
    for pool in recipe.pools:
        pool.keep()
    facts = facts_file(folder, recipe.name)
    if not facts.exists():  # opened again at every step, so it has to be there when the lock closes
        folder.mkdir(parents=True, exist_ok=True)
        facts.write_text("{}\n")
    guard.lock(data_files(recipe, folder), processes=processes)
    return {pool.name: pool.ready() for pool in recipe.pools}


def add_facts(folder: Path, name: str, **facts: object) -> None:
    """Write facts of a step beside those of the steps before, with the data files it opened."""
    file = facts_file(folder, name)
    known = json.loads(file.read_text()) if file.exists() else {}
    opened = sorted({*known.get("opened", []), *guard.opened()})
    file.write_text(json.dumps(known | facts | {"opened": opened}, indent=1) + "\n")
