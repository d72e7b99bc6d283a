"""The closed vocabulary of a drawing: what each property and attribute may say besides numbers."""

from __future__ import annotations

COLOURS = frozenset(
    """
    aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet
    brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan
    darkblue darkcyan darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta
    darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen darkslateblue
    darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey
    dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray
    green greenyellow grey honeydew hotpink indianred indigo ivory khaki lavender lavenderblush
    lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow lightgray
    lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray
    lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon
    mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue
    mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin
    navajowhite navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen
    paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple
    rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna
    silver skyblue slateblue slategray slategrey snow springgreen steelblue tan teal thistle
    tomato turquoise violet wheat white whitesmoke yellow yellowgreen transparent currentcolor
    canvas canvastext linktext buttonface buttontext graytext highlight highlighttext window
    windowtext infobackground infotext menu menutext
    srgb srgb-linear display-p3 a98-rgb prophoto-rgb rec2020 xyz xyz-d50 xyz-d65
    in shorter longer increasing decreasing
    """.split()
)
# Parts of a colour that another is made from, within its brackets.
CHANNELS = frozenset("from r g b h s l a c w x y z alpha none to at deg".split())
EVERYWHERE = frozenset({"inherit", "initial", "unset", "revert", "revert-layer"})
# What may be called: by the letter that a property has below; sums wherever a number may stand.
CALLS: dict[str, frozenset[str]] = {
    "c": frozenset(
        "rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix light-dark calc".split()
    ),
    "f": frozenset(
        """blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia
        rgb rgba hsl hsla""".split()
    ),
    "t": frozenset(
        """matrix matrix3d translate translatex translatey translatez translate3d scale scalex
        scaley scalez scale3d rotate rotatex rotatey rotatez rotate3d skew skewx skewy
        perspective""".split()
    ),
    "s": frozenset("rect inset circle ellipse polygon ray xywh".split()),
    "g": frozenset(
        """linear-gradient radial-gradient conic-gradient repeating-linear-gradient
        repeating-radial-gradient repeating-conic-gradient""".split()
    ),
    "m": frozenset("cubic-bezier steps linear".split()),
    "n": frozenset(
        """calc min max clamp round mod rem abs sign sin cos tan asin acos atan atan2 pow sqrt
        hypot log exp""".split()
    ),
}
_BASELINES = """auto baseline before-edge text-before-edge middle central after-edge
    text-after-edge ideographic alphabetic hanging mathematical top center bottom text-bottom
    text-top use-script no-change reset-size"""
_BOXES = "border-box padding-box content-box margin-box fill-box stroke-box view-box"
_SHAPES = f"none auto at round closest-side farthest-side nonzero evenodd {_BOXES}"
_VARIANTS = """normal none small-caps all-small-caps petite-caps all-petite-caps unicase
    titling-caps common-ligatures no-common-ligatures discretionary-ligatures
    no-discretionary-ligatures historical-ligatures no-historical-ligatures contextual
    no-contextual lining-nums oldstyle-nums proportional-nums tabular-nums diagonal-fractions
    stacked-fractions ordinal slashed-zero jis78 jis83 jis90 jis04 simplified traditional
    full-width proportional-width ruby sub super historical-forms"""
_STRETCHES = """normal wider narrower ultra-condensed extra-condensed condensed semi-condensed
    semi-expanded expanded extra-expanded ultra-expanded"""
_LINES = """none underline overline line-through blink solid double dotted dashed wavy auto
    from-font"""
_EASING = """linear ease ease-in ease-out ease-in-out step-start step-end start end jump-start
    jump-end jump-none jump-both"""
_COURSES = """none normal reverse alternate alternate-reverse forwards backwards both running
    paused infinite"""
BLENDS = """normal multiply screen overlay darken lighten color-dodge color-burn hard-light
    soft-light difference exclusion hue saturation color luminosity plus-lighter"""
