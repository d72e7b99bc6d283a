"""Registry: which cases were led on this machine, where they lie, and how long each log was.

A log that was cut back, or put back from an older copy, no longer holds what is remembered here.
One private file a case, in the state folder. It holds no title and no name of a file; the folder's
own path is there so that `case list` can find it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from safelight.audit.canonical import base64_bytes, base64_text, canonical
from safelight.audit.fact import Count, Digest, Fact
from safelight.errors import VerificationFailed
from safelight.proof.cases.chain import Chain
from safelight.vault.private import private_folder, read_private, write_private

MAX_BYTES = 16_384


class Known(Fact):
    """What is remembered of one case: its folder (base64 of the path), events, the last digest."""

    case: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    folder: Annotated[str, Field(max_length=8_000)]
    number: Count
    digest: Digest

    @property
    def path(self) -> Path:
        return Path(os.fsdecode(base64_bytes(self.folder)))


@dataclass(frozen=True, slots=True)
class Registry:
    """The registry in this folder."""

    folder: Path

    def remember(self, chain: Chain, place: Path) -> None:
        """Note how far the log of the case in this folder has come."""
        private_folder(self.folder)
        known = Known(
            case=chain.id,
            folder=base64_text(os.fsencode(place.absolute())),
            number=chain.number,
            digest=chain.tip,
        )
        write_private(self.folder / f"{chain.id}.json", canonical(known.model_dump(mode="json")))

    def known(self, case: str) -> Known | None:
        """What is remembered of a case; None for one that was never led here.

        Raises VerificationFailed where the file is damaged.
        """
        data = read_private(self.folder / f"{case}.json", MAX_BYTES)
        if data is None:
            return None
        try:
            return Known.model_validate_json(data)
        except ValidationError as error:
            raise VerificationFailed("what is remembered of the case is damaged") from error

    def all(self) -> Iterator[Known]:
        """Every case that was led here, by its id."""
        for path in sorted(self.folder.glob("*.json")):
            known = self.known(path.stem)
            if known is not None:
                yield known

    def knows(self, place: Path) -> bool:
        """Whether a case was led here in this folder."""
        return any(known.path == place.absolute() for known in self.all())

    def check(self, chain: Chain) -> None:
        """Raises VerificationFailed if the log is not the one that was led here, or a cut one."""
        known = self.known(chain.id)
        if known is None:
            return
        if chain.number < known.number:
            raise VerificationFailed(
                f"the log was cut: it had {known.number} events and has {chain.number}"
            )
        if chain.digest_at(known.number) != known.digest:
            raise VerificationFailed(f"event {known.number} is not the one that was written here")
