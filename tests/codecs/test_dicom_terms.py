"""DICOM: in a tag for code words only terms of the standard stay; the picture can be read."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.datadict import dictionary_VM, dictionary_VR
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from safelight.codecs import dicom as codec
from safelight.codecs import dicom_clean, metadata, scrub
from safelight.codecs.dicom_frames import tidied
from safelight.codecs.dicom_rules import CODES, EMPTY_IF_THERE, KEPT
from safelight.codecs.dicom_terms import TERMS
from safelight.image import Wish
from tests.codecs.making import scrubbed
from tests.codecs.planting_dicom import PIXELS, dicom, saved
from tests.codecs.test_canaries import pass_through
from tests.codecs.test_dicom_clean import settled

# As somebody would smuggle it: a name in the letters of a code word.
WORD = "DOE_JANE 19700102"[:16]
CODED = sorted(word for word in KEPT.union(EMPTY_IF_THERE) if dictionary_VR(word) == "CS")
KNOWN: dict[str, str | list[str]] = {
    "BodyPartExamined": "HEAD",
    "CorrectedImage": ["NRGY", "LIN"],
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "ImageLaterality": "L",
    "Laterality": "R",
    "LossyImageCompressionMethod": "ISO_10918_1",
    "Modality": "MR",
    "PatientOrientation": ["L", "PH"],
    "PatientPosition": "HFS",
    "PresentationIntentType": "FOR PRESENTATION",
    "ScanningSequence": ["IR", "SE"],
    "SequenceVariant": ["SK", "SP", "MP", "OSP"],
    "SeriesType": ["WHOLE BODY", "IMAGE"],
    "SpecificCharacterSet": "ISO_IR 192",
    "ViewPosition": "MLO",
    "VOILUTFunction": "SIGMOID",
}


def read(data: bytes) -> Any:
    return pydicom.dcmread(io.BytesIO(data))


def smuggled(keyword: str) -> bytes:
    count = int(dictionary_VM(keyword)[0])
    return saved(dicom(**{keyword: WORD if count == 1 else [WORD] * count}))


def told(data: bytes) -> dict[str, str]:
    return {one.name: one.value for one in metadata.findings(memoryview(data), "dicom")}


def test_every_tag_for_code_words_has_its_terms() -> None:
    listed = {*TERMS, *CODES, "ImageType", "PatientOrientation"}
    assert set(CODED) <= listed
    assert len(CODED) > 40


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("keyword", CODED)
def test_a_word_of_nobodys_list_goes_and_is_told(keyword: str) -> None:
    data = smuggled(keyword)
    clean = scrubbed(data, "dicom")
    assert WORD[:8].encode() not in clean
    assert settled(scrubbed(clean, "dicom")) == settled(clean)
    after = read(clean)
    assert after.pixel_array.tobytes() == PIXELS
    name = "DICOM (0028,0301)" if keyword == "BurnedInAnnotation" else f"DICOM {keyword}"
    assert WORD[:8] in told(data)[name]
    assert name not in told(clean)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("keyword", CODED)
def test_a_scrubber_that_does_nothing_is_caught(keyword: str) -> None:
    assert WORD[:8].encode() in pass_through(smuggled(keyword), "share")


@pytest.mark.parametrize("keyword", sorted(KNOWN))
def test_terms_of_the_standard_stay(keyword: str) -> None:
    data = saved(dicom(**{keyword: KNOWN[keyword]}))
    assert read(scrubbed(data, "dicom"))[keyword].value == KNOWN[keyword]
    assert f"DICOM {keyword}" not in told(data)


def test_what_every_picture_must_have_is_there_without_the_words() -> None:
    pixels = np.arange(360, dtype=np.uint8).tobytes()
    colour = dicom(PhotometricInterpretation=WORD, Modality=WORD, SamplesPerPixel=3, Rows=12)
    colour.BitsAllocated, colour.BitsStored, colour.HighBit = 8, 8, 7
    colour.PlanarConfiguration, colour.PixelData = 0, pixels
    clean = read(scrubbed(saved(colour), "dicom"))
    assert (clean.Modality, clean.PhotometricInterpretation) == ("OT", "RGB")
    assert clean.pixel_array.tobytes() == pixels
    assert read(scrubbed(smuggled("PhotometricInterpretation"), "dicom")).pixel_array.size == 120


def test_the_kind_of_a_picture_ends_before_a_strange_word() -> None:
    data = saved(dicom(ImageType=["DERIVED", "PRIMARY", "EPICARDIAL", "0001", WORD, "AXIAL"]))
    clean = read(scrubbed(data, "dicom"))
    assert list(clean.ImageType) == ["DERIVED", "PRIMARY", "EPICARDIAL", "0001"]
    assert WORD in told(data)["DICOM ImageType"]


def test_a_strange_word_deep_inside_goes_and_is_told() -> None:
    shown = Dataset()
    shown.WindowCenter, shown.WindowWidth, shown.VOILUTFunction = "4", "8", WORD
    group = Dataset()
    group.FrameVOILUTSequence = Sequence([shown])
    data = saved(dicom(SharedFunctionalGroupsSequence=Sequence([group])))
    clean = scrubbed(data, "dicom")
    assert WORD[:8].encode() not in clean
    inner = read(clean).SharedFunctionalGroupsSequence[0].FrameVOILUTSequence[0]
    assert (inner.WindowCenter, "VOILUTFunction" in inner) == (4, False)
    assert told(data)["DICOM VOILUTFunction"] == WORD


@pytest.mark.filterwarnings("ignore")
def test_a_name_in_other_letters_survives_without_its_set_of_characters() -> None:
    data = saved(dicom(SpecificCharacterSet="ISO_IR 192", PatientName="M\u00fcller^J\u00f6rg"))
    odd = data.replace(b"ISO_IR 192", b"ISO_IR_192")
    clean = read(scrubbed(odd, "dicom", keep=("identity",)))
    assert clean.SpecificCharacterSet == "ISO_IR 192"
    assert read(scrubbed(data, "dicom", keep=("identity",))).PatientName == "M\u00fcller^J\u00f6rg"


def test_nobody_can_ask_for_a_strange_word_and_the_report_says_so() -> None:
    groups = ("identity", "place", "time", "device", "history", "other")
    pieces, changes = scrub.rewrite(
        memoryview(smuggled("BodyPartExamined")), "dicom", Wish(keep=groups)
    )
    assert WORD[:8].encode() not in b"".join(pieces)
    named = {one.finding.name: one.what for one in changes}
    assert named["DICOM BodyPartExamined"] == "removed"
    assert named["DICOM PatientName"] == "kept"


def test_pixels_are_cleaned_once_in_a_scrub(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []

    def counted(found: Any) -> Any:
        calls.append(found)
        return tidied(found)

    monkeypatch.setattr(codec, "tidied", counted)
    scrub.rewrite(memoryview(saved(dicom())), "dicom", Wish())
    assert len(calls) == 1
    assert not hasattr(dicom_clean, "tidied")
