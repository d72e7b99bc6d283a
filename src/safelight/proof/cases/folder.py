"""Folder: a case on disk, and the only place that adds to its log.

    case.jsonl      the log
    originals/      what was acquired: read-only, E0001.jpg and so on
    work/R0001/     a result, its receipt in the hidden folder beside it, small previews

One run at a time works on a case. An event is on disk before the command that made it says so; what
a run that died left behind the last whole event is cut off by the next.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from safelight.audit.fact import Fact
from safelight.engine.kept import CASE_LOG, ORIGINALS, WORK
from safelight.engine.output import FULL
from safelight.errors import (
    DiskFull,
    InputMissing,
    OutputExists,
    OutputFailed,
    PolicyRefused,
    Unavailable,
)
from safelight.proof.cases.chain import MAX_LOG_BYTES, Chain, walk
from safelight.proof.cases.event import Kind, Person, signed
from safelight.proof.cases.facts import Created
from safelight.proof.cases.registry import Registry
from safelight.vault.keys import Keys
from safelight.vault.lock import hold
from safelight.vault.private import open_regular, read_up_to, sync_folder, write_private

LOG, LOCK = CASE_LOG, ".lock"
FOLDER_MODE = 0o700


class CaseFolder:
    """The case in this folder, led with these keys."""

    def __init__(self, folder: Path, keys: Keys, registry: Registry) -> None:
        self.folder, self.keys, self.registry = folder, keys, registry
        self.originals, self.work = folder / ORIGINALS, folder / WORK

    def create(self, title: str, who: Person, why: str) -> Chain:
        """Begin a case here. Raises OutputExists where something lies already, OutputFailed."""
        try:
            for folder in (self.folder, self.originals, self.work):
                folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            allowed = {self.originals.name, self.work.name, LOCK}
            others = {path.name for path in self.folder.iterdir()} - allowed
        except OSError as error:
            raise unwritten(error) from error
        with self._lock():
            is_begun = any(not name.startswith(f".{LOG}.") for name in others)
            if is_begun or any(self.originals.iterdir()) or any(self.work.iterdir()):
                raise OutputExists(
                    "the folder is not empty: a case begins in one of its own",
                    hint="give the path of a folder that is not there yet",
                )
            line = signed(
                self.keys.receipts, case=secrets.token_hex(16), number=1, previous=Chain().tip,
                event="created", who=who, why=why,
                facts=Created(title=title).model_dump(mode="json"),
            )  # fmt: skip
            chain = Chain().with_line(line)
            write_private(self.folder / LOG, line.data + b"\n")
            sync_folder(self.folder.parent)
            self.registry.remember(chain, self.folder)
            return chain

    def read(self) -> Chain:
        """The log, checked, also against what is remembered of it here.

        Raises InputMissing where there is no case, VerificationFailed.
        """
        chain = walk(self._log())
        self.registry.check(chain)
        return chain

    @contextmanager
    def held(self) -> Iterator[Chain]:
        """Keep other runs away meanwhile; gives the chain. Raises like read, Unavailable, and
        PolicyRefused where a folder of the case is a link.
        """
        self._log()
        for folder in (self.originals, self.work):
            if folder.is_symlink():
                raise PolicyRefused(f"{folder.name}/ of the case is a link", hint="look where to")
        with self._lock():
            chain = self.read()
            if chain.unfinished_bytes:
                try:
                    os.truncate(self.folder / LOG, chain.size_bytes)
                except OSError as error:
                    raise unwritten(error) from error
                chain = replace(chain, unfinished_bytes=0)
            yield chain

    def append(self, chain: Chain, kind: Kind, facts: Fact, **more: Any) -> Chain:
        """The chain with one more event, which is on disk by then. To be called while it is held.

        more: who, why, from, to, witness. Raises VerificationFailed for what does not follow,
        OutputFailed, DiskFull.
        """
        line = signed(
            self.keys.receipts, case=chain.id, number=chain.number + 1, previous=chain.tip,
            event=kind, facts=facts.model_dump(mode="json"), **more,
        )  # fmt: skip
        grown = chain.with_line(line)
        try:
            flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
            with open(os.open(self.folder / LOG, flags), "ab") as file:
                file.write(line.data + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise unwritten(error) from error
        self.registry.remember(grown, self.folder)
        return grown

    def person(self, chain: Chain | None, name: str | None, role: str | None) -> Person:
        """Who acts: as named, else who has the case."""
        had, had_role = chain.custodian if chain is not None else ("", "")
        return Person(
            name=name or had,
            role=(role or "") if name else (role or had_role),
            account=self.keys.pseudonym(_account()),
        )

    def require(self) -> None:
        """Raises InputMissing where there is no case."""
        self._log()

    def _log(self) -> bytes:
        try:
            with open(open_regular(self.folder / LOG), "rb") as file:
                return read_up_to(file, MAX_LOG_BYTES)
        except OSError as error:
            raise InputMissing(
                f"there is no case in {self.folder}", hint="safelight case new FOLDER"
            ) from error

    def refuse_stranger(self, chain: Chain) -> None:
        """Raises PolicyRefused unless this machine's key is that of who has the case."""
        if self.keys.receipts.fingerprint != chain.holder:
            raise PolicyRefused(
                "the case is led with another machine's key",
                hint="there: safelight case transfer CASE --to NAME --why REASON; here: --accept",
            )

    @contextmanager
    def _lock(self) -> Iterator[None]:
        try:
            with hold(self.folder / LOCK):
                yield
        except Unavailable as error:
            raise Unavailable("another run works on this case") from error


def refuse_closed(chain: Chain) -> None:
    """Raises PolicyRefused for a case that is sealed, or that nobody has confirmed to have."""
    if chain.seal is not None:
        raise PolicyRefused("the case is sealed", hint="safelight case open CASE --why REASON")
    refuse_away(chain)


def refuse_away(chain: Chain) -> None:
    """Raises PolicyRefused for a case that was given away and that nobody has confirmed to have."""
    if chain.is_handed_over:
        raise PolicyRefused(
            "the case was handed over, and nobody has confirmed to have it",
            hint="safelight case transfer CASE --accept",
        )


def unwritten(error: OSError) -> OutputFailed:
    """Our error for a write into a case that the system refused."""
    if error.errno in FULL:
        return DiskFull()
    reason = (error.strerror or "input/output error").lower()
    return OutputFailed(f"the case cannot be written: {reason}", hint="check its folder and disk")


def _account() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
