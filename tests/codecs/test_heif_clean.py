"""AVIF and HEIC rewritten: what stays, what goes and is told, and what is refused by name."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from safelight.codecs import heif, metadata, routing, scrub
from safelight.codecs.isobmff import C2PA
from safelight.errors import ContainerBroken, FormatUnknown
from safelight.formats import Format
from safelight.image import Profile, Wish
from tests.codecs.making import exif, jpeg, picture, saved, scrubbed
from tests.codecs.making_heif import (
    APPLE_MAP,
    DEPTH,
    Coding,
    Item,
    auxiliary,
    box,
    coded,
    decoded,
    full,
    whole,
)
from tests.codecs.manifests import assertion, store
from tests.codecs.pixels import differences
from tests.codecs.planting import SECRET_EXIF
from tests.codecs.planting_heif import XMP_TYPE, grid, tone_map, tone_mapped, words

CODINGS: tuple[Coding, ...] = ("avif", "heic")
UNCOMPRESSED = ("rgb_generic_compressed",)


def changed(data: bytes, **wish: object) -> dict[str, str]:
    """What became of each finding."""
    format = routing.route(data[:132])
    assert format is not None
    _, changes = scrub.rewrite(memoryview(data), format, Wish(**wish))  # type: ignore[arg-type] # any field
    return {change.finding.name: change.what for change in changes}


def kinds(data: bytes) -> list[bytes]:
    """The kinds of the items of a file."""
    return [item.kind for item in heif.opened(memoryview(data)).meta.items.values()]


@pytest.fixture(scope="module")
def real(shared_data: Path) -> dict[str, tuple[Format, bytes]]:
    """Every AVIF and HEIC that others made."""
    found: dict[str, tuple[Format, bytes]] = {}
    for folder in ("metadata", "formats"):
        for path in sorted((shared_data / folder).rglob("*")):
            data = path.read_bytes() if path.is_file() else b""
            format = routing.route(data[:132])
            if format in ("avif", "heic") and not path.name.startswith(UNCOMPRESSED):
                found["_".join(path.relative_to(shared_data).parts)] = (format, data)
    return found


def test_real_files_keep_their_pixels_and_a_second_scrub_changes_nothing(
    real: dict[str, tuple[Format, bytes]],
) -> None:
    assert len(real) > 40
    wrong = {}
    for name, (format, data) in real.items():
        clean = scrubbed(data, format)
        faults = differences(data, clean)
        if scrubbed(clean, format) != clean:
            faults.append("a second scrub changes it again")
        if faults:
            wrong[name] = faults
    assert wrong == {}


def test_real_files_keep_nothing_that_can_be_found(
    real: dict[str, tuple[Format, bytes]],
) -> None:
    left = {}
    for name, (format, data) in real.items():
        clean = memoryview(scrubbed(data, format, profile="strict"))
        found = {one.name for one in metadata.findings(clean, format)}
        if found - {"Orientation", "ICC_Profile", "XMP DigitalSourceType"}:
            left[name] = found
    assert left == {}


def test_what_turns_a_picture_stays(real: dict[str, tuple[Format, bytes]]) -> None:
    turned = 0
    for name, (format, data) in real.items():
        clean = scrubbed(data, format, profile="strict")
        before, after = (routing.read_header(memoryview(one), format) for one in (data, clean))
        assert (before.width, before.height) == (after.width, after.height), name
        turned += b"irot" in data
        assert (b"irot" in data, b"imir" in data) == (b"irot" in clean, b"imir" in clean), name
    assert turned > 5


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("coding", CODINGS)
def test_a_turned_picture_never_turns(coding: Coding, turn: int) -> None:
    made = coded(coding)
    turns = ((box(b"irot", bytes((turn,))), True), (box(b"imir", b"\1"), True))
    data = whole(coding, items=(made.item(*turns),)).written()
    clean = scrubbed(data, coding)
    assert differences(data, clean) == []
    assert clean.index(b"irot") < clean.index(b"imir")


@pytest.mark.parametrize("coding", CODINGS)
def test_a_grid_keeps_its_tiles_and_writes_a_shared_one_once(coding: Coding) -> None:
    data = grid(coding)
    clean = scrubbed(data, coding)
    assert differences(data, clean) == []
    assert decoded(clean).size == (128, 64)
    again = shared_tiles(coding)
    assert differences(again, scrubbed(again, coding)) == []
    assert scrubbed(again, coding).count(coded(coding).data) == 1


def shared_tiles(coding: Coding) -> bytes:
    """The grid, with both tiles in one place."""
    data = bytearray(grid(coding))
    at = data.index(b"iloc") + 12
    rows = [at + 16 * number for number in range(3)]
    second, third = rows[1] + 8, rows[2] + 8
    data[third : third + 8] = data[second : second + 8]
    return bytes(data)


@pytest.mark.parametrize("profile", ["share", "minimal", "strict"])
@pytest.mark.parametrize("coding", CODINGS)
def test_a_gain_map_stays_unless_strict_and_it_is_told(coding: Coding, profile: Profile) -> None:
    data = tone_mapped(coding)
    clean = scrubbed(data, coding, profile=profile)
    is_kept = profile != "strict"
    assert changed(data, profile=profile)["gain map"] == ("kept" if is_kept else "removed")
    assert (b"tmap" in kinds(clean)) == is_kept
    assert (b"altr" in clean) == is_kept
    assert (tone_map() in clean) == is_kept
    assert differences(data, clean) == []


def apple_mapped(coding: Coding, numbers: bytes) -> bytes:
    """A gain map as an auxiliary picture, with metadata of its own."""
    links = ((b"auxl", (1,)),)
    map_item = coded(coding).item(auxiliary(APPLE_MAP), links=links)
    of_map = ((b"cdsc", (2,)),)
    more = (
        Item(b"mime", numbers, (), of_map, content=XMP_TYPE),
        Item(b"Exif", bytes(4) + SECRET_EXIF, (), of_map),
    )
    return whole(coding, map_item, *more).written()


def test_the_numbers_of_an_auxiliary_gain_map_stay_and_its_words_go() -> None:
    packet = (
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
        b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        b"<rdf:Description rdf:about='' xmlns:h='http://ns.apple.com/HDRGainMap/1.0/' "
        b"xmlns:a='http://ns.apple.com/pixeldatainfo/1.0/' xmlns:d='http://purl.org/dc/elements/1.1/'>"
        b"<a:AuxiliaryImageType>urn:com:apple:photo:2020:aux:hdrgainmap</a:AuxiliaryImageType>"
        b"<h:HDRGainMapVersion>65536</h:HDRGainMapVersion><d:creator>A. Person</d:creator>"
        b"<h:HDRGainMapHeadroom>3.5</h:HDRGainMapHeadroom>"
        b"</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    data = apple_mapped("heic", packet)
    clean = scrubbed(data, "heic")
    assert b"<HDRGainMap:HDRGainMapHeadroom>3.5<" in clean
    assert b"A. Person" not in clean
    assert kinds(clean) == [b"hvc1", b"hvc1", b"mime"]
    told = changed(data)
    assert told["XMP HDRGainMapHeadroom"] == told["gain map"] == "kept"
    assert told["XMP creator"] == told["Artist"] == "removed"
    assert kinds(scrubbed(data, "heic", profile="strict")) == [b"hvc1"]


def test_a_gain_map_of_a_later_version_goes() -> None:
    data = tone_mapped("avif").replace(tone_map(), b"\1" + tone_map()[1:])
    assert kinds(scrubbed(data, "avif")) == [b"av01"]
    assert changed(data)["gain map"] == "removed"
    broken = tone_mapped("avif").replace(tone_map(), bytes(len(tone_map())))
    with pytest.raises(ContainerBroken):
        scrubbed(broken, "avif")


def faded() -> Image.Image:
    clear = picture(32, 24, "RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size))
    return clear


@pytest.mark.parametrize("coding", CODINGS)
def test_alpha_stays_and_depth_goes_unless_asked_for(coding: Coding) -> None:
    links = ((b"auxl", (1,)),)
    depth = coded(coding).item(auxiliary(DEPTH), links=links)
    small = coded(coding).item(links=((b"thmb", (1,)),))
    data = whole(coding, depth, small).written()
    kind = coded(coding).kind
    assert kinds(scrubbed(data, coding)) == [kind]
    assert changed(data)["depth map"] == changed(data)["thumbnail"] == "removed"
    asked = scrubbed(data, coding, keep=("thumbnail",))
    assert kinds(asked) == [kind] * 3
    assert changed(data, keep=("thumbnail",))["depth map"] == "kept"
    assert scrubbed(asked, coding, keep=("thumbnail",)) == asked
    clear = saved(faded(), "AVIF")
    assert decoded(scrubbed(clear, "avif")).mode == "RGBA"


@pytest.mark.parametrize("coding", CODINGS)
def test_what_is_kept_stands_in_exif_and_xmp_of_its_own(coding: Coding) -> None:
    tags = exif({0x0112: 6, 0x8298: "(c) A. Person", 0x010F: "Maker"})
    data = whole(coding, words(b"Exif", bytes(4) + tags)).written()
    clean = scrubbed(data, coding)
    found = {one.name for one in metadata.findings(memoryview(clean), coding)}
    assert found == {"Orientation", "Copyright"}
    assert decoded(clean).getexif()[0x8298] == "(c) A. Person"


def test_a_sequence_keeps_its_frames_and_nothing_else(
    real: dict[str, tuple[Format, bytes]],
) -> None:
    spoken = next(data for name, (_, data) in real.items() if "8bpc-audio" in name)
    assert changed(spoken)["sound track"] == "removed"
    deep = next(data for name, (_, data) in real.items() if "depth-exif-xmp" in name)
    told = changed(deep)
    assert told["further track"] == told["Creation Time"] == told["Make"] == "removed"
    for data in (spoken, deep):
        clean = scrubbed(data, "avif")
        assert routing.read_header(memoryview(clean), "avif").frames == 5
        assert clean.count(b"trak") == 1
        assert differences(data, clean) == []


def test_a_sequence_with_alpha_keeps_both_tracks() -> None:
    frames = [faded().rotate(90 * n) for n in range(3)]
    data = saved(frames[0], "AVIF", save_all=True, append_images=frames[1:], duration=[50, 90, 70])
    clean = scrubbed(data, "avif")
    assert clean.count(b"trak") == 2
    assert differences(data, clean) == []
    assert scrubbed(clean, "avif") == clean


def test_a_jpeg_within_is_scrubbed_as_well() -> None:
    size = full(b"ispe", struct.pack(">II", 24, 16)), False
    data = whole("heic", items=(Item(b"jpeg", jpeg(comment=b"A. Person"), (size,)),)).written()
    clean = scrubbed(data, "heic")
    assert b"A. Person" not in clean
    assert clean.endswith(scrubbed(jpeg(), "jpeg"))


def test_an_overlay_and_an_identity_keep_what_they_are_made_of() -> None:
    made = coded("avif")
    size = made.properties[0]
    layers = struct.pack(">BB4HHH4h", 0, 0, 0, 0, 0, 0xFFFF, 64, 64, 0, 0, 8, 8) + b"words"
    hidden = (made.item(is_hidden=True), made.item(is_hidden=True))
    overlay = Item(b"iovl", layers, (size,), ((b"dimg", (2, 3)),))
    clean = scrubbed(whole("avif", items=(overlay, *hidden)).written(), "avif")
    assert b"words" not in clean
    assert layers[:-5] in clean
    same = Item(b"iden", b"words", (size,), ((b"dimg", (2,)),))
    clean = scrubbed(whole("avif", items=(same, hidden[0])).written(), "avif")
    assert sorted(kinds(clean)) == [b"av01", b"iden"]
    assert b"words" not in clean


def transformed(program: bytes) -> bytes:
    """A picture whose samples can be made finer by a second one."""
    made = coded("avif")
    sample = Item(b"sato", program, made.properties[:2], ((b"dimg", (1, 3)),))
    groups = box(b"grpl", full(b"altr", struct.pack(">4I", 9, 2, 2, 1)))
    return whole("avif", sample, made.item(is_hidden=True), meta=(groups,)).written()


def test_a_sample_transform_stays_when_every_token_of_it_is_known() -> None:
    program = bytes((2, 5)) + b"\0\0\0\0\x10" + b"\1\x82\2\x80"
    clean = scrubbed(transformed(program + b"words"), "avif")
    assert program in clean
    assert b"words" not in clean
    assert b"altr" in clean
    with pytest.raises(FormatUnknown):
        scrubbed(transformed(bytes((2, 1)) + b"\x70"), "avif")


def test_numbers_for_a_display_and_for_layers_stay() -> None:
    display = struct.pack(
        ">8HII", *(13250, 34500, 7500, 3000, 34000, 16000, 15635, 16450), 10**7, 1
    )
    numbers = {
        b"mdcv": display,
        b"clli": struct.pack(">HH", 500, 100),
        b"amve": struct.pack(">IHH", 314_000, 15_635, 16_450),
        b"pasp": struct.pack(">II", 1, 1),
        b"a1lx": b"\0" + struct.pack(">3H", 10, 0, 0),
    }
    properties = ((box(kind, raw), False) for kind, raw in numbers.items())
    data = whole("avif", items=(coded("avif").item(*properties),)).written()
    clean = scrubbed(data, "avif")
    assert all(box(kind, raw) in clean for kind, raw in numbers.items())
    assert differences(data, clean) == []
    item = coded("avif").item((box(b"a1lx", numbers[b"a1lx"]), False))
    padded = whole("avif", items=(replace(item, data=item.data + b"\x7a\1\x80"),)).written()
    assert b"a1lx" not in scrubbed(padded, "avif")
    false = whole("avif", items=(coded("avif").item((box(b"amve", b"words!!!"), False)),))
    assert b"amve" not in scrubbed(false.written(), "avif")


def test_a_credential_is_read_and_gives_way_to_the_bare_mark() -> None:
    made = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    action = {"action": "c2pa.created", "digitalSourceType": made}
    told = store(assertion("c2pa.actions", {"actions": [action]}))
    head = C2PA + bytes(4) + b"manifest\0" + bytes(8)
    data = whole("avif", before=(box(b"uuid", head + told),)).written()
    found = {one.name for one in metadata.findings(memoryview(data), "avif")}
    assert "C2PA manifest" in found
    assert "unreadable block" not in found
    clean = scrubbed(data, "avif")
    assert made.encode() in clean
    assert b"c2pa" not in clean
