"""A machine in a folder: what the system would tell, planted; and a state folder that is sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from safelight.proof.posture.finding import Seen, joined
from safelight.proof.posture.machine import Machine
from safelight.proof.reports.page import Fact, Finding

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
