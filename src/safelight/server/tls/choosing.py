"""Choosing: with what a server proves who it is, from what was asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from safelight.server.identity.preparing import FOLDER, server_folder
from safelight.server.options import ServeOptions
from safelight.server.tls.authority import own_names
from safelight.server.tls.credentials import Brought, Credentials, Local
from safelight.settings import Settings
from safelight.vault.keys import load_or_make
from safelight.vault.private import private_folder

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def chosen(settings: Settings, options: ServeOptions, addresses: Sequence[str]) -> Credentials:
    """The user's own certificate where one was brought, else one of the local authority for these
    addresses and every name by which the server is asked.

    Raises PolicyRefused, InputMissing, VaultLocked.
    """
    if options.certificate is not None and options.certificate_key is not None:
        return Brought(Path(options.certificate), Path(options.certificate_key))
    folder = server_folder(settings.state_dir) / FOLDER
    private_folder(folder)
    keys = load_or_make(settings.state_dir / "keys", settings.passphrase_file)
    host = host_name()
    names = (*LOOPBACK, *addresses, *own_names(host), *options.names)
    return Local(folder, lambda: keys.tls, host=host, names=names)


def host_name() -> str:
    return os.uname().nodename
