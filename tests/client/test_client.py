"""The client, against a server in this process: what it gives is what a run here would give."""

from __future__ import annotations

import io

from PIL import Image

from safelight.client.sync import Client
from safelight.ops.resize import Resize
from safelight.recipe import Recipe

SMALL = Recipe((Resize(fit="8x8"),))


def jpeg(side: int = 24) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "a maker of cameras"
    Image.new("RGB", (side, side * 2 // 3), (9, 80, 160)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_an_operation_is_a_method(client: Client) -> None:
    result = client.resize(jpeg(), fit="8x8", format="png")
    assert result.data is not None
    assert result.data[:4] == b"\x89PNG"
    assert (result.width, result.height, result.format) == (8, 5, "png")
    assert result.receipt_id
    assert client.receipt(result.receipt_id) == result.receipt
    assert result.cage.level >= 0
