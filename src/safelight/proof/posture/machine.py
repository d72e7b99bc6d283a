"""Machine: what the system says of swap, core dumps, disks, memory and its own updates.

Everything is read below `root`, so that a test can plant a machine. What the system does not tell
is said to be untold, never taken for good.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from safelight.audit.facts import Clock
from safelight.proof.posture.finding import found
from safelight.proof.reports.page import Basis, Fact, Finding, fact

DAY_S = 86_400
UNSYNCHRONISED: Clock = "system clock, not synchronised as the system says"
OLD_DAYS = 90
TOLD: Basis = "reported by the system"
# Where package systems write last when something was installed or renewed.
PACKAGE_LISTS = (
    "var/lib/dpkg/status",
    "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "var/lib/pacman/local",
    "lib/apk/db/installed",
)
MEMORY_FLAGS = {"sme": "AMD SME", "tme": "Intel TME", "sev": "AMD SEV", "tdx_guest": "Intel TDX"}
NO_DISK = ("tmpfs", "ramfs")


@dataclass(frozen=True)
class Machine:
    """The system below a root folder; now in seconds since 1970."""

    root: Path = Path("/")
    now: float = 0.0
    user: int | None = None

    def text(self, place: str) -> str | None:
        """The text of a file; None where it is not there or must not be read."""
        try:
            return (self.root / place).read_text("utf-8", "replace")
        except OSError:
            return None

    def days_since(self, seconds: float) -> int:
        return int(((self.now or time.time()) - seconds) // DAY_S)


def swap(machine: Machine) -> Iterator[Fact | Finding]:
    """Whether memory can reach a disk, and in what state."""
    text = machine.text("proc/swaps")
    if text is None:
        yield fact("swap", "not told", TOLD)
        return
    devices = [line.split()[0] for line in text.splitlines()[1:] if line.strip()]
    plain = [one for one in devices if not _is_safe_swap(machine, one)]
    if not devices:
        yield fact("swap", "off", TOLD)
    elif not plain:
        yield fact("swap", "on, encrypted or in memory only", TOLD)
    else:
        yield fact("swap", f"on, {len(plain)} of {len(devices)} not encrypted", TOLD)
        yield found("swap-plain", f"the system lists {_several(len(plain), 'plain swap area')}")


def _is_safe_swap(machine: Machine, device: str) -> bool:
    name = Path(device).name
    return name.startswith("zram") or _is_encrypted(machine, name)


def _is_encrypted(machine: Machine, block: str) -> bool:
    """True if the block device, or one that it lies on, is a dm-crypt mapping."""
    name = block
    if block and (machine.root / "dev/mapper" / block).is_symlink():
        name = Path(os.readlink(machine.root / "dev/mapper" / block)).name
    folder = machine.root / "sys/class/block" / name
    uuid = machine.text(f"sys/class/block/{name}/dm/uuid") or ""
    if uuid.startswith("CRYPT-"):
        return True
    below = sorted((folder / "slaves").glob("*")) if (folder / "slaves").is_dir() else []
    return bool(below) and all(_is_encrypted(machine, one.name) for one in below)


def core_dumps(machine: Machine, soft_limit: int) -> Iterator[Fact | Finding]:
    """Whether a crash leaves memory in a file. soft_limit in bytes, of this process."""
    told = machine.text("proc/sys/kernel/core_pattern")
    pattern = (told or "").strip()
    yield fact("workers", "not dumpable, no core file", "enforced by kernel")
    if pattern.startswith("|"):
        handler = Path(pattern[1:].split()[0]).name if pattern[1:].split() else "unknown"
        yield fact("core dumps", f"handed to {handler}", TOLD)
        yield found("core-dumps-on", f"the system hands every crash to {handler}, limit or not")
    elif soft_limit:
        yield fact("core dumps", "on", TOLD)
        yield found("core-dumps-on", "the limit for core files in this session is not 0")
    elif told is None and sys.platform == "linux":
        yield fact("core dumps", "not told", TOLD)
    else:
        yield fact("core dumps", "off", TOLD)


def disk(machine: Machine, folder: Path) -> Iterator[Fact | Finding]:
    """Whether the disk under a folder is encrypted, as far as the system tells."""
    mount = _mount(machine, folder)
    if mount is None:
        yield fact("disk of the state folder", "not told", TOLD)
        yield found("disk-untold", "the system has no list of mounts")
        return
    source, kind = mount
    name = Path(source).name
    is_known = source.startswith("/dev/") and (
        (machine.root / "sys/class/block" / name).exists()
        or (machine.root / "dev/mapper" / name).is_symlink()
    )
    if kind in NO_DISK:
        yield fact("disk of the state folder", f"none: {kind}, in memory", TOLD)
    elif is_known and _is_encrypted(machine, name):
        yield fact("disk of the state folder", f"encrypted (dm-crypt under {kind})", TOLD)
    elif kind in ("ecryptfs", "fuse.gocryptfs", "fuse.encfs"):
        yield fact("disk of the state folder", f"encrypted ({kind})", TOLD)
    elif is_known:
        yield fact("disk of the state folder", f"{kind}, no encryption seen", TOLD)
        words = f"it lies on {kind} on a block device without dm-crypt"
        yield found("disk-plain", f"{words}; what a drive or a host encrypts is not seen")
    else:
        yield fact("disk of the state folder", f"{kind}, encryption not told", TOLD)
        yield found("disk-untold", f"it lies on {kind}, which hides the disk beneath it")


def _mount(machine: Machine, folder: Path) -> tuple[str, str] | None:
    """Source and kind of what the folder lies on; the last of the longest mount points counts."""
    text = machine.text("proc/self/mounts")
    best: tuple[int, str, str] | None = None
    for line in (text or "").splitlines():
        source, point, kind, *_ = (*line.split(), "", "", "")
        place = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), point))
        if folder.is_relative_to(place) and (best is None or len(place.parts) >= best[0]):
            best = (len(place.parts), source, kind)
    return None if best is None else best[1:]


def memory(machine: Machine) -> Iterator[Fact | Finding]:
    """Whether memory is encrypted, overwritten when freed, and closed to other programs."""
    flags = set(re.findall(r"^flags\s*:(.*)$", machine.text("proc/cpuinfo") or "", re.M)[:1])
    words = set(" ".join(flags).split())
    line = machine.text("proc/cmdline")
    able = [name for flag, name in MEMORY_FLAGS.items() if flag in words]
    is_guest = "tdx_guest" in words or (machine.root / "dev/sev-guest").exists()
    is_on = is_guest or ("sme" in words and "mem_encrypt=on" in (line or ""))
    if is_on:
        yield fact("memory encryption", f"on ({', '.join(able) or 'guest'})", TOLD)
    else:
        can = f"; the processor names {', '.join(able)}" if able else ""
        yield fact("memory encryption", f"not seen{can}", TOLD)
        yield found("memory-plain", f"no sign of it in what processor and kernel say{can}")
    yield from _freed(line)
    yield from _open(machine)


def _freed(line: str | None) -> Iterator[Fact | Finding]:
    if line is None:
        yield fact("freed memory", "not told", TOLD)
    elif "init_on_free=1" in line.split():
        yield fact("freed memory", "overwritten", TOLD)
    else:
        yield fact("freed memory", "not overwritten, as far as the kernel tells", TOLD)
        yield found("memory-not-zeroed", "init_on_free=1 is not on the kernel's command line")


def _open(machine: Machine) -> Iterator[Fact | Finding]:
    """Whether programs of the same user may read each other's memory."""
    if not (machine.root / "proc/sys/kernel").is_dir():
        yield fact("reading another program's memory", "not told", TOLD)
        return
    scope = (machine.text("proc/sys/kernel/yama/ptrace_scope") or "").strip()
    yield fact("reading another program's memory", SCOPES.get(scope, "not restricted"), TOLD)
    if scope not in SCOPES:
        seen = "kernel.yama.ptrace_scope is 0" if scope == "0" else "the kernel has no yama"
        yield found("memory-open", f"{seen}; workers and keys of the vault forbid it themselves")


