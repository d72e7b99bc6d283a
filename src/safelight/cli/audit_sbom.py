"""audit sbom: every component of this installation, in the CycloneDX form."""

from __future__ import annotations

import json
from pathlib import Path

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking
from safelight.cli.paging import put
from safelight.cli.printable import printable


@click.command(name="sbom", add_help_option=False)
@click.option("-o", "--output", metavar="FILE", help="Write it to FILE, not to standard output.")
@setting("data_dir")
@speaking
@click.pass_obj
def command(face: Face, *, output: str | None) -> int:
    """List every component of this installation: packages, what is inside them, models.

    \b
    Examples:
      safelight audit sbom > sbom.cdx.json
      safelight audit sbom -o sbom.cdx.json
      safelight audit sbom --json

    The form is CycloneDX 1.6, as JSON. Versions come from what the wheels left here; nothing is
    loaded for it and nobody is asked. A library whose version no file tells has none in the list.
    """
    from safelight.audit.facts import utc_now
    from safelight.cli.shelf import store_of
    from safelight.proof.components.cyclonedx import document
    from safelight.proof.components.installed import packages
    from safelight.studio.files import parts

    bom = document(packages(), store_of(face).entries(), parts(), made=utc_now())
    text = json.dumps(bom, indent=2, ensure_ascii=False) + "\n"
    if output is not None:
        put(Path(output), text.encode())
    if face.is_json:
        count = len(bom["components"])
        head = {"type": "sbom", "schema": SCHEMA, "components": count, "written": output}
        face.document(head | ({} if output else {"bom": bom}))
    elif output is None:
        face.out(text.rstrip("\n"))
    else:
        face.note(f"written: {printable(output)}, {len(bom['components'])} components")
    return 0
