"""Names of metadata that a receipt may repeat: those of our own tables, word for word.

Text keywords, property names, chunk and box types come from the file itself, and a file can carry
anything there: a person, a place. What no table knows has no name here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from safelight.codecs.exif_names import GPS_TAGS, INTEROP_TAGS, TAGS
from safelight.codecs.iptc import DATASETS
from safelight.codecs.place_names import PLACES as BESIDE
from safelight.codecs.text_risks import DICOM_NAMES, TEXT_RISKS
from safelight.codecs.xmp_names import ALIASES, NAMESPACES

OTHER = "(other)"
# Names that our readers give to a place in a container, and "Thumbnail…" for those in EXIF.
PLACES = frozenset(
    {
        *("APP14 tail", "C2PA digitalSourceType", "C2PA manifest", "Comment", "EXIF", "Exif"),
        *("ICC_Profile", "JFIF thumbnail", "MPF", "ModifyDate", "PhotoshopThumbnail", "PlainText"),
        *("Thumbnail", "ThumbnailImage", "Trailer", "XMP", "bytes between segments"),
        *("caBX", "eXIf", "extended XMP", "mime", "not listed", "padding", "tIME", "uuid"),
        *("unreadable block", "PlainText", "LinkedProfile", "ReducedPage", "SubIFD", "CoverArt"),
        *(
            "PageThumbnail",
            "IconImageSequence",
            "ICCProfile",
            "preamble",
            "address",
            "c2pa:manifest",
        ),
        *(
            "earlier versions",
            "JavaScript",
            "actions",
            "action on opening",
            "form data",
            "signature",
        ),
        *("private data of a program", "portfolio", "web capture", "measures", "note /T"),
        *(
            "note /Contents",
            "note /RC",
            "note /NM",
            "chapters",
            "void",
            "free",
            "user data",
            "meta",
        ),
    }
)
# The keywords of the PNG specification, and those that known programs write.
PNG_KEYWORDS = frozenset(
    {
        *("Author", "Collection", "Comment", "Copyright", "Creation Time", "Description"),
        *("Disclaimer", "Software", "Source", "Title", "Warning"),
        *("date:create", "date:modify", "parameters", "prompt", "workflow"),
    }
)
# Properties without a row of their own in a table, whose namespace alone tells the risk.
XMP_NAMES = frozenset(
    """
    creator contributor coverage description identifier publisher relation source subject title
    CreatorTool DerivedFrom DocumentID History Ingredients InstanceID ManageTo Manager Manifest
    OriginalDocumentID Pantry RenditionClass VersionID Versions Certificate Marked UsageTerms
    WebStatement HasExtendedXMP DocumentAncestors SidecarForExtension TextLayers hierarchicalSubject
    CreatorContactInfo IntellectualGenre Scene SubjectCode PersonInImage ArtworkOrObject
    DigitalImageGUID Regions RegionInfo CopyrightStatus License attributionName attributionURL
    license provenance LastKeywordXMP Rating Firmware FlashCompensation ImageNumber LensID LensInfo
    SerialNumber Directory Version BaseRenditionIsHDR GainMapMin GainMapMax Gamma OffsetSDR
    OffsetHDR HDRCapacityMin HDRCapacityMax HDRGainMapVersion HDRGainMapHeadroom AuxiliaryImageType
    NativeFormat StoredFormat softwareAgent action
    """.split()
)


def public_name(name: str) -> str:
    """The name where one of our tables has it, else OTHER."""
    return name if name in _known() else OTHER


@cache
def _known() -> frozenset[str]:
    return frozenset(_names())


def _names() -> Iterator[str]:
    tags = [name for name, _ in TAGS.values()]
    yield from (
        *PLACES,
        *BESIDE,
        *PNG_KEYWORDS,
        *TEXT_RISKS,
        *DICOM_NAMES,
        *tags,
        *GPS_TAGS,
        *INTEROP_TAGS.values(),
    )
    yield from (f"APP{number}" for number in range(16))
    yield from (f"IPTC {name}" for name, _ in DATASETS.values())
    named = (words.split() for _, risks in NAMESPACES.values() for words in risks.values())
    properties = {name for names in named for name in names} | XMP_NAMES
    yield from (f"XMP {name}" for name in (*properties, *ALIASES, *tags, *GPS_TAGS))
