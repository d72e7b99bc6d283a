"""What a drawing may be made of: elements, attributes and properties of SVG 1.1 and 2 that are
painted. Everything else is not written.
"""

from __future__ import annotations

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
WORDS = frozenset({"text", "tspan", "textPath", "style"})
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
