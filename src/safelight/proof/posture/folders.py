"""Folders: who may read or change what is kept here, what of it there is, and how old it is."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from safelight.proof.posture.finding import found
from safelight.proof.reports.page import Fact, Finding, Table, fact
from safelight.proof.reports.plain import size

OTHERS, OTHERS_WRITE = 0o077, 0o022
DAY_S = 86_400
PRIVATE = ("journal", "ledger", "receipts", "accepted")
STARTS = ("safelight-", ".safelight-")


def permissions(state_dir: Path, data_dir: Path) -> Iterator[Fact | Finding]:
    """Who else may read or change the folders of this installation."""
    keys = [path for path in _within(state_dir / "keys") if _open_to(path, OTHERS)]
    kept = [
        path for name in PRIVATE for path in _within(state_dir / name) if _open_to(path, OTHERS)
    ]
    writable = [path for path in (state_dir, data_dir) if _open_to(path, OTHERS_WRITE)]
    above = any(map(_is_replaceable, (*state_dir.parents, *data_dir.parents)))
    for name, places in (("keys", keys), ("journal, ledger, receipts", kept)):
        words = f"{len(places)} open to others" if places else "only their owner"
        yield fact(f"who may read {name}", words, "observed")
    is_open = bool(writable) or above
    yield fact("who may add files", "others, too" if is_open else "only their owner", "observed")
    if keys:
        yield found("keys-open", f"open to others: {_named(keys, state_dir)}")
    if kept:
        yield found("state-open", f"open to others: {_named(kept, state_dir)}")
    if writable:
        which = " and ".join("state" if path == state_dir else "models" for path in writable)
        yield found("folder-writable", f"others may write to the folder of {which}")
    elif above:
        yield found("folder-writable", "others may replace a folder that they lie in")


def leftovers(folder: Path, *, now: float | None = None) -> Iterator[Fact | Finding]:
    """Folders in the system's temporary folder that a run made and did not take away."""
    user, now = getattr(os, "geteuid", lambda: -1)(), now or time.time()
    old = [
        path
        for start in STARTS
        for path in folder.glob(f"{start}*")
        if _is_ours(path, user) and now - path.lstat().st_mtime > DAY_S
    ]
    yield fact("leftovers of runs that died", str(len(old)) if old else "none", "observed")
    if old:
        yield found("leftovers", f"{len(old)} in the temporary folder, older than a day")


def held(state_dir: Path, data_dir: Path) -> Table:
    """What is held where: how much, from when to when, and what takes it away."""
    rows = [
        _row("receipts of results without a file", state_dir / "receipts", RECEIPT_RULE),
        _row("journal: time, duration, sizes, codes", state_dir / "journal", LOG_RULE),
        _row("ledger: connections, self-tests", state_dir / "ledger", LOG_RULE),
        _row("risks taken on", state_dir / "accepted", LOG_RULE),
        _row("keys", state_dir / "keys", "until the vault or you replace them"),
        _row("models that came from outside", data_dir / "models", "safelight models rm"),
    ]
    rows.append(("receipts of files", "beside each output", "", "", RECEIPT_RULE))
    rows.append(("pictures", "none here", "", "", PICTURES_RULE))
    return Table(headings=("what", "how much", "oldest", "newest", "kept until"), rows=tuple(rows))


RECEIPT_RULE = "you remove them; verification ends with them"
LOG_RULE = "never shortened; a cut is noticed, an older copy put back only by a kept checkpoint"
PICTURES_RULE = "inputs stay where they are; results go where you say; a case keeps its originals"


def _row(what: str, folder: Path, rule: str) -> tuple[str, ...]:
    if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        return (what, "cannot be seen by this account", "", "", rule)
    stats = [path.lstat() for path in _within(folder) if path.is_file()]
    if not stats:
        return (what, "none", "", "", rule)
    total = sum(one.st_size for one in stats)
    times = [one.st_mtime for one in stats]
    count = f"{len(stats)} file{'' if len(stats) == 1 else 's'}, {size(total)}"
    return (what, count, _day(min(times)), _day(max(times)), rule)


def _within(folder: Path) -> list[Path]:
    """The folder and everything below it, without following links."""
    if not folder.is_dir() or folder.is_symlink():
        return []
    found = [folder]
    for place, folders, names in os.walk(folder):
        found += [Path(place, name) for name in sorted((*folders, *names))]
    return found


def _open_to(path: Path, bits: int) -> bool:
    try:
        mode = path.lstat()
    except OSError:
        return False
    return not stat.S_ISLNK(mode.st_mode) and bool(mode.st_mode & bits) and os.name == "posix"


def _is_replaceable(folder: Path) -> bool:
    """True if others may put another folder in the place of one that lies in this one."""
    try:
        mode = folder.stat().st_mode
    except OSError:
        return False
    return os.name == "posix" and bool(mode & OTHERS_WRITE) and not mode & stat.S_ISVTX


def _is_ours(path: Path, user: int) -> bool:
    try:
        return path.lstat().st_uid == user or user < 0
    except OSError:
        return False


def _named(paths: list[Path], folder: Path) -> str:
    names = [str(path.relative_to(folder)) for path in paths[:5]]
    more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return ", ".join(names) + more


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