SCOPES = {"1": "only by its parent", "2": "only by root", "3": "by nobody"}


def updates(machine: Machine) -> Iterator[Fact | Finding]:
    """How old the system's packages are, without asking anyone outside."""
    times = [
        (machine.root / place).stat().st_mtime
        for place in PACKAGE_LISTS
        if (machine.root / place).exists()
    ]
    if not times:
        yield fact("updates of the system", "not told", TOLD)
    else:
        days = machine.days_since(max(times))
        yield fact("updates of the system", f"last change of a package {_days(days)}", TOLD)
        if days > OLD_DAYS:
            yield found("system-old", f"the last change of a package was {_days(days)}")
    if any(
        (machine.root / place).exists()
        for place in ("run/reboot-required", "var/run/reboot-required")
    ):
        yield fact("restart", "waiting", TOLD)
        yield found("restart-due", "the system has left its note that a restart is due")


def time_kept(told: Clock) -> Iterator[Fact | Finding]:
    """What the system says of its clock, as receipts state it."""
    yield fact("clock", told.removeprefix("system clock, "), TOLD)
    if told == UNSYNCHRONISED:
        yield found("clock-unsynced", told)


def rights(user: int) -> Iterator[Fact | Finding]:
    """With whose rights this runs."""
    yield fact("rights", "all (root)" if user == 0 else "of an ordinary user", "observed")
    if user == 0:
        yield found("as-root", "the user of this process is number 0")


def core_limit() -> int:
    """The soft limit for core files of this process, 0 where none are made."""
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrlimit(resource.RLIMIT_CORE)[0]


def _days(days: int) -> str:
    return "today" if days <= 0 else f"{_several(days, 'day')} ago"


def _several(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
