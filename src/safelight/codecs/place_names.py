"""The words for what lies in a file beside its picture: ours, never those of the file.

A receipt repeats these and no other; a reader that finds something new gives it a name here.
"""

from __future__ import annotations

# Segments of one maker or program, by their own mark.
KNOWN_APPS: tuple[tuple[int, bytes, str], ...] = (
    (1, b"FLIR\0", "APP1 (FLIR thermal picture)"),
    (2, b"FPXR\0", "APP2 (FlashPix)"),
    (3, b"Meta\0", "APP3 (Kodak Meta)"),
    (3, b"META\0", "APP3 (Kodak Meta)"),
    (4, b"QVCI\0", "APP4 (Casio)"),
    (5, b"RMETA\0", "APP5 (Ricoh)"),
    (5, b"ssuniqueid\0", "APP5 (Samsung unique identifier)"),
    (6, b"EPPIM\0", "APP6 (Toshiba print settings)"),
    (6, b"NITF\0", "APP6 (NITF)"),
    (6, b"GoPro\0", "APP6 (GoPro)"),
    (8, b"SPIFF\0", "APP8 (SPIFF)"),
    (10, b"UNICODE\0", "APP10 (PhotoStudio comment)"),
    (12, b"Ducky", "APP12 (Photoshop Save for Web)"),
    (13, b"Adobe_CM", "APP13 (Adobe colour management)"),
)
# Behind the JFIF header: Apple's sign for a file of several pictures.
APPLE_JFIF = "APP0 (Apple AMPF)"
# The low three bytes of an entry's attribute; what is not here is only "further".
LISTED = {
    0x010001: "preview",
    0x010002: "preview",
    0x020001: "panorama picture",
    0x020002: "picture from another side",
    0x020003: "picture from another angle",
}
# Further pictures of one maker, by what they are for.
PURPOSES = {
    b"urn:com:apple:photo:2018:aux:portraiteffectsmatte": "portrait matte",
    b"urn:com:apple:photo:2019:aux:semanticskinmatte": "skin matte",
    b"urn:com:apple:photo:2019:aux:semantichairmatte": "hair matte",
    b"urn:com:apple:photo:2019:aux:semanticteethmatte": "teeth matte",
    b"urn:com:apple:photo:2020:aux:semanticglassesmatte": "glasses matte",
    b"urn:com:apple:photo:2020:aux:semanticskymatte": "sky matte",
}
# What stands in the objects of a PDF and goes: the kind of object and its key.
PDF_PLACES = {
    "structure /T": "title in the structure",
    "field /TU": "tooltip of a form field",
    "field /TM": "export name of a form field",
    "field /Contents": "description of a form field",
    "field /NM": "name of a form field's mark",
    "names /EmbeddedFiles": "list of attachments",
    "drawn /Annots": "mark or note",
    "form /PTEX.FileName": "file name of a figure",
    "form /PTEX.InfoDict": "facts of a figure",
    "form /LastModified": "date of a figure",
    "page /LastModified": "date of a page",
    "layers shown /Name": "name of a set of layers",
    "layers shown /Creator": "software of a set of layers",
    "intent /Info": "words of an output intent",
    "intent /OutputCondition": "words of an output intent",
    "outline /A": "action",
    "mark /A": "action",
    "field /A": "action",
    "action /Next": "action",
}
# Every name that a reader of JPEG, HEIF or PDF gives to a place, besides the tables above.
PLACES = frozenset(
    {
        *("gain map", "depth map", "thumbnail", "auxiliary picture", "further picture"),
        *("motion photo video", "Samsung trailer", "sound track", "further track", "tone map"),
        *("handler name", "compressor name", "item name", "mime item", "uri item", "C2PA item"),
        *("unreadable coded data", "description", "APP2", "jumb", "free", "skip"),
        *(APPLE_JFIF, "JFIF tail", "InternalSerialNumber"),
        *(name for _, _, name in KNOWN_APPS),
        *LISTED.values(),
        *PURPOSES.values(),
        *PDF_PLACES.values(),
        *(f"AV1 unit {kind}" for kind in range(16)),
        *(f"HEVC unit {kind}" for kind in range(64)),
    }
)
