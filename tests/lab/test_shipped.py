"""Every shipped model: the file of its entry, weights alone, small, with a card and a recipe."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import onnx
import pytest

from lab.recipe import load_recipe, recipe_names

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "src/safelight/models"
ALL = sorted(path.stem for path in (MODELS / "catalogue").glob("*.toml"))
LARGEST_SUM_BYTES = 12_000_000


@cache
def entry(name: str) -> dict[str, Any]:
    return tomllib.loads((MODELS / f"catalogue/{name}.toml").read_text())


BUILTIN = [name for name in ALL if "url" not in entry(name)]


def recipe_name(name: str) -> str:
    return name.removesuffix("-fp32")


def test_the_folder_holds_the_files_of_the_catalogue_and_no_other() -> None:
    kept = {path.name for path in (MODELS / "builtin").iterdir() if path.suffix != ".py"}
    assert kept - {"__pycache__"} == {entry(name)["file"] for name in BUILTIN}


def test_all_together_stay_small() -> None:
    sizes = [(MODELS / "builtin" / entry(name)["file"]).stat().st_size for name in BUILTIN]
    assert 0 < sum(sizes) < LARGEST_SUM_BYTES


@pytest.mark.parametrize("name", BUILTIN)
def test_the_file_is_the_one_of_its_entry(name: str) -> None:
    data = (MODELS / "builtin" / entry(name)["file"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == entry(name)["sha256"]
    assert len(data) == entry(name)["size_bytes"]
    assert entry(name)["name"] == name


@pytest.mark.parametrize("name", BUILTIN)
def test_it_has_a_card_and_a_licence(name: str) -> None:
    assert entry(name)["licence"] == "Apache-2.0"
    assert entry(name)["source"] == "drawn and trained by lab/"
    card = (ROOT / entry(name)["card"]).read_text()
    assert f"`{recipe_name(name)}`" in card
    assert "\n## Where " in card, "a card says where the model fails"
    assert "\n## Licence\n" in card


@pytest.mark.parametrize("name", BUILTIN)
def test_its_recipe_says_what_its_entry_says(name: str) -> None:
    assert recipe_name(name) in recipe_names()
    contract = load_recipe(recipe_name(name)).contract
    assert contract is not None
    taken, given = entry(name)["input"], entry(name)["output"]
    assert entry(name)["task"] == contract.task
    assert (taken["kind"], taken["channels"]) == (contract.input_kind, contract.channels)
    sizes = (taken["tile"], taken["halo"], taken.get("side", 0), taken.get("multiple", 1))
    assert sizes == (contract.tile, contract.halo, contract.side, contract.multiple)
    assert (given["kind"], given["scale"]) == (contract.output_kind, contract.scale)
    assert entry(name).get("experimental", False) == contract.experimental


@pytest.mark.parametrize("name", BUILTIN)
def test_eight_bits_have_an_exact_twin(name: str) -> None:
    if entry(name)["precision"] == "int8":
        twin = entry(entry(name)["exact"])
        assert twin["precision"] == "fp32"
        assert twin["input"] == entry(name)["input"]
        assert twin["output"] == entry(name)["output"]


@pytest.mark.parametrize("name", BUILTIN)
def test_the_file_holds_weights_and_nothing_else(name: str) -> None:
    path = MODELS / "builtin" / entry(name)["file"]
    model = onnx.load(path, load_external_data=False)
    assert not any(t.external_data or t.data_location for t in model.graph.initializer)
    assert not model.metadata_props
    assert not model.functions
    assert not model.producer_name
    assert not model.doc_string
    assert {node.domain for node in model.graph.node} == {""}
    assert not any(node.doc_string for node in model.graph.node)
    assert str(ROOT).encode() not in path.read_bytes()


@pytest.mark.parametrize("name", BUILTIN)
def test_kernels_in_bytes_keep_to_seven_bits(name: str) -> None:
    """So that no sum of two products overflows 16 bits on processors without VNNI."""
    model = onnx.load(MODELS / "builtin" / entry(name)["file"])
    kernels = [
        onnx.numpy_helper.to_array(constant)
        for constant in model.graph.initializer
        if constant.data_type == onnx.TensorProto.INT8 and len(constant.dims) >= 2
    ]
    assert bool(kernels) == (entry(name)["precision"] == "int8")
    assert all(abs(kernel.astype(int)).max() <= 64 for kernel in kernels)
