"""Machine: every fact of the system about one root, from the files in which it tells of itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from safelight.proof.dataflow import clients, mounts, processes, receipts, traces
from safelight.proof.dataflow.ground import Asked, Ground
from safelight.proof.dataflow.parts import Sight

READERS = (receipts.sights, traces.sights, clients.sights, mounts.sights, processes.sights)


@dataclass(frozen=True, slots=True)
class Machine:
    """What looks at the system. It opens nothing to the network and changes nothing."""

    ground: Ground

    @classmethod
    def here(cls) -> Machine:
        """The machine that this runs on."""
        return cls(Ground(Path.home()))

    def sights(self, at: int, root: Path, files: Sequence[Path]) -> Iterator[Sight]:
        """Everything that the system shows of one root and the files found there."""
        asked = Asked(at, root, files)
        for reader in READERS:
            yield from reader(self.ground, asked)

    def limits(self) -> list[str]:
        """What could not be looked at; known once every sight was asked for."""
        return sorted(self.ground.unseen)
