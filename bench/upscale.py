"""Upscaling by `fast` beside the floor of this machine, Lanczos, and a larger published shape.

    python -m bench.upscale [--quick] [--check] [--markdown]

Everything in one run, each once per round, one thread. Figures are processor ms per output
megapixel: median (lower to upper quarter); goals are medians of the ratios of each round. The
floor is the time that the net's multiplications take at the speed of a matrix product. Net and
colour: all of the operation less decoding.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import Any

os.environ.update(OPENBLAS_NUM_THREADS="1", ORT_DISABLE_TELEMETRY="1", VIPS_CONCURRENCY="1")

import pyvips
from PIL import Image as Pillow

from bench import quality
from bench.drawing import jpeg
from bench.floor import Peak, multiplications
from bench.rivals import NcnnNet, RuntimeNet, has_ncnn
from bench.tables import Goal, Spread, Table, show
from safelight.codecs.decode import open_image
from safelight.codecs.encode import encode
from safelight.codecs.savers import USUAL_QUALITY
from safelight.limits import Limits
from safelight.models.runtimes import open_session
from safelight.models.store import Store
from safelight.operation import Context, ModelNeed, Session
from safelight.ops.upscale import Upscale

SCALE = 4
SMALL, PHOTOGRAPH, QUICK_PHOTOGRAPH = (1_024, 768), (4_000, 3_000), (1_600, 1_200)
FLOAT_RATIO, INT8_RATIO, RIVAL_RATIO = 1.3, 2.7, 25.0
LANCZOS_RATIO, LANCZOS_GAIN_DB, WHOLE_RATIO = 3.0, 1.9, 1.5
RIVAL = "realesr-general-x4v3 shape"
HONEST = (
    "The larger shape belongs to nets that invent detail so that a picture looks sharp; ours stays",
    "with what the picture implies and is measured by likeness. So they do not do the same thing.",
)
Row = dict[str, float]


class Timed:
    """A session that adds up the processor time of its runs, in the thread that runs it."""

    def __init__(self, inner: Session) -> None:
        self.model = inner.model
        self.seconds = 0.0
        self._inner = inner

    def run(self, tensor: Any) -> Any:
        start = time.thread_time()
        answer = self._inner.run(tensor)
        self.seconds += time.thread_time() - start
        return answer


def session_of(name: str, scale: int) -> Timed:
    with Store().load(ModelNeed("upscale", name, scale)) as model:
        return Timed(open_session(model.entry, model.view(), threads=1))


def spent(work: Callable[[], Any]) -> float:
    """Processor seconds of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def parts(data: bytes, scale: int, session: Timed) -> Row:
    """Processor ms per output megapixel of the net and of what surrounds it; no file is made."""
    view, limits = memoryview(data), Limits()
    image = open_image(view, limits)
    decode_s = spent(lambda: image.vips.copy_memory())
    session.seconds = 0.0
    wish = Upscale(scale=scale)
    context = Context(limits, lambda _: session)
    whole_s = spent(lambda: wish.apply(open_image(view, limits), context).vips.copy_memory())
    per = image.width * image.height * scale**2 / 1e9
    return {"net": session.seconds / per, "glue": (whole_s - decode_s - session.seconds) / per}


def lanczos_ms(data: bytes, scale: int) -> float:
    """Pillow's Lanczos in colour, per output megapixel."""
    picture = pyvips.Image.new_from_buffer(data, "").numpy()
    small = Pillow.fromarray(picture)
    size = (small.width * scale, small.height * scale)
    return spent(lambda: small.resize(size, Pillow.Resampling.LANCZOS)) * 1e9 / (size[0] * size[1])


def one_round(data: bytes, peak: Peak, sessions: dict[str, Timed], work: float) -> Row:
    """work: multiplications per output pixel."""
    row = {
        "floor, fp32": work * 1e9 / peak.float_per_second(),
        "floor, int8": work * 1e9 / peak.int8_per_second(),
    }
    for kind, session in sessions.items():
        found = parts(data, SCALE, session)
        row[f"net, {kind}"] = found["net"]
        row[f"net and colour, {kind}"] = found["net"] + found["glue"]
    row["Lanczos (Pillow)"] = lanczos_ms(data, SCALE)
    return row


