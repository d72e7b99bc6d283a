"""How parts of a drawing are called and pointed to: every spelling of a name as one."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from safelight.codecs.svg_sheet import Sheet, flat
from safelight.codecs.svg_style import MEANT

_SIGN = re.compile(r"[^\w.:\-]")
_LINK = re.compile(r"url\(\s*+(?:\"#([^\"\\]*+)\"|'#([^'\\]*+)'|#([^\s\"'()\\]*+))\s*+\)", re.I)


def part_name(name: str) -> str:
    """A name of letters, digits and percent signs: no brackets, quotes or spaces."""
    return _SIGN.sub(lambda found: quote(found[0], safe=""), name.translate(MEANT))


def aim(fragment: str) -> str:
    """The name of the part that a link to a place in the drawing means."""
    return part_name(unquote(fragment.translate(MEANT)))


def spelled(text: str) -> str:
    """The text with each link to a part in one spelling."""
    if "(" not in text or "#" not in text:
        return text
    return _LINK.sub(lambda found: f"url(#{aim(found[1] or found[2] or found[3] or '')})", text)


def named(rules: Sheet) -> Sheet:
    """The rules with each name of a part, and each link to one, in one spelling."""
    for rule in flat(rules):
        rule.declared = [(name, spelled(value)) for name, value in rule.declared]
        for selector in rule.selectors:
            selector.parts = [
                (kind, part_name(words) if kind in ("id", "id=") else words)
                for kind, words in selector.parts
            ]
            selector.needs = {
                f"#{part_name(need[1:])}" if need.startswith("#") else need
                for need in selector.needs
            }
    return rules


def link(value: str) -> str:
    """A link as it is written: to a part by its name, else as it is."""
    value = value.strip()
    return f"#{aim(value[1:])}" if value.startswith("#") else value
