"""What a style sheet asks before its rules count: words of closed lists, and nothing of the rest.

A question about what a browser can do is asked again with values that say nothing: what nobody
knows is asked as a property that nobody has.
"""

from __future__ import annotations

import re

from safelight.codecs.svg_grammar import media, property_value
from safelight.codecs.svg_selectors import is_selector

LAYER = re.compile(r"[^\s,{}()\"':;]++")
_TOKEN = re.compile(
    r"(?P<space>\s++)|(?P<joined>not|and|or)(?![\w\-(])|(?P<open>\((?=\s*+(?:\(|not\b)))"
    r"|\(\s*+(?P<name>[a-z\-][^\s:()]*+)\s*+:(?P<value>(?:[^()]|\((?:[^()]|\([^()]*+\))*+\))*+)\)"
    r"|selector\((?P<selector>(?:[^()]|\([^()]*+\))*+)\)|(?P<close>\))",
    re.I,
)
# Properties of browsers that no drawing here keeps, so that a question for one is still answered.
_ELSEWHERE = frozenset(
    """accent-color appearance aspect-ratio backdrop-filter block-size break-inside caret-color
    column-count columns contain container-type content content-visibility corner-shape counter-set
    cursor field-sizing flex flex-direction float font-palette gap grid grid-area grid-template
    grid-template-columns hyphens initial-letter inset interpolate-size justify-content left
    line-clamp -webkit-line-clamp margin-trim object-view-box overflow-wrap overscroll-behavior
    place-items position resize right row-gap scroll-behavior scroll-snap-type scroll-timeline
    scrollbar-color scrollbar-gutter scrollbar-width shape-outside tab-size table-layout
    text-box-trim text-size-adjust text-wrap-style timeline-scope top touch-action transition
    transition-behavior user-select view-transition-name will-change word-break zoom""".split()
)
_NEVER = "(u0:0)"


def condition(word: str, asked: str) -> str | None:
    """The head of a group, or None where the question has no form."""
    if word == "@media":
        return f"@media {asked}" if asked and media(asked) is not None else None
    clean = supports(asked)
    return f"@supports {clean}" if clean else None


def supports(asked: str) -> str | None:
    """A question about abilities that says no free word."""
    out: list[str] = []
    at = depth = 0
    while at < len(asked):
        found = _TOKEN.match(asked, at)
        if found is None:
            return None
        at = found.end()
        depth += (found["open"] is not None) - (found["close"] is not None)
        if depth < 0:
            return None
        out.append(_said(found))
    return "".join(out).strip() if depth == 0 else None


def _said(found: re.Match[str]) -> str:
    if found["space"]:
        return " "
    if found["selector"] is not None:
        return "selector(*)" if is_selector(found["selector"]) else _NEVER
    if found["name"] is None:
        return found[0].lower()
    name = found["name"].lower()
    if name.startswith("--"):
        return "(--v0:0)"
    if name in ("font-family", "font"):
        is_known = property_value(name, found["value"]) is not None
        return f"({name}:{'12px ' * (name == 'font')}serif)" if is_known else _NEVER
    if name in ("animation", "animation-name"):
        return f"({name}:none)"
    if name in _ELSEWHERE:
        return f"({name}:inherit)"
    value = property_value(name, " ".join(found["value"].split()))
    is_free = value is None or "#" in value or "var(" in value.lower()
    if is_free and value is not None:
        return f"({name}:inherit)"
    return _NEVER if value is None else f"({name}:{value})"
