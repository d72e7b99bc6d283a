"""PDF opened by pikepdf (extra pdf): its objects in order, foreign errors mapped once."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from safelight.errors import (
    ContainerBroken,
    FormatUnknown,
    InputRefused,
    SafelightError,
    SomethingMissing,
)

_ENCRYPTED = re.compile(rb"/Encrypt[\s\d<]")
# Bytes that one stream may unpack to.
MAX_UNPACKED = 64_000_000
FAULTS: tuple[type[Exception], ...] = (
    *(ValueError, RuntimeError, TypeError, LookupError, AttributeError, ArithmeticError),
    *(RecursionError, OSError),
)


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes and what the library makes of them; a scrub changes the latter."""

    data: memoryview
    pdf: Any


@contextmanager
def foreign_errors() -> Iterator[None]:
    """Map what the library raises for a damaged document to ContainerBroken."""
    try:
        yield
    except SafelightError:
        raise
    except known_faults() as error:
        raise ContainerBroken("the PDF is damaged or cut short") from error


def known_faults() -> tuple[type[Exception], ...]:
    """What damaged data makes the library raise, its own errors among them."""
    pikepdf = library()
    return (*FAULTS, pikepdf.PdfError, pikepdf.PasswordError)


def reasons() -> tuple[type[Exception], ...]:
    """Why one part of a document cannot be told, when the others can."""
    return (*known_faults(), InputRefused)


def library() -> Any:
    """The module. Raises SomethingMissing where the extra is not installed."""
    try:
        import pikepdf
    except ImportError:
        raise SomethingMissing(
            "pdf needs a package that is not installed", hint="pip install 'safelight[pdf]'"
        ) from None
    return pikepdf


def opened(data: memoryview) -> Document:
    """Raises ContainerBroken, and FormatUnknown for a document that is encrypted."""
    pikepdf = library()
    pdf: Any = None
    fault: Exception | None = None
    _bound(pikepdf)
    try:
        pdf = pikepdf.open(io.BytesIO(data), suppress_warnings=True)
    except known_faults() as error:
        fault = error
    if pdf.is_encrypted if pdf is not None else _ENCRYPTED.search(data):
        raise FormatUnknown("an encrypted PDF is not read", hint="save it without a password first")
    if pdf is None:
        raise ContainerBroken("the PDF is damaged or cut short") from fault
    return Document(data, pdf)


def _bound(pikepdf: Any) -> None:
    """Streams of objects and of tables are unpacked by the library itself: to no more than others.

    Its first versions of this series have no such bound; what holds there is the worker's memory.
    """
    bound = getattr(pikepdf.settings, "set_qpdf_limits", None)
    if bound is not None:
        bound(flate_max_memory=MAX_UNPACKED, run_length_max_memory=MAX_UNPACKED)
