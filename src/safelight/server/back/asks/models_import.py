"""Models from a bundle, checked and tried out as on the command line."""

from __future__ import annotations

import os
from typing import Any

from safelight.engine.bundling import Arriving, Packed
from safelight.engine.shelving import Shelving, Told
from safelight.engine.source import Sealed
from safelight.errors import InputRefused, PolicyRefused, UsageError, VerificationFailed
from safelight.server.back.asking import Given


def answer(given: Given) -> dict[str, Any]:
    """One file, the bundle; facts: key, the fingerprint of one who is trusted; accepted, models
    whose terms were accepted. Raises PolicyRefused for what nobody trusted vouches for,
    InputRefused for what is no bundle or was changed, and what the trial of a model ends with.
    """
    try:
        return _taken_in(given)
    except VerificationFailed as error:
        raise InputRefused(error.message, hint=error.hint) from error


def _taken_in(given: Given) -> dict[str, Any]:
    engine = given.engine
    shelving = Shelving(engine.settings)
    with _reader(given) as source:
        arriving = Arriving(shelving, source, engine.book.keys.receipts)
        _require_trust(arriving, str(given.untrusted_facts.get("key") or ""))
        require_terms(arriving.packed, given.untrusted_facts.get("accepted", []))
        with shelving.alone():
            try:
                arriving.unpack()
                trials = [(one.entry, shelving.admit(one.entry, Told())) for one in arriving.packed]
            finally:
                arriving.discard()
    engine.store.look_again()
    return {
        "models": [
            {"name": entry.name, "sha256": entry.sha256, "tried": trial is not None}
            for entry, trial in trials
        ]
    }


def _reader(given: Given) -> Any:
    match given.files:
        case (Sealed(fd=fd),):
            os.lseek(fd, 0, os.SEEK_SET)
            return os.fdopen(os.dup(fd), "rb")
    raise UsageError("one file is taken, a bundle of models")


def _require_trust(arriving: Arriving, key: str) -> None:
    foreign = [one.entry.name for one in arriving.packed if not one.is_pinned]
    if foreign and not arriving.is_ours and key.lower() != arriving.fingerprint:
        raise PolicyRefused(
            f"this program's catalogue does not pin {', '.join(foreign)}, and the bundle is not"
            " signed by this machine",
            hint=f"if you know the key: key={arriving.fingerprint}",
        )


def require_terms(packed: tuple[Packed, ...], accepted: Any) -> None:
    """Raises PolicyRefused for terms that nobody has accepted."""
    told = accepted if isinstance(accepted, list) else []
    for one in packed:
        if one.entry.licence_class == "consent" and one.entry.name not in told:
            raise PolicyRefused(
                f"the terms of {one.entry.name} must be accepted first: {one.entry.licence}",
                hint=f"accept_licence={one.entry.name}",
            )
