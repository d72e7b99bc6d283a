"""What may hide a part of a drawing, and which kinds of parts are painted by whom."""

from __future__ import annotations

State = frozenset[str]
# Words that a state may hold besides properties: what lies in it counts for the size of a part.
BOXED = "boxed"
STRUCTURE = "structure"
HIDING = frozenset(
    "display visibility opacity fill stroke fill-opacity stroke-opacity font-size".split()
)
BOXING = frozenset({"filter", "mask", "clip-path", "transform-box", "text-decoration"})
_HIDDEN = {
    "display": {"none"},
    "visibility": {"hidden", "collapse"},
    "fill": {"none", "transparent"},
    "stroke": {"none", "transparent"},
}
_NOTHING = {"0", "0.0", ".0", "0%", "0px", "0pt", "0em"}
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
START, FRESH, OPEN = frozenset({"stroke"}), frozenset[str](), frozenset({BOXED})
MAX_STATES = 16


def hides(name: str, value: str) -> bool:
    """True when a value of a property paints nothing."""
    value = value.removesuffix("!important").strip().lower()
    return value in _HIDDEN.get(name, _NOTHING)


def is_clear(state: State) -> bool:
    """True when letters are not painted in this state."""
    is_bare = bool(state & {"fill", "fill-opacity"} and state & {"stroke", "stroke-opacity"})
    return is_bare or bool(state & {"opacity", "visibility", "font-size"})


def within(name: str, state: State, declared: dict[str, bool]) -> State:
    """The state inside an element that says this of itself."""
    if name == "clipPath":
        return state | OPEN
    inner = set(state)
    for key, is_hiding in declared.items():
        if is_hiding:
            inner.add(key)
        elif key != "opacity":
            inner.discard(key)
    return frozenset(inner) if inner != state else state
