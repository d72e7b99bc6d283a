"""Seal: a case as one file that verifies elsewhere: the log, every file that it names, proofs,
public keys, a page to read, and a verifier to read and run. The same case gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import tarfile
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO

from safelight.audit.canonical import base64_bytes
from safelight.engine.output import output_error
from safelight.errors import OutputExists, VerificationFailed
from safelight.proof.cases.acquire import PIECE_BYTES, Digests
from safelight.proof.cases.chain import Chain
from safelight.proof.cases.event import Person
from safelight.proof.cases.facts import File, Sealed
from safelight.proof.cases.folder import LOG, CaseFolder
from safelight.proof.cases.manifest import MANIFEST, SEAL, Manifest, content_digest, sealed
from safelight.proof.cases.proofs import place_of
from safelight.proof.cases.report import report
from safelight.proof.cases.shelf import FORM, Shelf, header
from safelight.vault.private import open_regular, sync_folder

REPORT, README, VERIFIER = "report.html", "README.txt", "verify_case.py"
ALONE = (("safelight.proof.cases", "alone"), ("safelight.audit", "alone"))


def seal(case: CaseFolder, chain: Chain, who: Person, why: str) -> Chain:
    """The chain with its seal; the same chain where it is sealed already. To be called while it is
    held, once everything in it was examined.
    """
    if chain.seal is not None:
        return chain
    files = chain.files()
    facts = Sealed(seal=secrets.token_hex(16), files=len(files), content=content_digest(files))
    return case.append(chain, "sealed", facts, who=who, why=why)


def write_bundle(case: CaseFolder, chain: Chain, shelf: Shelf, target: Path) -> bool:
    """Write the bundle of a sealed case; False if it lies there already, byte for byte.

    Raises OutputExists for another file of that name, VerificationFailed where a file of the case
    is not what it was, OutputFailed.
    """
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with open(os.open(temporary, flags, 0o600), "wb") as file:
            _write(case, chain, shelf, file)
            file.flush()
            os.fsync(file.fileno())
        return _named(temporary, target)
    except OSError as error:
        raise output_error(error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _write(case: CaseFolder, chain: Chain, shelf: Shelf, file: BinaryIO) -> None:
    if chain.seal is None:
        raise VerificationFailed("the case is not sealed")
    named = {one.place: one for one in chain.files()}
    made = {place: data for place, data in _made(chain, shelf).items() if place not in named}
    files = {**named, **{p: Digests.of(io.BytesIO(d)).at_place(p) for p, d in made.items()}}
    manifest = Manifest(
        case=chain.id,
        seal=chain.seal.seal,
        files=tuple(files[place] for place in sorted(files)),
    )
    data = manifest.to_bytes()
    digests = Digests.of(io.BytesIO(data)).at_place(MANIFEST)
    last = {MANIFEST: data, SEAL: sealed(manifest, digests, chain, case.keys.receipts)}
    top = f"case-{chain.id[:8]}"
    with tarfile.open(fileobj=file, mode="w", format=FORM) as tar:
        for place in sorted(files):
            if place in made:
                _add(tar, f"{top}/{place}", io.BytesIO(made[place]), files[place])
                continue
            with shelf.opened(place) as opened:
                _add(tar, f"{top}/{place}", opened, files[place])
        for place, content in last.items():
            size = Digests.of(io.BytesIO(content)).at_place(place)
            _add(tar, f"{top}/{place}", io.BytesIO(content), size)


def _made(chain: Chain, shelf: Shelf) -> dict[str, bytes]:
    """What the bundle holds besides the files that the log names."""
    log = b"".join(line.data + b"\n" for line in chain.lines)
    found = {LOG: log, REPORT: report(chain, shelf).encode(), README: _readme(chain).encode()}
    for _result, outcome in chain.done():
        with suppress(OSError):
            place = place_of(outcome.result)
            found[place] = shelf.read(place, PIECE_BYTES)
    for fingerprint, key in chain.keys.items():
        found[f"keys/{fingerprint}.pem"] = public_pem(base64_bytes(key))
    return found | verifiers()


def verifiers() -> dict[str, bytes]:
    """The stand-alone verifiers of this version, by their names."""
    found: dict[str, bytes] = {}
    for package, folder in ALONE:
        place = resources.files(package) / folder
        files = [one for one in place.iterdir() if one.name.startswith("verify_")]
        found |= {one.name: one.read_bytes() for one in files if one.is_file()}
    return found


def public_pem(public_bytes: bytes) -> bytes:
    """A raw Ed25519 key as a PEM file."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = Ed25519PublicKey.from_public_bytes(public_bytes)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class _Checked:
    """A file that is looked at while it is copied."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.sha256, self.sha3_256 = file, hashlib.sha256(), hashlib.sha3_256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.sha256.update(piece)
        self.sha3_256.update(piece)
        return piece


def _add(tar: tarfile.TarFile, name: str, file: BinaryIO, wanted: File) -> None:
    """One file, with nothing that differs from machine to machine. Raises VerificationFailed."""
    checked: Any = _Checked(file)
    tar.addfile(header(name, wanted.bytes), checked)
    is_it = (checked.sha256.hexdigest(), checked.sha3_256.hexdigest()) == (
        wanted.sha256,
        wanted.sha3_256,
    )
    if not is_it or file.read(1):
        raise VerificationFailed(f"{wanted.place} is not what it was")


def _named(temporary: Path, target: Path) -> bool:
    try:
        os.link(temporary, target)
    except FileExistsError as error:
        with open(open_regular(target), "rb") as one, open(temporary, "rb") as other:
            if Digests.of(one) != Digests.of(other):
                raise OutputExists(
                    "another file lies where the bundle would be", hint="-o with another name"
                ) from error
        return False
    except OSError:  # a file system without second names
        if target.exists():
            raise
        os.replace(temporary, target)
    sync_folder(target.parent)
    return True


def _readme(chain: Chain) -> str:
    keys = "\n".join(f"  {fingerprint}" for fingerprint in chain.keys)
    return README_TEXT.format(
        case=chain.id,
        keys=keys,
        log=LOG,
        page=REPORT,
        manifest=MANIFEST,
        seal=SEAL,
        script=VERIFIER,
    )


README_TEXT = """A sealed case
=============

case {case}

{log} ({page} shows it to people) is the log: one signed event a line, each with the SHA-256 of
the line before it. originals/ holds what was taken in, work/ what was made of copies of it, each
result with its signed receipt in the hidden folder .safelight beside it. journal/ holds proofs that
those receipts stand in the journal of the machine that made them. {manifest} lists every
file with two digests, {seal} is signed over it.

To check it all, without Safelight (it needs Python 3.9 and the package cryptography):

  python {script} BUNDLE.tar --key FINGERPRINT

With Safelight:

  safelight verify case BUNDLE.tar --key FINGERPRINT

A case that went to another machine has one key for each: name them all, --key before each.
FINGERPRINT must come to you in another way than this file: whoever could change the file could
also change what stands here. According to this bundle the keys are:

{keys}
"""
