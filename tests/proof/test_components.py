"""The list of components: valid, whole, and its versions are those that the libraries tell."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PathDistribution, distribution
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion

from safelight.errors import SomethingMissing
from safelight.models.store import Store
from safelight.proof.components import installed
from safelight.proof.components.bundled import Library, binaries, libraries
from safelight.proof.components.cyclonedx import document
from safelight.proof.components.installed import Package, normal, packages
from safelight.proof.components.sheet import rows, sheet
from safelight.proof.components.terms import class_of, commercial, is_expression, licence_named
from safelight.studio import files
from safelight.studio.files import Part

MADE = "2026-11-21T18:00:00Z"
PARTS = (
    Part(kind="npm", name="@x/y", version="1.2.3", licence="MIT", within=""),
    Part(kind="pypi", name="tabbed", version="2.0", licence="MIT", within=""),
    Part(kind="library", name="libvips", version="", licence="MIT AND Zlib", within="@x/y"),
)


@pytest.fixture(scope="module")
def bom() -> dict[str, Any]:
    return document(packages(), Store().entries(), PARTS, made=MADE)


def faults(document: dict[str, Any]) -> object:
    # Not before it is asked: it brings grammars of every kind of address along, seconds of them.
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))


def test_the_list_keeps_the_rules_of_its_form(bom: dict[str, Any]) -> None:
    assert faults(bom) is None


BREAKS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "a field of our own": lambda bom: bom | {"elephant": 1},
    "an unknown kind": lambda bom: bom | {"components": [{"type": "elephant", "name": "x"}]},
    "a licence that SPDX does not know": lambda bom: (
        bom
        | {
            "components": [
                {"type": "library", "name": "x", "licenses": [{"license": {"id": "Elephant-1.0"}}]}
            ]
        }
    ),
    "a reference that stands twice": lambda bom: (
        bom | {"components": bom["components"] + bom["components"][:1]}
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_control_a_list_that_breaks_the_rules_is_refused(bom: dict[str, Any], name: str) -> None:
    assert faults(BREAKS[name](bom)) is not None


def test_every_reference_is_there_and_unique(bom: dict[str, Any]) -> None:
    refs = [one["bom-ref"] for one in everything(bom)]
    assert len(refs) == len(set(refs))
    for one in bom["dependencies"]:
        assert {one["ref"], *one["dependsOn"]} <= {*refs, bom["metadata"]["component"]["bom-ref"]}


def everything(bom: dict[str, Any]) -> list[dict[str, Any]]:
    found = list(bom["components"])
    for one in found:
        found += one.get("components", [])
    return found


def test_two_lists_of_one_installation_are_the_same(bom: dict[str, Any]) -> None:
    again = document(packages(), Store().entries(), PARTS, made="2027-01-01T00:00:00Z")
    assert again["serialNumber"] == bom["serialNumber"]
    fewer = document(packages()[:-1], Store().entries(), made=MADE)
    assert fewer["serialNumber"] != bom["serialNumber"]


def test_all_that_safelight_asks_for_and_that_is_here_is_listed(bom: dict[str, Any]) -> None:
    listed = {one["name"]: one.get("version") for one in bom["components"]}
    asked = [re.split(r"[ <>=!~;\[]", one)[0] for one in distribution("safelight").requires or ()]
    here = {}
    for name in asked:
        found = next(iter(one for one in _found(name)), None)
        if found is not None:
            here[normal(name)] = found
    assert len(here) >= 9
    assert here.items() <= listed.items()


def _found(name: str) -> list[str]:
    from importlib.metadata import distributions

    return [one.version for one in distributions(name=name)]


def test_every_model_that_is_here_is_listed_with_its_digest(bom: dict[str, Any]) -> None:
    listed = {
        one["name"]: one["hashes"][0]["content"]
        for one in bom["components"]
        if one["type"] == "machine-learning-model"
    }
    assert listed == {one.name: one.sha256 for one in Store().entries()}


def inside(name: str) -> dict[str, str]:
    package = next(one for one in packages() if one.name == name)
    return {one.name: one.version for one in libraries(name, package.found)}


def test_versions_inside_pillow_are_those_that_it_tells() -> None:
    from PIL import features

    found = inside("pillow")
    assert found["libwebp"] == features.version("webp")
    assert found["OpenJPEG"] == features.version("jpg_2000")
    assert found["libtiff"] == features.version("libtiff")
    assert found["libavif"] == features.version("avif")


def test_versions_inside_the_others_are_those_that_they_tell() -> None:
    import pillow_heif
    import pyvips
    from cryptography.hazmat.backends.openssl import backend

    told = ".".join(str(pyvips.version(part)) for part in range(3))
    assert inside("pyvips-binary")["libvips"] == told
    assert inside("pillow-heif")["libheif"] == pillow_heif.libheif_info()["libheif"]
    assert inside("sqlcipher3")["SQLite"] == importlib.import_module("sqlcipher3").sqlite_version
    assert inside("pikepdf")["qpdf"] == importlib.import_module("pikepdf").__libqpdf_version__
    database = importlib.import_module("sqlcipher3").connect(":memory:")
    told = database.execute("pragma cipher_version").fetchone()[0]
    assert inside("sqlcipher3")["SQLCipher"] == told.split()[0]
    assert inside("cryptography")["openssl"] in backend.openssl_version_text()


def test_codecs_without_a_version_in_their_file_are_listed_without_one() -> None:
    found = inside("pyvips-binary")
    assert found["libwebp"] == ""
    assert "libjpeg" not in found  # under its own name: mozjpeg
    assert found["mozjpeg"]
    assert {name: inside("lxml")[name] for name in ("libxml2", "libxslt")} == {
        "libxml2": "",
        "libxslt": "",
    }


def test_files_of_machine_code_have_the_digest_of_what_is_there() -> None:
    import hashlib

    package = next(one for one in packages() if one.name == "pyvips-binary")
    for one in binaries(package.found):
        data = Path(str(package.found.locate_file(one.path))).read_bytes()
        assert hashlib.sha256(data).hexdigest() == one.sha256


def test_from_a_source_tree_nothing_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "_installed", lambda _name: None)
    packages.cache_clear()
    with pytest.raises(SomethingMissing, match="not installed as a package"):
        packages()
    monkeypatch.undo()
    assert packages()[0].name == "safelight"


@pytest.fixture
def wheel(tmp_path: Path) -> PathDistribution:
    """A wheel that is here, with a list that is odd in every way."""
    folder = tmp_path / "odd-1.0.dist-info"
    (folder / "sboms").mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    lists = {
        "a.json": "no JSON",
        "b.json": "[]",
        "c.json": '{"components": 7}',
        "d.json": json.dumps(
            {
                "components": [
                    7,
                    {"type": "file", "name": "x"},
                    {"type": "library", "name": "odd"},
                    {"type": "library", "name": "builder", "scope": "excluded"},
                    {"type": "library", "name": "own", "purl": "pkg:pypi/odd@1.0#own"},
                    {"type": "library", "name": "kept", "version": "2", "scope": "optional"},
                    {
                        "type": "library",
                        "name": "crate",
                        "purl": "pkg:cargo/crate@1",
                        "licenses": [{"license": {"id": "MIT"}}, {"expression": "0BSD"}, 7],
                    },
                ]
            }
        ),
    }
    names = [f"odd-1.0.dist-info/sboms/{name}" for name in (*lists, "gone.json")]
    for name, text in lists.items():
        (folder / "sboms" / name).write_text(text)
    (folder / "RECORD").write_text("".join(f"{name},,\n" for name in names))
    return PathDistribution(folder)


def test_a_list_of_a_wheel_is_not_believed_blindly(wheel: PathDistribution) -> None:
    kept, crate = sorted(libraries("odd", wheel), key=lambda one: one.is_crate)
    assert kept == Library("kept", "2", "", "the wheel's own list, as optional", is_optional=True)
    assert (crate.name, crate.licence, crate.is_crate) == ("crate", "MIT AND 0BSD", True)
    assert binaries(wheel) == ()


def test_a_list_of_odd_parts_keeps_the_rules(wheel: PathDistribution) -> None:
    ours = packages()[0]
    odd = Package("odd", "1.0", "Own Terms, see file", (), "", wheel)
    assert faults(document((replace(ours, needs=("odd", "gone")), odd), (), made=MADE)) is None


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("MIT", "free"),
        ("MIT OR GPL-3.0-only", "free"),
        ("MIT AND LGPL-3.0-or-later", "open"),
        ("BSD-3-Clause AND GPL-2.0-or-later", "bound"),
        ("(MIT OR GPL-3.0-only) AND MPL-2.0", "open"),
        ("(MIT OR Apache-2.0", "read"),
        ("MIT AND", "read"),
        ("Apache-2.0 WITH LLVM-exception OR MIT", "free"),
        ("Own Terms", "read"),
        ("", "read"),
    ],
)
def test_what_a_licence_asks(licence: str, expected: str) -> None:
    assert class_of(licence) == expected
    assert commercial(licence)


def test_licences_have_their_spdx_names() -> None:
    assert licence_named("Apache Software License") == "Apache-2.0"
    assert licence_named("Own Terms") == "Own Terms"
    assert is_expression("MIT OR Apache-2.0")
    assert not is_expression("MIT")
    assert not is_expression("MIT OR Elephant")


def test_parts_of_the_studio_are_listed_as_such(
    bom: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {one["name"]: one for one in bom["components"] if one["bom-ref"].startswith("studio:")}
    assert listed["@x/y"]["purl"] == "pkg:npm/%40x/y@1.2.3"
    assert "purl" not in listed["libvips"]
    monkeypatch.setattr(files, "parts", lambda: PARTS)
    found = {one["name"]: one for one in rows(Store()) if one["within"].endswith("the Studio")}
    assert found["libvips"]["within"] == "@x/y in the Studio"
    assert found["libvips"]["version"] == "not told"
    titles = [one.title for one in sheet(Store()).sections]
    assert "In the Studio that browsers are handed" in titles


def test_the_sheet_has_every_part_and_says_which_bind() -> None:
    found = list(rows(Store()))
    names = {one["name"] for one in found}
    assert {"safelight", "pillow", "libwebp", "upscale-x4"} <= names
    binding = {one["name"] for one in found if "is bound" in one["commercial"]}
    assert {"pillow-heif", "x265"} <= binding
    told = {one.name: one.value for one in sheet(Store()).sections[0].facts}
    assert told["packages that bind who passes them on"] == "pillow-heif"
