"""What the objects of a PDF may hold: for each kind its keys, and behind a colon the kind of what
lies there; without one it is plain, with no dictionary in it. Names are those of ISO 32000-2.
"""

from __future__ import annotations

Keys = dict[str, str]
STREAM = " Length Filter DecodeParms:parameters"
_FUNCTION = " FunctionType Domain Range Functions:function Bounds Encode Size BitsPerSample Order"
_MARK = """ Type Subtype Rect AP:appearances AS F Border BS:border C CA QuadPoints InkList L LE LL
    LLE LLO IC RD BE:border Vertices DA Q Dest:dest A:action H P:page OC:layer StructParent I
    MK:face RO:xobject Sy FixedPrint:print Name CO IT CP Cap"""

_KINDS = {
    "catalog": """Type Version Pages:page PageLabels:labels Names:names Dests:dests PageLayout
        ViewerPreferences:viewer PageMode Outlines:outline StructTreeRoot:structure MarkInfo:marked
        Lang OutputIntents:intent OCProperties:layers AcroForm:form_fields""",
    "names": "Dests:dest_tree",
    "dest_tree": "Kids:dest_tree Names:dest_list Limits",
    "dest_list": "D:dest",
    "dest": "D:dest",
    "viewer": """HideToolbar HideMenubar HideWindowUI FitWindow CenterWindow DisplayDocTitle
        NonFullScreenPageMode Direction ViewArea ViewClip PrintArea PrintClip PrintScaling Duplex
        PickTrayByPDFSize PrintPageRange NumCopies Enforce""",
    "marked": "Marked Suspects",
    "labels": "Kids:labels Nums:labels Limits Type S P St",
    "outline": """Type Title Parent:outline Prev:outline Next:outline First:outline Last:outline
        Count Dest:dest A:action SE:structure C F""",
    "intent": "Type S OutputConditionIdentifier RegistryName DestOutputProfile:colour",
    "page": """Type Parent:page Kids:page Count Resources:resources MediaBox CropBox BleedBox
        TrimBox ArtBox BoxColorInfo:boxes Contents:plain Rotate Group:group Annots:drawn
        StructParents Tabs UserUnit Trans:transition Dur""",
    "boxes": "CropBox:border BleedBox:border TrimBox:border ArtBox:border",
    "border": "Type C W S D I",
    "transition": "Type S D Dm M Di SS B",
    "group": "Type S CS:colour I K",
    "resources": """ExtGState:states ColorSpace:colours Pattern:patterns Shading:shadings
        XObject:xobjects Font:fonts ProcSet Properties:lists Encoding:encodings""",
    "state": """Type LW LC LJ ML D RI OP op OPM Font:font BG:function BG2:function UCR:function
        UCR2:function TR:function TR2:function HT:halftone HTO FL SM SA BM SMask:soft_mask CA ca
        AIS TK UseBlackPtComp""",
    "soft_mask": "Type S G:xobject BC TR:function",
    "halftone": """Type HalftoneType Frequency Angle SpotFunction:function AccurateScreens Width
        Height Width2 Height2 Xsquare Ysquare TransferFunction:function Default:halftone
        Cyan:halftone Magenta:halftone Yellow:halftone Black:halftone Red:halftone Green:halftone
        Blue:halftone Gray:halftone"""
    + STREAM,
    "function": _FUNCTION + " Decode C0 C1 N" + STREAM,
    "colour": _FUNCTION
    + """ Decode C0 C1 N Alternate:colour WhitePoint BlackPoint Gamma Matrix Subtype
        Colorants:colours Process:process"""
    + STREAM,
    "process": "ColorSpace:colour Components",
    "pattern": """Type PatternType PaintType TilingType BBox XStep YStep Resources:resources Matrix
        Shading:shading ExtGState:state"""
    + STREAM,
    "shading": """ShadingType ColorSpace:colour Background BBox AntiAlias Function:function Domain
        Coords Extend Matrix BitsPerCoordinate BitsPerComponent BitsPerFlag Decode VerticesPerRow"""
    + STREAM,
    "image": """Type Subtype Width Height ColorSpace:colour BitsPerComponent Intent ImageMask
        Mask:image Decode Interpolate SMask:image SMaskInData Matte Name StructParent OC:layer"""
    + STREAM,
    "form": """Type Subtype FormType BBox Matrix Resources:resources Group:group StructParent
        StructParents OC:layer Name"""
    + STREAM,
    "plain": STREAM,
    "words": STREAM,
    "parameters": """Predictor Colors BitsPerComponent Columns EarlyChange K EndOfLine Rows
        EncodedByteAlign EndOfBlock BlackIs1 DamagedRowsBeforeError JBIG2Globals:plain
        ColorTransform""",
    "font": """Type Subtype Name BaseFont FirstChar LastChar Widths FontDescriptor:descriptor
        Encoding:encoding ToUnicode:encoding FontBBox FontMatrix CharProcs:glyphs
        Resources:resources DescendantFonts:font CIDSystemInfo:characters DW W DW2 W2
        CIDToGIDMap:plain""",
    "descriptor": """Type FontName FontFamily FontStretch FontWeight Flags FontBBox ItalicAngle
        Ascent Descent Leading CapHeight XHeight StemV StemH AvgWidth MaxWidth MissingWidth
        FontFile:font_file FontFile2:font_file FontFile3:font_file CharSet Style:style Lang
        FD:descriptors CIDSet:plain""",
    "font_file": "Subtype Length1 Length2 Length3" + STREAM,
    "style": "Panose",
    "characters": "Registry Ordering Supplement",
    "encoding": """Type BaseEncoding Differences CMapName CIDSystemInfo:characters WMode
        UseCMap:encoding"""
    + STREAM,
    "layers": "OCGs:layer D:layers_shown Configs:layers_shown",
    "layers_shown": """BaseState ON:layer OFF:layer Intent AS:layer_use Order:layer ListMode
        RBGroups:layer Locked:layer""",
    "layer_use": "Event OCGs:layer Category",
    # A list of properties of marked content stands where a layer does.
    "layer": """Type Name Intent Usage:usage OCGs:layer P VE:layer MCID ActualText Alt E Lang
        Subtype BBox Attached""",
    "usage": "Export:use View:use Print:use Zoom:use Language:use PageElement:use",
    "use": "ExportState ViewState PrintState Subtype min max Lang Preferred",
    "form_fields": "Fields:mark NeedAppearances DR:resources DA Q CO:mark",
    "mark": _MARK,
    "field": _MARK + " Parent:mark Kids:mark FT Ff V:words DV:words T Opt MaxLen TI",
    "appearances": "N:appearance R:appearance D:appearance",
    "face": "R BC BG CA RC AC I:xobject RI:xobject IX:xobject IF:fit TP",
    "fit": "SW S A FB",
    "print": "Type Matrix H V",
    "action": "Type S D:dest URI IsMap N State:layer PreserveRB",
    "structure": """Type K:structure IDTree:structure_tree ParentTree:structure_tree RoleMap:roles
        ParentTreeNextKey ClassMap:classes Namespaces:namespace S P:structure ID Pg:page A:attribute
        C R Lang Alt ActualText E NS:namespace Ref:structure Phoneme PhoneticAlphabet""",
    "structure_tree": "Kids:structure_tree Nums:structure Names:structure Limits",
    "marked_part": "Type Pg:page Stm:xobject MCID",
    "object_part": "Type Pg:page Obj:object",
    "namespace": "Type NS RoleMapNS:roles",
    "attribute": """Type Subtype O NS:namespace Placement WritingMode BackgroundColor BorderColor
        BorderStyle BorderThickness Padding Color SpaceBefore SpaceAfter StartIndent EndIndent
        TextIndent TextAlign BBox Width Height BlockAlign InlineAlign TBorderStyle TPadding
        BaselineShift LineHeight TextDecorationColor TextDecorationThickness TextDecorationType
        RubyAlign RubyPosition GlyphOrientationVertical ColumnCount ColumnGap ColumnWidths
        ListNumbering ContinuedList ContinuedFrom RowSpan ColSpan Headers Scope Summary Role checked
        Checked Desc""",
}


