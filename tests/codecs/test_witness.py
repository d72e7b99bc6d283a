"""On real files of many cameras and programs, an independent tool finds nothing after a scrub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.codecs import routing
from safelight.formats import TABLE, Format
from tests.codecs.making import scrubbed
from tests.codecs.oracle import leftovers
from tests.codecs.pixels import differences


@pytest.fixture(scope="module")
def sources(shared_data: Path) -> dict[str, tuple[Format, bytes]]:
    """Every JPEG, PNG and WebP of the metadata folder, by a flat name."""
    found: dict[str, tuple[Format, bytes]] = {}
    for path in sorted((shared_data / "metadata").rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        format = routing.route(data[:64])
        if format is not None and TABLE[format].scrubs:
            name = "_".join(path.relative_to(shared_data).parts)
            found[f"{name}.{format}"] = (format, data)
    return found


def seen_after(
    scrubber: Callable[[bytes, Format], bytes],
    sources: dict[str, tuple[Format, bytes]],
    folder: Path,
) -> dict[str, list[str]]:
    """What the witness still finds, for the files where it finds anything."""
    for name, (format, data) in sources.items():
        (folder / name).write_bytes(scrubber(data, format))
    return {name: tags for name, tags in leftovers(folder).items() if tags}


def test_the_witness_finds_nothing_outside_the_allow_list(
    sources: dict[str, tuple[Format, bytes]], tmp_path: Path
) -> None:
    assert len(sources) > 160
    assert {format for format, _ in sources.values()} == {"jpeg", "png", "webp"}
    assert seen_after(scrubbed, sources, tmp_path) == {}


def test_the_witness_catches_a_scrubber_that_does_nothing(
    sources: dict[str, tuple[Format, bytes]], tmp_path: Path
) -> None:
    caught = seen_after(lambda data, _: data, sources, tmp_path)
    assert len(caught) > 140


def test_stored_pixels_are_the_same_and_a_second_scrub_changes_nothing(
    sources: dict[str, tuple[Format, bytes]],
) -> None:
    wrong = {}
    for name, (format, data) in sources.items():
        clean = scrubbed(data, format)
        faults = differences(data, clean)
        if scrubbed(clean, format) != clean:
            faults.append("a second scrub changes it again")
        if faults:
            wrong[name] = faults
    assert wrong == {}


def test_orientation_stays(sources: dict[str, tuple[Format, bytes]]) -> None:
    turned = 0
    for format, data in sources.values():
        before = routing.read_header(memoryview(data), format).orientation
        clean = scrubbed(data, format, profile="strict")
        assert routing.read_header(memoryview(clean), format).orientation == before
        turned += before != 1
    assert turned > 20
