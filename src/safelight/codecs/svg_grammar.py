"""Values by their grammar: numbers, colours, paths, and words of closed lists. What has another
form says nothing to a renderer, so it could say anything to a reader: it falls.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from safelight.codecs.svg_fonts import families, is_plain, known_family
from safelight.codecs.svg_keywords import (
    CALLS,
    CHANNELS,
    CHOICES,
    COLOURS,
    MEDIA,
    RULES,
    TRIGGERS,
    WORDS,
)
from safelight.codecs.svg_languages import languages
from safelight.codecs.svg_words import ATTRIBUTES

_NUMBER = r"(?:\d++\.?\d*+|\.\d++)(?:[eE][+\-]?\d++)?+"
_UNIT = (
    r"(?:px|pt|pc|mm|cm|in|em|ex|rem|ch|rch|rex|cap|rcap|ic|ric|lh|rlh|[sld]?v(?:w|h|i|b|min|max)"
    r"|cq(?:w|h|i|b|min|max)|deg|rad|turn|grad|ms|s|min|hz|khz|h|q|dpi|dppx|dpcm|x|fr|%)"
)
_LENGTH = rf"[+\-]?{_NUMBER}{_UNIT}?+"
_NUMBERS = re.compile(
    rf"(?:[\s,;:]++|{_LENGTH})*+"
    r"|\s*(?:auto|auto-start-reverse|auto-reverse|none|inherit|initial|unset|indefinite|media|left"
    r"|center|right|top|bottom|normal|min|max)\s*"
)
_ARGUMENTS = rf"\s*+[+\-]?{_NUMBER}(?:[\s,]*+[+\-]?{_NUMBER})*+"
_PATH = re.compile(rf"\s*+none\s*+|(?:[\s,]*+(?:[Zz]|[MmLlHhVvCcSsQqTtAa]{_ARGUMENTS}))*+[\s,]*+")
_POINTS = re.compile(rf"(?:[\s,]++|[+\-]?{_NUMBER})*+")
_TRANSFORM = re.compile(
    rf"(?:(?:matrix|translate|scale|rotate|skew)(?:[XYZ]|3d)?+(?=\s*\()|[\s,()]++"
    rf"|[+\-]?{_NUMBER}{_UNIT}?+)*+|none|inherit"
)
_ALIGNED = re.compile(
    r"\s*(?:defer\s+)?(?:none|x(?:Min|Mid|Max)Y(?:Min|Mid|Max))(?:\s+(?:meet|slice))?\s*"
)
_RANGE = re.compile(
    r"U\+[0-9A-F?]{1,6}(?:-[0-9A-F]{1,6})?(?:\s*+,\s*+U\+[0-9A-F?\-]{1,13})*+", re.I
)
_TIMED = re.compile(
    rf"(?:(?:(?P<part>[^\s;+()]+?)\.)?(?:{TRIGGERS})(?:\(\d{{1,9}}\))?)?\s*+"
    rf"(?:[+\-]?\s*+(?:\d+:)?(?:\d+:)?{_NUMBER}(?:ms|s|min|h)?)?|indefinite"
)
_LOCAL = r"url\(\s*+(?:\"#[^\"()\\]*+\"|'#[^'()\\]*+'|#[^\s\"'()\\]*+)\s*+\)"
LOCAL = re.compile(r"url\(\s*+[\"']?#([^\"'()\\]*?)[\"']?\s*+\)", re.I)
_TOKEN = re.compile(
    rf"(?P<space>[\s,/]++)|(?P<local>{_LOCAL})|(?P<number>{_LENGTH}(?![\w.]))"
    r"|(?P<hex>\#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})(?!\w))"
    r"|(?P<path>path\(\s*+(?:(?:nonzero|evenodd)\s*+,\s*+)?+(?P<quote>[\"'])(?P<data>[^\"']*+)"
    r"(?P=quote)\s*+\))|(?P<var>var\(\s*+--[^\s,()\"':;{}!]++)|(?P<call>-?[a-z][\w-]*+)\(|(?P<close>\))"
    r"|(?P<open>\()|(?P<sign>(?<!/)\*(?!/)|[+\-](?=\s))"
    r"|[\"'](?P<tag>[a-z]{4}|(?:ss|cv)\d\d|c2[sp]c)[\"']"
    r"|[\"'](?P<quoted>[^\"',()]++)[\"']|(?P<word>-?[a-z][\w-]*+)(?![^\s,/)])"
    r"|(?P<name>[^\s,/()\"']++)",
    re.I,
)
TAGS = frozenset(
    """wght wdth ital slnt opsz grad kern liga clig dlig hlig calt rlig salt swsh smcp pcap onum
    lnum pnum tnum frac afrc ordn zero sups subs sinf titl unic case cpsp hist locl mark mkmk ccmp
    vert vrt2 fwid hwid pwid palt halt xtra ytuc ytlc ytas ytde ytfi""".split()
)
_ICC = re.compile(r"\bicc-color\([^()]*+\)", re.I)
_VARIED = re.compile(
    r"(?P<name>var\(\s*+--[^\s,()\"':;{}!]++)\s*+(?P<comma>,(?P<families>[^()]*+))?+\)", re.I
)
_SIZE = re.compile(
    rf"(?:^|\s)(?P<size>{_NUMBER}{_UNIT}|0|(?:x{{1,3}}-|xx-)?(?:small|large)|medium|larger|smaller)"
    rf"(?:\s*/\s*(?P<line>{_LENGTH}|normal))?(?=[\s\"'])",
    re.I,
)
_MEDIA = re.compile(rf"[\s,():<>=/]++|{_LENGTH}|(?P<word>[a-z][\w-]*+)", re.I)
_SMIL = frozenset({"animate", "set", "animateColor"})
MAX_LIGATURE = 4
_LETTERS = "cuftsmnpqgk"
# Neither of them says how anything is painted.
IDLE = frozenset({"version", "baseProfile", "requiredFeatures"})
_OF_ANIMATIONS = frozenset({"begin", "end", "values", "from", "to", "by", "attributeName"})
_FREE_FORM = frozenset({"result", "in", "in2", "glyph-name", "g1", "g2"})
_SOURCES = frozenset(
    "SourceGraphic SourceAlpha BackgroundImage BackgroundAlpha FillPaint StrokePaint".split()
)


def property_value(name: str, value: str, known: frozenset[str] = frozenset()) -> str | None:
    """The value of a property when it has its form, or None; known are names of keyframes."""
    value = (_ICC.sub("", value) if "(" in value else value).strip()
    bare = name.removeprefix("-webkit-").removeprefix("-moz-")
    if bare == "font-family":
        return spelled(value, _quoted)
    if bare == "font":
        return _font(value)
    rule = RULES.get(bare)
    if rule is not None and "n" in rule[0] and _POINTS.fullmatch(value):
        return value or None
    return value if value and rule is not None and _has_form(value, *rule, known) else None


def spelled(value: str, spell: Callable[[str], str]) -> str | None:
    """A list of families, each as it is spelled anew; one that a variable holds stays that."""
    if "var(" not in value.lower():
        return ",".join(map(spell, families(value))) or None
    varied = _VARIED.fullmatch(value)
    if varied is None:
        return None
    others = ",".join(map(spell, families(varied["families"] or "")))
    return f"{varied['name']}{',' * bool(varied['comma'])}{others})"


def custom_value(value: str, known: frozenset[str]) -> str | None:
    """What a variable holds: numbers, and words that any property knows, or None."""
    if not value or _has_form(value, _LETTERS, WORDS, known):
        return value
    names = families(value)
    return ",".join(map(_quoted, names)) if all(map(known_family, names)) else None


def _has_form(value: str, letters: str, words: frozenset[str], known: frozenset[str]) -> bool:
    calls = frozenset[str]().union(*(CALLS.get(letter, frozenset()) for letter in letters))
    words = words | COLOURS if {"c", "f"} & set(letters) else words
    depth = at = 0
    while at < len(value):
        found = _TOKEN.match(value, at)
        if found is None:
            return False
        kind, text = found.lastgroup or "", found[0].lower()
        at = found.end()
        depth += (kind in ("call", "var", "open")) - (kind == "close")
        is_fit = {
            "space": True,
            "open": depth > 1,
            "close": depth >= 0,
            "local": "u" in letters,
            "number": "n" in letters or depth > 0,
            "sign": depth > 0,
            "hex": bool({"c", "f"} & set(letters)),
            "call": (found["call"] or "").lower() in calls,
            "var": True,
            "word": text in words
            or ("k" in letters and found[0] in known)
            or (depth > 0 and "c" in letters and text in CHANNELS),
            "name": "k" in letters and found[0] in known,
            "quoted": "k" in letters and found["quoted"] in known,
            "tag": "q" in letters and _is_tag(found["tag"] or ""),
            "path": "p" in letters and _PATH.fullmatch(found["data"] or "") is not None,
        }
        if not is_fit["path" if found["path"] else kind]:
            return False
    return depth == 0


def _is_tag(tag: str) -> bool:
    return tag.lower() in TAGS or any(letter.isdigit() for letter in tag)


def _quoted(name: str) -> str:
    spelled = known_family(name) or name.translate({ord(letter): None for letter in ";'\"{}<\\"})
    return spelled if is_plain(spelled) else f"'{spelled}'"


def _font(value: str) -> str | None:
    """The short form: words, a size, and families behind it."""
    found = _SIZE.search(value)
    if found is None or "var(" in value.lower():
        return None
    words = RULES["font-style"][1] | RULES["font-variant"][1] | RULES["font-weight"][1]
    words |= RULES["font-stretch"][1]
    before = value[: found.start()].split()
    names = families(value[found.end() :])
    if not names or not all(w.lower() in words or w.isdigit() for w in before):
        return None
    line = f"/{found['line']}" if found["line"] else ""
    return " ".join([*before, found["size"] + line, ",".join(_quoted(n) for n in names)])


def font_parts(value: str) -> tuple[str, str]:
    """A short form that has its form: what stands before the families, and these."""
    found = _SIZE.search(value)
    at = found.end() if found is not None else 0
    return value[:at], value[at:].strip()


def media(value: str) -> str | None:
    """A question about the screen, or None for one that no viewer understands."""
    at = 0
    while at < len(value):
        found = _MEDIA.match(value, at)
        if found is None or (found["word"] and found["word"].lower() not in MEDIA):
            return None
        at = found.end()
    return value


def timed(value: str) -> list[tuple[str | None, str]]:
    """Each time at which an animation begins or ends: the part that it waits for, and the words."""
    found = [(_TIMED.fullmatch(one.strip()), one.strip()) for one in value.split(";")[:1_000]]
    return [(match["part"], one) for match, one in found if match is not None and one]


def attribute_value(element: str, aimed: str | None, name: str, value: str) -> str | None:
    """The value of an attribute when it has its form, or what of it has; None when nothing does.

    aimed is the attribute that an animation changes.
    """
    if name in _FREE_FORM:
        return value.strip() or None
    if name in IDLE:
        return None
    if name in ("from", "to", "by", "values"):
        return _animated(element, aimed, value)
    if name in ("begin", "end"):
        times = ";".join(words for _, words in timed(value))
        return times or ("indefinite" if name == "begin" else None)
    if name in ("unicode", "u1", "u2"):
        return value if len(value) <= MAX_LIGATURE or _RANGE.fullmatch(value) else None
    if name == "attributeName":
        return value if value in ("href", "xlink:href") or _is_known(value) else None
    return _plain_value(name, value)


def _is_known(name: str) -> bool:
    return name in ATTRIBUTES and name not in _OF_ANIMATIONS


def _plain_value(name: str, value: str) -> str | None:
    if name in ("d", "path"):
        # Viewers paint a path up to the place where they stop understanding it.
        found = _PATH.match(value)
        return (found[0].strip() or None) if found is not None else None
    if name in CHOICES:
        return value if value.strip() in CHOICES[name] else None
    if name in ("transform", "gradientTransform", "patternTransform"):
        return value if _TRANSFORM.fullmatch(value) else None
    if name == "systemLanguage":
        return languages(value)
    if name in ("preserveAspectRatio", "unicode-range"):
        form = {"p": _ALIGNED, "u": _RANGE}[name[0]]
        return value if len(value) <= 80 and form.fullmatch(value) else None
    if name in RULES or name in ("font", "font-family"):
        return property_value(name, value)
    return value if _NUMBERS.fullmatch(value) else None


def _animated(element: str, aimed: str | None, value: str) -> str | None:
    """Values of an animation, each by the form of what it changes."""
    if element not in _SMIL:
        return value if _NUMBERS.fullmatch(value) else None
    if aimed is None:
        return None
    parts = [part.strip() for part in value.split(";")]
    if aimed in ("href", "xlink:href"):
        return value if all(part.startswith("#") for part in parts if part) else None
    kept = [_plain_value(aimed, part) if part else "" for part in parts]
    clean = [one for one in kept if one is not None]
    return ";".join(clean) if len(clean) == len(kept) else None


def is_source(name: str) -> bool:
    """True for what a filter may begin with, and so for no name of a result."""
    return name in _SOURCES
