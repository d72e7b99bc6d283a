"""A body that runs a libvips pipeline where it is imported, which is in the zygote."""

from __future__ import annotations

import pyvips

from safelight.worker.child import perform, rehearsal

__all__ = ["perform", "rehearsal"]

pyvips.Image.black(64, 64).copy_memory()
