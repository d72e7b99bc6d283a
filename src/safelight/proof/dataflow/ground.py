"""Ground: where the facts of the system are read, and the one root that they are asked about."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from safelight.proof.dataflow.parts import Evidence, Kind, Sight, Strength

# Of a file of settings, or one that the kernel writes, nothing behind this is read.
MOST_SETTINGS = 4_000_000


@dataclass(frozen=True)
class Ground:
    """The folders in which a system tells of itself; another ground stands for them in tests."""

    home: Path
    proc: Path = Path("/proc")
    etc: Path = Path("/etc")
    sys: Path = Path("/sys")
    samba_shares: Path = Path("/var/lib/samba/usershares")
    unseen: set[str] = field(default_factory=set)  # sentences about what could not be looked at

    def text(self, path: Path) -> str:
        """What stands in a file of the system; empty where it is not there or not to be read."""
        try:
            with path.open("rb") as file:
                return file.read(MOST_SETTINGS).decode(errors="replace")
        except FileNotFoundError:
            return ""
        except OSError:
            self.unseen.add(f"{path} cannot be read")
            return ""


@dataclass(frozen=True)
class Asked:
    """One root: its number, its path as named and in full, and the files that were found there."""

    at: int
    named: Path
    files: Sequence[Path]

    @cached_property
    def path(self) -> Path:
        return self.named.resolve()

    @cached_property
    def folder(self) -> Path:
        """The folder itself, or the one in which a named file lies."""
        return self.path if self.path.is_dir() else self.path.parent

    @cached_property
    def folders(self) -> list[Path]:
        """Every folder in which a file was found, and the root; in full."""
        found = {self.folder, *(file.parent.resolve() for file in self.files)}
        return sorted(found)

    def lies_in(self, folder: Path) -> bool:
        """True where all of this root lies in that folder."""
        return self.path.is_relative_to(folder)

    def touches(self, folder: Path) -> bool:
        """True where the root lies in that folder, or the folder in the root."""
        return self.lies_in(folder) or folder.is_relative_to(self.folder)

    def shown(self, path: Path) -> str:
        """A path below the root as it was named."""
        if path.is_relative_to(self.folder):
            base = self.named if self.path.is_dir() else self.named.parent
            return str(base / path.relative_to(self.folder))
        return str(path)

    def way(
        self,
        name: str,
        what: str,
        strength: Strength,
        evidence: Evidence,
        *,
        kind: Kind = "way",
        group: str = "",
        picture: str = "",
        detail: str = "",
    ) -> Sight:
        """A sight about this root, of a way out unless another kind is named."""
        return Sight(self.at, kind, name, what, strength, evidence, group, picture, detail)


def real(path: str, home: Path) -> Path | None:
    """A path of somebody's settings in full, ~ being this home; None for none."""
    path = path.strip().strip("\"'")
    if path in ("~", "$HOME") or path.startswith(("~/", "$HOME/")):
        path = str(home) + path.removeprefix("~").removeprefix("$HOME")
    return Path(os.path.realpath(path)) if path.startswith("/") and "\0" not in path else None


def above(folder: Path) -> Iterator[Path]:
    """The folder and each one that it lies in."""
    yield folder
    yield from folder.parents
