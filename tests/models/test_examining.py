"""A model without an entry is opened and asked: what it takes, gives, and how far it looks."""

from __future__ import annotations

import ctypes
import hashlib
from pathlib import Path

import pytest

from safelight.errors import ModelFaulty, PolicyRefused, RuntimeMissing, SafelightError
from safelight.models.entry import Form
from safelight.models.examining import examined
from safelight.models.footprint import took
from safelight.models.nature import Nature, findings_of, nature_of
from safelight.models.proposing import Proposal, Wishes, blank, proposed
from safelight.models.staging import Wanted
from safelight.models.store import Store
from tests.models import making, making_tflite, nets

FORMS: dict[str, Form] = {
    ".onnx": "onnx", ".tflite": "tflite", ".pth": "torch", ".param": "ncnn", ".pb": "tensorflow",
    ".json": "keras", ".prototxt": "caffe",
}  # fmt: skip


def pins(*files: bytes, suffix: str = ".onnx") -> list[Wanted]:
    names = [f"own{suffix}", *(f"own-{place}.bin" for place in range(1, len(files)))]
    digests = [hashlib.sha256(data).hexdigest() for data in files]
    return [Wanted(n, d, len(f)) for n, d, f in zip(names, digests, files, strict=True)]


def looked_at(*files: bytes, suffix: str = ".onnx") -> Nature:
    """As it is outside of the cage."""
    entry = blank(FORMS[suffix], pins(*files, suffix=suffix))
    return nature_of(findings_of(examined(entry, memoryview(b"".join(files)), threads=1)))


def entry_of(*files: bytes, suffix: str = ".onnx", wishes: Wishes | None = None) -> Proposal:
    nature = looked_at(*files, suffix=suffix)
    wishes = wishes or Wishes("own")
    return proposed(nature, FORMS[suffix], pins(*files, suffix=suffix), wishes)


def test_an_enlarger_shows_its_scale_and_how_far_it_looks() -> None:
    nature = looked_at(nets.enlarger(times=3, reach=5))
    assert nature.sight.radius == 5
    assert (nature.sight.layout, nature.sight.channels, nature.sight.multiple) == ("NCHW", 3, 1)
    assert not nature.sight.is_fixed
    assert nature.gives[0].sides == (1, 3, 288, 288)
    entry = entry_of(nets.enlarger(times=3, reach=5)).entry
    assert (entry.task, entry.output.kind, entry.output.scale) == ("upscale", "rgb", 3)
    assert (entry.input.tile, entry.input.halo, entry.input.range) == (256, 7, (0.0, 1.0))


def test_sides_that_must_be_even_are_found() -> None:
    nature = looked_at(nets.halver())
    assert nature.sight.multiple == 2
    entry = entry_of(nets.halver()).entry
    assert entry.input.multiple == 2
    assert entry.input.halo % 2 == 0


def test_whole_numbers_go_in_as_bytes_and_come_out_as_they_are() -> None:
    entry = entry_of(nets.bytes_to_bytes()).entry
    assert (entry.input.number, entry.input.range) == ("uint8", (0.0, 255.0))
    assert entry.output.range == (0.0, 255.0)


def test_where_the_allocator_tells_nothing_the_kernel_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = nets.enlarger()
    entry = entry_of(data).entry
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert took(entry, memoryview(data), threads=1) >= 0


def test_what_takes_any_size_is_measured_at_one() -> None:
    data = nets.row(4, first=False)
    entry = entry_of(data).entry
    loose = entry.model_copy(update={"input": entry.input.model_copy(update={"side": 0})})
    with pytest.raises(SafelightError):  # the net has one size, and this entry does not say it
        took(loose, memoryview(data), threads=1)
    assert took(entry, memoryview(data), threads=1) >= 0


def test_a_tflite_model_is_asked_like_any_other() -> None:
    data = making_tflite.to_bytes(making_tflite.sums(shape=(1, 32, 32, 3)))
    nature = looked_at(data, suffix=".tflite")
    assert [one.name for one in nature.takes] == ["x", "extra"]
    assert (nature.sight.layout, nature.sight.height, nature.sight.is_fixed) == ("NHWC", 32, True)
    entry = entry_of(data, suffix=".tflite").entry
    assert [one.name for one in entry.input.constants] == ["extra"]
    assert entry.runtime == "tflite"
    loose = making_tflite.to_bytes(making_tflite.sums(shape=(1, -1, -1, 3)))
    assert not looked_at(loose, suffix=".tflite").sight.is_fixed
    whole = making_tflite.sums("int8", shape=(1, 32, 32, 3), unit=1 / 255, zero=-128)
    found = entry_of(making_tflite.to_bytes(whole), suffix=".tflite").entry.input
    assert (found.number, found.zero, found.range) == ("int8", -128, (0.0, 1.0))


