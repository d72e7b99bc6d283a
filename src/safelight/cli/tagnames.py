"""Every name that a finding may have, as far as it can be known before a file is read."""

from __future__ import annotations

from collections.abc import Iterator

# What is found beside tags, by the words that codecs give it.
OTHERS = (
    "Thumbnail",
    "MPF",
    "MakerNote",
    "ICC_Profile",
    "XMP",
    "IPTC",
    "Comment",
    "C2PA manifest",
    "C2PA digitalSourceType",
    "C2PA softwareAgent",
    "unreadable block",
)


def known_names() -> Iterator[str]:
    """Names of tags in EXIF, GPS, IPTC, XMP and the texts of PNG."""
    from safelight.codecs.exif_names import GPS_TAGS, INTEROP_TAGS, TAGS
    from safelight.codecs.iptc import DATASETS
    from safelight.codecs.place_names import PLACES
    from safelight.codecs.text_risks import TEXT_RISKS
    from safelight.codecs.xmp_names import ALIASES, NAMESPACES

    yield from OTHERS
    yield from PLACES
    yield from (name for name, _risk in TAGS.values())
    yield from GPS_TAGS
    yield from INTEROP_TAGS.values()
    yield from (name for name, _risk in DATASETS.values())
    yield from TEXT_RISKS
    yield from ALIASES
    for _risk, named in NAMESPACES.values():
        for names in named.values():
            yield from names.split()
