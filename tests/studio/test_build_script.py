"""scripts/studio.py: what is built again, and with which Node."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import studio


@pytest.mark.parametrize(
    ("version", "is_enough"),
    [
        ("v18.20.4", False), ("v20.18.9", False), ("v20.19.0", True), ("v21.7.3", False),
        ("v22.11.0", False), ("v22.12.0", True), ("v24.1.0", True), ("", False), ("node", False),
    ],
)  # fmt: skip
def test_which_node_is_new_enough(tmp_path: Path, version: str, is_enough: bool) -> None:
    program = tmp_path / "node"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    assert studio.is_new_enough(str(program)) == is_enough


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with one input of each kind, and a Studio that was built from it."""
    for name in ("web/app/main.ts", "web/node_modules/x/x.js", "src/safelight/a.py",
                 "src/safelight/studio/built/manifest.json", "requirements/node.txt"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(studio, "ROOT", tmp_path)
    monkeypatch.setattr(studio, "BUILT", tmp_path / "src/safelight/studio/built")
    return tmp_path


@pytest.mark.parametrize("name", ["web/app/main.ts", "src/safelight/a.py", "web/app/new.ts"])
def test_any_input_that_changes_is_seen(tree: Path, name: str) -> None:
    before = studio.digest_of_inputs()
    (tree / name).write_text("2")
    assert studio.digest_of_inputs() != before


@pytest.mark.parametrize("name", ["web/node_modules/x/x.js", "src/safelight/studio/built/new.js"])
def test_what_is_made_is_no_input(tree: Path, name: str) -> None:
    before = studio.digest_of_inputs()
    (tree / name).write_text("2")
    assert studio.digest_of_inputs() == before


def test_packages_of_another_checkout_go_into_no_wheel(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    studio.refuse_linked(tmp_path / "elsewhere")
    (tmp_path / "linked").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SystemExit, match="is a link"):
        studio.refuse_linked(tmp_path / "linked")


def test_it_is_built_again_for_news_or_a_better_quality(tree: Path) -> None:
    kept = tree / "stamp"
    assert not studio.is_built(kept, "digest", 4)
    kept.write_text("digest 6\n")
    assert studio.is_built(kept, "digest", 6)
    assert studio.is_built(kept, "digest", 4)
    assert not studio.is_built(kept, "digest", 11)
    assert not studio.is_built(kept, "other", 4)
    (studio.BUILT / "manifest.json").unlink()
    assert not studio.is_built(kept, "digest", 4)
