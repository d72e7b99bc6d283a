"""What a drawing may be made of: elements, attributes and properties of SVG 1.1 and 2 that are
painted. Everything else is not written.
"""

from __future__ import annotations

import re

ELEMENTS = frozenset(
    """
    svg g defs symbol use switch a view image style
    path rect circle ellipse line polyline polygon text tspan textPath tref
    marker linearGradient radialGradient meshgradient meshrow meshpatch stop solidcolor hatch
    hatchpath pattern clipPath mask filter
    feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting
    feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR
    feGaussianBlur feImage feMerge feMergeNode feMorphology feOffset fePointLight
    feSpecularLighting feSpotLight feTile feTurbulence
    animate animateMotion animateTransform animateColor set mpath
    font font-face glyph missing-glyph hkern vkern font-face-src font-face-name
    """.split()
)
WORDS = frozenset({"text", "tspan", "textPath", "tref", "style"})
# Properties that may stand as attributes, in style attributes, and in style sheets.
PROPERTIES = frozenset(
    """
    alignment-baseline baseline-shift clip clip-path clip-rule color color-interpolation
    color-interpolation-filters color-rendering direction display dominant-baseline
    enable-background fill fill-opacity fill-rule filter flood-color flood-opacity font
    font-family font-feature-settings font-kerning font-size font-size-adjust font-stretch
    font-style font-variant font-variant-caps font-variant-east-asian font-variant-ligatures
    font-variant-numeric font-variant-position font-variation-settings font-weight
    glyph-orientation-horizontal glyph-orientation-vertical image-rendering inline-size isolation
    kerning letter-spacing lighting-color line-height marker marker-end marker-mid marker-start
    mask mask-type mix-blend-mode opacity overflow paint-order pointer-events shape-inside
    shape-margin shape-padding shape-rendering shape-subtract solid-color solid-opacity
    stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset stroke-linecap
    stroke-linejoin stroke-miterlimit stroke-opacity stroke-width text-align text-anchor
    text-decoration text-decoration-color text-decoration-line text-decoration-style text-indent
    text-orientation text-overflow text-rendering text-transform transform transform-box
    transform-origin unicode-bidi vector-effect visibility white-space word-spacing writing-mode
    animation animation-delay animation-direction animation-duration animation-fill-mode
    animation-iteration-count animation-name animation-play-state animation-timing-function
    background background-color cx cy d height offset-path r rx ry width x y z-index
    """.split()
)
ATTRIBUTES = PROPERTIES | frozenset(
    """
    accumulate additive amplitude arabic-form attributeName attributeType azimuth baseFrequency
    baseProfile begin bias by calcMode clipPathUnits diffuseConstant divisor dur dx dy edgeMode
    elevation end exponent fill filterUnits fr from fx fy g1 g2 glyph-name gradientTransform
    gradientUnits hatchContentUnits hatchUnits horiz-adv-x horiz-origin-x horiz-origin-y in in2
    intercept k k1 k2 k3 k4 kernelMatrix kernelUnitLength keyPoints keySplines keyTimes
    lengthAdjust limitingConeAngle markerHeight markerUnits markerWidth mask maskContentUnits
    maskUnits max method min mode numOctaves offset operator order orient orientation origin path
    pathLength patternContentUnits patternTransform patternUnits pitch points pointsAtX pointsAtY
    pointsAtZ preserveAlpha preserveAspectRatio primitiveUnits radius refX refY repeatCount
    repeatDur requiredFeatures restart result rotate scale seed side slope spacing
    specularConstant specularExponent spreadMethod startOffset stdDeviation stitchTiles
    surfaceScale systemLanguage tableValues targetX targetY textLength to type u1 u2 unicode
    unicode-range units-per-em ascent descent values vert-adv-y vert-origin-x vert-origin-y
    version viewBox x-height x1 x2 xChannelSelector y1 y2 yChannelSelector z
    """.split()
)
# Attributes of numbers, paths, transforms and languages: words in them are ignored by renderers,
# so they could say anything.
PATHS = frozenset({"d", "points"})
TRANSFORMS = frozenset({"transform", "gradientTransform", "patternTransform"})
NUMBERS = frozenset(
    """
    viewBox x y width height x1 x2 y1 y2 z cx cy r rx ry dx dy fx fy fr rotate offset opacity
    fill-opacity stroke-opacity stop-opacity flood-opacity solid-opacity stroke-width
    stroke-miterlimit stroke-dasharray stroke-dashoffset amplitude azimuth baseFrequency bias
    diffuseConstant divisor dur elevation exponent intercept k k1 k2 k3 k4 kernelMatrix
    kernelUnitLength keyPoints keySplines keyTimes limitingConeAngle markerHeight markerWidth
    numOctaves order pathLength pointsAtX pointsAtY pointsAtZ radius refX refY repeatCount
    repeatDur scale seed slope specularConstant specularExponent startOffset stdDeviation
    surfaceScale tableValues targetX targetY textLength units-per-em ascent descent x-height
    horiz-adv-x horiz-origin-x horiz-origin-y vert-adv-y vert-origin-x vert-origin-y
    """.split()
)
# Neither of them says how anything is painted.
IDLE = frozenset({"version", "baseProfile", "requiredFeatures"})
_NUMBER = r"(?:\d++\.?\d*+|\.\d++)(?:[eE][+\-]?\d++)?+"
_UNIT = r"(?:px|pt|pc|mm|cm|in|em|ex|rem|ch|vw|vh|vmin|vmax|deg|rad|turn|grad|ms|s|min|h|%)?+"
_NUMBERS = re.compile(
    rf"(?:[\s,;:]++|[+\-]?{_NUMBER}{_UNIT})*+"
    r"|\s*(?:auto|auto-start-reverse|none|inherit|initial|unset|indefinite|media|left|center|right"
    r"|top|bottom|normal|min|max)\s*"
)
_PATH = re.compile(rf"(?:[\s,]++|[MmZzLlHhVvCcSsQqTtAaBbRr]|[+\-]?{_NUMBER})*+|none")
_TRANSFORM = re.compile(
    rf"(?:(?:matrix|translate|scale|rotate|skew)(?:[XYZ]|3d)?+|[\s,()]++|[+\-]?{_NUMBER}{_UNIT})*+"
    r"|none|inherit"
)
_TAG = r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,4}){0,2}"
_LANGUAGE = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")
_TYPES = frozenset(
    """
    text/css matrix saturate hueRotate luminanceToAlpha identity table discrete linear gamma
    fractalNoise turbulence translate scale rotate skewX skewY
    """.split()
)
_LETTERS = re.compile(r"[A-Za-z]{4}")


def is_meant(name: str, value: str) -> bool:
    """True unless the attribute is one whose form is known, and the value has another."""
    if name in PATHS:
        return _PATH.fullmatch(value) is not None and _LETTERS.search(value) is None
    if name in TRANSFORMS:
        return _TRANSFORM.fullmatch(value) is not None
    if name == "systemLanguage":
        return len(value) <= 80 and _LANGUAGE.fullmatch(value) is not None
    if name == "type":
        return value in _TYPES
    if name in NUMBERS:
        return _NUMBERS.fullmatch(value) is not None
    return name not in IDLE
