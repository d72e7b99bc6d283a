"""What a DICOM object keeps: the basic application level confidentiality profile of PS3.15, table
E.1-1, read as an allow-list. Pixels, how to show them, where they lie in space, and how they were
taken, as numbers and code words; everything that is not named here is removed, private tags too.

action  of the table                     here
D, Z    a dummy value, a length of zero  EMPTY, present and without a value
X, C    removed, cleaned                 not named: removed
K       kept                             KEPT
U       another identity                 IDENTITIES, by a one-way mapping: the same in all files;
                                         those shared by the standard stay (dicom_uids)
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Asked for by the modules of every object, so they stand there empty.
EMPTY: tuple[str, ...] = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime"),
    *("AccessionNumber", "ReferringPhysicianName", "StudyID", "Manufacturer"),
)
# Asked for by some modules: empty where they were; those stated stay with terms that are known.
STATED = ("Laterality", "PatientOrientation")
EMPTY_IF_THERE: tuple[str, ...] = ("ContentDate", "ContentTime", *STATED)
IDENTITIES = _words(
    """SOPInstanceUID StudyInstanceUID SeriesInstanceUID FrameOfReferenceUID
    PaletteColorLookupTableUID DimensionOrganizationUID SynchronizationFrameOfReferenceUID
    ConcatenationUID"""
)
# What kind of object it is: one of the standard.
CLASS = "SOPClassUID"
PIXELS = _words(
    "PixelData FloatPixelData DoubleFloatPixelData ExtendedOffsetTable ExtendedOffsetTableLengths"
)
KEPT = IDENTITIES | _words(
    """
    SpecificCharacterSet ImageType SOPClassUID Modality ConversionType PresentationIntentType
    SeriesNumber InstanceNumber AcquisitionNumber ImagesInAcquisition
    ImageOrientationPatient ImagePositionPatient SliceLocation ImageLaterality
    TemporalPositionIdentifier NumberOfTemporalPositions TemporalPositionIndex

    SamplesPerPixel PhotometricInterpretation PlanarConfiguration NumberOfFrames
    FrameIncrementPointer Rows Columns PixelAspectRatio PixelSpacing BitsAllocated BitsStored
    HighBit PixelRepresentation SmallestImagePixelValue LargestImagePixelValue
    SmallestPixelValueInSeries LargestPixelValueInSeries PixelPaddingValue PixelPaddingRangeLimit
    WindowCenter WindowWidth RescaleIntercept RescaleSlope RescaleType VOILUTFunction
    RedPaletteColorLookupTableDescriptor GreenPaletteColorLookupTableDescriptor
    BluePaletteColorLookupTableDescriptor RedPaletteColorLookupTableData
    GreenPaletteColorLookupTableData BluePaletteColorLookupTableData
    SegmentedRedPaletteColorLookupTableData SegmentedGreenPaletteColorLookupTableData
    SegmentedBluePaletteColorLookupTableData AlphaPaletteColorLookupTableDescriptor
    AlphaPaletteColorLookupTableData LUTDescriptor LUTData ModalityLUTType ModalityLUTSequence
    VOILUTSequence LossyImageCompression LossyImageCompressionRatio LossyImageCompressionMethod
    BurnedInAnnotation RecognizableVisualFeatures QualityControlImage PixelIntensityRelationship
    PixelIntensityRelationshipSign PresentationLUTShape ColorSpace RecommendedViewingMode
    UltrasoundColorDataPresent

    ScanningSequence SequenceVariant ScanOptions MRAcquisitionType AngioFlag SliceThickness KVP
    RepetitionTime EchoTime InversionTime NumberOfAverages ImagingFrequency ImagedNucleus
    EchoNumbers MagneticFieldStrength SpacingBetweenSlices NumberOfPhaseEncodingSteps
    DataCollectionDiameter EchoTrainLength PercentSampling PercentPhaseFieldOfView PixelBandwidth
    ReconstructionDiameter DistanceSourceToDetector DistanceSourceToPatient GantryDetectorTilt
    TableHeight RotationDirection ExposureTime XRayTubeCurrent Exposure ExposureInuAs FilterType
    GeneratorPower FocalSpots ConvolutionKernel PatientPosition ViewPosition FlipAngle
    VariableFlipAngleFlag SAR dBdt AcquisitionMatrix InPlanePhaseEncodingDirection
    ImagerPixelSpacing Grid BodyPartExamined FrameTime FrameTimeVector CineRate
    PreferredPlaybackSequencing RecommendedDisplayFrameRate StartTrim StopTrim
    ActualFrameDuration SpiralPitchFactor SingleCollimationWidth TotalCollimationWidth TableSpeed
    TableFeedPerRotation DiffusionBValue DiffusionGradientOrientation DiffusionDirectionality

    SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence PixelMeasuresSequence
    PlanePositionSequence PlaneOrientationSequence FrameContentSequence FrameVOILUTSequence
    PixelValueTransformationSequence RealWorldValueMappingSequence DimensionIndexSequence
    DimensionOrganizationSequence DimensionIndexValues DimensionIndexPointer
    FunctionalGroupPointer DimensionOrganizationType StackID InStackPositionNumber
    FrameAcquisitionNumber RealWorldValueFirstValueMapped RealWorldValueLastValueMapped
    RealWorldValueIntercept RealWorldValueSlope MeasurementUnitsCodeSequence CodeValue
    CodingSchemeDesignator CodeMeaning

    SequenceOfUltrasoundRegions RegionSpatialFormat RegionDataType RegionFlags RegionLocationMinX0
    RegionLocationMinY0 RegionLocationMaxX1 RegionLocationMaxY1 ReferencePixelX0 ReferencePixelY0
    PhysicalUnitsXDirection PhysicalUnitsYDirection ReferencePixelPhysicalValueX
    ReferencePixelPhysicalValueY PhysicalDeltaX PhysicalDeltaY

    DoseUnits DoseType DoseSummationType GridFrameOffsetVector DoseGridScaling
    TissueHeterogeneityCorrection
    Units CountsSource DecayCorrection SeriesType FrameReferenceTime DecayFactor
    DoseCalibrationFactor ScatterFractionFactor SliceSensitivityFactor NumberOfSlices ImageIndex
    EnergyWindowVector DetectorVector SliceVector RotationVector TimeSliceVector
    NumberOfEnergyWindows NumberOfDetectors NumberOfRotations CorrectedImage

    TotalPixelMatrixColumns TotalPixelMatrixRows ImagedVolumeWidth ImagedVolumeHeight
    ImagedVolumeDepth ImageOrientationSlide
    SegmentationType SegmentsOverlap
    """
)
# Added by us: that it was done, and by which profile.
DONE = ("PatientIdentityRemoved", "YES")
METHOD = ("DeidentificationMethod", "Basic Application Confidentiality Profile")
TIMES_REMOVED = ("LongitudinalTemporalInformationModified", "REMOVED")
PROFILE_CODE = ("113100", "DCM", "Basic Application Confidentiality Profile")
OURS = frozenset({DONE[0], METHOD[0], TIMES_REMOVED[0], "DeidentificationMethodCodeSequence"})
# Pictures of these kinds often have a name drawn into them.
OFTEN_WRITTEN = frozenset({"US", "ES", "SC", "OT", "XC", "GM", "OP", "RF", "XA", "DG", "IVUS"})
# Units of measured values, by UCUM.
UNITS = _words(
    """1 % [hnsf'U] mm cm m mm2 cm2 mm3 cm3 ml um um2/s mm2/s 10-6.mm2/s mm/s cm/s ms s min /min /s
    Hz kHz MHz deg rad Gy cGy mGy Bq/ml kBq/ml MBq/ml g/ml kg/ml g/ml{SUVbw} g/ml{SUVlbm}
    cm2/ml{SUVbsa} {SUVbw}g/ml {SUVlbm}g/ml {SUVbsa}cm2/ml {counts} {counts}/s {ratio} ppm [ppm]
    ml/min/ml ml/min/100g ml/100g ml/100ml umol/min/ml mg/min/ml mol/l mmol/l T mT keV kV mV"""
)
_TERM = r"[A-Z]{1,2}\d{2,3}[a-z]{0,2}(?:[\\/]\d)?|\d{1,3}"
# Tags whose representation lets any words through: these, and no other.
CODES: dict[str, re.Pattern[str]] = {
    "StackID": re.compile(r"\d{1,8}"),
    "ConvolutionKernel": re.compile(
        rf"{_TERM}|STANDARD|SOFT|SMOOTH|SHARP|BONE|BONEPLUS|DETAIL|EDGE|LUNG|CHST|ULTRA"
    ),
    "FilterType": re.compile(
        r"\d{1,2}|NONE|FLAT|STRIP|WEDGE|BUTTERFLY|MULTIPLE|(?:(?:BODY|HEAD|CARDIAC) FILTER)"
        r"|(?:SMALL|MEDIUM|LARGE|BODY|HEAD) BOWTIE(?: FIL)?"
    ),
    "ImagedNucleus": re.compile(r"\d{0,3}[A-Z][a-z]?\d{0,3}"),
    "RescaleType": re.compile(r"OD|HU|US|MGML|Z_EFF|ED|EDW|HU_MOD|PCT"),
    "ModalityLUTType": re.compile(r"OD|HU|US|MGML|Z_EFF|ED|EDW|HU_MOD|PCT"),
    "ScanOptions": re.compile(
        r"PER|RG|CG|PPG|FC|PFF|PFP|SP|FS|IR|SFS|WE|SAT\d?|ACC_GEMS|EDR_GEMS|FAST_GEMS|FILTERED_GEMS"
        r"|(?:AXIAL|HELICAL|CINE|SCOUT|SURVEY)(?: MODE)?|HELIX|NORMAL|NONE|TOMO"
    ),
    "CodeValue": re.compile(r".{1,16}"),
    "CodingSchemeDesignator": re.compile(r"UCUM"),
    "CodeMeaning": re.compile(r".{1,64}"),
}
