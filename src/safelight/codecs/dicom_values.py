"""Values of the tags of DICOM that are kept: what each may say, in which form, and how many."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Any

from safelight.codecs.dicom_rules import CODES, UNITS
from safelight.codecs.dicom_terms import DIRECTIONS, FURTHER_TYPES, IMAGE_TYPE, MODES, TERMS

# Values by their representation: numbers are never looked at, words must be of a known list.
NUMBERS = frozenset({"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "AT"})
TABLES = frozenset({"OW", "OB"})
WORDS: dict[str, re.Pattern[str]] = {
    "DS": re.compile(r"[0-9+\-.eE ]{0,16}"),
    "IS": re.compile(r"[0-9+\- ]{0,12}"),
    "UI": re.compile(r"[0-9.]{0,64}"),
}
# The most numbers and the most words where the standard gives no bound.
MANY, MANY_WORDS = 65_536, 16
ENTRIES = 65_536
PALETTES = re.compile(r"(Segmented)?(Red|Green|Blue|Alpha)PaletteColorLookupTable(Data|Descriptor)")


def plain(element: Any) -> Any:
    """The tag as it may stand; None where it may not.

    Its value is of the representation that the standard gives it, of no more values than it allows:
    numbers, or terms of a known list. Of the kind of a picture what follows a strange term is gone.
    """
    if not _is_as_defined(element):
        return None
    if element.is_empty or element.VR in NUMBERS:
        return element
    many = element.VM > 1 and not isinstance(element.value, str)
    values = [str(one) for one in (element.value if many else [element.value])]
    if element.VR == "CS":
        return _coded(element, [value.strip(" ") for value in values])
    if element.keyword in CODES:
        return element if all(map(CODES[element.keyword].fullmatch, values)) else None
    if element.VR in TABLES:
        fits = isinstance(element.value, bytes) and len(element.value) <= 2 * ENTRIES
        return element if fits else None
    pattern = WORDS.get(element.VR)
    return element if pattern is not None and all(map(pattern.fullmatch, values)) else None


def is_same(element: Any, other: Any) -> bool:
    """True where nothing but blanks around the words is lost."""
    return other is element or (other is not None and _values(element) == _values(other))


def _values(element: Any) -> list[str]:
    many = element.VM > 1 and not isinstance(element.value, str)
    return [str(one).strip(" ") for one in (element.value if many else [element.value])]


def _coded(element: Any, values: list[str]) -> Any:
    """Code words without the blanks around them, where each is a term of this tag."""
    from pydicom.dataelem import DataElement

    keyword = element.keyword
    if keyword == "ImageType":
        if not all(value in terms for value, terms in zip(values, IMAGE_TYPE, strict=False)):
            return None
        values = values[:2] + list(takewhile(_is_type, values[2:]))
    elif keyword == "PatientOrientation":
        if not all(map(DIRECTIONS.fullmatch, values)):
            return None
    elif keyword in CODES:
        if not all(map(CODES[keyword].fullmatch, values)):
            return None
    elif not TERMS.get(keyword, frozenset()).issuperset(values):
        return None
    return DataElement(element.tag, "CS", values if len(values) > 1 else values[0])


def _is_type(value: str) -> bool:
    return value in FURTHER_TYPES or MODES.fullmatch(value) is not None


def is_sequence(element: Any) -> bool:
    """True for a sequence that the standard knows as one."""
    return bool(element.VR == "SQ") and _is_as_defined(element)


def _is_as_defined(element: Any) -> bool:
    from pydicom.datadict import dictionary_VM, dictionary_VR

    try:
        wanted, times = dictionary_VR(element.tag), dictionary_VM(element.tag)
    except KeyError:
        return False
    if element.VR not in wanted.split(" or "):
        return False
    if element.VR in TABLES or element.VR == "SQ" or element.is_empty:
        return True
    least, _, most = times.partition("-")
    many = MANY if element.VR in NUMBERS or element.VR in ("DS", "IS") else MANY_WORDS
    last = most or least
    count = int(element.VM)
    return int(least) <= count <= (int(last) if last.isdecimal() else many)


def fit_tables(clean: Any) -> None:
    """Take away what no table needs: palettes of a picture that has none, entries behind the last
    one that a table says it has, and codes of units that are not known.
    """
    is_palette = str(clean.get("PhotometricInterpretation") or "") == "PALETTE COLOR"
    for element in list(clean):
        if PALETTES.fullmatch(element.keyword) and not is_palette:
            del clean[element.tag]
    for colour in ("Red", "Green", "Blue", "Alpha"):
        _cut(clean, f"{colour}PaletteColorLookupTable")
    _cut(clean, "LUT")
    if "CodeMeaning" in clean or "CodeValue" in clean:
        _code(clean)


def _cut(clean: Any, name: str) -> None:
    said, keyword = clean.get(f"{name}Descriptor"), f"{name}Data"
    if keyword not in clean:
        return
    if said is None or isinstance(said, int) or len(said) != 3:
        del clean[keyword]
        return
    entries = (int(said[0]) & 0xFFFF) or ENTRIES
    held = clean[keyword].value
    if isinstance(held, int):
        return
    clean[keyword].value = held[: 2 * entries if isinstance(held, bytes) else entries]


def _code(clean: Any) -> None:
    """A unit says itself what it means; other codes are not kept."""
    value = str(clean.get("CodeValue") or "")
    if value in UNITS and str(clean.get("CodingSchemeDesignator") or "") == "UCUM":
        clean.CodeMeaning = value
        return
    for keyword in ("CodeValue", "CodingSchemeDesignator", "CodeMeaning"):
        if keyword in clean:
            del clean[keyword]
