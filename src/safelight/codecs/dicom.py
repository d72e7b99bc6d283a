"""DICOM: the header, and the tags as one block of metadata."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from safelight.codecs.blocks import Block
from safelight.errors import ContainerBroken, SomethingMissing
from safelight.image import Header

FAULTS = (
    *(AttributeError, ValueError, LookupError, NotImplementedError, RuntimeError, TypeError),
    *(OSError, EOFError, struct.error, ArithmeticError, RecursionError),
)
COLOUR_BANDS = 3


def header(data: memoryview) -> Header:
    """What the object says of its picture; sides of 0 where it holds none."""
    tags = _tags(data)
    with warnings.catch_warnings(), _faults():
        warnings.simplefilter("ignore")
        bands = int(tags.get("SamplesPerPixel") or 1)
        kind = str(tags.get("PhotometricInterpretation") or "")
        bands = COLOUR_BANDS if kind == "PALETTE COLOR" else bands
        return Header(
            "dicom",
            int(tags.get("Columns") or 0),
            int(tags.get("Rows") or 0),
            frames=max(1, int(tags.get("NumberOfFrames") or 1)),
            bits=min(max(int(tags.get("BitsStored") or 8), 1), 32),
            bands=bands,
            colour="grey" if bands == 1 else "rgb",
        )


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except FAULTS as error:
        raise ContainerBroken("the dicom data is damaged or cut short") from error


def _tags(data: memoryview) -> Any:
    try:
        import pydicom
    except ImportError:
        raise SomethingMissing(
            "dicom needs a package that is not installed", hint="pip install 'safelight[medical]'"
        ) from None
    with warnings.catch_warnings(), _faults():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True)


def blocks(data: memoryview, walked: object = None) -> Iterator[Block]:
    """Everything before the pixels, as bytes that are not understood."""
    yield Block("private", "DICOM tags", data[: len(data) // 2])
