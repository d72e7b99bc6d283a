"""What Safelight itself did, on the map: its receipts beside the pictures, and what is none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from safelight.proof.dataflow.ground import Asked
from safelight.proof.dataflow.receipts import sights
from tests.codecs.making import jpeg
from tests.proof.flows import bare

VECTORS = Path(__file__).parents[1] / "vectors"


def beside(folder: Path, vector: str) -> Asked:
    """A picture with this receipt beside it."""
    (folder / ".safelight").mkdir()
    (folder / "a.jpg").write_bytes(jpeg())
    shutil.copy(VECTORS / vector, folder / ".safelight" / "a.jpg.receipt.json")
    return Asked(0, folder, [folder / "a.jpg"])


def test_what_was_done_and_which_model_ran_is_told(tmp_path: Path) -> None:
    asked = beside(tmp_path, "receipt-v1/whole.receipt.json")
    work, model = sights(bare(tmp_path), asked)
    assert (work.kind, work.name, work.evidence.tag) == ("program", "Safelight", "recipe")
    assert work.evidence.value == "upscale"
    assert model.detail == "model upscale-x4"
    assert work.when == model.when != ""


@pytest.mark.parametrize(
    "vector", ["receipt-v1/torn.receipt.json", "receipt-v1/text-for-number.receipt.json"]
)
def test_what_is_no_receipt_tells_nothing(tmp_path: Path, vector: str) -> None:
    assert list(sights(bare(tmp_path), beside(tmp_path, vector))) == []


def test_a_picture_without_one_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg())
    asked = Asked(0, tmp_path, [tmp_path / "a.jpg"])
    assert list(sights(bare(tmp_path), asked)) == []
