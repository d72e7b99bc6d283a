"""Values of the tags of DICOM that are kept: what each may say, in which form, and how many."""

from __future__ import annotations

import re
from typing import Any

from safelight.codecs.dicom_rules import CODES, UNITS

# Values by their representation: numbers are never looked at, words must look like code words.
NUMBERS = frozenset({"US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "AT"})
TABLES = frozenset({"OW", "OB"})
WORDS: dict[str, re.Pattern[str]] = {
    "CS": re.compile(r"[A-Z0-9_ ]{0,16}"),
    "DS": re.compile(r"[0-9+\-.eE ]{0,16}"),
    "IS": re.compile(r"[0-9+\- ]{0,12}"),
    "UI": re.compile(r"[0-9.]{0,64}"),
}
# The most numbers and the most words where the standard gives no bound.
MANY, MANY_WORDS = 65_536, 16
ENTRIES = 65_536
PALETTES = re.compile(r"(Segmented)?(Red|Green|Blue|Alpha)PaletteColorLookupTable(Data|Descriptor)")


def is_plain(element: Any) -> bool:
    """True for a value of the representation that the standard gives this tag, of no more values
    than it allows, that are numbers, code words, or words of a known list.
    """
    if not _is_as_defined(element):
        return False
    if element.is_empty or element.VR in NUMBERS:
        return True
    many = element.VM > 1 and not isinstance(element.value, str)
    values = [str(one) for one in (element.value if many else [element.value])]
    if element.keyword in CODES:
        return all(CODES[element.keyword].fullmatch(value) for value in values)
    if element.VR in TABLES:
        return isinstance(element.value, bytes) and len(element.value) <= 2 * ENTRIES
    pattern = WORDS.get(element.VR)
    return pattern is not None and all(pattern.fullmatch(value) for value in values)


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
