"""On real files of many cameras and programs, an independent tool finds nothing after a scrub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from safelight.codecs import routing
from safelight.errors import InputRefused
from safelight.formats import TABLE, Format
from safelight.image import Profile
from tests.codecs.making import scrubbed
from tests.codecs.oracle import leftovers
from tests.codecs.payload import lost
from tests.codecs.test_dicom_clean import at_rest

pytestmark = pytest.mark.uncounted  # a sweep: to count its lines takes longer than to run them

FOLDERS = ("metadata", "formats", "video", "medical")
PROFILES: tuple[Profile, ...] = ("share", "strict")
Files = Mapping[str, tuple[Format, bytes]]
# Files that a walker refuses, each with the code of its refusal; all others are rewritten.
REFUSED = {
    "metadata_c2pa_sdk_tests_fixtures_basic-password.pdf": "format-unknown",
    "metadata_c2pa_sdk_tests_fixtures_basic-signed.pdf": "format-unknown",
    "metadata_exiftool_CanonRaw.cr2": "format-unknown",
    "metadata_mat2_weird.svg": "format-unknown",
    "formats_apng_syntax_num_frames_zero.png": "container-broken",
    "formats_libheif_rgb_generic_compressed_defl.heif": "format-unknown",
    "formats_libheif_rgb_generic_compressed_zlib.heif": "format-unknown",
    "formats_libheif_rgb_generic_compressed_zlib_tiled.heif": "format-unknown",
    "medical_pydicom_meta_missing_tsyntax.dcm": "container-broken",
    "medical_pydicom_priv_SQ.dcm": "format-unknown",
    "medical_pydicom_reportsi_with_empty_number_tags.dcm": "format-unknown",
    "medical_pydicom_rtplan_truncated.dcm": "format-unknown",
    "medical_pydicom_test-SR.dcm": "format-unknown",
}
# Their count of frames is wrong, or no number; a scrub writes the right one, so others see more.
MENDED = {
    "formats_apng_chunk_multi_actl.png": "Pillow sees other pixels",
    "formats_apng_syntax_num_frames_invalid.png": "Pillow sees other pixels",
    "medical_pydicom_badVR.dcm": "NumberOfFrames is another one",
}


@cache
def sources(shared_data: Path) -> Files:
    """Every file of these folders that a walker takes, by a flat name that ends in its format."""
    found: dict[str, tuple[Format, bytes]] = {}
    for folder in FOLDERS:
        for path in sorted((shared_data / folder).rglob("*")):
            data = path.read_bytes() if path.is_file() else b""
            format = routing.route(data[: routing.ROUTE_BYTES])
            if format is not None and TABLE[format].scrubs:
                name = "_".join(path.relative_to(shared_data).parts)
                found[f"{name}.{format}"] = (format, data)
    return found


@cache
def cleaned(shared_data: Path, profile: Profile) -> Files:
    """What becomes of those that are not refused."""
    found: dict[str, tuple[Format, bytes]] = {}
    for name, (format, data) in sources(shared_data).items():
        if name.rpartition(".")[0] not in REFUSED:
            found[name] = (format, scrubbed(data, format, profile=profile))
    return found


def seen_in(files: Files, folder: Path, profile: Profile) -> dict[str, list[str]]:
    """What the witness finds, for the files where it finds anything."""
    for name, (_, data) in files.items():
        (folder / name).write_bytes(data)
    return {name: tags for name, tags in leftovers(folder, profile).items() if tags}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_witness_finds_nothing_outside_the_allow_list(
    shared_data: Path, tmp_path: Path, profile: Profile
) -> None:
    files = cleaned(shared_data, profile)
    assert len(files) > 400
    assert {format for format, _ in files.values()} == {f for f in TABLE if TABLE[f].scrubs}
    assert seen_in(files, tmp_path, profile) == {}


def test_the_witness_catches_a_scrubber_that_does_nothing(
    shared_data: Path, tmp_path: Path
) -> None:
    told = {n: file for n, file in sources(shared_data).items() if not n.startswith("formats_")}
    caught = seen_in(told, tmp_path, "share")
    by_format = Counter(told[name][0] for name in caught)
    assert sum(by_format.values()) > 200
    assert set(by_format) >= {format for format, _ in told.values()} - {"bmp"}


def test_the_witness_sees_what_strict_goes_without(shared_data: Path, tmp_path: Path) -> None:
    """Notices and gain maps that share leaves, read with the list of strict."""
    caught = seen_in(cleaned(shared_data, "share"), tmp_path, "strict")
    seen = {tag.partition("=")[0] for tags in caught.values() for tag in tags}
    assert {"IFD0:Copyright", "XMP-dc:Rights", "MPF0:NumberOfImages"} <= seen


def test_what_is_refused_is_known_by_name(shared_data: Path) -> None:
    refused = {}
    for name, (format, data) in sources(shared_data).items():
        try:
            scrubbed(data, format)
        except InputRefused as error:
            refused[name.rpartition(".")[0]] = error.code
    assert refused == REFUSED


def faults(before: Files, after: Files) -> dict[str, list[str]]:
    """What is wrong with the samples of these files, which other decoders read before and after."""
    wrong = {}
    for name, (format, clean) in after.items():
        found = lost(before[name][1], clean, format)
        if name.rpartition(".")[0] in MENDED:
            found.remove(MENDED[name.rpartition(".")[0]])
        if found:
            wrong[name] = found
    return wrong


def test_stored_samples_are_the_same(shared_data: Path) -> None:
    found = faults(sources(shared_data), cleaned(shared_data, "share"))
    # Before, no reader can open its pixels: its number of frames is no number. That is mended.
    found.pop("medical_pydicom_badVR.dcm.dicom", None)
    assert found == {}


def test_other_samples_are_seen(shared_data: Path) -> None:
    """A scrubber that gives back a file of the same format and another size."""
    first: dict[Format, bytes] = {}
    swapped: dict[Format, dict[str, tuple[Format, bytes]]] = {}
    for name, (format, data) in cleaned(shared_data, "share").items():
        other = first.setdefault(format, data)
        if len({size_of(one, format) for one in (other, data)}) == 2:
            swapped.setdefault(format, {})[name] = (format, other)
    few = dict(next(iter(files.items())) for files in swapped.values())
    assert len(few) > 8
    assert set(faults(sources(shared_data), few)) == set(few)


def size_of(data: bytes, format: Format) -> tuple[int, int]:
    """Width and height as the container says them."""
    header = routing.read_header(memoryview(data), format)
    return header.width, header.height


def test_a_second_scrub_changes_nothing(shared_data: Path) -> None:
    for name, (format, data) in cleaned(shared_data, "share").items():
        assert at_rest(scrubbed(data, format), format) == at_rest(data, format), name


def test_orientation_stays(shared_data: Path) -> None:
    turned = 0
    for name, (format, data) in cleaned(shared_data, "strict").items():
        if TABLE[format].kind != "picture" or format == "dicom":
            continue
        before = routing.read_header(memoryview(sources(shared_data)[name][1]), format)
        after = routing.read_header(memoryview(data), format)
        assert after.orientation == before.orientation, name
        turned += before.orientation != 1
    assert turned > 20
