"""What a run over a folder passes over: with a warning where its name promised a picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.batch.naming import Placement
from safelight.batch.plan import Selection, make_plan
from safelight.batch.run import skipped_item
from safelight.batch.tally import is_passed_over
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from safelight.recipe import Recipe
from tests.contract import PICTURES

SCRUB = Recipe((Scrub(),))
JPEG = PICTURES["jpeg"]()


@pytest.mark.parametrize(
    ("name", "data", "is_warned"),
    [
        ("torn.HEIC", b"\0\0\0\x10what", True),
        ("empty.jpg", b"", True),
        ("notes.txt", b"words", False),
    ],
)
def test_what_is_passed_over_in_a_folder_is_warned_of_where_its_name_is_one_of_ours(
    name: str, data: bytes, is_warned: bool, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    (item,) = make_plan(Selection((str(tmp_path),)), Placement("out"), SCRUB)
    assert item.skip == "no-picture"
    assert ("passed over" in item.warning) == is_warned


FOREIGN = {
    "scan.dcm": (b"\x08\0\5\0CS\x0a\0ISO_IR 100", "DICOM without its file header"),
    "photo.heif": (b"\0\0\0\x10ftypmif3heic", "HEIF with a minimized header"),
    "photo.jxl": (b"\xff\x0a" + bytes(64), "JPEG XL"),
    "photo.raf": (
        b"FUJIFILMCCD-RAW 0201",
        "RAW (Canon, Fujifilm, Minolta, Olympus, Panasonic, Sigma)",
    ),
    "layers.psd": (b"8BPS\0\1" + bytes(64), "Photoshop"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_kind_that_is_known_and_not_read_is_told_as_where_it_is_named(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(FOREIGN[name][0])
    (walked,) = make_plan(Selection((str(tmp_path),)), Placement("out"), SCRUB)
    (named,) = make_plan(Selection((str(tmp_path / name),)), Placement("out.jpg"), SCRUB)
    assert (walked.skip, walked.kind) == ("format-unknown", FOREIGN[name][1])
    assert named.problem is not None
    event = skipped_item(walked)
    assert (event.error, event.hint) == (named.problem.message, named.problem.hint)
    assert event.warning == f"nothing was done to it: {named.problem.message}"
    assert is_passed_over(event), "no failure of the run"


def test_a_document_that_has_no_pixels_is_passed_over_without_a_warning(tmp_path: Path) -> None:
    (tmp_path / "page.svg").write_bytes(b'<svg xmlns="http://www.w3.org/2000/svg"/>')
    (tmp_path / "b.jpg").write_bytes(JPEG)
    chosen = Selection((str(tmp_path),))
    items = make_plan(chosen, Placement("out"), Recipe((Resize(fit="8x8"),)))
    assert [(item.skip, item.warning) for item in items] == [("", ""), ("no-picture", "")]
