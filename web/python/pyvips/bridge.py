"""The way to wasm-vips: values there and back, its errors as one of ours."""

from __future__ import annotations

from typing import Any

import safelight_seams as seams
from js import Object
from pyodide.ffi import JsException, JsProxy, to_js
from safelight_tab.wanting import Wanted

HEIF = "vips-heif.wasm"
# What needs a library that is loaded only when it is asked for.
NEEDS = {"heif": HEIF}

# How engines of browsers say that there is no more.
SHORT_OF_MEMORY = ("out of memory", "allocation", "aborted", "invalid array length", "oom")


class Error(Exception):
    """What libvips says went wrong."""


def libvips() -> Any:
    """The module of wasm-vips. Raises Wanted."""
    if seams.vips is None:
        raise Wanted()
    return seams.vips


def require(operation: str) -> None:
    """Raise Wanted for an operation whose library is not loaded."""
    for start, library in NEEDS.items():
        if operation.startswith(start) and library not in list(seams.libraries):
            raise Wanted(*seams.libraries, library)


def called(owner: Any, operation: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What wasm-vips answers. Raises Error."""
    require(operation)
    first, *more = operation.split("_")
    name = first + "".join(part.capitalize() for part in more)
    if not hasattr(owner, name):
        raise AttributeError(f"libvips in the tab has no {operation}")
    given = [outward(one) for one in arguments]
    if options:
        given.append(outward(options))
    return invoked(owner, name, *given)


def invoked(owner: Any, name: str, *given: Any) -> Any:
    """What a function of wasm-vips answers. Raises Error, MemoryError."""
    try:
        return seams.call(owner, name, to_js(list(given)))
    except JsException as error:
        raise _ours(error) from None


def outward(value: Any) -> Any:
    """A value as wasm-vips takes it."""
    inner = getattr(value, "inner", None)
    if inner is not None:
        return inner
    if isinstance(value, dict):
        taken = {name: outward(one) for name, one in value.items() if one is not None}
        return to_js(taken, dict_converter=Object.fromEntries)
    if isinstance(value, list | tuple):
        return to_js([outward(one) for one in value])
    if isinstance(value, bytes | bytearray | memoryview):
        return to_js(memoryview(value).cast("B"))
    return value


def inward(value: Any) -> Any:
    """A plain value of JavaScript as Python has it."""
    if not isinstance(value, JsProxy):
        return value
    if hasattr(value, "byteLength"):
        return value.to_bytes()
    if hasattr(value, "size") and hasattr(value, "get"):
        return [value.get(at) for at in range(value.size())]
    return list(value)


def _ours(error: JsException) -> Exception:
    """libvips's own words as an Error; MemoryError where there was no more; else what it was."""
    if error.name == "vips::Error":
        return Error(error.message)
    if any(words in error.message.lower() for words in SHORT_OF_MEMORY):
        return MemoryError(error.message)
    return error
