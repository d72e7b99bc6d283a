"""Ends: with which errors a call of an endpoint can end. What the endpoint says itself is added to
what follows from its scope, its method, its parameters and its body.
"""

from __future__ import annotations

from collections.abc import Iterator

from safelight import errors
from safelight.errors import InputRefused, SafelightError
from safelight.server.endpoint import Endpoint

# What any call can end with, whatever it asks.
ALWAYS = (
    errors.UsageError,
    errors.CallerUnknown,
    errors.HostForeign,
    errors.SafelightError,
    errors.Unavailable,
)
SENT = (errors.BodyTooLarge, errors.MediaUnknown, errors.TimeExceeded, errors.DigestWrong)
WORKED = (
    errors.RecipeInvalid,
    errors.ParameterInvalid,
    errors.InputMissing,
    errors.WorkerDied,
    errors.WireBroken,
    errors.ModelFaulty,
    errors.ModelMissing,
    errors.ModelUnknown,
    errors.RuntimeMissing,
    errors.SomethingMissing,
    errors.VaultLocked,
    errors.PolicyRefused,
    errors.LevelTooLow,
    errors.OutputFailed,
    errors.DiskFull,
    errors.Busy,
    errors.Cancelled,
    errors.AnswerUnknown,
)


def ends_of(endpoint: Endpoint) -> tuple[type[SafelightError], ...]:
    """Every class once, in the order of status and code."""
    found = dict.fromkeys(_found(endpoint))
    return tuple(sorted(found, key=lambda error: (error.status, error.code)))


def _found(endpoint: Endpoint) -> Iterator[type[SafelightError]]:
    yield from ALWAYS
    yield from endpoint.errors
    if endpoint.scope is not None:
        yield errors.NotAllowed
    if endpoint.method != "GET":
        yield errors.OriginForeign
    if "{" in endpoint.path:
        yield errors.PathUnknown
    if endpoint.options is not None:
        yield errors.ParameterInvalid
    if endpoint.body != "nothing":
        yield from SENT
    if isinstance(endpoint.body, type):
        yield errors.ParameterInvalid
    if endpoint.body == "picture":
        yield from WORKED
        yield from (one for one in errors.family() if issubclass(one, InputRefused))
