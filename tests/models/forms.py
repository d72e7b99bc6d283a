"""Entries and sessions of models that are no ONNX file, for the tests of their forms."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safelight.models.entry import Entry, Form, Network, Part
from safelight.models.runtimes import open_session
from safelight.models.session import Session
from safelight.models.store import Store
from tests.models.making import entry_toml

Numbers = NDArray[np.float32]
# Where the shared copy of a catalogue model lies, below models/: its file, and its parts.
COPIES = {
    "bsrn": ("ntire2022_esr/team18_bsrn.pth",),
    "dncnn-25": ("kair/dncnn_25.pth",),
    "espcn-x2": ("espcn/ESPCN_x2.pb",),
    "espcn-x3": ("espcn/ESPCN_x3.pb",),
    "espcn-x4": ("espcn/ESPCN_x4.pb",),
    "fastestdet": ("fastestdet/FastestDet.onnx",),
    "fastestdet-ncnn": ("fastestdet/FastestDet.param", "fastestdet/FastestDet.bin"),
    "fsrcnn-small-x2": ("fsrcnn/FSRCNN-small_x2.pb",),
    "fsrcnn-small-x3": ("fsrcnn/FSRCNN-small_x3.pb",),
    "fsrcnn-small-x4": ("fsrcnn/FSRCNN-small_x4.pb",),
    "fsrcnn-x2": ("fsrcnn/FSRCNN_x2.pb",),
    "fsrcnn-x3": ("fsrcnn/FSRCNN_x3.pb",),
    "fsrcnn-x4": ("fsrcnn/FSRCNN_x4.pb",),
    "nsfwjs": ("nsfwjs/mobilenet_v2/model.json", "nsfwjs/mobilenet_v2/group1-shard1of1"),
    "realesr-animevideov3-x2": (
        "ncnn/realesr-animevideov3-x2.param",
        "ncnn/realesr-animevideov3-x2.bin",
    ),
    "safmn-light": ("safmn/light_safmnpp.pth",),
    "ultraface-rfb": ("ultraface/RFB-320.onnx",),
    "ultraface-rfb-caffe": ("ultraface/RFB-320.prototxt", "ultraface/RFB-320.caffemodel"),
    "ultraface-rfb-ncnn": ("ultraface/RFB-320.param", "ultraface/RFB-320.bin"),
    "upscayl-lite": ("ncnn/upscayl-lite-4x.param", "ncnn/upscayl-lite-4x.bin"),
    "waifu2x-photo": (
        "ncnn/waifu2x-upconv_7_photo-scale2.0x.param",
        "ncnn/waifu2x-upconv_7_photo-scale2.0x.bin",
    ),
}


def real_entry(name: str) -> Entry:
    """The catalogue's own."""
    return next(entry for entry in Store().catalogue() if entry.name == name)


def real_files(shared_data: Path, name: str) -> tuple[bytes, ...]:
    """The model's file and its parts."""
    return tuple((shared_data / "models" / path).read_bytes() for path in COPIES[name])


def real_session(shared_data: Path, name: str) -> Session:
    """A model of the catalogue, opened from the shared copy."""
    data = b"".join(real_files(shared_data, name))
    return open_session(real_entry(name), memoryview(data), threads=1)


def entry_of(form: Form, *files: bytes, network: str = "", **changes: Any) -> Entry:
    """An entry of a model with these files. changes are those of entry_toml."""
    plain = Entry.from_toml(entry_toml(files[0], runtime="onnx", **changes))
    parts = tuple(
        Part(
            file=f"part-{place}.bin",
            role="weights",
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
        )
        for place, data in enumerate(files[1:])
    )
    chosen = Network(name=network) if network else None
    return plain.model_copy(update={"form": form, "parts": parts, "network": chosen})


def session_of(entry: Entry, *files: bytes) -> Session:
    """These files opened as the entry says."""
    return open_session(entry, memoryview(b"".join(files)), threads=1)