@pytest.mark.parametrize(
    ("data", "suffix", "kind", "words"),
    [
        (nets.of_no_picture(), ".onnx", ModelFaulty, "answers no picture"),
        (nets.infinite(), ".onnx", ModelFaulty, "are no numbers"),
        (nets.enormous(), ".onnx", ModelFaulty, "answers no picture"),
        (nets.unmade(), ".onnx", ModelFaulty, "answers no picture"),
        (nets.lists(), ".onnx", PolicyRefused, "no tensor"),
        (nets.of_sides(9), ".onnx", PolicyRefused, "too many sides"),
        (nets.with_vast_second(), ".onnx", PolicyRefused, "beside a picture"),
        (nets.foreign_operator(), ".onnx", RuntimeMissing, "operators that onnxruntime"),
        (nets.masker()[:-20], ".onnx", PolicyRefused, "damaged"),
        (b"\0" * 1_000_000, ".onnx", PolicyRefused, "not known, number 0"),
        (making.to_bytes(making.model_with_external_initializer()), ".onnx", PolicyRefused,
         "another file"),
        (making_tflite.to_bytes(making_tflite.custom()), ".tflite", RuntimeMissing, "operators"),
        (making_tflite.to_bytes(making_tflite.elsewhere()), ".tflite", PolicyRefused,
         "another file"),
        (b"\0" * 1_000, ".tflite", PolicyRefused, "damaged"),
        (b"cos\nsystem\n(S'true'\ntR.", ".pth", PolicyRefused, "model file is"),
        (b"\0" * 1_000, ".pth", PolicyRefused, "is a program"),
        (b"7767517\n1 1\nNothing a 0 1 b\n", ".param", PolicyRefused, "damaged"),
        (b"{}", ".json", PolicyRefused, "damaged"),
        (b"[" * 100_000, ".json", PolicyRefused, "damaged"),
        (b"layer { }", ".prototxt", PolicyRefused, "damaged"),
        (b"\0\0\0", ".pb", PolicyRefused, "damaged"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_one_error(
    data: bytes, suffix: str, kind: type[SafelightError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        looked_at(data, suffix=suffix)


def test_an_answer_whose_sides_hang_on_the_picture_shows_no_reach() -> None:
    assert looked_at(nets.of_moods()).sight.radius == 0


REAL = [
    ("onnx/mnist.onnx", "classify", "labels"),
    ("portrait-seg/SINet.onnx", "cutout", "alpha"),
    ("portrait-seg/slimnet_512.tflite", "cutout", "alpha"),
    ("portrait-seg/deeplab_aiseg_quant513.tflite", "cutout", "alpha"),
    ("mediapipe/selfie_segmentation.tflite", "cutout", "alpha"),
    ("movenet/singlepose_lightning_int8.tflite", "pose", "keypoints"),
    ("ultraface/RFB-320.onnx", "detect", "boxes"),
    ("ultraface/RFB-320_without_postprocessing.tflite", "detect", "boxes"),
    ("yunet/yunet_n_dynamic.onnx", "detect", "boxes"),
    ("fastestdet/FastestDet.onnx", "detect", "boxes"),
    ("onnx/light_squeezenet.onnx", "classify", "labels"),
    ("espcn/ESPCN_x2.pb", "upscale", "luma"),
    ("fsrcnn/FSRCNN_x3.pb", "upscale", "luma"),
    ("safmn/light_safmnpp.pth", "upscale", "rgb"),
    ("kair/dncnn_25.pth", "denoise", "luma"),
    ("fastestdet/FastestDet.param fastestdet/FastestDet.bin", "detect", "boxes"),
    ("ncnn/waifu2x-upconv_7_photo-scale2.0x.param ncnn/waifu2x-upconv_7_photo-scale2.0x.bin",
     "upscale", "rgb"),
    ("ultraface/RFB-320.prototxt ultraface/RFB-320.caffemodel", "detect", "boxes"),
    ("nsfwjs/mobilenet_v2/model.json nsfwjs/mobilenet_v2/group1-shard1of1", "classify", "labels"),
]  # fmt: skip


@pytest.mark.parametrize(("names", "task", "kind"), REAL, ids=[one[0] for one in REAL])
def test_what_a_real_model_is_for_is_told_by_its_shapes(
    shared_data: Path, names: str, task: str, kind: str
) -> None:
    paths = [shared_data / "models" / name for name in names.split(" ")]
    files = [path.read_bytes() for path in paths]
    entry = entry_of(*files, suffix=paths[0].suffix).entry
    assert (entry.task, entry.output.kind) == (task, kind)
    for one in Store().catalogue():
        if one.sha256 == entry.sha256:
            for fact in ("form", "delegates", "task"):
                assert getattr(entry, fact) == getattr(one, fact)
            for fact in ("layout", "channels", "number", "unit", "zero", "resize"):
                if fact != "resize" or task in ("detect", "pose", "upscale"):
                    assert getattr(entry.input, fact) == getattr(one.input, fact)
            for fact in ("kind", "scale", "decoder", "anchors"):
                assert getattr(entry.output, fact) == getattr(one.output, fact)
