"""SVG scrubbed: what is painted stays and looks the same, everything else is gone."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import pyvips

from safelight.codecs import metadata, routing, scrub
from safelight.codecs.svg_style import clean_style, is_safe
from safelight.errors import ContainerBroken, FormatUnknown, InputRefused, LimitExceeded
from safelight.image import Profile, Wish
from tests.codecs.making import CANARY, exif, jpeg, png, scrubbed
from tests.codecs.pixels import drawing
from tests.codecs.test_canaries import pass_through
from tests.codecs.test_profiles import PACKET

WORD = CANARY.decode()
SPACES = (
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" xmlns:x="urn:x"'
)
RED = '<rect width="30" height="20" fill="red"/>'
NAMED = '<defs><linearGradient id="g"><stop offset="0" stop-color="#f80"/></linearGradient></defs>'
PAINTED = (
    NAMED + '<path d="M1 1 L29 10 Z" fill="url(#g)" stroke="black"/><text x="2" y="9">a b</text>'
)


def svg(inside: str, more: str = "", before: str = "") -> bytes:
    sides = 'viewBox="0 0 30 20" width="30" height="20"'
    return f"{before}<svg {SPACES} {sides} {more}>{inside}</svg>".encode()


def data_address(data: bytes, kind: str = "image/jpeg") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


SPIKED = jpeg(exif=exif({0x013B: WORD}))
NOT_PAINTED = {
    "comment": f"<!-- {WORD} -->",
    "instruction": f"<?program {WORD}?>",
    "title": f"<title>{WORD}</title>",
    "description": f"<desc><x:a>{WORD}</x:a></desc>",
    "metadata": f"<metadata><x:a>{WORD}</x:a></metadata>",
    "script": f"<script>{WORD}</script>",
    "foreign element": f"<x:data>{WORD}<rect/></x:data>",
    "HTML": f'<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">{WORD}</p></foreignObject>',
    "words between shapes": f"<g>{WORD}</g>",
    "foreign attribute": f'<g inkscape:label="{WORD}"/>',
    "unbound prefix": f'<g i:pgf="{WORD}"><i:pgf>{WORD}</i:pgf></g>',
    "data attribute": f'<g data-name="{WORD}"/>',
    "name of a part": f'<g id="{WORD}"/>',
    "class without a sheet": f'<g class="{WORD}"/>',
    "event": f'<g onclick="{WORD}"/>',
    "link": f'<a xlink:href="http://{WORD}.example/"><g/></a>',
    "picture outside": f'<image href="file:///{WORD}.png" width="1" height="1"/>',
    "unknown data": f'<image href="{data_address(CANARY, "font/woff")}"/>',
    "words for numbers": f'<path d="{WORD}"/>',
    "words for a transform": f'<g transform="{WORD}"/>',
    "words for a length": f'<g stroke-width="{WORD}"/><ellipse rx="{WORD}"/>',
    "words for a version": f'<g version="{WORD}" baseProfile="{WORD}"/>',
    "words for features": f'<g requiredFeatures="{WORD}" systemLanguage="{WORD}"/>',
    "words of a link outside a text": f"<a>{WORD}</a>",
    "target that is not there": f'<use href="#{WORD}"/>',
    "address in an attribute": f'<g fill="url(http://{WORD})"/>',
    "address in a style": f'<g style="fill:url(http://{WORD})"/>',
    "property of a program": f'<g style="-inkscape-font-specification:{WORD}"/>',
    "comment of a style": f'<g style="fill:red;/*{WORD}*/"/>',
    "comment of a sheet": f"<style>/*{WORD}*/ path{{stroke:blue}}</style>",
    "import of a sheet": f"<style>@import 'http://{WORD}'; path{{stroke:blue}}</style>",
    "font of a sheet": f"<style>@font-face{{src:url({data_address(CANARY, 'font/woff')})}}</style>",
    "language": f'<g xml:lang="{WORD}" lang="{WORD}"/>',
}
PLANTS = {name: svg(PAINTED + inside) for name, inside in NOT_PAINTED.items()}
PLANTS |= {
    "words of a picture": svg(
        f'{PAINTED}<image xlink:href="{data_address(SPIKED)}" width="9" height="9"/>'
    ),
    "document type": svg(PAINTED, before=f'<!DOCTYPE svg PUBLIC "{WORD}" "{WORD}">'),
    "before": svg(PAINTED, before=f"<!-- {WORD} -->"),
    "behind": svg(PAINTED) + f"<!-- {WORD} -->".encode(),
    "wide letters": svg(PAINTED + f"<desc>{WORD}</desc>").decode().encode("utf-8"),
}


def sheet_of(text: str, more: str = RED) -> str:
    clean = scrubbed(svg(f"<style>{text}</style>{more}"), "svg").decode()
    return clean.partition("<style>")[2].partition("</style>")[0]


def reveals(data: bytes) -> bool:
    """True when the canary is there, plain or within a `data:` address."""
    packed = [base64.b64decode(part.split(b'"')[0]) for part in data.split(b";base64,")[1:]]
    return any(CANARY[:8] in text for text in (data, *packed))


def painted(data: bytes) -> tuple[int, int, bytes]:
    with drawing():
        image = pyvips.Image.svgload_buffer(data)
    return image.width, image.height, bytes(image.write_to_memory())


def faults(data: bytes, clean: bytes) -> list[str]:
    found = ["the canary is still there"] if reveals(clean) else []
    if painted(data) != painted(clean):
        found.append("it looks different")
    if scrubbed(clean, "svg") != clean:
        found.append("a second scrub changes it again")
    return found


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_drawing_looks_the_same(place: str, profile: Profile) -> None:
    data = PLANTS[place]
    clean = scrubbed(data, "svg", profile=profile)
    bound = data.replace(b"<svg ", b'<svg xmlns:i="urn:i" ', 1) if b" i:" in data else data
    assert faults(bound, clean) == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert reveals(pass_through(PLANTS[place], "share"))


def test_the_notice_a_licence_and_the_mark_stay_in_a_packet_of_our_own() -> None:
    packet = PACKET.decode()
    clean = scrubbed(svg(f"<metadata>{packet}</metadata>{RED}"), "svg")
    names = {one.name for one in metadata.findings(memoryview(clean), "svg")}
    assert names == {"XMP rights", "XMP DigitalSourceType"}
    work = (
        '<metadata><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:cc="http://creativecommons.org/ns#"><cc:Work><cc:license '
        'r:resource="http://creativecommons.org/licenses/by/4.0/"/></cc:Work></r:RDF></metadata>'
    )
    share = scrubbed(svg(work + RED), "svg")
    assert b"licenses/by/4.0" in share
    assert b"licenses/by/4.0" not in scrubbed(svg(work + RED), "svg", profile="strict")
    assert scrubbed(share, "svg") == share


def test_a_long_sheet_stays_whole() -> None:
    rules = "".join(f".c{number}{{fill:red}}" for number in range(1, 2_001))
    shapes = "".join(f'<rect class="c{number}"/>' for number in range(1, 2_001))
    assert sheet_of(rules, shapes) == rules


def test_titles_stay_where_identity_is_asked_for() -> None:
    data = svg(f"<title>A &amp; B</title><desc>words</desc>{RED}")
    clean = scrubbed(data, "svg", keep=("identity",)).decode()
    assert "<title>A &amp; B</title><desc>words</desc>" in clean
    _, changes = scrub.rewrite(memoryview(data), "svg", Wish())
    assert [(one.what, one.finding.name) for one in changes] == [
        ("removed", "Title"),
        ("removed", "Description"),
    ]


def test_a_credential_is_told() -> None:
    held = base64.b64encode(b"x/digitalsourcetype/trainedAlgorithmicMedia").decode()
    data = svg(f"<metadata><c2pa:manifest>{held}</c2pa:manifest></metadata>{RED}")
    names = {one.name for one in metadata.findings(memoryview(data), "svg")}
    assert "C2PA manifest" in names
    clean = metadata.findings(memoryview(scrubbed(data, "svg")), "svg")
    assert {one.name for one in clean} == {"XMP DigitalSourceType"}


def test_a_picture_inside_keeps_its_pixels_and_tells_what_it_holds() -> None:
    for data, kind in ((SPIKED, "image/jpeg"), (png(), "image/png")):
        whole = svg(f'<image href="{data_address(data, kind)}" width="9" height="9"/>')
        assert painted(whole) == painted(scrubbed(whole, "svg"))
    told = metadata.findings(memoryview(PLANTS["words of a picture"]), "svg")
    assert "Artist" in {one.name for one in told}


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("fill:red; Stroke : blue ;;x:y;y:1px", "fill:red;stroke:blue;y:1px"),
        ("fill:u\\72l(http://a)", "fill:url(#)"),
        ("fill:url(#a) none;behavior:url(a)", "fill:url(#a) none"),
        ("width:expression(1)", ""),
        ("-webkit-mask:none", "-webkit-mask:none"),
    ],
)
def test_styles_keep_known_and_safe_declarations(style: str, expected: str) -> None:
    assert clean_style(style) == expected


def test_sheets_keep_the_rules_that_something_is_painted_by() -> None:
    sheet = (
        "@charset 'x';@media (min-width:1px){rect{fill:red}}rect,q{fill:url(#a);x-y:z}"
        "@page{fill:red}"
    )
    assert sheet_of(sheet) == "@media (min-width:1px){rect{fill:red}}rect{fill:url(#p0)}"
    assert sheet_of("rect{fill:red") == "rect{fill:red}"
    assert sheet_of("@media screen{" * 8 + "rect{fill:red}").count("@media") == 8
    assert "@media" not in sheet_of("@media screen{" * 20 + "rect{fill:red}")
    assert is_safe("url('#a')")
    assert is_safe("URL( #a ) red")
    assert not any(map(is_safe, ("url(#a) url(b)", "url('#a' b)", "url(b", "url( ", "url('b)")))
    assert not is_safe("image-set('a')")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"<svg/>", FormatUnknown),
        (b"<html xmlns='http://www.w3.org/2000/svg'/>", FormatUnknown),
        (svg(RED)[:-9], ContainerBroken),
        (b"<!DOCTYPE svg [<!ENTITY a 'b'>]>" + svg("&a;"), FormatUnknown),
        (b"<!DOCTYPE svg SYSTEM 'a'>" + svg("&a;"), FormatUnknown),
        (b'<?xml version="1.0" encoding="klingon"?>' + svg(RED), ContainerBroken),
        (svg("<g>" * 600 + "</g>" * 600), LimitExceeded),
        (b"\xff\xfe", InputRefused),
    ],
)
def test_what_cannot_be_is_refused(data: bytes, error: type[InputRefused]) -> None:
    with pytest.raises(error):
        scrubbed(data, "svg")


@pytest.mark.uncounted
@pytest.mark.parametrize(
    "inside",
    [
        '<g style="fill:url(' + " " * 200_000 + 'x" fill="url(' + " " * 200_000 + '"/>',
        '<g fill="' + "url(" * 200_000 + '"/>',
        '<g fill="' + "url('" * 200_000 + '"/>',
        "<style>" + "#a{b:url(c" * 100_000 + "</style>",
        '<set begin="' + "a" * 500_000 + '"/>',
        "<g "
        + " ".join(f"xmlns:a{number}='b'" for number in range(20_000))
        + ">"
        + "<g xmlns:q='c'/>" * 50_000
        + "</g>",
    ],
    ids=["spaces", "addresses", "quotes", "rules", "times", "namespaces"],
)
def test_work_grows_with_the_size_alone(inside: str) -> None:
    """Each took minutes, or without end, where it was read again from every place."""
    clean = scrubbed(svg(inside), "svg")
    assert scrubbed(clean, "svg") == clean


def test_a_namespace_ends_with_its_element() -> None:
    inside = '<x:g xmlns:x="http://www.w3.org/2000/svg" fill="red"/><x:g fill="blue"/>'
    clean = scrubbed(svg(inside), "svg").decode()
    assert "red" in clean
    assert "blue" not in clean


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from safelight.codecs import svg_tree

    monkeypatch.setattr(svg_tree, "MAX_EVENTS", 20)
    with pytest.raises(LimitExceeded):
        scrubbed(svg("<g/>" * 30), "svg")
    monkeypatch.setattr(svg_tree, "MAX_BYTES", 20)
    with pytest.raises(LimitExceeded):
        scrubbed(svg(RED), "svg")


def test_the_header_has_no_size() -> None:
    header = routing.read_header(memoryview(svg(RED)), "svg")
    assert (header.width, header.height) == (0, 0)


def test_shared_files_look_the_same(shared_data: Path) -> None:
    done = 0
    for folder in ("metadata", "formats"):
        for path in sorted((shared_data / folder).rglob("*.svg")):
            if path.name in ("weird.svg", "XMP.svg"):
                continue
            data = path.read_bytes()
            assert faults(data, scrubbed(data, "svg")) == [], path.name
            done += 1
    assert done >= 5
