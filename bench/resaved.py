"""restore as people run it: a JPEG in, a file out, both judged as they were saved."""

from __future__ import annotations

import io
from functools import cache
from statistics import fmean

import numpy as np
from PIL import Image

from bench.tables import Goal, Table
from bench.worn import Picture, luma, psnr_db
from safelight.codecs.decode import open_image
from safelight.codecs.encode import encode
from safelight.limits import Limits
from safelight.models.runtimes import open_session
from safelight.models.session import Session
from safelight.models.store import Store
from safelight.operation import Context, ModelNeed
from safelight.ops.restore import Restore

QUALITIES = (60, 75, 85, 90, 95)
SUBSAMPLING = "4:2:0"


@cache
def session(need: ModelNeed) -> Session:
    """A built-in model, opened once."""
    with Store().load(need) as model:
        return open_session(model.entry, model.view(), threads=1)


def restored(data: bytes) -> bytes:
    """The file that `safelight restore` makes of a file when nothing else is said."""
    limits, view = Limits(), memoryview(data)
    image = Restore().apply(open_image(view, limits), Context(limits, session))
    return b"".join(encode(image, view, limits).pieces)


def as_jpeg(picture: Picture, quality: int) -> bytes:
    """A JPEG by Pillow."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=quality, subsampling=SUBSAMPLING)
    return out.getvalue()


def file_db(data: bytes, clean: Picture) -> float:
    """PSNR of luma of a file."""
    return psnr_db(luma(np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))), luma(clean))


def resaved_table(pictures: list[Picture], title: str) -> Table:
    """What the defaults do to JPEGs from poor to good."""
    rows, gains = [], []
    for quality in QUALITIES:
        pairs = [(as_jpeg(one, quality), one) for one in pictures]
        before = [file_db(data, one) for data, one in pairs]
        files = [restored(data) for data, _ in pairs]
        after = [file_db(made, one) for made, (_, one) in zip(files, pairs, strict=True)]
        gained = [new - old for new, old in zip(after, before, strict=True)]
        size = fmean(len(made) / len(data) for made, (data, _) in zip(files, pairs, strict=True))
        figures = (fmean(before), fmean(after))
        rows.append(
            (f"q {quality}", *(f"{one:.2f}" for one in figures), f"{fmean(gained):+.2f}",
             f"{min(gained):+.2f}", f"{size:.2f}")
        )  # fmt: skip
        gains += gained
    head = (title, "file in", "file out", "gain", "least gain", "bytes, times")
    goal = Goal("least gain of any picture", min(gains), 0.0, "dB", is_floor=True)
    return Table("JPEG, file to file by the defaults", head, tuple(rows), goals=(goal,))
