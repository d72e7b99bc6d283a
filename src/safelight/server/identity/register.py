"""Register: the file of everybody who may ask, and of the tickets by which one becomes known.

It is written under a lock, in one piece, by the command line and by the back end. The front end
only reads it, and sees a change with the next request. It holds no secret, only digests.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from safelight.errors import InputMissing, LimitExceeded, PolicyRefused
from safelight.limits import MEGA
from safelight.server.endpoint import Scope
from safelight.server.identity.record import BECOMES, HOLDERS, Kind, Record
from safelight.server.identity.secret import digest_of, id_of, is_it, new_id, new_secret
from safelight.vault.lock import hold
from safelight.vault.private import private_folder, read_private, write_private

FILE, LOCK = "tokens.json", ".lock"
SCHEMA = 1
MAX_FILE_BYTES = MEGA
MAX_RECORDS = 1_000
Clock = Callable[[], float]
_Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Fresh:
    """A record that was made just now, and the secret that is told once."""

    record: Record
    secret: str


class Register:
    """Those of one state folder. now: seconds since 1970."""

    def __init__(self, folder: Path, *, now: Clock = time.time) -> None:
        self.folder = folder
        self._now = now
        self._stamp: _Stamp | None = None
        self._read: dict[str, Record] = {}

    def records(self) -> Mapping[str, Record]:
        """Those that are alive, by id. Raises PolicyRefused for a file that is damaged, a link,
        someone else's or open to others.
        """
        stamp = self._stamp_now()
        if stamp != self._stamp:
            self._read, self._stamp = self._from_file(), stamp
        now = self._now()
        return {id: record for id, record in self._read.items() if record.is_alive(now)}

    def holder(self, untrusted_secret: str, kinds: Collection[Kind] = HOLDERS) -> Record | None:
        """Whose secret it is, among these kinds; None for nobody's."""
        record = self.records().get(id_of(untrusted_secret) or "")
        # Compared with something in any case: how long it takes tells no id.
        is_right = is_it(untrusted_secret, record.digest if record else "0" * 64)
        return record if record and is_right and record.kind in kinds else None

    def add(
        self,
        kind: Kind,
        name: str,
        scopes: tuple[Scope, ...],
        *,
        for_s: int | None,
        lasts_s: int | None = None,
        secret: str | None = None,
    ) -> Fresh:
        """One more, for so many seconds; None is for ever. secret: one that others choose.

        Raises LimitExceeded where there are MAX_RECORDS, Unavailable, OutputFailed.
        """
        with self._changing() as records:
            return self._added(
                records, kind, name, scopes, for_s=for_s, lasts_s=lasts_s, secret=secret
            )

    def redeem(self, untrusted_secret: str, kind: Kind, *, name: str = "") -> Fresh | None:
        """What a ticket of this kind becomes, with a name of its own if one is given. It is gone
        then; None where there is none.
        """
        with self._changing() as records:
            digest = digest_of(untrusted_secret)
            ticket = next((one for one in records.values() if one.digest == digest), None)
            if ticket is None or ticket.kind != kind:
                return None
            del records[ticket.id]
            return self._added(
                records, BECOMES[kind], name or ticket.name, ticket.scopes, for_s=ticket.lasts_s
            )

    def remove(self, id: str) -> Record:
        """Raises InputMissing where nobody has this id."""
        with self._changing() as records:
            if id not in records:
                raise InputMissing("nobody has this id", hint="safelight token list")
            return records.pop(id)

    def forget(self, kinds: Collection[Kind]) -> None:
        """Remove all of these kinds."""
        with self._changing() as records:
            for id in [id for id, record in records.items() if record.kind in kinds]:
                del records[id]

    def _added(
        self,
        records: dict[str, Record],
        kind: Kind,
        name: str,
        scopes: tuple[Scope, ...],
        *,
        for_s: int | None,
        lasts_s: int | None = None,
        secret: str | None = None,
    ) -> Fresh:
        if len(records) >= MAX_RECORDS:
            raise LimitExceeded(
                f"{MAX_RECORDS} tokens are there already", hint="safelight token revoke ID"
            )
        id = new_id()
        while id in records:
            id = new_id()
        secret, now = secret or new_secret(id), int(self._now())
        expires = None if for_s is None else now + for_s
        record = Record(id, kind, name, scopes, digest_of(secret), now, expires, lasts_s)
        records[id] = record
        return Fresh(record, secret)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Record]]:
        private_folder(self.folder.parent)
        private_folder(self.folder)
        with hold(self.folder / LOCK):
            now = self._now()
            before = self._from_file()
            records = {id: record for id, record in before.items() if record.is_alive(now)}
            yield records
            if records != before:
                write_private(self.folder / FILE, _written(records))

    def _stamp_now(self) -> _Stamp | None:
        try:
            found = os.stat(self.folder / FILE, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _from_file(self) -> dict[str, Record]:
        data = read_private(self.folder / FILE, MAX_FILE_BYTES)
        if data is None:
            return {}
        try:
            if len(data) > MAX_FILE_BYTES:
                raise ValueError
            document = json.loads(data)
            if document["schema"] != SCHEMA:
                raise ValueError
            records = [Record.from_json(one) for one in document["records"]]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise PolicyRefused(
                "the list of tokens is damaged",
                hint=f"remove {FILE} from server/identity in the state folder: tokens end with it",
            ) from error
        return {record.id: record for record in records}


def _written(records: Mapping[str, Record]) -> bytes:
    listed = [record.to_json() for record in records.values()]
    return json.dumps({"schema": SCHEMA, "records": listed}, indent=1).encode() + b"\n"
