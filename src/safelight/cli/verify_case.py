"""verify case: whether a sealed case is what was sealed. Works where nothing else of it is."""

from __future__ import annotations

from pathlib import Path

import click

from safelight.cli.custody import case_at, conclude, here_of, house, keeping, trusting
from safelight.cli.face import Face
from safelight.errors import UsageError


@click.command(name="case", add_help_option=False)
@click.argument("bundle", metavar="FILE")
@trusting
@keeping
@house
@click.pass_obj
def command(face: Face, bundle: str, *, keys: tuple[str, ...], kept: tuple[str, ...]) -> int:
    """Check a sealed case. What is looked at: seal, log, keys, originals, results, receipts,
    journal. Works offline.

    \b
    Examples:
      safelight verify case 2026-114.sealed.tar --key FINGERPRINT
      safelight verify case 2026-114.sealed.tar --key their-key.pem --json

    FINGERPRINT is that of the key which sealed it, and must come to you in another way. A folder is
    checked with safelight case verify. Nothing is unpacked.
    """
    from safelight.proof.cases.bundle import examine_bundle
    from safelight.proof.cases.shelf import bundle_at

    if Path(bundle).is_dir():
        raise UsageError("this is a folder, no sealed case", hint=f"safelight case verify {bundle}")
    here = here_of(face, case_at(face, bundle), keys=keys, kept=kept)
    with bundle_at(Path(bundle)) as shelf:
        lines, chain = examine_bundle(shelf, here)
    return conclude(face, bundle, lines, chain)
