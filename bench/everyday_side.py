"""The everyday tasks as Pillow, OpenCV and bare pyvips do them, each as its own pages say.

Started by bench/everyday.py in a process of its own, as `NAME FILE`: each line on standard input
names a task and a number of threads; the answer is the milliseconds that it took, from the bytes
of the file to the encoded bytes, and how many these are.
"""

from __future__ import annotations

import importlib
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

THUMBNAIL, WEB = 256, 2_048
SIDES = {"thumbnail": THUMBNAIL, "webp": WEB, "jpeg": WEB, "avif": WEB, "png": WEB}
Task = Callable[[bytes, str, int], bytes]


def by_pillow(data: bytes, task: str, threads: int) -> bytes:
    """Reduced while it is decoded, as `thumbnail` does; one thread always, but for AVIF."""
    image_module: Any = importlib.import_module("PIL.Image")
    ops: Any = importlib.import_module("PIL.ImageOps")
    options: dict[str, dict[str, Any]] = {
        "thumbnail": {"format": "JPEG", "quality": 80},
        "webp": {"format": "WEBP", "quality": 80, "method": 2},
        "jpeg": {"format": "JPEG", "quality": 85},
        "avif": {"format": "AVIF", "quality": 60, "speed": 8, "max_threads": threads},
        "png": {"format": "PNG", "compress_level": 2},
    }
    picture = image_module.open(io.BytesIO(data))
    picture.thumbnail((SIDES[task], SIDES[task]), image_module.Resampling.LANCZOS)
    out = io.BytesIO()
    ops.exif_transpose(picture).save(out, **options[task])
    return out.getvalue()


def by_opencv(data: bytes, task: str, threads: int) -> bytes:
    """Decoded at a half or an eighth where that is still enough, then by areas."""
    cv2: Any = importlib.import_module("cv2")
    numpy: Any = importlib.import_module("numpy")
    cv2.setNumThreads(threads)
    options: dict[str, tuple[str, list[int]]] = {
        "thumbnail": (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 80]),
        "webp": (".webp", [cv2.IMWRITE_WEBP_QUALITY, 80]),
        "jpeg": (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 85]),
        "avif": (".avif", [cv2.IMWRITE_AVIF_QUALITY, 60, cv2.IMWRITE_AVIF_SPEED, 8]),
        "png": (".png", [cv2.IMWRITE_PNG_COMPRESSION, 2]),
    }
    reduced = cv2.IMREAD_REDUCED_COLOR_8 if task == "thumbnail" else cv2.IMREAD_COLOR
    picture = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), reduced)
    height, width = picture.shape[:2]
    scale = SIDES[task] / max(height, width)
    size = (round(width * scale), round(height * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    suffix, settings = options[task]
    is_made, made = cv2.imencode(suffix, small, settings)
    if not is_made:
        raise SystemExit(f"OpenCV made no {task}")
    return bytes(made)


def by_pyvips(data: bytes, task: str, threads: int) -> bytes:
    """thumbnail_buffer and the saver, with the settings that we give it."""
    pyvips: Any = importlib.import_module("pyvips")
    pyvips.cache_set_max(0)
    options: dict[str, tuple[str, dict[str, Any]]] = {
        "thumbnail": (".jpg", {"Q": 80}),
        "webp": (".webp", {"Q": 80, "effort": 2}),
        "jpeg": (".jpg", {"Q": 85}),
        "avif": (".avif", {"Q": 60, "effort": 1}),
        "png": (".png", {"compression": 2, "filter": "sub"}),
    }
    suffix, settings = options[task]
    small = pyvips.Image.thumbnail_buffer(data, SIDES[task], height=SIDES[task])
    made: bytes = small.write_to_buffer(suffix, **settings)
    return made


TOOLS: dict[str, Task] = {"pyvips": by_pyvips, "Pillow": by_pillow, "OpenCV": by_opencv}


def main() -> None:
    name, path = sys.argv[1:]
    data = Path(path).read_bytes()
    for line in sys.stdin:
        task, threads = line.split()
        started = time.perf_counter()
        made = TOOLS[name](data, task, int(threads))
        print(f"{(time.perf_counter() - started) * 1e3} {len(made)}", flush=True)


if __name__ == "__main__":
    main()
