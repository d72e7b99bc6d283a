"""Choosing: with what a server proves who it is, from what was asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from safelight.server.identity.preparing import FOLDER, server_folder
from safelight.server.options import ServeOptions
from safelight.server.tls import authority
from safelight.server.tls.authority import Authority, own_names
from safelight.server.tls.credentials import Brought, Credentials, Local, utc_now
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
    keys = load_or_make(settings.state_dir / "keys", settings.passphrase_file)
    host = host_name()
    names = (*LOOPBACK, *addresses, *own_names(host), *options.names)
    return Local(_folder(settings), lambda: keys.tls, host=host, names=names)


def authority_of(settings: Settings) -> Authority:
    """The local authority, made where there is none yet. Raises VaultLocked, PolicyRefused."""
    keys = load_or_make(settings.state_dir / "keys", settings.passphrase_file)
    return authority.load_or_make(_folder(settings), keys.tls, host_name(), now=utc_now())


def authority_file(settings: Settings) -> Path:
    """Where its certificate lies."""
    return server_folder(settings.state_dir) / FOLDER / authority.FILE


def _folder(settings: Settings) -> Path:
    folder = server_folder(settings.state_dir)
    private_folder(folder)
    private_folder(folder / FOLDER)
    return folder / FOLDER


def host_name() -> str:
    return os.uname().nodename
