"""trust show: what the local authority is, and who trusts it."""

from __future__ import annotations

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable
from safelight.cli.trusting import found


@click.command(name="show", add_help_option=False)
@setting("state_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face) -> int:
    """Show the local authority: fingerprint, what it may vouch for, which stores have it.

    \b
    Examples:
      safelight trust show
      safelight trust show --json

    And how systems other than Linux are told to trust its file.
    """
    from safelight.server.tls.authority import LOCAL_NETWORKS
    from safelight.server.tls.choosing import authority_file, authority_of
    from safelight.server.tls.stores import ELSEWHERE

    authority, file = authority_of(face.settings), authority_file(face.settings)
    ends = authority.certificate.not_valid_after_utc.strftime("%Y-%m-%d")
    stores = found(face, authority.name)
    networks = [str(network) for network in LOCAL_NETWORKS]
    if face.is_json:
        face.document({
            "type": "authority", "schema": SCHEMA, "name": authority.name,
            "fingerprint": authority.fingerprint, "file": str(file), "ends": ends,
            "names": list(authority.names), "networks": networks,
            "stores": [
                {"name": one.name, "place": str(one.place), "trusted": one.is_in} for one in stores
            ],
        })  # fmt: skip
        return 0
    face.out(authority.name)
    face.out(f"fingerprint  {authority.fingerprint}")
    face.out(f"file         {printable(str(file))}")
    face.out(f"ends         {ends}")
    face.out(f"names        {', '.join(authority.names)}, and what ends with a dot and one of them")
    face.out(f"addresses    {', '.join(networks)}")
    for store in stores:
        state = "trusted" if store.is_in else "not trusted"
        face.out(f"{state:<12} {store.name}: {printable(str(store.place))}")
    for system, how in ELSEWHERE.items():
        face.note(f"{system}: {how}")
    return 0