def _keys(words: str) -> Keys:
    pairs = [word.partition(":") for word in words.split()]
    return {f"/{key}": kind for key, _, kind in pairs}


KINDS: dict[str, Keys] = {kind: _keys(words) for kind, words in _KINDS.items()}
# Dictionaries whose keys are names that the document chose, and the kind of their values.
NAMED: dict[str, str] = {
    "states": "state",
    "colours": "colour",
    "patterns": "pattern",
    "shadings": "shading",
    "xobjects": "xobject",
    "fonts": "font",
    "lists": "layer",
    "encodings": "encoding",
    "glyphs": "plain",
    "descriptors": "descriptor",
    "looks": "form",
    "dests": "dest",
    "roles": "",
    "classes": "attribute",
}
# What stands in an array of a kind, where it is not that kind.
IN_ARRAY = {"dest_list": "dest", "dest": "page", "roles": "namespace"}
# Kinds in whose place a string may stand; of any other, one is no value.
WITH_WORDS = frozenset({"", "dest", "dest_list", "words", "layer", "colour", "structure", "labels"})
# Kinds of dictionaries in which a string is no value of a plain key.
WITHOUT_STRINGS = frozenset(
    """viewer marked page boxes border transition group state soft_mask halftone function colour
    pattern shading image form parameters""".split()
)
_BOX = "MediaBox CropBox BleedBox TrimBox ArtBox"
_MODES = "UseNone UseOutlines UseThumbs UseOC"
_INTENTS = "AbsoluteColorimetric RelativeColorimetric Saturation Perceptual"
_VALUES = {
    "catalog /Version": "1.0 1.1 1.2 1.3 1.4 1.5 1.6 1.7 2.0",
    "catalog /PageMode": f"{_MODES} FullScreen UseAttachments",
    "catalog /PageLayout": """SinglePage OneColumn TwoColumnLeft TwoColumnRight TwoPageLeft
        TwoPageRight""",
    "viewer /NonFullScreenPageMode": _MODES,
    "viewer /Direction": "L2R R2L",
    "viewer /ViewArea": _BOX,
    "viewer /ViewClip": _BOX,
    "viewer /PrintArea": _BOX,
    "viewer /PrintClip": _BOX,
    "viewer /PrintScaling": "None AppDefault",
    "viewer /Duplex": "Simplex DuplexFlipShortEdge DuplexFlipLongEdge",
    "page /Tabs": "R C S A W",
    "colour /Subtype": "DeviceN NChannel",
    "image /Intent": _INTENTS,
    "state /RI": _INTENTS,
}
# Names that may stand under a key of a kind; any other says nothing to a reader.
VALUES: dict[str, frozenset[str]] = {
    place: frozenset(f"/{word}" for word in words.split()) for place, words in _VALUES.items()
}
TRAILER = dict.fromkeys(("/Root", "/Info", "/ID", "/Size"), "")
# Annotations that draw or lead somewhere; notes, sounds, files and films are not among them.
ANNOTATIONS = frozenset(
    f"/{word}"
    for word in """Link Widget Highlight Underline Squiggly StrikeOut Ink Line Square Circle Polygon
    PolyLine Stamp FreeText Caret Watermark Redact""".split()
)
ACTIONS = frozenset({"/GoTo", "/URI", "/Named", "/SetOCGState"})
INFO_NAMES: dict[str, str] = {
    "/Title": "Title",
    "/Author": "Author",
    "/Subject": "Description",
    "/Keywords": "Keywords",
    "/Creator": "Software",
    "/Producer": "Encoder",
}
DATES = ("/CreationDate", "/ModDate")
