"""A machine in a folder: what the system would tell, planted; and a state folder that is sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from safelight.audit.lines import Leaf
from safelight.engine.book import Book
from safelight.proof.posture.finding import Seen, joined
from safelight.proof.posture.machine import Machine
from safelight.proof.posture.posture import Place, findings, posture
from safelight.proof.reports.page import Fact, Finding, Page
from safelight.settings import Settings
from safelight.settings.rules import Origin
from safelight.worker.job import CageReport
from tests.proof.desk import held

SOUND = {
    "proc/swaps": "Filename Type Size Used Priority\n",
    "proc/sys/kernel/core_pattern": "core\n",
    "proc/self/mounts": "/dev/mapper/vault / ext4 rw 0 0\n",
    "proc/cpuinfo": "processor : 0\nflags : fpu sme\n",
    "proc/cmdline": "root=/dev/mapper/vault mem_encrypt=on init_on_free=1\n",
    "proc/sys/kernel/yama/ptrace_scope": "1\n",
    "sys/class/block/dm-0/dm/uuid": "CRYPT-LUKS2-0123\n",
    "var/lib/dpkg/status": "",
}
DAY_S = 86_400


@dataclass
class Ground:
    """A root folder under which a machine is planted."""

    root: Path
    ages: dict[str, int] = field(default_factory=dict)

    def plant(self, **changes: str | None) -> Machine:
        """A sound machine but for the changes: text of a file, None to leave it out."""
        for place, text in (SOUND | changes).items():
            if text is not None:
                path = self.root / place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        mapper = self.root / "dev/mapper"
        mapper.mkdir(parents=True, exist_ok=True)
        if not (mapper / "vault").is_symlink():
            (mapper / "vault").symlink_to("../dm-0")
        return Machine(self.root, user=1000)


def seen(*checks: Iterator[Fact | Finding]) -> Seen:
    """What checks saw, together."""
    return joined(one for check in checks for one in check)


def ids(*checks: Iterator[Fact | Finding]) -> set[str]:
    """The findings of checks by their ids."""
    return {one.id for one in seen(*checks).findings}


# What any installation here has: optional parts, and a clock as the machine keeps it.
COMMON = {"component-terms", "keys-unwrapped", "clock-unsynced"}


@dataclass
class Here:
    """A sound installation: private folders, a journal, a self-test, a locked setting."""

    folder: Path
    settings: Settings
    cage: CageReport | None

    @property
    def state(self) -> Path:
        return self.settings.state_dir

    def page(self) -> Page:
        place = Place(self.settings, Ground(self.folder / "root").plant(), self.folder / "tmp")
        return posture(place, self.cage)

    def ids(self) -> set[str]:
        return {one.id for one in findings(self.page())} - COMMON

    def change(self, **changes: Any) -> None:
        self.settings = replace(self.settings, **changes)


def sound_installation(folder: Path) -> Here:
    """An installation that worked once and has no finding but those that any has."""
    for name in ("root", "tmp", "state", "data"):
        (folder / name).mkdir(mode=0o700)
    settings = Settings(
        state_dir=folder / "state",
        data_dir=folder / "data",
        network="none",
        origins={"network": Origin("policy", "policy.toml", is_locked=True)},
    )
    kept = Book(settings.state_dir)
    kept.journal.append(Leaf("a" * 64, "2026-11-21T10:00:00Z", 5, 100, 90))
    kept.ledger.append({"what": "self-test", "attempted": 3, "contained": 3, "level": 3})
    return Here(folder, settings, held())
