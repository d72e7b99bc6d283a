"""Bundling: models to a file for a machine without network, and from one.

A bundle is signed by who wrote it. That matters only for models that the catalogue of this program
does not pin itself: those are taken from one's own key, or from a key that was named.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from safelight.audit import dsse
from safelight.audit.canonical import base64_bytes, base64_text, canonical, parse_canonical
from safelight.engine.shelving import Shelving
from safelight.errors import (
    DiskFull,
    ModelMissing,
    OutputExists,
    OutputFailed,
    PolicyRefused,
    SafelightError,
    UsageError,
    VerificationFailed,
)
from safelight.limits import MEGA
from safelight.models import bundle
from safelight.models.entry import Entry
from safelight.models.lint import require_whole
from safelight.models.shelf import pins
from safelight.models.staging import refuse_full_disk
from safelight.models.store import Store
from safelight.vault.keys import Signer, fingerprint_of

KIND = "application/vnd.safelight.bundle+json"
SCHEMA = "safelight-bundle/1"
MAX_BUNDLED = 256


@dataclass(frozen=True, slots=True)
class Packed:
    """One model of a bundle. is_pinned: the catalogue of this program pins the same files; is_here:
    they are in use already.
    """

    entry: Entry
    is_pinned: bool
    is_here: bool


def export(store: Store, names: Sequence[str], path: Path, signer: Signer) -> tuple[Entry, ...]:
    """Write these models, with what they cannot be without and not every installation has, to a
    new file.

    Raises ModelMissing, PolicyRefused for models of the package, UsageError for too many,
    OutputExists, OutputFailed, VerificationFailed for a file that is not the pinned one; then there
    is no file.
    """
    entries = _gathered(store, names)
    if os.path.lexists(path):
        raise OutputExists(f"{path} is there already", hint="give -o another name")
    statement = _signed(entries, signer)
    if len(entries) > MAX_BUNDLED or len(statement) > bundle.MAX_STATEMENT_BYTES:
        raise UsageError(
            f"a bundle has at most {MAX_BUNDLED} models, of which there is not too much to say",
            hint="make two",
        )
    places = {one.sha256: file for entry in entries for one, file in store.files(entry)}
    files = [(one, places[one.sha256]) for one in bundle.files_of(entries)]
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as out:
            bundle.write(out, statement, files)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except DiskFull as error:
        raise DiskFull("no space is left for the bundle", hint="give -o another place") from error
    except OSError as error:
        reason = (error.strerror or "error").lower()
        raise OutputFailed(f"the bundle cannot be written: {reason}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    return entries


class Arriving:
    """A bundle that is being taken in: look at what it has, then unpack it."""

    def __init__(self, shelving: Shelving, source: IO[bytes], signer: Signer) -> None:
        """Raises VerificationFailed for what is no bundle, or was changed after it was signed."""
        self._shelving, self._source = shelving, source
        self._entries, self.fingerprint = _read(bundle.read_statement(source))
        self.is_ours = self.fingerprint == signer.fingerprint
        self.packed = tuple(map(partial(_judged, shelving.store), _needed_first(self._entries)))

    def unpack(self) -> None:
        """Stage every file, checked. Raises as bundle.read_files does, and DiskFull."""
        files = bundle.files_of(self._entries)
        refuse_full_disk(self._shelving.shelf.folder, sum(one.size_bytes for one in files))
        bundle.read_files(self._source, files, self._shelving.shelf.staged_file)

    def discard(self) -> None:
        """Throw away what was unpacked and not taken into use."""
        for one in bundle.files_of(self._entries):
            self._shelving.shelf.staged_file(one).drop()


def _gathered(store: Store, names: Iterable[str]) -> tuple[Entry, ...]:
    here = {entry.name: entry for entry in store.entries()}
    found: dict[str, Entry] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name not in here:
            raise ModelMissing(f"there is no model {name!r} here to export")
        if store.origin(name) == "built-in":
            raise PolicyRefused(f"{name} is part of the program: every installation has it")
        found[name] = here[name]
        others = (here[name].exact, here[name].over)
        further = [other for other in others if other is not None and other not in found]
        waiting += [other for other in further if store.origin(other) != "built-in"]
    if not found:
        raise UsageError("name a model to export", hint="safelight models list")
    return tuple(found[name] for name in sorted(found))


def _needed_first(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Those that others cannot be without before these: each is tried out as it comes."""
    waiting = {entry.name: entry for entry in entries}
    ordered: list[Entry] = []
    while waiting:
        free = [e for e in waiting.values() if not {e.exact, e.over} & waiting.keys()]
        # Two that need each other come as they are: the trial tells what is wrong.
        for entry in free or list(waiting.values()):
            ordered.append(waiting.pop(entry.name))
    return tuple(ordered)


