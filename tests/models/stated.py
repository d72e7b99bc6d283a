"""A catalogue that states other entries than the package's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from safelight.models import store
from safelight.models.entry import Entry
from safelight.models.pages import Pages


class Stated(Pages):
    """These entries in the place of those of the package; of the same name, the last."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        super().__init__()
        self._stated = {entry.name: entry for entry in entries}

    def names(self) -> tuple[str, ...]:
        return tuple(self._stated)

    def entry(self, name: str) -> Entry | None:
        return self._stated.get(name)

    def shipped(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.every() if entry.url is None)

    def naming(self, files: Sequence[str]) -> tuple[Entry, ...]:
        return tuple(one for one in self.every() if one.url is not None and one.file in files)

    def every(self) -> tuple[Entry, ...]:
        return tuple(self._stated.values())


def state(monkeypatch: pytest.MonkeyPatch, entries: Iterable[Entry]) -> None:
    """From here on, every store has a catalogue of these entries."""
    stated = Stated(entries)
    monkeypatch.setattr(store, "Pages", lambda: stated)
