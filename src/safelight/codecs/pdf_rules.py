"""What the objects of a PDF may hold: lists of keys for those whose keys are known, and keys that
are nowhere kept. Names are those of ISO 32000-2.
"""

from __future__ import annotations


def _names(words: str) -> frozenset[str]:
    return frozenset(f"/{word}" for word in words.split())


TRAILER = _names("Root Info ID Size")
CATALOG = _names(
    """Type Version Pages PageLabels Names Dests ViewerPreferences PageLayout PageMode Outlines
    StructTreeRoot MarkInfo Lang OutputIntents OCProperties AcroForm"""
)
NAME_TREES = _names("Dests")
PAGE = _names(
    """Type Parent Resources MediaBox CropBox BleedBox TrimBox ArtBox BoxColorInfo Contents Rotate
    Group Annots StructParents Tabs UserUnit Trans Dur"""
)
PAGES = PAGE | _names("Kids Count")
IMAGE = _names(
    """Type Subtype Width Height ColorSpace BitsPerComponent Intent ImageMask Mask Decode
    Interpolate SMask SMaskInData Matte Name StructParent OC Filter DecodeParms Length"""
)
FORM_XOBJECT = _names(
    """Type Subtype FormType BBox Matrix Resources Group StructParent StructParents OC Name Filter
    DecodeParms Length"""
)
ACRO_FORM = _names("Fields NeedAppearances DR DA Q CO")
# Annotations that draw or lead somewhere; notes, sounds, files and films are not among them.
ANNOTATIONS = _names(
    """Link Widget Highlight Underline Squiggly StrikeOut Ink Line Square Circle Polygon PolyLine
    Stamp FreeText Caret Watermark Redact"""
)
ANNOTATION = _names(
    """Type Subtype Rect AP AS F Border BS C CA QuadPoints InkList L LE LL LLE LLO IC RD BE
    Vertices DA DS Q Dest A H P OC StructParent Parent Kids FT Ff V DV T TU Opt MaxLen I TI MK
    OverlayText Repeat RO Sy FixedPrint Name CO IT CP Cap"""
)
ACTIONS = _names("GoTo URI Named SetOCGState")
# Keys that say who, when and with what, or that run or carry something: nowhere kept.
NOWHERE = _names(
    """Metadata PieceInfo LastModified Thumb AF AA JS JavaScript EF Perms Legal CreatorInfo OPI
    Alternates XFA Collection DSS SpiderInfo DPartRoot Measure PtData LockDoc UR3 SourceInfo"""
)
# Their keys are names that the document chose: resources, appearances, destinations.
NAMED = _names(
    """XObject Font ExtGState ColorSpace Pattern Shading Properties CharProcs AP N R D Dests RoleMap
    ClassMap Colorants Encoding"""
)
INFO_NAMES: dict[str, str] = {
    "/Title": "Title",
    "/Author": "Author",
    "/Subject": "Description",
    "/Keywords": "Keywords",
    "/Creator": "Software",
    "/Producer": "Encoder",
}
DATES = ("/CreationDate", "/ModDate")
