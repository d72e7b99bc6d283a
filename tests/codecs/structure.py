"""What an independent reader may still name in a scrubbed file: how it is built, how it looks.

Names of tags by the group that ExifTool gives them; one table for all formats, then one for each.
Nothing here tells of a person, a place, a device, a program or a time.
"""

from __future__ import annotations

import re

from safelight.formats import Format
from safelight.image import Profile

Names = dict[str, str]

EVERYWHERE: Names = {
    "": "SourceFile",
    "ExifTool": "ExifToolVersion",
    "System": r"\w+",
    "Composite": "ImageSize|Megapixels|AvgBitrate|Rotation",
    "File": """FileType|FileTypeExtension|MIMEType|ImageWidth|ImageHeight|BitsPerSample
        |ExifByteOrder|ColorComponents|EncodingProcess|YCbCrSubSampling""",
    "ICC-header": """ProfileCMMType|ProfileVersion|ProfileClass|ColorSpaceData
        |ProfileConnectionSpace|ProfileDateTime|ProfileFileSignature|PrimaryPlatform|CMMFlags
        |DeviceManufacturer|DeviceModel|DeviceAttributes|RenderingIntent|ProfileCreator|ProfileID
        |ConnectionSpaceIlluminant""",
    "ICC_Profile": r"""ProfileDescription|ProfileCopyright|MediaWhitePoint|ChromaticAdaptation
        |(Red|Green|Blue)(MatrixColumn|TRC)|GrayTRC|[AB]To[AB]\d|ColorPrimaries
        |TransferCharacteristics|MatrixCoefficients|VideoFullRangeFlag""",
    "IFD0": "Orientation",
    "XMP-iptcExt": "DigitalSourceType",
}
# The author's own notice.
NOTICE: Names = {"IFD0": "Copyright", "XMP-dc": "Rights"}
# A gain map is a second picture, with numbers that say how much brighter each place may be.
GAIN_MAP: Names = {
    "XMP-hdrgm": """Version|BaseRenditionIsHDR|GainMapM(ax|in)|Gamma|HDRCapacityM(ax|in)
        |Offset(HDR|SDR)""",
    "XMP-Container": "Directory",
    "MPF0": "MPFVersion|NumberOfImages",
    r"MPImage\d": r"""DependentImage\dEntryNumber|MPImage(Flags|Format|Length|Start|Type)
        |MPImage\d""",
}
TIFF_PAGE = """BitsPerSample|ColorMap|Compression|ExtraSamples|FillOrder|ImageHeight|ImageWidth
    |InkSet|JPEGTables|PageNumber|PhotometricInterpretation|PlanarConfiguration|Predictor
    |PreviewImage(Length|Start)?|PrimaryChromaticities|ReferenceBlackWhite|ResolutionUnit
    |RowsPerStrip|S(ample|M(ax|in)Sample)(Format|Value)|SamplesPerPixel|Strip(ByteCounts|Offsets)
    |SubfileType|T[46]Options|Tile(ByteCounts|Length|Offsets|Width)|WhitePoint|[XY]Resolution
    |YCbCr(Coefficients|Positioning|SubSampling)|Orientation|OldSubfileType|NumberOfInks"""
# Boxes of ISO files: what a player needs to find and show the samples.
BOXES = """MajorBrand|MinorVersion|CompatibleBrands|HandlerType|MediaData(Offset|Size)?
    |ImageSpatialExtent|ImagePixelDepth|PixelAspectRatio|CleanAperture|Rotation|Unknown_imir
    |Color(Profiles|Primaries)|TransferCharacteristics|MatrixCoefficients|VideoFullRangeFlag
    |AuxiliaryImageType|Unknown_clli"""
AV1 = """AV1ConfigurationVersion|Chroma(Format|SamplePosition)|HighBitDepth|InitialDelaySamples
    |Seq(LevelIdx0|Profile|Tier0)|TwelveBit"""
