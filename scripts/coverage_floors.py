"""Hold the coverage that pyproject.toml promises: each file its own floor.

Reads the .coverage that pytest left. Exit 1 with one line for every file under its floor.
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from coverage import Coverage
from coverage.results import Numbers

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "safelight"


@dataclass(frozen=True)
class Floors:
    """What each file must reach, in per cent of lines and branches together."""

    full: tuple[str, ...]
    floor: float
    exempt: dict[str, str]

    @classmethod
    def load(cls, pyproject: Path) -> Floors:
        with pyproject.open("rb") as file:
            table = tomllib.load(file)["tool"]["safelight"]["coverage"]
        return cls(tuple(table["full"]), table["floor"], dict(table["exempt"]))

    def of(self, name: str) -> float | None:
        """The floor of a file; None for one that is proved in another way."""
        if name in self.full:
            return 100.0
        return None if any(fnmatch(name, pattern) for pattern in self.exempt) else self.floor


def shortfalls(reached: dict[str, float], floors: Floors) -> list[str]:
    """One line for every file under its floor, and for every promise about a file that is gone."""
    found = []
    for name, share in sorted(reached.items()):
        floor = floors.of(name)
        if floor is not None and share < floor:
            found.append(f"{name}: {share:.1f} %, promised {floor:.0f} %")
    for name in (*floors.full, *floors.exempt):
        if not any(fnmatch(known, name) for known in reached):
            found.append(f"{name}: pyproject.toml speaks of it, and it is not there")
    return found


def measured() -> dict[str, float]:
    """Per cent of lines and branches of every file of the package."""
    coverage = Coverage(data_file=str(ROOT / ".coverage"), config_file=str(ROOT / "pyproject.toml"))
    coverage.load()
    reached = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        numbers: Numbers = coverage._analyze(str(path)).numbers
        reached[path.relative_to(PACKAGE).as_posix()] = numbers.pc_covered
    return reached


def main() -> None:
    reached = measured()
    found = shortfalls(reached, Floors.load(ROOT / "pyproject.toml"))
    print("\n".join(found) or f"every one of {len(reached)} files reaches its floor")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
