"""Training: vectors and tags in, a model of one's own on the shelf, tried out like any other."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from safelight.engine.shelving import Shelving, Told
from safelight.engine.trial import Trial
from safelight.errors import ModelMissing, PolicyRefused, UsageError
from safelight.models.entry import Entry
from safelight.models.store import Store
from safelight.models.writing import write_whole
from safelight.operation import ModelNeed

if TYPE_CHECKING:
    from safelight.models.heads.making import Head
    from safelight.models.heads.training import Trained

# By which names the model whose vector is taken is looked for where none is typed.
USUAL, BUILT_IN = "usual", "alike"
TASK = "embed"


@dataclass(frozen=True, slots=True)
class Example:
    """The vector of one picture, and its tags."""

    vector: array[float]
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Made:
    """A model, what it showed on held-out pictures, and how it was tried out."""

    entry: Entry
    trained: Trained
    trial: Trial | None


def base_for(store: Store, typed: str) -> Entry:
    """The model whose vector is taken: the one typed, else what sees meaning, else the built-in.

    Raises ModelMissing.
    """
    for name in (typed,) if typed else (USUAL, BUILT_IN):
        try:
            return store.find(ModelNeed(TASK, name))
        except ModelMissing:
            if name in (typed, BUILT_IN):
                raise
    raise ModelMissing(f"no model is here for {TASK}")


def require_free(store: Store, name: str) -> Entry | None:
    """The model of this name that would be replaced, itself one that was trained here.

    Raises UsageError for what is no name, PolicyRefused for one that another model has.
    """
    from safelight.models.facts import is_name

    if not is_name(name):
        raise UsageError(
            f"{name!r} is no name for a model: small letters, digits, . and -, up to 64"
        )
    known = {entry.name: entry for entry in (*store.catalogue(), *store.entries())}
    aliases = {alias for entry in known.values() for alias in entry.aliases}
    found = known.get(name)
    if name in aliases or (found is not None and found.over is None):
        raise PolicyRefused(f"another model is called {name}", hint="give --name another one")
    return found


def train(
    examples: Sequence[Example], name: str, base: Entry, told: Callable[[float], None]
) -> tuple[Head, Trained]:
    """A model that gives these tags, over base. told hears the share that is done.

    Raises UsageError for too few pictures. Nothing is written, and the vectors are overwritten.
    """
    # Sums this small gain nothing by threads, and where others work they wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import numpy as np

    from safelight.models.heads.making import head_of
    from safelight.models.heads.training import trained

    tags = sorted(frozenset().union(*(example.tags for example in examples)))
    vectors = np.array([example.vector for example in examples], np.float64)
    wanted = np.array([[tag in one.tags for tag in tags] for one in examples], np.float64)
    try:
        found = trained(vectors, wanted, tags, told)
        return head_of(found, name, base, tags), found
    finally:
        vectors.fill(0)
        for example in examples:
            example.vector[:] = array("f", bytes(example.vector.itemsize * len(example.vector)))


def keep(shelving: Shelving, head: Head, trained: Trained, told: Told) -> Made:
    """Put a model on the shelf. Raises as admit does; then nothing is left of it."""
    staged = shelving.shelf.staged(head.entry)
    try:
        for one, data in zip(staged, head.files, strict=True):
            write_whole(one.path, data)
        return Made(head.entry, trained, shelving.admit(head.entry, told))
    finally:
        for one in staged:
            one.drop()
