"""Pages: the entries that the package ships, one file each under the name of its model.

Reading all of them takes longer than most jobs wait for a model, so a page is read when somebody
asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from importlib import resources

from safelight.models.entry import Entry

# The line that only a page of a model to be pulled has; the parts of a model stand further down.
PULLED = b"\nurl = "


class Pages:
    """The catalogue of this version of the program."""

    def __init__(self) -> None:
        self._read: dict[str, Entry] = {}

    def names(self) -> tuple[str, ...]:
        """Every model's, in order."""
        return tuple(self._pages)

    def entry(self, name: str) -> Entry | None:
        """The page of this name; None if there is none. Raises UsageError for a wrong one."""
        if name not in self._read and name in self._pages:
            self._read[name] = Entry.from_toml(self._pages[name])
        return self._read.get(name)

    def shipped(self) -> tuple[Entry, ...]:
        """Those whose file is in the package. Raises as entry does."""
        return self._every(name for name, page in self._pages.items() if PULLED not in page)

    def naming(self, files: Sequence[str]) -> tuple[Entry, ...]:
        """Those to be pulled whose page names one of these files. Raises as entry does."""
        lines = [f'file = "{file}"'.encode() for file in files]
        pulled = ((name, page) for name, page in self._pages.items() if PULLED in page)
        return self._every(name for name, page in pulled if any(line in page for line in lines))

    def every(self) -> tuple[Entry, ...]:
        """All of them. Raises as entry does."""
        return self._every(self._pages)

    def _every(self, names: Iterable[str]) -> tuple[Entry, ...]:
        found = map(self.entry, names)
        return tuple(entry for entry in found if entry is not None)

    @cached_property
    def _pages(self) -> dict[str, bytes]:
        with resources.as_file(resources.files("safelight.models")) as package:
            paths = sorted((package / "catalogue").glob("*.toml"))
            return {path.stem: path.read_bytes() for path in paths}
