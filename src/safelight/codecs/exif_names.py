"""EXIF tags by number: the name that tools give them, and what they can reveal."""

from __future__ import annotations

from safelight.image import Risk

_BY_RISK: dict[Risk, str] = {
    Risk.IDENTITY: """
        013b Artist  9c9d XPAuthor  a430 OwnerName  a436 ImageTitle  a437 Photographer
        a438 ImageEditor  c68b OriginalRawFileName  fde8 OwnerName
        9286 UserComment  010e ImageDescription  9c9b XPTitle  9c9c XPComment  9c9e XPKeywords
        9c9f XPSubject  010d DocumentName  011d PageName""",
    Risk.DEVICE: """
        010f Make  0110 Model  927c MakerNote  a431 SerialNumber  a432 LensInfo  a433 LensMake
        a434 LensModel  a435 LensSerialNumber  c62f CameraSerialNumber  fde9 SerialNumber
        c614 UniqueCameraModel
        c615 LocalizedCameraModel  c630 DNGLensInfo  a439 CameraFirmware  c634 DNGPrivateData
        013c HostComputer  c640 RawDataUniqueID  c65d RawDataUniqueID  9400 AmbientTemperature
        9401 Humidity  9402 Pressure  9403 WaterDepth  9404 Acceleration
        9405 CameraElevationAngle""",
    Risk.TIME: """
        0132 ModifyDate  9003 DateTimeOriginal  9004 CreateDate  9010 OffsetTime
        9011 OffsetTimeOriginal  9012 OffsetTimeDigitized  9290 SubSecTime
        9291 SubSecTimeOriginal  9292 SubSecTimeDigitized  c71b PreviewDateTime
        882a TimeZoneOffset""",
    Risk.HISTORY: """
        0131 Software  000b ProcessingSoftware  a004 RelatedSoundFile  9213 ImageHistory
        a420 ImageUniqueID  a43a RAWDevelopingSoftware  a43b ImageEditingSoftware
        a43c MetadataEditingSoftware  9211 ImageNumber  c4a5 PrintIM  935c ImageSourceData
        c691 CurrentICCProfile""",
    Risk.RIGHTS: "8298 Copyright",
    Risk.ORIENTATION: "0112 Orientation",
    Risk.COLOUR: """
        a001 ColorSpace  013e WhitePoint  013f PrimaryChromaticities  012d TransferFunction
        0211 YCbCrCoefficients  0214 ReferenceBlackWhite  a500 Gamma""",
    Risk.SETTINGS: """
        829a ExposureTime  829d FNumber  8822 ExposureProgram  8824 SpectralSensitivity  8827 ISO
        8830 SensitivityType  8831 StandardOutputSensitivity  8832 RecommendedExposureIndex
        8833 ISOSpeed  9000 ExifVersion  9101 ComponentsConfiguration  9102 CompressedBitsPerPixel
        9201 ShutterSpeedValue  9202 ApertureValue  9203 BrightnessValue
        9204 ExposureCompensation  9205 MaxApertureValue  9206 SubjectDistance  9207 MeteringMode
        9208 LightSource  9209 Flash  920a FocalLength  9214 SubjectArea  a000 FlashpixVersion
        a20b FlashEnergy  a20e FocalPlaneXResolution  a20f FocalPlaneYResolution
        a210 FocalPlaneResolutionUnit  a214 SubjectLocation  a215 ExposureIndex
        a217 SensingMethod  a300 FileSource  a301 SceneType  a302 CFAPattern  a401 CustomRendered
        a402 ExposureMode  a403 WhiteBalance  a404 DigitalZoomRatio  a405 FocalLengthIn35mmFormat
        a406 SceneCaptureType  a407 GainControl  a408 Contrast  a409 Saturation  a40a Sharpness
        a40b DeviceSettingDescription  a40c SubjectDistanceRange  a460 CompositeImage
        011a XResolution  011b YResolution  0128 ResolutionUnit  0213 YCbCrPositioning
        a002 ExifImageWidth  a003 ExifImageHeight""",
    Risk.PLACE: """
        830e PixelScale  8480 IntergraphMatrix  8482 ModelTiePoint  85d8 ModelTransform
        87af GeoTiffDirectory  87b0 GeoTiffDoubleParams  87b1 GeoTiffAsciiParams""",
    Risk.OTHER: """
        4746 Rating  4749 RatingPercent  ea1c Padding  ea1d OffsetSchema  a480 GDALMetadata
        a481 GDALNoData""",
}

TAGS: dict[int, tuple[str, Risk]] = {
    int(number, 16): (name, risk)
    for risk, words in _BY_RISK.items()
    for number, name in zip(words.split()[::2], words.split()[1::2], strict=True)
}

GPS_TAGS: tuple[str, ...] = tuple(
    """
        GPSVersionID GPSLatitudeRef GPSLatitude GPSLongitudeRef GPSLongitude GPSAltitudeRef
        GPSAltitude GPSTimeStamp GPSSatellites GPSStatus GPSMeasureMode GPSDOP GPSSpeedRef
        GPSSpeed GPSTrackRef GPSTrack GPSImgDirectionRef GPSImgDirection GPSMapDatum
        GPSDestLatitudeRef GPSDestLatitude GPSDestLongitudeRef GPSDestLongitude GPSDestBearingRef
        GPSDestBearing GPSDestDistanceRef GPSDestDistance GPSProcessingMethod GPSAreaInformation
        GPSDateStamp GPSDifferential GPSHPositioningError""".split()
)

INTEROP_TAGS = {
    1: "InteropIndex",
    2: "InteropVersion",
    0x1001: "RelatedImageWidth",
    0x1002: "RelatedImageHeight",
}

# Where and how a TIFF file's pixels lie, and blocks that are read by themselves: no metadata of
# their own.
STRUCTURE: frozenset[int] = frozenset(
    {
        *range(0x00FE, 0x010D),
        *range(0x0111, 0x011A),
        *(0x011C, 0x0120, 0x0121, 0x0122, 0x0123, 0x0124, 0x0125, 0x0129, 0x013D, 0x0140),
        *range(0x0141, 0x0154),
        *range(0x0154, 0x0160),
        *range(0x0200, 0x020B),
        *(0x0201, 0x0202, 0x0212, 0x022F, 0x02BC, 0x83BB, 0x8649, 0x8773, 0x8769, 0x8825, 0xA005),
    }
) - {0x0112, 0x0151}


def name_and_risk(directory: str, number: int) -> tuple[str, Risk]:
    """The tag's name and group; an unknown number is named in hexadecimal and counts as OTHER."""
    if directory == "GPS":
        name = GPS_TAGS[number] if number < len(GPS_TAGS) else f"GPS 0x{number:04X}"
        return name, Risk.PLACE
    if directory == "Interop":
        return INTEROP_TAGS.get(number, f"Interop 0x{number:04X}"), Risk.SETTINGS
    return TAGS.get(number, (f"0x{number:04X}", Risk.OTHER))
