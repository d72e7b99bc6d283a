"""Identities of DICOM objects: none carries what its maker put into it, those shared stay."""

from __future__ import annotations

from hashlib import sha256

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from safelight.codecs import metadata, scrub
from safelight.codecs.dicom_rules import CLASS, IDENTITIES
from safelight.codecs.dicom_uids import CHECK, HASHED, LABEL, ROOT, is_known, is_replaced, replaced
from safelight.image import Wish
from tests.codecs.making import CANARY, scrubbed
from tests.codecs.planting_dicom import dicom, saved
from tests.codecs.test_dicom_clean import read

HIDDEN = "19650314.4711.677865658289"
IN_THE_FORM_OF_OURS = ROOT + str(
    int.from_bytes(
        (word := CANARY[:HASHED].ljust(HASHED)) + sha256(LABEL + word).digest()[:CHECK], "big"
    )
)
FREE = ("1.2.840.10008." + HIDDEN, "1.2.840.10008.1.4.1.1." + HIDDEN, IN_THE_FORM_OF_OURS)


def identified(uid: str, keyword: str) -> bytes:
    """An object with this identity, in a sequence that stays as well."""
    item = Dataset()
    setattr(item, keyword, uid)
    return saved(dicom(DimensionOrganizationSequence=Sequence([item]), **{keyword: uid}))


@pytest.mark.parametrize("uid", FREE)
@pytest.mark.parametrize("keyword", sorted({*IDENTITIES, CLASS}))
def test_no_identity_carries_numbers_of_its_maker(keyword: str, uid: str) -> None:
    data = identified(uid, keyword)
    assert uid.encode() in data
    clean = scrubbed(data, "dicom")
    assert uid.encode() not in clean
    assert HIDDEN.encode() not in clean


def test_an_identity_in_the_form_of_ours_is_one_that_a_check_would_let_through() -> None:
    assert is_replaced(IN_THE_FORM_OF_OURS)
    assert CANARY[:6] in int(IN_THE_FORM_OF_OURS.removeprefix(ROOT)).to_bytes(16, "big")
    assert replaced(IN_THE_FORM_OF_OURS) != IN_THE_FORM_OF_OURS


@pytest.mark.parametrize(
    ("keyword", "uid"),
    [
        ("FrameOfReferenceUID", "1.2.840.10008.1.4.1.1"),
        ("SynchronizationFrameOfReferenceUID", "1.2.840.10008.15.1.1"),
        ("PaletteColorLookupTableUID", "1.2.840.10008.1.5.1"),
        (CLASS, "1.2.840.10008.5.1.4.1.1.2"),
    ],
)
def test_what_the_standard_shares_stays_where_it_may_stand(keyword: str, uid: str) -> None:
    clean = read(scrubbed(identified(uid, keyword), "dicom"))
    assert clean[keyword].value == clean.DimensionOrganizationSequence[0][keyword].value == uid
    assert removed_of(identified(uid, keyword)).isdisjoint({f"DICOM {keyword}"})
    other = read(scrubbed(identified(uid, "SOPInstanceUID"), "dicom"))
    assert is_replaced(other.SOPInstanceUID)


def test_a_kind_of_object_that_nobody_knows_becomes_a_plain_picture() -> None:
    data = identified("1.3.12.2.1107.5.9.1", CLASS)
    clean = read(scrubbed(data, "dicom"))
    assert is_known(clean.SOPClassUID, "SOP Class")
    assert clean.file_meta.MediaStorageSOPClassUID == clean.SOPClassUID
    assert "DICOM SOPClassUID" in removed_of(data)


def removed_of(data: bytes) -> set[str]:
    _, changes = scrub.rewrite(memoryview(data), "dicom", Wish())
    return {change.finding.name for change in changes if change.what == "removed"}


def test_what_is_called_removed_is_another_one_afterwards() -> None:
    data = identified(FREE[0], "FrameOfReferenceUID")
    gone = {"DICOM FrameOfReferenceUID", "DICOM SOPInstanceUID", "DICOM StudyInstanceUID"}
    assert removed_of(data) >= gone
    before, after = read(data), read(scrubbed(data, "dicom"))
    for name in gone:
        keyword = name.removeprefix("DICOM ")
        assert before[keyword].value != after[keyword].value


def test_an_object_that_we_wrote_has_nothing_to_tell_of_its_identities() -> None:
    data = identified(IN_THE_FORM_OF_OURS, "FrameOfReferenceUID")
    assert "DICOM FrameOfReferenceUID" in removed_of(data)
    clean = scrubbed(data, "dicom")
    assert metadata.findings(memoryview(clean), "dicom") == ()
    assert is_replaced("2.25." + "9" * 5_000) is False
