"""Each profile keeps what it promises and no more, and the list of changes says so truly."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from safelight.codecs import metadata, routing, scrub
from safelight.errors import FormatUnknown
from safelight.formats import TABLE, Format
from safelight.image import Profile, Risk, Wish
from tests.codecs.making import (
    XMP_HEAD,
    exif,
    extended,
    iptc,
    jpeg,
    picture,
    png,
    profile,
    resource,
    riff_chunk,
    saved,
    scrubbed,
    segment,
    small_picture_exif,
    webp,
    webp_of,
    with_chunks,
    with_segments,
    xmp,
)

DC = "http://purl.org/dc/elements/1.1/"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
MARK = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
BLOCK = exif(
    {0x013B: "A. Person", 0x8298: "(c) 2026 me", 0x0112: 6, 0x0132: "2026:01:02 03:04:05"},
    inner={0xA431: "1234", 0x829A: 0.25, 0x9003: "no date at all", 0x9286: b"ASCII\0\0\0hi"},
    gps={1: "N", 2: (48.0, 51.0, 29.0)},
)
PACKET = xmp(
    "<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>(c) me &amp; you</rdf:li></rdf:Alt>"
    "</dc:rights><dc:creator><rdf:Seq><rdf:li>A. Person</rdf:li></rdf:Seq></dc:creator>"
    f"<i:DigitalSourceType>{MARK}</i:DigitalSourceType>"
    "<a:CreateDate>2026-01-02T03:04:05Z</a:CreateDate><a:CreatorTool>Tool</a:CreatorTool>"
    "<e:ISO>200</e:ISO><e:Words>secret words</e:Words><t:Orientation>8</t:Orientation>",
    dc=DC,
    i=IPTC_EXT,
    a="http://ns.adobe.com/xap/1.0/",
    e="http://ns.adobe.com/exif/1.0/",
    t="http://ns.adobe.com/tiff/1.0/",
)


@dataclass(frozen=True)
class Outcome:
    """What a file says after a scrub, and what the scrub said about it."""

    names: set[str]
    kept: set[str]
    removed: set[str]
    added: set[str]
    data: bytes


def full(format: Format) -> bytes:
    """A picture with all of it."""
    if format == "jpeg":
        plain = jpeg(exif=BLOCK, icc_profile=profile())
        return with_segments(plain, segment(0xE1, XMP_HEAD + PACKET), segment(0xFE, b"hello"))
    if format == "png":
        plain = png(exif=BLOCK, icc_profile=profile())
        text = (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PACKET)
        return with_chunks(plain, text, (b"tEXt", b"Comment\0hello"), (b"tIME", bytes(7)))
    return webp(exif=BLOCK, icc_profile=profile(), xmp=PACKET)


def outcome(data: bytes, **wish: object) -> Outcome:
    format = routing.route(data[:64])
    assert format is not None
    pieces, changes = scrub.rewrite(memoryview(data), format, Wish(**wish))  # type: ignore[arg-type] # any field
    clean = b"".join(pieces)
    told: dict[str, set[str]] = {"kept": set(), "removed": set(), "added": set()}
    for change in changes:
        told[change.what].add(change.finding.name)
    after = {finding.name for finding in metadata.findings(memoryview(clean), format)}
    return Outcome(after, told["kept"], told["removed"], told["added"], clean)


KEPT: dict[Profile, set[str]] = {
    "share": {"Orientation", "Copyright", "ICC_Profile", "XMP rights", "XMP DigitalSourceType"},
    "strict": {"Orientation", "ICC_Profile", "XMP DigitalSourceType"},
    "minimal": {
        *("Orientation", "Copyright", "ICC_Profile", "XMP rights", "XMP DigitalSourceType"),
        *("ModifyDate", "ExposureTime", "XMP CreateDate", "XMP ISO"),
    },
}


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("profile_name", ["share", "strict", "minimal"])
def test_a_profile_keeps_exactly_what_it_promises(format: Format, profile_name: Profile) -> None:
    result = outcome(full(format), profile=profile_name)
    assert result.names == KEPT[profile_name]
    assert result.kept == KEPT[profile_name]
    assert result.added == set()
    assert {"Artist", "GPSLatitude", "SerialNumber", "XMP creator"} <= result.removed
    assert b"A. Person" not in result.data


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_profile_none_changes_no_byte(format: Format) -> None:
    data = full(format)
    result = outcome(data, profile="none")
    assert result.data == data
    assert "GPSLatitude" in result.kept
    assert result.removed == set()


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_a_group_that_the_user_asks_for_stays_whole(format: Format) -> None:
    result = outcome(full(format), keep=("place", "identity"))
    assert {"GPSLatitudeRef", "GPSLatitude", "Artist", "UserComment"} <= result.names
    assert "XMP creator" in result.names
    assert not {"SerialNumber", "ExposureTime", "XMP CreatorTool"} & result.names


def test_comments_texts_and_dates_stay_when_they_are_asked_for() -> None:
    assert "Comment" in outcome(full("jpeg"), keep=("other",)).names
    kept = outcome(full("png"), keep=("identity", "time"))
    assert {"Comment", "ModifyDate"} <= kept.names


def test_a_small_picture_stays_only_when_it_is_asked_for() -> None:
    small = jpeg(picture(8, 8), exif=exif({0x010F: "Maker"}))
    data = with_segments(jpeg(), segment(0xE1, b"Exif\0\0" + small_picture_exif(small)))
    assert scrubbed(small, "jpeg") not in outcome(data).data
    result = outcome(data, keep=("thumbnail",))
    assert scrubbed(small, "jpeg") in result.data
    assert result.kept == {"Thumbnail"}
    assert "Make" in result.removed
    cut = with_segments(jpeg(), segment(0xE1, b"Exif\0\0" + small_picture_exif(small[:300])))
    assert outcome(cut, keep=("thumbnail",)).data == outcome(jpeg()).data


def test_a_manifest_stays_only_when_it_is_asked_for() -> None:
    body = b"JP\0\1\0\0\0\1c2pa-manifest"
    data = with_segments(jpeg(), segment(0xEB, body))
    assert body not in outcome(data).data
    assert body in outcome(data, keep=("provenance",)).data
    image = riff_chunk(b"C2PA", b"c2pa")
    file = webp_of(extended(0, 24, 16), webp()[12:], image)
    assert b"c2pa" in outcome(file, keep=("provenance",)).data


def test_a_manifest_gives_way_to_the_bare_mark() -> None:
    body = b"JP\0\1\0\0\0\1jumb...digitalsourcetype/compositeWithTrainedAlgorithmicMediaq A. Person"
    result = outcome(with_segments(jpeg(), segment(0xEB, body)))
    assert result.names == {"XMP DigitalSourceType"}
    assert b"compositeWithTrainedAlgorithmicMedia<" in result.data
    assert result.removed == {"C2PA manifest", "unreadable block"}
    # told by the name that it has now: once, and not as removed as well
    assert (result.kept, result.added) == ({"XMP DigitalSourceType"}, set())


def test_only_published_marks_pass() -> None:
    packet = PACKET.replace(b"trainedAlgorithmicMedia", b"madeByAPerson")
    result = outcome(with_segments(jpeg(), segment(0xE1, XMP_HEAD + packet)))
    assert "XMP DigitalSourceType" in result.removed
    assert b"madeByAPerson" not in result.data


ADDRESS = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@pytest.mark.parametrize(
    "property",
    [
        "<i:DigitalSourceType>trainedAlgorithmicMedia</i:DigitalSourceType>",
        f"<i:DigitalSourceType rdf:resource='{MARK}'/>",
        "<i:DigitalSourceType>https://example.org/terms/trainedAlgorithmicMedia"
        "</i:DigitalSourceType>",
        "<i:DigitalSourceType><rdf:Bag><rdf:li>digitalCapture</rdf:li>"
        "<rdf:li>trainedAlgorithmicMedia</rdf:li></rdf:Bag></i:DigitalSourceType>",
    ],
)
def test_a_mark_is_carried_as_its_address_however_it_is_written(property: str) -> None:
    packet = xmp(property, i=IPTC_EXT)
    result = outcome(with_segments(jpeg(), segment(0xE1, XMP_HEAD + packet)))
    assert MARK.encode() in result.data
    assert (result.kept, result.names) == ({"XMP DigitalSourceType"}, {"XMP DigitalSourceType"})


@pytest.mark.parametrize("words", ["a trainedAlgorithmicMedia", "trainedAlgorithmicMediaX", ""])
def test_other_words_are_no_mark(words: str) -> None:
    packet = xmp(f"<i:DigitalSourceType>{words}</i:DigitalSourceType>", i=IPTC_EXT)
    result = outcome(with_segments(jpeg(), segment(0xE1, XMP_HEAD + packet)))
    assert ADDRESS.encode() not in result.data
    assert (result.removed, result.names) == ({"XMP DigitalSourceType"}, set())


def test_a_mark_is_found_even_in_a_packet_that_cannot_be_read() -> None:
    body = XMP_HEAD + b"<broken" + MARK.encode()
    assert outcome(with_segments(jpeg(), segment(0xE1, body))).names == {"XMP DigitalSourceType"}


def test_a_notice_moves_to_xmp_from_where_it_cannot_stay() -> None:
    records = segment(0xED, b"Photoshop 3.0\0" + resource(0x0404, iptc(n116=b"(c) me", n80=b"A")))
    result = outcome(with_segments(jpeg(), records))
    assert (result.names, result.kept, result.removed) == (
        {"XMP rights"},
        {"XMP rights"},
        {"IPTC By-line"},
    )
    text = outcome(with_chunks(png(), (b"tEXt", b"Copyright\0(c) me")))
    assert (text.names, text.kept) == ({"XMP rights"}, {"XMP rights"})


@pytest.mark.parametrize(
    ("day", "time", "written"),
    [
        (b"20020620", b"", b">2002-06-20<"),
        (b"20020620", b"123456+0200", b">2002-06-20T12:34:56+02:00<"),
        (b"20020620", b"123456", b">2002-06-20T12:34:56<"),
        (b"20020620", b"CANARY+0200", b">2002-06-20<"),
        (b"20021340", b"123456", b""),
        (b"CANARY!!", b"123456", b""),
    ],
)
def test_the_date_of_iptc_stays_as_xmp_has_it(day: bytes, time: bytes, written: bytes) -> None:
    records = resource(0x0404, iptc(n55=day, n60=time, n80=b"A. Person", n30=b"20030101"))
    data = with_segments(jpeg(), segment(0xED, b"Photoshop 3.0\0" + records))
    result = outcome(data, profile="minimal")
    assert written in result.data
    assert b"CANARY" not in result.data
    assert result.names == result.kept == ({"XMP DateCreated"} if written else set())
    assert {"IPTC By-line", "IPTC ReleaseDate"} <= result.removed
    assert ("IPTC DateCreated" in result.removed) == (not written)
    assert result.added == set()
    assert outcome(data).names == set()


def test_the_date_of_xmp_goes_before_that_of_iptc() -> None:
    records = resource(0x0404, iptc(n55=b"20020620"))
    packet = xmp(
        "<p:DateCreated>2001-01-01</p:DateCreated>", p="http://ns.adobe.com/photoshop/1.0/"
    )
    data = with_segments(
        jpeg(), segment(0xED, b"Photoshop 3.0\0" + records), segment(0xE1, XMP_HEAD + packet)
    )
    result = outcome(data, profile="minimal")
    assert b">2001-01-01<" in result.data
    assert b"2002-06-20" not in result.data
    assert result.removed == {"IPTC DateCreated"}


def test_a_packet_too_long_for_its_container_shrinks_to_notice_and_mark() -> None:
    packet = PACKET.replace(b"A. Person", b"x" * 62_000)
    data = with_segments(jpeg(), segment(0xE1, XMP_HEAD + packet))
    assert outcome(data, keep=("identity",)).names == {"XMP rights", "XMP DigitalSourceType"}


def test_exif_too_long_for_its_container_leaves_out_what_does_not_fit() -> None:
    block = exif({0x013B: "A. Person"}, inner={0x927C: bytes(59_995)})
    data = with_segments(jpeg(), segment(0xE1, b"Exif\0\0" + block))
    assert outcome(data, keep=("device", "identity")).names == {"Artist"}


def test_a_malformed_colour_profile_is_dropped() -> None:
    data = with_segments(jpeg(), segment(0xE2, b"ICC_PROFILE\0\1\1" + profile()[:-40]))
    assert outcome(data).removed == {"ICC_Profile"}


@pytest.mark.parametrize("target", ["jpeg", "png", "webp", "tiff", "avif"])
def test_an_encoder_gets_the_same_but_the_orientation(target: Format) -> None:
    kept = scrub.kept(memoryview(full("jpeg")), ("jpeg", target), Wish(), whole=None)
    assert kept.icc is not None
    assert kept.xmp is not None
    # our encoder writes no EXIF into a TIFF: the notice stands in XMP there
    assert (kept.exif is None) == (target == "tiff")
    assert b"(c) 2026 me" in (kept.exif or kept.xmp)
    assert MARK.encode() in kept.xmp
    what = {change.finding.name: change.what for change in kept.changes}
    assert what["Orientation"] == "removed"
    assert what["ICC_Profile"] == what["XMP rights"] == "kept"
    assert what.get("Copyright") == (None if target == "tiff" else "kept")
    assert what["GPSLatitude"] == what["Comment"] == "removed"


def test_an_encoder_never_gets_the_small_picture_of_another_size() -> None:
    small = jpeg(picture(8, 8))
    data = with_segments(jpeg(), segment(0xE1, b"Exif\0\0" + small_picture_exif(small)))
    kept = scrub.kept(memoryview(data), ("jpeg", "jpeg"), Wish(profile="none"), whole=None)
    assert small not in (kept.exif or b"")


def test_a_format_without_a_place_for_it_gets_nothing() -> None:
    kept = scrub.kept(memoryview(full("jpeg")), ("jpeg", "dicom"), Wish(profile="none"), whole=None)
    assert (kept.icc, kept.exif, kept.xmp) == (None, None, None)
    assert {change.what for change in kept.changes} == {"removed"}


def test_a_new_encoding_of_a_tiff_keeps_its_notice_and_none_of_its_structure() -> None:
    tags = {0x8298: "(c) me", 0x013B: "A. Person", 0x010E: "words"}
    data = saved(picture(), "TIFF", tiffinfo=tags)
    for wish in (Wish(), Wish(profile="none")):
        kept = scrub.kept(memoryview(data), ("tiff", "jpeg"), wish, whole=None)
        assert kept.exif is not None
        assert b"(c) me" in kept.exif
        assert (b"A. Person" in kept.exif) == (wish.profile == "none")
        assert len(kept.exif) < 200


def test_values_of_an_applied_orientation_say_so() -> None:
    kept = scrub.kept(memoryview(full("jpeg")), ("jpeg", "jpeg"), Wish(), whole=None)
    turned = [c.finding for c in kept.changes if c.finding.group == Risk.ORIENTATION]
    assert {finding.value for finding in turned} == {"applied to the pixels"}


def test_a_container_without_a_walker_cannot_be_rewritten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(TABLE, "gif", replace(TABLE["gif"], scrubs=False))
    with pytest.raises(FormatUnknown):
        scrub.rewrite(memoryview(saved(picture(), "GIF")), "gif", Wish())


def test_pixels_are_slices_of_the_input() -> None:
    data = memoryview(jpeg(picture(200, 200)))
    pieces, _ = scrub.rewrite(data, "jpeg", Wish())
    shared = sum(len(p) for p in pieces if isinstance(p, memoryview) and p.obj is data.obj)
    assert shared > 0.8 * scrub.size_of(pieces)
