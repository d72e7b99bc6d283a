"""What may hide a part of a drawing, and which kinds of parts are painted by whom."""

from __future__ import annotations

import re

State = frozenset[str]
# Words that a state may hold besides properties: what lies in it counts for the size of a part.
BOXED = "boxed"
STRUCTURE = "structure"
# Where a part lies in a copy of what it was drawn in: rules may select it there, or not.
COPIED = "copied"
LINKED = "href"
HIDING = frozenset(
    """display visibility opacity fill stroke fill-opacity stroke-opacity stroke-width font-size
    transform""".split()
)
BOXING = frozenset({"filter", "mask", "clip-path", "transform-box", "text-decoration"})
_HIDDEN = {
    "display": {"none"},
    "visibility": {"hidden", "collapse"},
    "fill": {"none", "transparent"},
    "stroke": {"none", "transparent"},
}
_ZERO = r"[+\-]?(?:0++\.?0*+|\.0++)(?:e[+\-]?\d++)?+"
_NOTHING = re.compile(rf"{_ZERO}(?:%|[a-z]{{1,4}})?")
_BELOW = re.compile(r"-(?:\d++\.?\d*+|\.\d++)(?:e[+\-]?\d++)?+%?")
_CLEAR = re.compile(
    rf"#(?:[0-9a-f]{{3}}0|[0-9a-f]{{6}}00)|(?:rgb|hsl)a?\((?:[^,()/]++,){{3}}\s*+{_ZERO}%?\s*+\)"
    rf"|(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch)\([^,()/]++/\s*+{_ZERO}%?\s*+\)"
)
_MOVES = re.compile(r"(?:(matrix|translate|scale|rotate|skewx|skewy)\(([^()]*+)\)[\s,]*+)", re.I)
_COUNTS = {"matrix": (6,), "rotate": (1, 3), "translate": (1, 2), "scale": (1, 2)}
# Pieces of a text, and links that may be ones.
FLAT = frozenset({"tspan", "textPath", "tref", "a"})
GRAPHICS = frozenset("svg g use switch a image text tspan textPath tref".split())
SHAPES = frozenset("path rect circle ellipse line polyline polygon".split())
REFERRED = frozenset(
    """defs symbol clipPath mask pattern marker linearGradient radialGradient meshgradient
    solidcolor hatch filter view""".split()
)
MOVING = frozenset("animate animateMotion animateTransform animateColor set".split())
PAINTING = REFERRED | SHAPES
ANY = PAINTING | GRAPHICS
# What a link of each element shows; of most, what others are painted with.
AIMS = {"a": frozenset[str](), "feImage": ANY, "tref": ANY}
ALWAYS = frozenset({"style", "font"})
START, FRESH, OPEN = frozenset({"stroke"}), frozenset[str](), frozenset({BOXED, COPIED})
MAX_STATES = 8
_UNDRAWN = {"stroke", "stroke-opacity", "stroke-width"}


def hides(name: str, value: str) -> bool:
    """True when a value of a property paints nothing."""
    value = value.removesuffix("!important").strip().lower()
    if name == "transform":
        return _is_flat(value)
    if name in ("fill", "stroke"):
        return value in _HIDDEN[name] or _CLEAR.fullmatch(value) is not None
    if name in _HIDDEN:
        return value in _HIDDEN[name]
    is_below = name.endswith("opacity") and _BELOW.fullmatch(value)
    return bool(is_below or _NOTHING.fullmatch(value))


def is_empty_font(value: str) -> bool:
    """True for the short form of a font with a size of nothing."""
    sizes = (word.partition("/")[0] for word in value.lower().split())
    return any(_NOTHING.fullmatch(size) for size in sizes)


def _is_flat(value: str) -> bool:
    """True for transforms that leave no width, or no height; only where each has its form."""
    is_flat = False
    if _MOVES.sub("", value).strip():
        return False
    for name, inner in _MOVES.findall(value):
        try:
            numbers = [float(one) for one in inner.split(",")]
        except ValueError:
            return False
        if len(numbers) not in _COUNTS.get(name, (1,)):
            return False
        if name == "matrix":
            is_flat |= numbers[0] * numbers[3] == numbers[1] * numbers[2]
        is_flat |= name == "scale" and 0 in numbers
    return is_flat


def is_clear(state: State) -> bool:
    """True when letters are not painted in this state."""
    is_bare = bool(state & {"fill", "fill-opacity"} and state & _UNDRAWN)
    return is_bare or bool(state & {"opacity", "visibility", "font-size", "transform"})


def within(name: str, state: State, declared: dict[str, bool]) -> State:
    """The state inside an element that says this of itself."""
    if name == "clipPath":
        return state | OPEN
    inner = set(state)
    for key, is_hiding in declared.items():
        if is_hiding:
            inner.add(key)
        elif key not in ("opacity", "transform"):
            inner.discard(key)
    return frozenset(inner) if inner != state else state
