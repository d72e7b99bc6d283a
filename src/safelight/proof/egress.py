"""Egress: can anything leave a worker? Every way out is tried, in the cage and without it."""

from __future__ import annotations

from dataclasses import dataclass

from safelight.proof.comparison import Row, rows, said
from safelight.proof.control import run_uncaged
from safelight.worker.job import CageReport, Host

GROUP = "network"


@dataclass(frozen=True, slots=True)
class Egress:
    """The network part of the proof."""

    row: Row
    cage: CageReport
    required_level: int

    @property
    def is_closed(self) -> bool:
        """Every way out was contained, the attempts work without a cage, the level suffices."""
        return self.row.is_ok and self.cage.level >= self.required_level

    def lines(self) -> tuple[str, ...]:
        """Plain text for a screen."""
        row = self.row
        state = "closed by the kernel" if self.is_closed else "NOT CLOSED"
        return (
            f"network: {state} ({row.contained} of {row.attempted} attempts contained"
            f" in this worker, level {self.cage.level})",
            f"control: {row.control} of {row.attempted} of the same attempts got through"
            " in a process without a cage",
            *(
                f"  {pair.name:<16} caged: {said(pair.caged.errno):<12}"
                f" without: {said(pair.control.errno)}"
                for pair in row.pairs
            ),
        )

    def document(self) -> dict[str, object]:
        """JSON values: attempted, contained, control, level, and every attempt by name."""
        row = self.row
        return {
            "attempted": row.attempted,
            "contained": row.contained,
            "control": row.control,
            "level": self.cage.level,
            "required_level": self.required_level,
            "closed": self.is_closed,
            "attempts": [pair.document() for pair in row.pairs],
        }


def egress(host: Host, *, required_level: int) -> Egress:
    """Try every way out from one fresh worker of this host, and again without a cage.

    Raises SafelightError when one of the two runs could not be made.
    """
    cage = host.report()
    row = next(row for row in rows(cage.attempts, run_uncaged()) if row.group == GROUP)
    return Egress(row, cage, required_level)