def rounds_of(count: int) -> list[Row]:
    fast = session_of("fast", SCALE)
    sessions = {"int8": fast, "fp32": session_of(fast.model.exact, SCALE)}
    with Store().load(ModelNeed("upscale", fast.model.exact, SCALE)) as model:
        work = multiplications(bytes(model.view())) / SCALE**2
    data, peak, runtime = jpeg(*SMALL), Peak(), RuntimeNet()
    rows = []
    with ExitStack() as stack:
        ncnn = stack.enter_context(NcnnNet()) if has_ncnn() else None
        for _ in range(count + 1):
            row = one_round(data, peak, sessions, work)
            row[f"{RIVAL}, onnxruntime"] = runtime.ms()
            if ncnn:
                row[f"{RIVAL}, ncnn {ncnn.version}"] = ncnn.ms()
            rows.append(row)
    return rows[1:]


def ratio(rows: list[Row], one: str, other: str) -> float:
    """The middle of the ratios of each round."""
    return median(row[one] / row[other] for row in rows)


def x4(quick: bool) -> Table:
    rows = rounds_of(3 if quick else 9)
    rivals = [name for name in rows[0] if name.startswith(RIVAL)]
    ours = min(("int8", "fp32"), key=lambda kind: median(row[f"net, {kind}"] for row in rows))
    colour = f"net and colour, {ours}"
    goals = [
        Goal("fp32 net, floors", ratio(rows, "net, fp32", "floor, fp32"), FLOAT_RATIO, "x"),
        Goal("int8 net, floors", ratio(rows, "net, int8", "floor, int8"), INT8_RATIO, "x"),
        Goal("with colour, Lanczos", ratio(rows, colour, "Lanczos (Pillow)"), LANCZOS_RATIO, "x"),
    ]
    if quality.has_pictures(quality.PICTURES):
        gain = quality.gain_db(SCALE)
        goals.append(Goal("above Lanczos on Set5", gain, LANCZOS_GAIN_DB, "dB", is_floor=True))
    name = rivals[-1]
    goals.append(Goal(f"faster than {name}", ratio(rows, name, colour), RIVAL_RATIO, "x", True))
    without = "ncnn is not there (python -m bench.rivals), so the shape ran in onnxruntime."
    notes = (*HONEST, without) if len(rivals) == 1 else HONEST
    return Table(
        f"x4 of {SMALL[0]}x{SMALL[1]}, processor ms per output megapixel, {len(rows)} rounds",
        ("", "median (middle half)"),
        tuple((name, Spread.of([row[name] for row in rows]).shown()) for name in rows[0]),
        notes,
        tuple(goals),
    )


def photograph_round(data: bytes, session: Timed) -> Row:
    """Seconds of a whole enlargement x2, decode to JPEG, and of its net and its encoding."""
    view, limits = memoryview(data), Limits()
    session.seconds = 0.0
    made: list[Any] = []

    def work() -> None:
        image = Upscale(scale=2).apply(open_image(view, limits), Context(limits, lambda _: session))
        made.append(encode(image, view, limits))

    whole_s = spent(work)
    pixels = pyvips.Image.jpegload_buffer(b"".join(made[0].pieces)).copy_memory()
    encode_s = spent(lambda: pixels.jpegsave_buffer(Q=USUAL_QUALITY["jpeg"]))
    return {"whole": whole_s, "net": session.seconds, "encode": encode_s}


def photograph(quick: bool) -> Table:
    width, height = QUICK_PHOTOGRAPH if quick else PHOTOGRAPH
    data, session = jpeg(width, height), session_of("fast", 2)
    rows = [photograph_round(data, session) for _ in range(3)]
    around = median(row["whole"] / (row["net"] + row["encode"]) for row in rows)
    return Table(
        f"x2 of a {width * height / 1e6:.0f} MP photograph, decode to JPEG, processor seconds",
        ("", "median (middle half)"),
        tuple((name, Spread.of([row[name] for row in rows]).shown(2)) for name in rows[0]),
        goals=(Goal("whole, times net and encode", around, WHOLE_RATIO, "x"),),
    )


def tables(quick: bool) -> list[Table]:
    """x4 beside its floor and others; a photograph x2 from file to file."""
    return [x4(quick), photograph(quick)]


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