HEVC = """AverageFrameRate|BitDepth(Chroma|Luma)|ChromaFormat|ConstantFrameRate
    |ConstraintIndicatorFlags|Gen(eral)?(ProfileCompatibilityFlags|LevelIDC|ProfileIDC|ProfileSpace
    |TierFlag)|HEVCConfigurationVersion|MinSpatialSegmentationIDC|NumTemporalLayers|ParallelismType
    |TemporalIDNested"""
MOVIE = """CreateDate|ModifyDate|CurrentTime|Duration|MatrixStructure|MovieHeaderVersion
    |NextTrackID|PosterTime|Preferred(Rate|Volume)|Preview(Duration|Time)
    |Selection(Duration|Time)|TimeScale"""
TRACK = r"""AVCConfiguration|Audio(BitsPerSample|Channels|Format|SampleRate)|Balance|BitDepth
    |ChunkOffset|ChunkOffset64|CompositionTimeToSample|CompressorID|GraphicsMode
    |Handler(Type|Class)|IdependentAndDisposableSamples|Image(Height|Width)
    |MatrixStructure|Media(CreateDate|ModifyDate|Duration|HeaderVersion|LanguageCode|TimeScale)
    |OpColor|OtherFormat|Sample(Sizes|ToChunk|ToGroup|GroupDescription)|SyncSampleTable
    |SourceImage(Height|Width)|TimeToSampleTable|VideoFrameRate|[XY]Resolution
    |Track(CreateDate|ModifyDate|Duration|HeaderVersion|ID|Layer|Volume)|PixelAspectRatio
    |Color(Profiles|Primaries)|TransferCharacteristics|MatrixCoefficients|VideoFullRangeFlag
    |Unknown_(av1C|ccst|colr|edts|avcC|hvcC|esds|vpcC)"""