def _signed(entries: Sequence[Entry], signer: Signer) -> bytes:
    statement = {
        "key": base64_text(signer.public_bytes),
        "models": [entry.model_dump(mode="json") for entry in entries],
        "schema": SCHEMA,
    }
    return dsse.sign(canonical(statement), signer, KIND)


def _read(untrusted: bytes) -> tuple[tuple[Entry, ...], str]:
    """The entries, and the fingerprint of the key that signed them. Raises VerificationFailed."""
    try:
        envelope = dsse.parse(untrusted)
        match parse_canonical(envelope.payload, MEGA):
            case {"key": str(key), "models": [*models], "schema": str(schema), **rest} if not rest:
                public = base64_bytes(key)
                dsse.verify(untrusted, public, KIND)
                if schema != SCHEMA or not 1 <= len(models) <= MAX_BUNDLED:
                    raise VerificationFailed("the bundle is of another version")
                return tuple(map(_entry, models)), fingerprint_of(public)
    except SafelightError as error:
        raise VerificationFailed(f"the bundle was changed: {error.message}") from error
    raise VerificationFailed("the bundle says nothing that is understood")


def _entry(untrusted: Any) -> Entry:
    return Entry.from_json(canonical(untrusted))


def _judged(store: Store, untrusted: Entry) -> Packed:
    """What the bundle says of a model, or what our own catalogue says of the same files.

    Raises PolicyRefused for a name of the package, a word that stands for models there, and a model
    that is excluded.
    """
    name, catalogue = untrusted.name, store.catalogue()
    stated = next((entry for entry in catalogue if entry.name == name), None)
    words = {word for entry in catalogue for word in entry.aliases}
    is_pinned = stated is not None and pins(stated) == pins(untrusted)
    if name in words if stated is None else stated.url is None:
        raise PolicyRefused(
            f"the bundle has a model by the name {name}, which is the program's own"
        )
    entry = stated if stated is not None and is_pinned else _foreign(untrusted, catalogue)
    if entry.licence_class == "excluded":
        raise PolicyRefused(f"{name} is not to be had: {entry.caveat or entry.licence}")
    is_here = any(one.name == name and pins(one) == pins(entry) for one in store.entries())
    return Packed(entry, is_pinned, is_here)


def _foreign(untrusted: Entry, catalogue: Sequence[Entry]) -> Entry:
    """A model that the bundle alone vouches for: it takes no word that stands for another one, and
    a file of the catalogue that is not free stands under the terms that it has there. Raises
    UsageError for a contract that cannot be.
    """
    require_whole(untrusted)
    words = {word for entry in catalogue for word in (entry.name, *entry.aliases)}
    bound = (entry for entry in catalogue if entry.licence_class != "free")
    same = next((entry for entry in bound if entry.sha256 == untrusted.sha256), untrusted)
    facts: dict[str, Any] = dict(same.terms)
    facts["aliases"] = tuple(word for word in untrusted.aliases if word not in words)
    facts |= {"pin": "own", "pin_source": "a bundle, and nobody else"}
    return untrusted.model_copy(update=facts)
