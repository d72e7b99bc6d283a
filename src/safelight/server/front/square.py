"""Square: the picture that a device's camera reads, for a page.

What draws it is read in with this file: once the front end is locked in, nothing more can be.
"""

from __future__ import annotations

import io

import segno

QUIET_MODULES = 4


def square(text: str) -> str:
    """A QR code as SVG, dark on white with the margin that cameras need; it fills its place."""
    out = io.BytesIO()
    segno.make(text, error="l", micro=False).save(
        out, kind="svg", border=QUIET_MODULES, dark="#000", light="#fff", xmldecl=False,
        omitsize=True, nl=False,
    )  # fmt: skip
    return out.getvalue().decode()
