"""DICOM objects made in code, a canary in every place where bytes can hide, by the place's name."""

from __future__ import annotations

import io
import struct
from typing import Any

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from tests.codecs.making import CANARY
from tests.codecs.planting import spiked_profile

WORD = CANARY.decode()
PIXELS = struct.pack("<120H", *(number * 29 % 4096 for number in range(120)))
UID = "1.2.3.4.5.6.7.8.987654321"
# Rows of table E.1-1 (PS3.15) that the basic profile removes, empties or replaces, with words.
TABLE = """
    AccessionNumber AdditionalPatientHistory AdmissionID AdmittingDiagnosesDescription
    AcquisitionComments AcquisitionProtocolDescription Allergies BranchOfService
    CassetteID CommentsOnThePerformedProcedureStep ConfidentialityConstraintOnPatientDataDescription
    ContentCreatorName ContrastBolusAgent CountryOfResidence CurrentPatientLocation
    DerivationDescription DetectorID DeviceSerialNumber DischargeDiagnosisDescription
    EthnicGroup FillerOrderNumberImagingServiceRequest FrameComments GantryID GeneratorID
    ImageComments ImagePresentationComments ImagingServiceRequestComments InstitutionName
    InstitutionalDepartmentName InsurancePlanIdentification IssuerOfPatientID
    MedicalAlerts MedicalRecordLocator MilitaryRank NameOfPhysiciansReadingStudy
    NamesOfIntendedRecipientsOfResults Occupation OperatorsName OrderEnteredBy OtherPatientNames
    PatientAddress PatientBirthName PatientComments PatientID PatientInstitutionResidence
    PatientMotherBirthName PatientName PatientReligiousPreference PatientState
    PatientTransportArrangements PerformedLocation PerformedProcedureStepDescription
    PerformedProcedureStepID PerformedStationName PerformingPhysicianName PhysiciansOfRecord
    PlateID PreMedication ProtocolName ReasonForStudy ReferringPhysicianName
    RequestedProcedureComments RequestedProcedureDescription RequestedProcedureID
    RequestingPhysician RequestingService ResponsibleOrganization ResponsiblePerson
    ResultsComments ReviewerName ScheduledPerformingPhysicianName
    ScheduledProcedureStepDescription ScheduledStationName SeriesDescription
    ServiceEpisodeDescription SpecialNeeds StationName StudyComments StudyDescription StudyID
    TextComments TextString TopicAuthor TopicSubject TopicTitle VerifyingObserverName
    VisitComments
""".split()
DATES = """
    AcquisitionDate ContentDate InstanceCreationDate PatientBirthDate
    PerformedProcedureStepStartDate SeriesDate StudyDate AdmittingDate LastMenstrualDate
""".split()


def dicom(**tags: Any) -> Dataset:
    """A small picture with a patient; tags by their keyword."""
    found = Dataset()
    found.SOPClassUID, found.SOPInstanceUID = SecondaryCaptureImageStorage, UID
    found.StudyInstanceUID, found.SeriesInstanceUID = UID + ".1", UID + ".2"
    found.PatientName, found.PatientID, found.Modality = "Doe^Jane", "4711", "CT"
    found.Rows, found.Columns, found.SamplesPerPixel = 12, 10, 1
    found.PhotometricInterpretation = "MONOCHROME2"
    found.BitsAllocated, found.BitsStored, found.HighBit, found.PixelRepresentation = 16, 12, 11, 0
    found.RescaleSlope, found.RescaleIntercept = "1.5", "-1024"
    found.PixelData = PIXELS
    for keyword, value in tags.items():
        setattr(found, keyword, value)
    return found


def saved(found: Dataset, *, preamble: bytes = bytes(128), name: str = "") -> bytes:
    found.file_meta = FileMetaDataset()
    found.file_meta.MediaStorageSOPClassUID = found.SOPClassUID
    found.file_meta.MediaStorageSOPInstanceUID = found.SOPInstanceUID
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if name:
        found.file_meta.SourceApplicationEntityTitle = name
    found.preamble = preamble
    out = io.BytesIO()
    pydicom.dcmwrite(out, found, enforce_file_format=True)
    return out.getvalue()


def private() -> Dataset:
    found = dicom()
    block = found.private_block(0x0029, WORD[:10], create=True)
    block.add_new(0x01, "LO", WORD)
    return found


def nested() -> Dataset:
    """Words in a sequence within a sequence that is kept."""
    inner = Dataset()
    inner.PixelSpacing, inner.ImageComments = ["1", "1"], WORD
    group = Dataset()
    group.PixelMeasuresSequence, group.FrameComments = Sequence([inner]), WORD
    return dicom(SharedFunctionalGroupsSequence=Sequence([group]))


def removed() -> Dataset:
    item = Dataset()
    item.PatientName = WORD
    return dicom(OtherPatientIDsSequence=Sequence([item]), ReferencedImageSequence=Sequence([item]))


def overlay() -> Dataset:
    found = dicom()
    found.add_new(0x60003000, "OW", CANARY + b"\0")
    found.add_new(0x60000022, "LO", WORD)
    return found


def words_for_numbers() -> Dataset:
    """Code words and numbers that are none; the library does not mind."""
    found = dicom()
    for keyword, vr in (("ImageType", "CS"), ("ScanOptions", "CS"), ("ConvolutionKernel", "SH")):
        element = pydicom.DataElement(keyword, vr, "CANARY-6f1d2b'x", validation_mode=0)
        found.add(element)
    return found


def plants() -> dict[str, bytes]:
    found = {keyword: saved(dicom(**{keyword: WORD})) for keyword in TABLE}
    return found | {
        "preamble": saved(dicom(), preamble=(b"II*\0" + CANARY).ljust(128, b"\0")),
        "title of a program": saved(dicom(), name=WORD),
        "private": saved(private()),
        "in a kept sequence": saved(nested()),
        "in a removed sequence": saved(removed()),
        "overlay": saved(overlay()),
        "words for code words": saved(words_for_numbers()),
        "padding": saved(dicom(DataSetTrailingPadding=CANARY + b"\0")),
        "words of the profile": saved(dicom(ICCProfile=spiked_profile())),
        "small picture": saved(dicom(IconImageSequence=Sequence([removed_icon()]))),
    }


def removed_icon() -> Dataset:
    icon = Dataset()
    icon.BitsAllocated = 8
    icon.PixelData = CANARY + b"\0"
    return icon
