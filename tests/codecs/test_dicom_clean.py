"""DICOM scrubbed by the basic confidentiality profile: no word is left, pixels keep their bytes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from safelight.codecs import metadata, routing, scrub
from safelight.codecs.dicom import header
from safelight.codecs.dicom_rules import EMPTY, KEPT
from safelight.codecs.dicom_uids import is_replaced, replaced
from safelight.codecs.text_risks import risk_of_text
from safelight.errors import ContainerBroken, FormatUnknown, InputRefused, ParameterInvalid
from safelight.formats import Format
from safelight.image import Profile, Risk, Wish
from tests.codecs.making import CANARY, profile, scrubbed
from tests.codecs.planting_dicom import DATES, PIXELS, TABLE, UID, dicom, plants, saved
from tests.codecs.test_canaries import pass_through

PLANTS = plants()
REFUSED = {
    *("meta_missing_tsyntax.dcm", "priv_SQ.dcm", "reportsi_with_empty_number_tags.dcm"),
    *("rtplan_truncated.dcm", "test-SR.dcm"),
}


def read(data: bytes) -> Any:
    return pydicom.dcmread(io.BytesIO(data))


def shown(found: Any) -> bytes:
    """The pixels decoded; where no decoder is there, the end of the bytes that hold them."""
    from pydicom.pixels.utils import pixel_array

    try:
        array = pixel_array(found)
    except (RuntimeError, ValueError, AttributeError):
        return bytes(found.PixelData).rstrip(b"\0\xff\xd9")[-64:]
    return repr(array.shape).encode() + bytes(array.tobytes())


def faults(data: bytes, clean: bytes) -> list[str]:
    found = ["the canary is still there"] if CANARY[:6] in clean else []
    if shown(read(data)) != shown(read(clean)):
        found.append("pixels are others")
    if settled(scrubbed(clean, "dicom")) != settled(clean):
        found.append("a second scrub changes more than identities")
    return found


def settled(data: bytes) -> bytes:
    """The object with one identity in place of those that every scrub replaces."""
    found = read(data)
    for part in (found.file_meta, found):
        for element in part.iterall():
            if element.VR == "UI" and is_replaced(str(element.value)):
                element.value = "2.25.1"
    out = io.BytesIO()
    pydicom.dcmwrite(out, found)
    return out.getvalue()


def at_rest(data: bytes, format: Format) -> bytes:
    """What a second scrub leaves as it is, of any format."""
    return settled(data) if format == "dicom" else data


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_pixels_are_the_same(place: str, profile: Profile) -> None:
    data = PLANTS[place]
    assert faults(data, scrubbed(data, "dicom", profile=profile)) == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert CANARY[:6] in pass_through(PLANTS[place], "share")


def test_no_row_of_the_table_is_on_the_list_of_what_is_kept() -> None:
    assert set(TABLE) & KEPT == set()
    assert set(DATES) & KEPT == set()


def test_dates_go_and_stay_where_they_are_wanted() -> None:
    data = saved(dicom(**dict.fromkeys(DATES, "19700102")))
    assert b"19700102" not in scrubbed(data, "dicom")
    kept = read(scrubbed(data, "dicom", profile="minimal"))
    assert kept.StudyDate == "19700102"
    assert "PatientBirthDate" in kept
    assert kept.PatientBirthDate == ""


def test_the_object_says_that_it_was_done_and_by_which_profile() -> None:
    clean = read(scrubbed(saved(dicom()), "dicom"))
    assert clean.PatientIdentityRemoved == "YES"
    assert clean.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert all(str(clean[keyword].value) == "" for keyword in EMPTY)
    assert clean.file_meta.MediaStorageSOPInstanceUID == clean.SOPInstanceUID
    assert clean.preamble == bytes(128)


def test_identities_are_replaced_by_the_same_ones_everywhere() -> None:
    one = read(scrubbed(saved(dicom()), "dicom"))
    other = read(scrubbed(saved(dicom(SOPInstanceUID=UID + ".9")), "dicom"))
    assert one.StudyInstanceUID == other.StudyInstanceUID != UID + ".1"
    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert is_replaced(one.StudyInstanceUID)
    assert replaced("") == ""
    assert len(one.StudyInstanceUID) <= 64
    assert not is_replaced("2.25.12345")
    assert not is_replaced("2.25.x")
    assert not is_replaced(f"2.25.{1 << 130}")


def test_numbers_of_the_picture_stay() -> None:
    inner = Dataset()
    inner.PixelSpacing = ["0.5", "0.25"]
    group = Dataset()
    group.PixelMeasuresSequence = Sequence([inner])
    tags = {"WindowCenter": "40", "ImageType": ["ORIGINAL", "PRIMARY"], "RescaleType": "HU"}
    data = saved(dicom(SharedFunctionalGroupsSequence=Sequence([group]), **tags))
    clean = read(scrubbed(data, "dicom"))
    assert clean.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing == [
        0.5,
        0.25,
    ]
    assert (clean.WindowCenter, clean.RescaleIntercept, clean.RescaleType) == (40, -1024, "HU")
    assert list(clean.ImageType) == ["ORIGINAL", "PRIMARY"]
    assert clean.PixelData == PIXELS


def test_words_that_are_asked_for_stay() -> None:
    data = saved(dicom(InstitutionName="A house"))
    clean = read(scrubbed(data, "dicom", keep=("identity",)))
    assert clean.PatientName == "Doe^Jane"
    assert clean.PatientIdentityRemoved == "NO"
    assert "InstitutionName" not in clean


def test_what_an_object_says_is_told() -> None:
    told = {one.name: one for one in metadata.findings(memoryview(PLANTS["private"]), "dicom")}
    assert told["DICOM PatientName"].group == Risk.IDENTITY
    assert told["DICOM PatientName"].value == "Doe^Jane"
    assert "DICOM (0029,1001)" in told
    assert "DICOM StudyInstanceUID" in told
    small = metadata.findings(memoryview(PLANTS["small picture"]), "dicom")
    assert "IconImageSequence" in {one.name for one in small}
    clean = metadata.findings(memoryview(scrubbed(PLANTS["private"], "dicom")), "dicom")
    assert clean == ()


@pytest.mark.parametrize(
    ("keyword", "risk"),
    [
        *(("PatientAge", Risk.IDENTITY), ("InstitutionAddress", Risk.PLACE)),
        *(("StudyTime", Risk.TIME), ("DeviceSerialNumber", Risk.DEVICE)),
        *(("SoftwareVersions", Risk.HISTORY), ("StudyDescription", Risk.IDENTITY)),
        ("Whatever", Risk.OTHER),
    ],
)
def test_tags_belong_to_groups(keyword: str, risk: Risk) -> None:
    assert risk_of_text(f"DICOM {keyword}") == risk


def test_words_drawn_into_pixels_are_warned_of() -> None:
    said, often = {"BurnedInAnnotation": "YES"}, {"Modality": "US"}
    for tags, name in ((said, "BurnedInAnnotation"), (often, "possible words in the pixels")):
        clean, changes = scrub.rewrite(memoryview(saved(dicom(**tags))), "dicom", Wish())
        kept = [one.finding for one in changes if one.what == "kept"]
        assert [one.name for one in kept] == [f"DICOM {name}"]
        assert ("BurnedInAnnotation" in read(b"".join(clean))) == (tags is said)
        assert "redact" in kept[0].value
    for tags in ({"Modality": "CT"}, {"Modality": "US", "BurnedInAnnotation": "NO"}):
        _, changes = scrub.rewrite(memoryview(saved(dicom(**tags))), "dicom", Wish())
        assert [one for one in changes if one.what == "kept"] == []


def test_a_mark_that_has_no_place_is_refused() -> None:
    with pytest.raises(ParameterInvalid, match="no place"):
        scrubbed(saved(dicom()), "dicom", mark="trainedAlgorithmicMedia")


def test_colour_stays_as_a_clean_profile() -> None:
    clean = read(scrubbed(saved(dicom(ICCProfile=profile())), "dicom"))
    assert bytes(clean.ICCProfile)[36:40] == b"acsp"


def deep() -> bytes:
    inner = Dataset()
    for _ in range(20):
        outer = Dataset()
        outer.SharedFunctionalGroupsSequence = Sequence([inner])
        inner = outer
    found = dicom()
    found.SharedFunctionalGroupsSequence = Sequence([inner])
    return saved(found)


def test_nesting_has_an_end() -> None:
    clean = read(scrubbed(deep(), "dicom"))
    depth = 0
    while "SharedFunctionalGroupsSequence" in clean and clean.SharedFunctionalGroupsSequence:
        clean, depth = clean.SharedFunctionalGroupsSequence[0], depth + 1
    assert depth <= 13


def without_picture() -> bytes:
    found = dicom()
    del found.PixelData
    return saved(found)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (without_picture(), FormatUnknown),
        (bytes(128) + b"DICM", InputRefused),
        (bytes(128) + b"DICM" + b"\xff" * 40, InputRefused),
        (saved(dicom()).replace(b"1.2.840.10008.1.2.1", b"not an identity!!!!"), ContainerBroken),
        (saved(dicom()).replace(b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.7"), FormatUnknown),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_cannot_be_is_refused(data: bytes, error: type[InputRefused]) -> None:
    with pytest.raises(error):
        scrubbed(data, "dicom")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_shared_objects_keep_their_pixels_and_lose_their_patients(shared_data: Path) -> None:
    done = 0
    for path in sorted((shared_data / "medical").rglob("*.dcm")):
        data = path.read_bytes()
        if routing.route(data[:132]) != "dicom" or path.name in REFUSED:
            continue
        clean = scrubbed(data, "dicom")
        before, after = read(data), read(clean)
        if path.name != "badVR.dcm":
            assert shown(before) == shown(after), path.name
            assert header(memoryview(clean)) == header(memoryview(data)), path.name
        assert not after.PatientName, path.name
        assert all(not element.tag.is_private for element in after.iterall()), path.name
        name = str(before.get("PatientName") or "").encode()
        assert not name or name not in clean, path.name
        assert settled(scrubbed(clean, "dicom")) == settled(clean), path.name
        done += 1
    assert done >= 30