ISO: Names = {
    "Meta": "MetaImageSize|PrimaryItemReference|Unknown_grpl",
    "QuickTime": f"{BOXES}|{AV1}|{HEVC}|{MOVIE}",
    r"Track\d": TRACK,
}
OF_FORMAT: dict[Format, Names] = {
    "jpeg": {
        "JFIF": "JFIFVersion|ResolutionUnit|XResolution|YResolution",
        "Adobe": "DCTEncodeVersion|APP14Flags0|APP14Flags1|ColorTransform",
    },
    "png": {
        "PNG": """ImageWidth|ImageHeight|BitDepth|ColorType|Compression|Filter|Interlace|Palette
            |Gamma|SRGBRendering|SignificantBits|BackgroundColor|Transparency|ProfileName
            |AnimationFrames|AnimationPlays|WhitePoint[XY]|(Red|Green|Blue)[XY]""",
        "PNG-pHYs": "PixelsPerUnitX|PixelsPerUnitY|PixelUnits",
        "PNG-cICP": r"\w+",
    },
    "webp": {
        "RIFF": r"""ImageWidth|ImageHeight|VP8Version|HorizontalScale|VerticalScale|WebP_Flags
            |Duration|BackgroundColor|AnimationLoopCount|FrameCount|Alpha\w+|AlphaIsUsed""",
    },
    "gif": {
        "GIF": """AnimationIterations|BackgroundColor|BitsPerPixel|ColorResolutionDepth|Duration
            |FrameCount|GIFVersion|HasColorMap|ImageHeight|ImageWidth|TransparentColor""",
    },
    # ExifTool takes the strips of an old JPEG page for a preview and stumbles over their number.
    "tiff": {r"IFD\d+": TIFF_PAGE, "File": "PageCount", "ExifTool": "Warning"},
    "bmp": {
        "File": r"""(Alpha|Red|Green|Blue)Mask|BMPVersion|BitDepth|ColorSpace|Compression
            |ImageLength|Num(Important)?Colors|PixelsPerMeter[XY]|Planes|RenderingIntent
            |(Red|Green|Blue)Endpoint|Gamma(Red|Green|Blue)""",
    },
    "avif": ISO,
    "heic": ISO,
    "mp4": ISO,
    "dicom": {"Composite": "ShutterSpeed"},
    "pdf": {"PDF": "PDFVersion|Linearized|PageCount|PageMode|PageLayout"},
    "webm": {
        "Matroska": r"""Cue(ClusterPosition|Time|Track|RelativePosition|Duration|BlockNumber)
            |DocType(ReadVersion|Version)?|Duration|EBML(MaxIDLength|MaxSizeLength|ReadVersion
            |Version)|MuxingApp|WritingApp|Seek(ID|Position)|TimecodeScale|TrackUID""",
        r"Track\d": r"""Audio(BitsPerSample|Channels|SampleRate)|Codec(ID|Private|Delay)|SeekPreRoll
            |Image(Height|Width)|Display(Height|Width|Unit)|Matroska_0x15b0|TrackLacing
            |TrackLanguage|Track(Number|Type|Default|Forced|Used)|DefaultDuration|VideoFrameRate
            |VideoScanType""",
    },
    "svg": {"SVG": "Enable-background|ImageHeight|ImageWidth|SVGVersion|ViewBox|Xmlns"},
}
# Of DICOM, what a picture is made of stays: numbers, codes, geometry. Words of these kinds must be
# empty, private groups absent, and every identifier a new one that was drawn at random.
PERSONAL = re.compile(
    r"""Name|Date|Time|Address|ID$|Comments|Description|Institution|Operator|Physician|Manufacturer
    |Model|Serial|Station|Software|Device|Age$|Weight|PatientS|Occupation|History|Telephone|Label
    |Title|Ethnic|Requested|Protocol|DICOM_[0-9A-F]{3}[13579BDF]_""".replace("\n    ", "")
)
MEASURED = frozenset({"EchoTime", "RepetitionTime", "InversionTime", "ExposureTime", "FrameTime"})
OURS = frozenset({"ImplementationVersionName=SAFELIGHT"})
UID = re.compile(r"(?!2\.25\.)\d+(\.\d+){3,}")
# Tags that may stay, but only with such a value: a profile and a film have no date and no maker.
# The language of a track is a code of three letters that players choose by.
NOTHING = r"\s*|0|0000:00:00 00:00:00|Unknown \(\)|none"
NEUTRAL = {
    **dict.fromkeys(("ProfileDateTime", "DeviceManufacturer", "DeviceModel"), NOTHING),
    **dict.fromkeys(("ProfileCreator", "ProfileID"), NOTHING),
    **dict.fromkeys(("CreateDate", "ModifyDate", "TrackCreateDate"), NOTHING),
    **dict.fromkeys(("TrackModifyDate", "MediaCreateDate", "MediaModifyDate"), NOTHING),
    **dict.fromkeys(("MediaLanguageCode", "TrackLanguage"), "[a-z]{3}"),
    **dict.fromkeys(("MuxingApp", "WritingApp"), "-"),
    "ProfileCopyright": "no notice",
    "ProfileName": "icc",
    "ProfileDescription": r"""colour profile|sRGB|sRGB IEC61966-2\.1|Display P3
        |Adobe RGB \(1998\)|ProPhoto RGB|Rec\. 2020|Dot Gain 20%|Gray Gamma 2\.2""",
    "Warning": r"RawConv PreviewImage:.*isn't numeric.*",
}


def is_allowed(tag: str, value: str, format: Format, profile: Profile) -> bool:
    """Whether a scrubbed file of this format may have this tag, as group:name, with this value."""
    group, _, name = f":{tag}".rpartition(":")
    if group == ":DICOM":
        return is_of_the_picture(name, value)
    tables = [EVERYWHERE, OF_FORMAT.get(format, {})]
    if profile == "share":
        tables += [NOTICE, GAIN_MAP]
    known = any(
        _fits(names, name) and _fits(groups, group.lstrip(":"))
        for table in tables
        for groups, names in table.items()
    )
    return known and (name not in NEUTRAL or _fits(NEUTRAL[name], value))


def is_of_the_picture(name: str, value: str) -> bool:
    """Whether an element of DICOM says nothing of a person, a place, a time or a device."""
    if not value.strip() or name in MEASURED or f"{name}={value}" in OURS:
        return True
    if name.endswith("UID"):
        return UID.fullmatch(value) is None
    return PERSONAL.search(name) is None


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(re.sub(r"\n\s+", "", pattern), text) is not None
