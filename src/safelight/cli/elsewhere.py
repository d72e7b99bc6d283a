"""Elsewhere: the server that the settings name, in the place of an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from safelight.errors import SomethingMissing
from safelight.settings import Settings

if TYPE_CHECKING:
    from safelight.client.remote import RemoteEngine


def require_client() -> None:
    """Raises SomethingMissing where the extra is not installed."""
    from importlib.util import find_spec

    if find_spec("httpx") is None:
        raise SomethingMissing(
            "what asks a server is not installed", hint="pip install 'safelight[client]'"
        )


def remote_engine(settings: Settings) -> RemoteEngine:
    """Raises SomethingMissing, Unavailable, PolicyRefused, ParameterInvalid."""
    require_client()
    from safelight.client.remote import RemoteEngine

    return RemoteEngine.of(settings)