_HINTS = "auto optimizespeed optimizequality geometricprecision optimizelegibility crispedges"
# A line: properties, what they may hold (n numbers, c colours, u parts of the drawing, q tags of
# fonts, p path data, others as above; - nothing of these), words.
_TABLE = f"""
alignment-baseline dominant-baseline | - | {_BASELINES}
baseline-shift | n | baseline sub super top center bottom
clip | ns | auto
clip-path | nusp | {_SHAPES}
clip-rule fill-rule | - | nonzero evenodd
color flood-color lighting-color stop-color solid-color text-decoration-color | c | none
color-interpolation color-interpolation-filters | - | auto srgb linearrgb
color-rendering shape-rendering text-rendering | - | {_HINTS}
direction | - | ltr rtl
display | - | none inline block inline-block list-item run-in compact marker table inline-table
  table-row-group table-header-group table-footer-group table-row table-column-group table-column
  table-cell table-caption flex inline-flex grid inline-grid contents flow-root
enable-background | n | accumulate new
fill stroke | cu | none context-fill context-stroke freeze remove
fill-opacity stroke-opacity stop-opacity flood-opacity solid-opacity opacity | n |
filter | fucn | none
font-feature-settings font-variation-settings | qn | normal on off
font-kerning | - | auto normal none
font-size | n | xx-small x-small small medium large x-large xx-large xxx-large larger smaller
font-size-adjust | n | none from-font ex-height cap-height ch-width ic-width
font-stretch | n | {_STRETCHES}
font-style | n | normal italic oblique
font-variant font-variant-caps font-variant-east-asian font-variant-ligatures
  font-variant-numeric font-variant-position | - | {_VARIANTS}
font-weight | n | normal bold bolder lighter
glyph-orientation-horizontal glyph-orientation-vertical inline-size kerning | n | auto
image-rendering | - | auto optimizespeed optimizequality smooth high-quality crisp-edges pixelated
  optimize-contrast -webkit-optimize-contrast
isolation | - | auto isolate
letter-spacing word-spacing line-height | n | normal
marker marker-end marker-mid marker-start | u | none
mask mask-image mask-border | nugc | none to at circle ellipse closest-side closest-corner
  farthest-side farthest-corner alpha
  luminance match-source add subtract intersect exclude no-clip repeat
  no-repeat center top left right bottom cover contain {_BOXES}
mask-type | - | alpha luminance
mix-blend-mode | - | {BLENDS}
overflow | - | visible hidden scroll auto clip
paint-order | - | normal fill stroke markers
pointer-events | - | auto none bounding-box visiblepainted visiblefill visiblestroke visible
  painted fill stroke all
shape-inside shape-subtract offset-path | nusp | {_SHAPES}
shape-margin shape-padding stroke-dashoffset stroke-miterlimit stroke-width text-indent | n |
stroke-dasharray | n | none
stroke-linecap | - | butt round square
stroke-linejoin | - | miter round bevel arcs miter-clip
text-align | - | start end left right center justify
text-anchor | - | start middle end
text-decoration text-decoration-line text-decoration-style | cn | {_LINES}
text-orientation | - | mixed upright sideways sideways-right
text-overflow | - | clip ellipsis
text-transform | - | none capitalize uppercase lowercase full-width
transform | tn | none
transform-box | - | {_BOXES}
transform-origin | n | left center right top bottom
unicode-bidi | - | normal embed isolate bidi-override isolate-override plaintext
vector-effect | - | none non-scaling-stroke non-scaling-size non-rotation fixed-position
visibility | - | visible hidden collapse
white-space | - | normal pre nowrap pre-wrap pre-line break-spaces
writing-mode | - | lr-tb rl-tb tb-rl lr rl tb horizontal-tb vertical-rl vertical-lr
  sideways-rl sideways-lr
animation | mnk | {_EASING} {_COURSES}
animation-name | k | none
animation-delay animation-duration | n |
animation-direction animation-fill-mode animation-iteration-count
  animation-play-state | n | {_COURSES}
animation-timing-function | m | {_EASING}
background background-color background-image background-position background-size
  background-repeat background-origin background-clip background-blend-mode
  | cgun | none to at circle ellipse closest-side closest-corner farthest-side farthest-corner
  center top left right bottom cover contain auto repeat no-repeat repeat-x repeat-y round space
  scroll fixed local text {_BOXES} {BLENDS}
mask-mode mask-composite mask-origin mask-clip mask-repeat mask-size mask-position | n | none auto
  alpha luminance match-source add subtract intersect exclude no-clip repeat no-repeat repeat-x
  repeat-y round space center top left right bottom cover contain {_BOXES}
all | - |
translate scale | n | none
rotate | n | none auto auto-reverse x y z
offset-distance offset-rotate offset-anchor offset-position | n | auto reverse normal center top
  left right bottom
text-decoration-thickness text-underline-offset | n | auto from-font
text-decoration-skip-ink text-underline-position | - | auto none all under left right from-font
text-shadow box-shadow | cn | none inset
text-stroke text-stroke-width text-stroke-color text-fill-color text-emphasis-color | cn | thin
  medium thick
max-width max-height min-width min-height | n | none auto min-content max-content fit-content
margin margin-top margin-right margin-bottom margin-left padding padding-top padding-right
  padding-bottom padding-left border-radius outline-offset | n | auto
border border-top border-right border-bottom border-left outline border-width border-style
  border-color outline-width outline-style outline-color | cn | none hidden dotted dashed solid
  double groove ridge inset outset thin medium thick auto
box-sizing | - | border-box content-box
object-fit object-position | n | fill contain cover none scale-down center top left right bottom
perspective perspective-origin | n | none center top left right bottom
backface-visibility | - | visible hidden
transform-style | - | flat preserve-3d
animation-composition | - | replace add accumulate
color-scheme forced-color-adjust print-color-adjust | - | normal light dark only auto none exact
  economy preserve-parent-color
font-optical-sizing font-synthesis | - | auto none weight style small-caps position
text-wrap text-wrap-mode white-space-collapse | - | wrap nowrap balance stable pretty collapse
  preserve preserve-breaks preserve-spaces break-spaces auto
cx cy height r rx ry width x y z-index | n | auto
d | p | none
"""


