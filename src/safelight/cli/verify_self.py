"""verify self: is what this installation hands to browsers what was built?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from safelight.cli.checking import PAINTS
from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import speaking
from safelight.cli.printable import printable
from safelight.errors import SomethingMissing, VerificationFailed

if TYPE_CHECKING:
    from safelight.studio.files import Difference, Manifest

LIMIT = "who may change a file may change the list too: compare the digest with another copy's"


@click.command(name="self", add_help_option=False)
@speaking
@click.pass_obj
def command(face: Face) -> int:
    """Check every file of the Studio against the list that was built with it.

    \b
    Examples:
      safelight verify self
      safelight verify self --json

    The Studio is what `safelight serve` hands to browsers. The server makes the same check before
    it starts. The list states a digest over itself, the same in every copy of a version.
    """
    from safelight.studio.files import differences, is_unbuilt

    if is_unbuilt():
        raise SomethingMissing("the Studio is not built here", hint="scripts/studio.py builds it")
    manifest, found = differences()
    if face.is_json:
        _document(face, manifest, found)
    else:
        _tell(face, manifest, found)
    return VerificationFailed.exit_code if found else 0


def _document(face: Face, manifest: Manifest, found: tuple[Difference, ...]) -> None:
    head = {"type": "self-verification", "schema": SCHEMA, "ok": not found}
    files = list(manifest.files.values())
    face.document({
        **head,
        "digest": manifest.digest,
        "files": len(files),
        "bytes": sum(one.size for one in files),
        "different": [{"name": one.name, "what": one.what} for one in found],
        "limits": [LIMIT],
    })  # fmt: skip


def _tell(face: Face, manifest: Manifest, found: tuple[Difference, ...]) -> None:
    size = sum(one.size for one in manifest.files.values())
    for one in found:
        if face.verbosity < 0:
            face.failure(one.name, one.what, "")
        else:
            state = face.paint(f"{'failed':<8}", PAINTS["failed"])
            face.out(f"{'studio':<10} {state} {printable(one.name)}: {one.what}")
    if face.verbosity < 0:
        return
    if not found:
        state = face.paint(f"{'ok':<8}", PAINTS["ok"])
        face.out(f"{'studio':<10} {state} {len(manifest.files)} files, {size} bytes, as built")
    face.out(f"{'digest':<10} {'':<8} {manifest.digest}")
    face.out()
    face.out("What this cannot show:")
    face.out(f"  - {LIMIT}")
