"""ExifTool as an independent witness: what it still finds in files that were scrubbed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

# Every tag that may be left after profile share, as group:name. Sizes, coding and colour;
# orientation; the
# copyright notice and the origin mark. Nothing else.
ALLOWED = re.compile(
    r"""
    SourceFile | ExifTool:ExifToolVersion | System:\w+ | Composite:(ImageSize|Megapixels|GPS\b)
  | File:(FileType|FileTypeExtension|MIMEType|ImageWidth|ImageHeight|BitsPerSample|ExifByteOrder
         |ColorComponents|EncodingProcess|YCbCrSubSampling)
  | JFIF:(JFIFVersion|ResolutionUnit|XResolution|YResolution)
  | Adobe:(DCTEncodeVersion|APP14Flags0|APP14Flags1|ColorTransform)
  | ICC-header:(ProfileCMMType|ProfileVersion|ProfileClass|ColorSpaceData|ProfileConnectionSpace
         |ProfileDateTime|ProfileFileSignature|PrimaryPlatform|CMMFlags|DeviceManufacturer
         |DeviceModel|DeviceAttributes|RenderingIntent|ConnectionSpaceIlluminant|ProfileCreator
         |ProfileID)
  | ICC_Profile:(ProfileDescription|ProfileCopyright|MediaWhitePoint|ChromaticAdaptation
         |(Red|Green|Blue)(MatrixColumn|TRC)|GrayTRC|[AB]To[AB]\d|ColorPrimaries
         |TransferCharacteristics|MatrixCoefficients|VideoFullRangeFlag)
  | PNG:(ImageWidth|ImageHeight|BitDepth|ColorType|Compression|Filter|Interlace|Palette|Gamma
         |SRGBRendering|SignificantBits|BackgroundColor|Transparency|ProfileName|AnimationFrames
         |AnimationPlays|WhitePoint[XY]|(Red|Green|Blue)[XY])
  | PNG-pHYs:(PixelsPerUnitX|PixelsPerUnitY|PixelUnits)
  | PNG-cICP:\w+
  | RIFF:(ImageWidth|ImageHeight|VP8Version|HorizontalScale|VerticalScale|WebP_Flags|Duration
         |BackgroundColor|AnimationLoopCount|Alpha\w+|AlphaIsUsed)
  | IFD0:(Orientation|Copyright)
  | XMP-dc:Rights | XMP-iptcExt:DigitalSourceType
    """,
    re.VERBOSE,
)
# Tags that may stay, but only with such a value: a profile has no date, no maker, no number of its
# own.
EMPTY = re.compile(r"\s*|0|0000:00:00 00:00:00|Unknown \(\)|none")
ONLY_EMPTY = ("ProfileDateTime", "DeviceManufacturer", "DeviceModel", "ProfileCreator", "ProfileID")
WORDS = {
    "ProfileCopyright": ("no notice",),
    "ProfileName": ("icc",),
    "ProfileDescription": (
        *("colour profile", "sRGB", "sRGB IEC61966-2.1", "Display P3", "Adobe RGB (1998)"),
        *("ProPhoto RGB", "Rec. 2020", "Dot Gain 20%", "Gray Gamma 2.2"),
    ),
}


def leftovers(folder: Path) -> dict[str, list[str]]:
    """For each file of the folder, the tags that are outside the allow-list. Needs exiftool."""
    tool = shutil.which("exiftool")
    if tool is None:
        raise FileNotFoundError(
            "exiftool is needed as a witness: apt install libimage-exiftool-perl"
        )
    line = [tool, "-j", "-G1", "-a", "-u", "-struct", str(folder)]
    answer = subprocess.run(line, capture_output=True, check=False, timeout=300)
    found: dict[str, list[str]] = {}
    for file in json.loads(answer.stdout):
        name = Path(file["SourceFile"]).name
        found[name] = [
            f"{tag}={value}" for tag, value in file.items() if not _is_allowed(tag, str(value))
        ]
    return found


def _is_allowed(tag: str, value: str) -> bool:
    if ALLOWED.fullmatch(tag) is None:
        return False
    name = tag.split(":")[-1]
    if name in ONLY_EMPTY:
        return EMPTY.fullmatch(value) is not None
    return name not in WORDS or value in WORDS[name]