def _rules() -> dict[str, tuple[str, frozenset[str]]]:
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for line in _TABLE.replace("\n  ", " ").splitlines():
        if line:
            names, letters, words = line.split("|")
            known = frozenset(words.split()) | EVERYWHERE
            found |= dict.fromkeys(names.split(), (letters.strip(" -"), known))
    return found


# Property: what it may hold as letters, and its words.
RULES = _rules()
WORDS = COLOURS.union(*(words for _, words in RULES.values()))
_UNITS = frozenset({"userSpaceOnUse", "objectBoundingBox"})
# Attributes with a list of words, as XML spells them.
CHOICES: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        """clipPathUnits maskUnits maskContentUnits patternUnits patternContentUnits gradientUnits
        filterUnits primitiveUnits hatchUnits hatchContentUnits""".split(),
        _UNITS,
    ),
    "accumulate": frozenset({"none", "sum"}),
    "additive": frozenset({"replace", "sum"}),
    "arabic-form": frozenset("initial medial terminal isolated".split()),
    "attributeType": frozenset({"CSS", "XML", "auto"}),
    "calcMode": frozenset("discrete linear paced spline".split()),
    "edgeMode": frozenset("duplicate wrap mirror none".split()),
    "lengthAdjust": frozenset({"spacing", "spacingAndGlyphs"}),
    "markerUnits": frozenset({"strokeWidth", "userSpaceOnUse"}),
    "method": frozenset({"align", "stretch"}),
    "mode": frozenset(BLENDS.split()),
    "operator": frozenset("over in out atop xor lighter arithmetic erode dilate".split()),
    "orientation": frozenset({"h", "v"}),
    "origin": frozenset({"default"}),
    "preserveAlpha": frozenset({"true", "false"}),
    "restart": frozenset("always never whenNotActive".split()),
    "side": frozenset({"left", "right"}),
    "spacing": frozenset({"auto", "exact"}),
    "spreadMethod": frozenset("pad reflect repeat".split()),
    "stitchTiles": frozenset({"stitch", "noStitch"}),
    "type": frozenset(
        """text/css matrix saturate hueRotate luminanceToAlpha identity table discrete linear gamma
        fractalNoise turbulence translate scale rotate skewX skewY""".split()
    ),
    "xChannelSelector": frozenset("RGBA"),
    "yChannelSelector": frozenset("RGBA"),
}
# What of a person, of time or of another animation starts one.
TRIGGERS = """click|mousedown|mouseup|mouseover|mousemove|mouseout|mouseenter|mouseleave|focus|blur
    |focusin|focusout|activate|DOMActivate|DOMFocusIn|DOMFocusOut|touchstart|touchend|touchmove
    |pointerdown|pointerup|pointerover|pointerout|pointerenter|pointerleave|load|SVGLoad|resize
    |scroll|zoom|beginEvent|endEvent|repeatEvent|begin|end|repeat"""
TRIGGERS = "".join(TRIGGERS.split())
# Questions of a style sheet about the screen.
MEDIA = frozenset(
    """
    all screen print speech and not only or width min-width max-width height min-height max-height
    aspect-ratio min-aspect-ratio max-aspect-ratio orientation portrait landscape resolution
    min-resolution max-resolution prefers-color-scheme dark light prefers-reduced-motion reduce
    no-preference prefers-contrast more less hover any-hover pointer any-pointer coarse fine none
    color min-color monochrome color-gamut srgb p3 rec2020 forced-colors active inverted-colors
    inverted scripting enabled device-width min-device-width max-device-width device-height
    min-device-height max-device-height display-mode standalone browser fullscreen
    """.split()
)
