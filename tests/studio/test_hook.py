"""Packing: a Studio that is not what was built is in no wheel; a source archive needs no Node."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests.server.studios import CONTENTS, write

BUILT = "src/safelight/studio/built"


@pytest.fixture(scope="module")
def hook(root: Path) -> ModuleType:
    place = root / "web/build/hook.py"
    found = importlib.util.spec_from_file_location("hook", place)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def archive(folder: Path) -> Path:
    """As a source archive unpacks: the Studio is there, what builds it is not."""
    (folder / BUILT).parent.mkdir(parents=True)
    write(folder / BUILT)
    return folder


def checkout(folder: Path, script: str) -> Path:
    """A checkout whose build is this script."""
    for name, text in (("scripts/studio.py", script), ("web/package.json", "{}")):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    return folder


def test_a_source_archive_brings_it_along(hook: ModuleType, tmp_path: Path) -> None:
    hook.prepare(archive(tmp_path))
    assert hook.differences(tmp_path / BUILT) == []


@pytest.mark.parametrize("name", CONTENTS)
def test_a_byte_that_differs_is_not_packed(hook: ModuleType, tmp_path: Path, name: str) -> None:
    folder = archive(tmp_path) / BUILT
    place = folder / (f"{name}.br" if CONTENTS[name][1] == "br" else name)
    place.write_bytes(place.read_bytes() + b" ")
    with pytest.raises(SystemExit, match=f"not what was built: {name}"):
        hook.prepare(tmp_path)


def test_what_nobody_built_is_not_packed(hook: ModuleType, tmp_path: Path) -> None:
    (archive(tmp_path) / BUILT / "added.js").write_text("// of somebody else")
    with pytest.raises(SystemExit, match=r"not what was built: added\.js"):
        hook.prepare(tmp_path)


def test_a_list_that_was_changed_is_not_packed(hook: ModuleType, tmp_path: Path) -> None:
    told = archive(tmp_path) / BUILT / "manifest.json"
    told.write_text(told.read_text().replace('"licence": "MIT"', '"licence": "None"'))
    with pytest.raises(SystemExit, match=r"not what was built: manifest\.json"):
        hook.prepare(tmp_path)


def test_an_archive_without_it_is_refused(hook: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"manifest\.json"):
        hook.prepare(tmp_path)


def test_a_checkout_builds_it_first(hook: ModuleType, tmp_path: Path, root: Path) -> None:
    script = (
        f"import sys; sys.path[:0] = [{str(root)!r}, {str(root / 'src')!r}]\n"
        "from pathlib import Path; from tests.server.studios import write\n"
        f"place = Path(__file__).parents[1] / {BUILT!r}\n"
        "place.parent.mkdir(parents=True); write(place)\n"
    )
    hook.prepare(checkout(tmp_path, script))
    assert (tmp_path / BUILT / "manifest.json").is_file()


def test_a_build_that_fails_packs_nothing(hook: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="could not be built"):
        hook.prepare(checkout(archive(tmp_path), "raise SystemExit(3)"))


def test_an_editable_installation_waits_for_nobody(hook: ModuleType, tmp_path: Path) -> None:
    class Asked:
        root = str(tmp_path)

    hook.StudioHook.initialize(Asked(), "editable", {})
    with pytest.raises(SystemExit):
        hook.StudioHook.initialize(Asked(), "standard", {})
