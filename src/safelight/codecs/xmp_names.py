"""XMP namespaces: the usual prefix, and what their properties can reveal."""

from __future__ import annotations

from safelight.codecs.exif_names import TAGS
from safelight.image import Risk

EXIF_RISKS: dict[str, Risk] = dict(TAGS.values())
ALIASES: dict[str, Risk] = {
    "DateTime": Risk.TIME,
    "DateTimeDigitized": Risk.TIME,
    "BodySerialNumber": Risk.DEVICE,
    "CameraOwnerName": Risk.IDENTITY,
    "Lens": Risk.DEVICE,
    "NativeDigest": Risk.HISTORY,
}
# Namespace: risk of its properties unless named; then the named ones.
NAMESPACES: dict[str, tuple[Risk, dict[Risk, str]]] = {
    "http://purl.org/dc/elements/1.1/": (
        Risk.IDENTITY,
        {Risk.RIGHTS: "rights", Risk.TIME: "date", Risk.OTHER: "format type language"},
    ),
    "http://ns.adobe.com/xap/1.0/": (
        Risk.HISTORY,
        {
            Risk.TIME: "CreateDate ModifyDate MetadataDate",
            Risk.THUMBNAIL: "Thumbnails",
            Risk.OTHER: "Rating Label",
            Risk.IDENTITY: "Author Nickname Identifier",
        },
    ),
    "http://ns.adobe.com/xap/1.0/mm/": (Risk.HISTORY, {}),
    "http://ns.adobe.com/xap/1.0/rights/": (Risk.RIGHTS, {Risk.IDENTITY: "Owner"}),
    "http://ns.adobe.com/xap/1.0/bj/": (Risk.HISTORY, {}),
    "http://ns.adobe.com/xmp/note/": (Risk.OTHER, {}),
    "http://ns.adobe.com/photoshop/1.0/": (
        Risk.HISTORY,
        {
            Risk.PLACE: "City State Country",
            Risk.TIME: "DateCreated",
            Risk.COLOUR: "ICCProfile ColorMode",
            Risk.IDENTITY: "AuthorsPosition CaptionWriter Credit Source Headline Instructions "
            "TransmissionReference",
        },
    ),
    "http://ns.adobe.com/camera-raw-settings/1.0/": (Risk.HISTORY, {Risk.IDENTITY: "RawFileName"}),
    "http://ns.adobe.com/exif/1.0/aux/": (Risk.DEVICE, {Risk.IDENTITY: "OwnerName"}),
    "http://ns.adobe.com/lightroom/1.0/": (Risk.IDENTITY, {}),
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": (
        Risk.IDENTITY,
        {Risk.PLACE: "Location CountryCode"},
    ),
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": (
        Risk.IDENTITY,
        {
            Risk.PLACE: "LocationCreated LocationShown Event EventName",
            Risk.PROVENANCE: "DigitalSourceType DigitalSourceFileType AISystemUsed "
            "AISystemVersionUsed AIPromptInformation AIPromptWriterName",
            Risk.RIGHTS: "CopyrightOwner Licensor",
        },
    ),
    "http://ns.useplus.org/ldf/xmp/1.0/": (Risk.RIGHTS, {}),
    "http://creativecommons.org/ns#": (Risk.RIGHTS, {}),
    "http://purl.org/dc/terms/": (Risk.PROVENANCE, {}),
    "http://www.metadataworkinggroup.com/schemas/regions/": (Risk.IDENTITY, {}),
    "http://ns.microsoft.com/photo/1.2/": (Risk.IDENTITY, {}),
    "http://ns.microsoft.com/photo/1.0/": (Risk.IDENTITY, {}),
    "http://ns.acdsee.com/iptc/1.0/": (Risk.IDENTITY, {}),
    "http://ns.google.com/photos/1.0/camera/": (
        Risk.DEVICE,
        {
            Risk.THUMBNAIL: "MotionPhoto MotionPhotoVersion MotionPhotoPresentationTimestampUs "
            "MicroVideo MicroVideoVersion MicroVideoOffset MicroVideoPresentationTimestampUs",
        },
    ),
    "http://ns.adobe.com/pdf/1.3/": (
        Risk.OTHER,
        {Risk.HISTORY: "Producer", Risk.IDENTITY: "Keywords"},
    ),
    "http://ns.google.com/photos/1.0/container/": (Risk.THUMBNAIL, {}),
    "http://ns.google.com/photos/1.0/image/": (Risk.THUMBNAIL, {}),
    "http://ns.google.com/photos/1.0/depthmap/": (Risk.THUMBNAIL, {}),
    "http://ns.adobe.com/hdr-gain-map/1.0/": (Risk.COLOUR, {}),
    "http://ns.apple.com/HDRGainMap/1.0/": (Risk.COLOUR, {}),
    "http://ns.apple.com/pixeldatainfo/1.0/": (Risk.COLOUR, {}),
    "http://ns.apple.com/faceinfo/1.0/": (Risk.IDENTITY, {}),
}
EXIF_LIKE = (
    "http://ns.adobe.com/exif/1.0/",
    "http://cipa.jp/exif/1.0/",
    "http://ns.adobe.com/tiff/1.0/",
)
_RISKS: dict[tuple[str, str], Risk] = {
    (space, name): risk
    for space, (_, named) in NAMESPACES.items()
    for risk, names in named.items()
    for name in names.split()
}


def risk_of(namespace: str, name: str) -> Risk:
    """The group of a property; one that is not known counts as OTHER."""
    if namespace in EXIF_LIKE:
        if name.startswith("GPS"):
            return Risk.PLACE
        return EXIF_RISKS.get(name) or ALIASES.get(name, Risk.SETTINGS)
    usual = NAMESPACES.get(namespace, (Risk.OTHER, {}))[0]
    return _RISKS.get((namespace, name), usual)
