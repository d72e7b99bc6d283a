"""Colour profiles keep their colour and lose everything else; what cannot be rebuilt is dropped."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from safelight.codecs import icc
from tests.codecs.making import picture, profile


def tags(data: bytes) -> dict[bytes, bytes]:
    """The tags of a profile, read by other code than the one under test."""
    count = struct.unpack_from(">I", data, 128)[0]
    rows = struct.iter_unpack(">4sII", data[132 : 132 + 12 * count])
    return {name: data[at : at + size] for name, at, size in rows}


def assembled(pieces: dict[bytes, bytes], head: bytes = b"") -> bytes:
    """A profile of these tags."""
    table, body = b"", b""
    start = 132 + 12 * len(pieces)
    for name, raw in pieces.items():
        table += struct.pack(">4sII", name, start + len(body), len(raw))
        body += raw + bytes(-len(raw) % 4)
    head = head or profile()[:128]
    whole = head[4:] + struct.pack(">I", len(pieces)) + table + body
    return struct.pack(">I", len(whole) + 4) + whole


def through(data: bytes) -> bytes:
    """What a colour engine makes of a picture with this profile."""
    target = ImageCms.createProfile("LAB")
    source = ImageCms.ImageCmsProfile(io.BytesIO(data))
    mode = source.profile.xcolor_space.strip()
    image = picture(mode={"GRAY": "L"}.get(mode, mode))
    step = ImageCms.buildTransform(source, target, image.mode, "LAB")
    turned = ImageCms.applyTransform(image, step)
    assert isinstance(turned, Image.Image)
    return turned.tobytes()


def embedded(path: Path) -> bytes:
    """The profile as Pillow finds it."""
    with warnings.catch_warnings(), contextlib.suppress(OSError, SyntaxError):
        warnings.simplefilter("ignore")
        with Image.open(path) as image:
            return image.info.get("icc_profile") or b""
    return b""


def test_colours_stay_as_they_are_for_every_shared_profile(shared_data: Path) -> None:
    seen, dropped = 0, []
    for path in sorted((shared_data / "metadata").rglob("*")):
        if path.suffix.lower() not in (".jpg", ".png", ".webp", ".tif"):
            continue
        data = embedded(path)
        if not data:
            continue
        seen += 1
        clean = icc.clean(data)
        if clean is None:
            dropped.append(path.name)
            continue
        assert through(clean) == through(data), path.name
        assert icc.clean(clean) == clean
    assert seen > 20
    assert dropped == ["icc-after-SOF.jpg"], "that one holds a word, not a profile"


def test_words_dates_makers_and_private_tags_are_gone() -> None:
    data = profile()
    spiked = assembled(
        tags(data) | {b"priv": b"text\0\0\0\0SECRET", b"meta": b"dict" + bytes(12)},
        data[:40] + b"SECRET!!" * 2 + data[56:84] + b"SECRETSECRETSECRETSECRETSECRETSECRETSECRETSE",
    )
    clean = icc.clean(spiked)
    assert clean is not None
    assert b"SECRET" not in clean
    assert set(tags(clean)) == {
        *(b"desc", b"cprt", b"wtpt", b"chad"),
        *(b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"),
    }
    assert clean[24:36] == bytes(12)
    assert clean[84:128] == bytes(44)


def test_a_well_known_name_stays_and_another_becomes_neutral() -> None:
    assert icc.description(icc.clean(profile(b"Display P3")) or b"") == "Display P3"
    assert icc.description(icc.clean(profile(b"Anna's screen")) or b"") == "colour profile"


def test_strict_replaces_what_means_srgb_by_our_own() -> None:
    assert icc.clean(profile(b"Anna's screen"), standard=True) == icc.srgb()
    assert icc.clean(icc.srgb(), standard=True) == icc.srgb()
    old = assembled(_with_curve(b"curv\0\0\0\0\0\0\0\0"))
    linear = icc.clean(old, standard=True)
    assert linear is not None
    assert icc.description(linear) == "colour profile"
    other = assembled(tags(profile()) | {b"rXYZ": tags(profile())[b"gXYZ"]})
    assert icc.description(icc.clean(other, standard=True) or b"") == "colour profile"


@pytest.mark.parametrize(
    "numbers", [(-3.0, 0.0, 0.0), (32_000.0, 32_000.0, 1.0), (-9.0, 9.0, -1.0)]
)
def test_a_curve_that_no_number_holds_is_not_srgb(numbers: tuple[float, ...]) -> None:
    fixed = b"".join(struct.pack(">i", round(number * 65_536)) for number in numbers)
    for kind in (0, 1):
        curve = b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + fixed
        clean = icc.clean(assembled(_with_curve(curve)), standard=True)
        assert clean is not None
        assert clean != icc.srgb()


def _with_curve(curve: bytes) -> dict[bytes, bytes]:
    return tags(profile()) | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)


def test_the_standard_profile_is_srgb_to_a_colour_engine() -> None:
    ours, theirs = through(icc.srgb()), through(profile())
    assert max(abs(one - other) for one, other in zip(ours, theirs, strict=True)) <= 1


def test_curves_of_every_kind_count_as_srgb_when_they_bend_like_it() -> None:
    table = b"".join(struct.pack(">H", round(65_535 * _light(n / 1023))) for n in range(1024))
    sampled = b"curv\0\0\0\0" + struct.pack(">I", 1024) + table
    plain = b"curv\0\0\0\0\0\0\0\1\2\x33"
    assert icc.clean(assembled(_with_curve(sampled)), standard=True) == icc.srgb()
    assert icc.clean(assembled(_with_curve(plain)), standard=True) == icc.srgb()
    gamma = b"para\0\0\0\0\0\0\0\0" + struct.pack(">i", 65_536)
    assert icc.clean(assembled(_with_curve(gamma)), standard=True) != icc.srgb()


def _light(value: float) -> float:
    return ((value + 0.055) / 1.055) ** 2.4 if value > 0.04045 else value / 12.92


def test_what_hides_behind_a_value_is_cut() -> None:
    spiked = {
        name: raw + b"SECRET" if name not in (b"desc", b"cprt") else raw
        for name, raw in tags(profile()).items()
    }
    spiked[b"cicp"] = b"cicp\0\0\0\0\1\2\3\4SECRET"
    clean = icc.clean(assembled(spiked))
    assert clean is not None
    assert b"SECRET" not in clean
    assert tags(clean)[b"cicp"] == b"cicp\0\0\0\0\1\2\3\4"


def lab_head(space: bytes = b"RGB ") -> bytes:
    head = bytearray(profile()[:128])
    head[12:24] = b"prtr" + space + b"Lab "
    return bytes(head)


def old_table(kind: bytes = b"mft1") -> bytes:
    head = kind + bytes(4) + bytes((3, 3, 2, 77)) + bytes(36)
    if kind == b"mft2":
        head += struct.pack(">HH", 2, 2)
        return head + bytes(2 * (2 * 3 + 8 * 3 + 2 * 3)) + b"SECRET"
    return head + bytes(256 * 3 + 8 * 3 + 256 * 3) + b"SECRET"


def new_table(kind: bytes = b"mAB ") -> bytes:
    curve = b"para\0\0\0\0\0\0\0\0" + struct.pack(">i", 65_536)
    gap = b"SECRET.."
    grid = bytes((2, 2, 2)) + bytes(13) + bytes((1, 0, 0, 0)) + bytes(24)
    body, offsets = gap, []
    for part in (curve * 3, bytes(48), curve * 3, grid, curve * 3):
        offsets.append(32 + len(body))
        body += part + gap
    return kind + bytes(4) + bytes((3, 3, 9, 9)) + struct.pack(">5I", *offsets) + body


@pytest.mark.parametrize(
    "table", [old_table(), old_table(b"mft2"), new_table(), new_table(b"mBA ")]
)
def test_tables_are_copied_without_their_gaps(table: bytes) -> None:
    assert b"SECRET" in table
    clean = icc.clean(assembled({b"A2B0": table, b"wtpt": tags(profile())[b"wtpt"]}, lab_head()))
    assert clean is not None
    assert b"SECRET" not in clean
    assert icc.clean(clean) == clean


def head_with(at: int, raw: bytes) -> bytes:
    return profile()[:at] + raw + profile()[at + len(raw) : 128]


WITHOUT_RED = {name: raw for name, raw in tags(profile()).items() if name != b"rXYZ"}
MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "no signature": assembled(tags(profile()), head_with(36, b"xxxx")),
    "size beyond the end": struct.pack(">I", 9_999) + profile()[4:],
    "size of less than a head": struct.pack(">I", 9) + profile()[4:],
    "too many tags": profile()[:128] + struct.pack(">I", 9_999) + profile()[132:],
    "a tag outside": profile()[:136] + struct.pack(">I", 99_999) + profile()[140:],
    "an unknown class": assembled(tags(profile()), head_with(12, b"nmcl")),
    "an unknown space": assembled(tags(profile()), head_with(16, b"XXXX")),
    "a missing column": assembled(WITHOUT_RED),
    "a column of another type": assembled(tags(profile()) | {b"rXYZ": b"text" + bytes(20)}),
    "an adaptation of another type": assembled(tags(profile()) | {b"chad": bytes(44)}),
    "code points too short": assembled(tags(profile()) | {b"cicp": b"cicp" + bytes(4)}),
    "a curve of another type": assembled(_with_curve(b"text" + bytes(20))),
    "a short curve": assembled(_with_curve(b"curv\0\0\0\0\0\0\0\x99")),
    "a short formula": assembled(_with_curve(b"para\0\0\0\0\0\4\0\0")),
    "an unknown formula": assembled(_with_curve(b"para\0\0\0\0\0\x99\0\0")),
    "no table": assembled({b"wtpt": tags(profile())[b"wtpt"]}, lab_head(b"CMYK")),
    "a table of another type": assembled({b"A2B0": b"text" + bytes(40)}, lab_head()),
    "a short table": assembled({b"A2B0": old_table()[:900]}, lab_head()),
    "a table without channels": assembled({b"A2B0": b"mft1" + bytes(60)}, lab_head()),
    "a new table without channels": assembled({b"A2B0": b"mAB " + bytes(60)}, lab_head()),
    "a short new table": assembled({b"A2B0": new_table()[:100]}, lab_head()),
}


@pytest.mark.parametrize("name", sorted(MALFORMED))
def test_a_malformed_profile_is_dropped(name: str) -> None:
    assert icc.clean(MALFORMED[name]) is None


def test_a_grey_profile_needs_its_curve() -> None:
    curve = tags(profile())[b"rTRC"]
    grey = {b"wtpt": tags(profile())[b"wtpt"], b"kTRC": curve}
    head = head_with(16, b"GRAY")
    assert icc.clean(assembled(grey, head), standard=True) is not None
    assert icc.clean(assembled({b"wtpt": grey[b"wtpt"]}, head)) is None


def test_a_name_that_cannot_be_read_is_empty() -> None:
    assert icc.description(b"") == ""
    assert icc.description(assembled(WITHOUT_RED | {b"desc": b"desc"})) == ""
    assert icc.description(assembled({b"wtpt": bytes(20)})) == ""


def test_an_old_profile_keeps_its_version_and_its_kind_of_words() -> None:
    old = assembled(tags(profile()), head_with(8, b"\2\x10"))
    clean = icc.clean(old)
    assert clean is not None
    assert clean[8] == 2
    assert icc.description(clean) == "colour profile"
    assert icc.clean(clean) == clean
