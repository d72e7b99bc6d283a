"""What words under a name can reveal: texts of PNG, user data of films, tags of DICOM."""

from __future__ import annotations

import re

from safelight.image import Risk

TEXT_RISKS: dict[str, Risk] = {
    "Author": Risk.IDENTITY,
    "Title": Risk.IDENTITY,
    "Description": Risk.IDENTITY,
    "Comment": Risk.IDENTITY,
    "Copyright": Risk.RIGHTS,
    "Artist": Risk.IDENTITY,
    "Keywords": Risk.IDENTITY,
    "Information": Risk.IDENTITY,
    "FileName": Risk.IDENTITY,
    "Location": Risk.PLACE,
    "Make": Risk.DEVICE,
    "Model": Risk.DEVICE,
    "HandlerName": Risk.HISTORY,
    "Compressor": Risk.HISTORY,
    "Encoder": Risk.HISTORY,
    "CreationDate": Risk.TIME,
    "Creation Time": Risk.TIME,
    "Software": Risk.HISTORY,
    "PTEX.Fullbanner": Risk.HISTORY,
    "Source": Risk.DEVICE,
    "date:create": Risk.TIME,
    "date:modify": Risk.TIME,
    "parameters": Risk.HISTORY,
    "prompt": Risk.HISTORY,
    "workflow": Risk.HISTORY,
}
# DICOM has thousands of tags: their keywords say what they are. The first that fits counts.
DICOM = "DICOM "
# What pictures of some kinds often have, whether or not a tag says so.
POSSIBLE_WORDS = DICOM + "possible words in the pixels"
# Those that a receipt may repeat.
_DICOM_KEYWORDS = """
    AccessionNumber AcquisitionDate AcquisitionDateTime AcquisitionTime AdditionalPatientHistory
    AdmittingDiagnosesDescription BurnedInAnnotation ContentCreatorName ContentDate ContentTime
    ContrastBolusAgent CountryOfResidence CurrentPatientLocation DateOfLastCalibration
    DerivationDescription DetectorID DeviceSerialNumber EthnicGroup FrameOfReferenceUID GantryID
    ImageComments InstanceCreationDate InstanceCreationTime InstanceCreatorUID InstitutionAddress
    InstitutionName InstitutionalDepartmentName IssuerOfPatientID Manufacturer
    ManufacturerModelName MedicalAlerts NameOfPhysiciansReadingStudy Occupation OperatorsName
    OtherPatientIDs OtherPatientNames PatientAddress PatientAge PatientBirthDate PatientBirthTime
    PatientComments PatientID PatientName PatientSex PatientSize PatientTelephoneNumbers
    PatientWeight PerformedProcedureStepDescription PerformedProcedureStepID
    PerformedProcedureStepStartDate PerformedProcedureStepStartTime PerformingPhysicianName
    PhysiciansOfRecord ProtocolName ReferencedImageSequence ReferencedStudySequence
    ReferringPhysicianName RequestAttributesSequence RequestedProcedureDescription
    RequestingPhysician SOPInstanceUID ScheduledProcedureStepDescription SeriesDate
    SeriesDescription SeriesInstanceUID SeriesTime SmokingStatus SoftwareVersions
    SourceImageSequence StationName StudyComments StudyDate StudyDescription StudyID
    StudyInstanceUID StudyTime TimezoneOffsetFromUTC
""".split()
DICOM_NAMES = (POSSIBLE_WORDS, *(DICOM + keyword for keyword in _DICOM_KEYWORDS))
_BY_KEYWORD: tuple[tuple[Risk, re.Pattern[str]], ...] = (
    (
        Risk.IDENTITY,
        re.compile(
            "^Patient|BurnedIn|possible words|Physician|Operator|Person|Observer|Author|Issuer"
        ),
    ),
    (Risk.PLACE, re.compile("Institution|Location|Address|Country|Region|Telephone")),
    (Risk.TIME, re.compile("Date|Time")),
    (Risk.DEVICE, re.compile("Device|Serial|Station|Manufacturer|Gantry|Detector|Plate|Cassette")),
    (Risk.HISTORY, re.compile("Software|Protocol|UID|Sequence|Version|Method|History")),
    (Risk.IDENTITY, re.compile("Name|ID$|Number|Description|Comment|Reason|Diagnos|Allerg|Histor")),
)


def risk_of_text(name: str) -> Risk:
    """The group of words that stand under this name; OTHER for one that is not known."""
    if name.startswith(DICOM):
        keyword = name.removeprefix(DICOM)
        return next((risk for risk, known in _BY_KEYWORD if known.search(keyword)), Risk.OTHER)
    return TEXT_RISKS.get(name, Risk.OTHER)
