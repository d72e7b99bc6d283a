"""The small towers of tests/vectors/towers-v1: their entries, and what the reference made."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lab.towers_pictures import picture
from safelight.models.entry import Entry
from safelight.operation import Kernel

VECTORS = Path(__file__).resolve().parents[1] / "vectors/towers-v1"
TERMS = "models/clip/bpe_simple_vocab_16e6.txt.gz"

HEAD = """
name = "{name}"
title = "A small tower"
task = "{task}"
aliases = {aliases}
file = "{file}"
sha256 = "{sha256}"
size_bytes = {size_bytes}
licence = "Apache-2.0"
source = "lab/towers.py"
card = "none"
runtime = "onnx"
precision = "fp32"
peak_bytes = 50000000
"""
TEXT = """
[input]
name = "input_ids"
layout = "NCHW"
channels = 1
kind = "text"
range = [0.0, 49407.0]
mean = [0.0]
std = [1.0]
tile = 0
halo = 0
number = "int64"
[input.words]
length = 77
padding = 49407
[output]
name = "text_embeds"
kind = "vector"
range = [-20.0, 20.0]
"""
PICTURE = """
[input]
name = "pixel_values"
layout = "NCHW"
channels = 3
kind = "rgb"
range = [0.0, 1.0]
mean = {mean}
std = {std}
tile = 0
halo = 0
resize = "{resize}"
side = 224
kernel = "{kernel}"
[output]
name = "{output}"
kind = "{kind}"
range = [-20.0, 20.0]
{rest}
"""
CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
VIT_LABELS = ["one", "two", "three", "four", "five", "six", "seven"]


def _picture(*, mean: list[float], std: list[float], how: str, gives: str) -> dict[str, Any]:
    (resize, kernel), (output, kind) = how.split(), gives.split()
    facts = {"mean": mean, "std": std, "resize": resize, "kernel": kernel}
    return facts | {"output": output, "kind": kind}


HALF = {"mean": [0.5], "std": [0.5]}
PICTURES: dict[str, dict[str, Any]] = {
    "clip-picture": {
        **_picture(mean=CLIP_MEAN, std=CLIP_STD, how="crop bicubic", gives="image_embeds vector"),
        "rest": 'gain = 100.0\nactivation = "softmax"',
    },
    "vit": {
        **_picture(**HALF, how="stretch bilinear", gives="logits labels"),
        "rest": f'activation = "softmax"\nlabels = {VIT_LABELS}',
    },
    "siglip": {
        **_picture(**HALF, how="stretch bicubic", gives="pooler_output vector"),
        "rest": 'gain = 8.0\noffset = -1.5\nactivation = "sigmoid"',
    },
}
READERS = {"clip-picture": "clip-text", "siglip": "siglip-text"}
TASKS = {"clip-picture": "embed", "clip-text": "read", "siglip": "embed", "vit": "classify"}


def data_of(name: str) -> bytes:
    """The file of a small tower."""
    return (VECTORS / f"{name}.onnx").read_bytes()


def toml_of(name: str, parts: dict[str, bytes] | None = None) -> str:
    """Its entry; parts are the further files by their roles."""
    data = data_of(name)
    head: dict[str, Any] = {
        "name": name,
        "task": TASKS[name],
        "file": f"{name}.onnx",
        "size_bytes": len(data),
    }
    head["aliases"] = [] if TASKS[name] == "read" else ["usual"]
    text = HEAD.format(**head, sha256=hashlib.sha256(data).hexdigest())
    if name in READERS:
        text += f'text = "{READERS[name]}"\n'
    for role, part in (parts or {}).items():
        digest = hashlib.sha256(part).hexdigest()
        text += f'[[parts]]\nfile = "{role}"\nrole = "{role}"\n'
        text += f'sha256 = "{digest}"\nsize_bytes = {len(part)}\n'
    return text + (TEXT if name not in PICTURES else PICTURE.format(**PICTURES[name]))


def entry_of(name: str, parts: dict[str, bytes] | None = None) -> Entry:
    """The same, read."""
    return Entry.from_toml(toml_of(name, parts).encode())


def put(folder: Path, name: str, parts: dict[str, bytes] | None = None) -> None:
    """A small tower as a user's own model, with its parts beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(toml_of(name, parts))
    (folder / f"{name}.onnx").write_bytes(data_of(name))
    for role, part in (parts or {}).items():
        (folder / role).write_bytes(part)


@cache
def expected() -> dict[str, Any]:
    """What the reference library made of pictures and texts."""
    facts: dict[str, Any] = json.loads((VECTORS / "expected.json").read_text())
    return facts


def vocabulary(terms: bytes) -> dict[str, bytes]:
    """vocab.json and merges.txt, by their roles, as they follow from the packed list of terms."""
    merges = gzip.decompress(terms).decode().split("\n")[1:48_895]
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(code) for code in (*printable, *range(256, 512 - len(printable)))]
    pieces = [*letters, *(letter + "</w>" for letter in letters)]
    pieces += [*(line.replace(" ", "") for line in merges), "<|startoftext|>", "<|endoftext|>"]
    numbers = {piece: number for number, piece in enumerate(pieces)}
    return {
        "vocabulary": json.dumps(numbers, ensure_ascii=False, separators=(",", ":")).encode(),
        "merges": "\n".join(["#version: 0.2", *merges, ""]).encode(),
    }


@cache
def pixels(name: str) -> Image.Image:
    """A picture of lab/towers_pictures.py."""
    return Image.fromarray(picture(name))


@cache
def png(name: str) -> bytes:
    """The same as a file."""
    file = io.BytesIO()
    pixels(name).save(file, "png", compress_level=1)
    return file.getvalue()


class Pictured:
    """One of these pictures as a model may ask for it, resampled by Pillow."""

    def __init__(self, name: str) -> None:
        self._pixels = pixels(name)
        self.width, self.height = self._pixels.size

    def sized(
        self,
        width: int,
        height: int,
        kernel: Kernel,
        part: tuple[float, float, float, float] | None = None,
    ) -> NDArray[np.uint8]:
        """See Sample."""
        left, top, across, down = part or (0, 0, self.width, self.height)
        how = Image.Resampling[kernel.upper()]
        box = (left, top, left + across, top + down)
        return np.asarray(self._pixels.resize((width, height), how, box))
