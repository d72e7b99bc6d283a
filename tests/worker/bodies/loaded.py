"""A body that was made warm as the real one, and answers with the libraries that it holds."""

from __future__ import annotations

import sys

from safelight.image import Finding, Risk
from safelight.worker.child import Performed, rehearsal

__all__ = ["perform", "rehearsal"]

LIBRARIES = {"pyvips": "libvips", "onnxruntime": "onnxruntime", "numpy": "numpy"}


def perform(*_: object, **_options: object) -> Performed:
    found = tuple(
        Finding(Risk.OTHER, library)
        for module, library in LIBRARIES.items()
        if module in sys.modules
    )
    return Performed((), None, 0, 0, "jpeg", 1, 1, is_reencoded=False, findings=found)
