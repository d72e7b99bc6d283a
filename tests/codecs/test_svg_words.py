"""SVG scrubbed of words: names are numbers, values have their form, what nobody sees is gone."""

from __future__ import annotations

import re

import pytest

from safelight.codecs import scrub
from safelight.codecs.svg_grammar import attribute_value, property_value
from safelight.codecs.svg_selectors import selectors_of
from safelight.image import Wish
from tests.codecs.making import scrubbed
from tests.codecs.test_canaries import pass_through
from tests.codecs.test_svg_clean import PAINTED, RED, WORD, faults, painted, reveals, svg

SHOWN = '<text y="9">shown</text>'
NAMED = {
    "part that is pointed to": f'<g id="{WORD}"/><use href="#{WORD}"/>',
    "part in a value": f'<pattern id="{WORD}"/><rect fill="url(#{WORD})"/>',
    "part in a style": f'<mask id="{WORD}"/><g style="mask:url(\'#{WORD}\')"/>',
    "part that is not there": f'<rect fill="url(#{WORD}) red" mask="url(#{WORD})"/>',
    "part in a sheet": f'<g id="{WORD}"/><style>#{WORD}{{fill:red}}</style>',
    "part that starts": f'<set id="{WORD}"/><set attributeName="x" begin="{WORD}.end+1s"/>',
    "start by nobody": f'<set attributeName="x" begin="{WORD}.click;{WORD};1s" end="{WORD}"/>',
    "class": f'<g class="{WORD} b"/><style>.{WORD}, .b{{fill:red}}</style>',
    "class of nobody": f"<style>.{WORD}, .x:not(.{WORD}){{fill:red}}</style>",
    "class within not": f'<g class="x"/><style>.x:not(.{WORD}){{fill:red}}</style>',
    "attribute selected": f"<style>[fill='{WORD}'],[data-a={WORD}]{{fill:red}}</style>",
    "state selected": f"<style>path::{WORD.lower()},path:{WORD.lower()}(a){{fill:red}}</style>",
    "element selected": f"<style>{WORD}{{fill:red}}</style>",
    "media": f"<style>@media {WORD}{{path{{fill:red}}}}</style>",
    "media of a sheet": f'<style media="{WORD}">path{{fill:red}}</style>',
    "condition": f"<style>@supports ({WORD}:1){{path{{fill:red}}}}@layer {WORD}{{}}</style>",
    "movement": f"<style>@keyframes {WORD}{{from{{fill:red}}{WORD}{{fill:red}}}}</style>"
    f'<g style="animation:{WORD} 1s linear;animation-name:{WORD}"/>',
    "result": f'<filter id="f"><feFlood result="{WORD}"/><feOffset in="{WORD}"/></filter>'
    '<g filter="url(#f)"/>',
    "glyph": f'<font><glyph glyph-name="{WORD}"/><hkern g1="{WORD}" g2="{WORD},b"/></font>',
    "letters of a glyph": f'<font><glyph unicode="{WORD}"/></font>',
    "family": f"<text font-family=\"{WORD}, '{WORD} B', serif\">a</text>",
    "family in a style": f"<text style=\"font-family:'{WORD}';font:bold 9px/2 {WORD}\">a</text>",
    "family of a font": f'<font><font-face font-family="{WORD}"/></font>',
}
VALUED = {
    "colour": f'<g fill="{WORD}" stop-color="#{WORD}" color="rgb({WORD})"/>',
    "colour in a style": f'<g style="fill:{WORD};stroke:red {WORD};flood-color:var(--{WORD})"/>',
    "colour of a press": f'<rect fill="#f00 icc-color({WORD}, 0.1)"/>',
    "keyword": f'<g stroke-linecap="{WORD}" overflow="{WORD}" style="display:{WORD}"/>',
    "choice": f'<linearGradient spreadMethod="{WORD}" gradientUnits="{WORD}" id="q"/>'
    '<rect fill="url(#q)"/>',
    "alignment": f'<svg preserveAspectRatio="{WORD}" viewBox="0 0 1 1" width="1" height="1"/>',
    "quotes": f"<text style=\"font-feature-settings:'{WORD}'\">a</text>",
    "words behind a path": f'<path d="M1 1h5v5z{WORD}"/><polygon points="1 1 2 2 {WORD}"/>',
    "function": f"<g style=\"transform:{WORD}(1);clip-path:path('{WORD}')\"/>",
    "animation": f'<set attributeName="fill" to="{WORD}"/><animate attributeName="x" '
    f'values="1;{WORD}" from="{WORD}" by="{WORD}"/>',
    "animated name": f'<set attributeName="{WORD}" to="1"/>'
    f'<set attributeName="class" to="{WORD}"/>',
    "animated link": f'<use><set attributeName="href" to="#{WORD}"/></use>',
    "animated address": f'<use><set attributeName="href" to="data:,{WORD}"/></use>',
    "motion": f'<animateMotion path="{WORD}" calcMode="{WORD}" dur="{WORD}" keyTimes="{WORD}"/>',
    "for screen readers": f'<g aria-label="{WORD}" role="{WORD}" title="{WORD}" data-a="{WORD}"/>',
    "language": f'<text xml:lang="{WORD}" lang="{WORD}">a</text>',
    "prefix": f'<{WORD}:g xmlns:{WORD}="http://www.w3.org/2000/svg"/>',
    "base": f'<g xml:base="{WORD}"/>',
}
SECRET = f"<text>{WORD}</text>"
HIDDEN = {
    "defs": f"<defs>{SECRET}</defs>",
    "symbol": f'<symbol id="{WORD}">{SECRET}</symbol>',
    "pattern": f'<pattern id="n">{SECRET}</pattern><clipPath>{SECRET}</clipPath>',
    "chain": f'<defs><g id="n">{SECRET}</g><use href="#n"/></defs>',
    "circle": f'<symbol id="n"><use href="#n"/>{SECRET}</symbol>',
    "not displayed": f'<g display="none">{SECRET}</g>',
    "not displayed, pointed to": f'<g id="n" display="none">{SECRET}</g><use href="#n"/>',
    "by a style": f'<g style="display : none !important">{SECRET}</g>',
    "by a class": f'<g class="n">{SECRET}</g><style>.n{{display:none}}</style>',
    "by a type": f"<style>tspan,text{{opacity:0}}</style>{SECRET}",
    "invisible": f'<g visibility="hidden">{SECRET}</g>',
    "transparent": f'<g opacity="0"><g>{SECRET}</g></g>',
    "transparent use": f'<defs><g id="n">{SECRET}</g></defs><use href="#n" opacity="0"/>',
    "small": f'<text font-size="0">{WORD}</text>',
    "without paint": f'<text style="fill:none">a<tspan>{WORD}</tspan></text>',
    "clear paint": f'<text fill-opacity="0" stroke="none">{WORD}</text>',
    "in a switch": f'<switch><g display="none">{SECRET}</g>{RED}</switch>',
    "never chosen": f"<switch><g>{RED}</g><g>{SECRET}</g></switch>",
    "asks for the unknown": f'<switch><g requiredExtensions="{WORD}">{SECRET}</g></switch>',
    "in a shape": f"<rect>{SECRET}</rect><use>{SECRET}</use><stop>{SECRET}</stop>",
    "no text around": f"<tspan>{WORD}</tspan><a><textPath>{WORD}</textPath></a>",
    "text in a text": f"<text>a{SECRET}<rect>{SECRET}</rect></text>",
    "linked by what has no link": f'<pattern id="n">{SECRET}</pattern><g href="#n"/>',
    "linked to": f'<defs><text id="n">{WORD}</text></defs><a href="#n"/><rect fill="url(#n)"/>',
    "waited for": f'<defs><text id="n">{WORD}</text></defs><set begin="n.click"/>',
    "moved": f'<defs><text id="n">{WORD}</text></defs><set href="#n" attributeName="x" to="1"/>',
    "a rule of nobody": f"<style>.x{{display:inline}}</style><g display='none'>{SECRET}</g>",
    "with places": "<style>path:nth-child(2){fill:blue}</style>" + f"<defs>{SECRET}</defs>",
}
PLANTS = {
    f"{kind}, {name}": svg(PAINTED + inside)
    for kind, plants in (("name", NAMED), ("value", VALUED), ("hidden", HIDDEN))
    for name, inside in plants.items()
}


def words_left(clean: bytes) -> bool:
    return WORD.encode() in clean or WORD.lower().encode() in clean or reveals(clean)


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_no_word_is_left_and_the_drawing_looks_the_same(place: str) -> None:
    data = PLANTS[place]
    clean = scrubbed(data, "svg", profile="strict")
    assert not words_left(clean), clean
    assert faults(data, clean) == []


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert words_left(pass_through(PLANTS[place], "strict"))


@pytest.mark.parametrize(
    "inside",
    [
        '<g id="n" display="none"><text id="m" y="9">ab</text></g><use href="#m"/>',
        '<g class="n" display="none"><text>ab</text></g><style>.n{display:inline}</style>',
        '<g display="none"><set attributeName="display" to="inline"/><text>ab</text></g>',
        '<g visibility="hidden"><text visibility="visible" y="9">ab</text></g>',
        '<g fill="none"><text y="9" fill="red">ab</text></g>',
        '<g fill="none"><text y="9" style="stroke:red">ab</text></g>',
        '<text y="9" fill="none">a<tspan fill="red">ab</tspan></text>',
        '<text id="n" y="9">ab</text><g opacity="0"><use href="#n"/></g>',
        '<defs><text id="n" y="9">ab</text></defs><g opacity="0"><use href="#n"/></g>'
        '<use href="#n"/>',
        '<clipPath id="n"><text y="9" fill="none">ab</text></clipPath>'
        '<rect width="30" height="20" clip-path="url(#n)"/>',
        '<pattern id="n" width="9" height="9"><text y="9">ab</text></pattern>'
        '<pattern id="m" href="#n"/><rect width="30" height="20" fill="url(#m)"/>',
        '<symbol id="n"><text y="9">ab</text></symbol><style>rect{fill:red}</style>'
        '<use href="#n"/>',
        '<g opacity="0" filter="url(#x)"><text y="9">ab</text></g>',
        '<text y="9" fill="url(#nobody) red">ab</text>',
        '<switch><g systemLanguage="xx"/><g><text y="9">ab</text></g></switch>',
        '<text y="9">a<a href="#n">b<tspan>ab</tspan></a></text>',
        '<a><g><text y="9">a<a><tspan>ab</tspan></a></text></g></a>',
        "<style>:root:hover text{opacity:1}</style><text opacity='0'>ab</text>",
    ],
)
def test_what_may_be_seen_stays(inside: str) -> None:
    data = svg(inside)
    clean = scrubbed(data, "svg")
    assert b"ab</" in clean
    assert faults(data, clean) == []


def test_names_are_numbers_in_their_order() -> None:
    data = svg(
        "<style>#s .deep{fill:blue}.deep:hover > rect.x{fill:url(#two)}</style>"
        '<g id="s"><path class="deep q" d="M0 0h9v9z"/><g class="deep"><rect class="x"/></g></g>'
        '<symbol id="u"><rect width="3" height="3"/></symbol><use href="#u"/>'
        '<linearGradient id="two"/>'
        '<rect id="m" width="1" height="1"><set attributeName="x" begin="m.click" to="1"/></rect>'
        '<g id="nobody"/>'
    )
    clean = scrubbed(data, "svg").decode()
    assert "<style>#p1 .c1{fill:blue}.c1:hover&gt;rect.c2{fill:url(#p2)}</style>" in clean
    assert re.findall(r'\bid="(\w+)"', clean) == ["p1", "p3", "p2", "p4"]
    assert '<use href="#p3"/>' in clean
    assert 'begin="p4.click"' in clean
    assert painted(data) == painted(clean.encode())


def test_what_an_animation_moves_keeps_a_name() -> None:
    moved = '<rect id="here" width="9" height="9"/><set href="#here" attributeName="x" to="1"/>'
    clean = scrubbed(svg(moved), "svg")
    assert (
        b'<rect id="p1" width="9" height="9"/><set href="#p1" attributeName="x" to="1"/>' in clean
    )


def test_hidden_and_unused_parts_are_told_by_name() -> None:
    data = svg(f"{RED}<defs><symbol>{SHOWN}</symbol></defs><g display='none'>{SHOWN}</g>")
    _, changes = scrub.rewrite(memoryview(data), "svg", Wish())
    assert {(one.what, one.finding.name, one.finding.value) for one in changes} == {
        ("removed", "unused part", "5 bytes"),
        ("removed", "hidden part", "5 bytes"),
    }


def test_families_that_many_have_keep_their_names() -> None:
    text = "<text font-family=\"arial, 'Open Sans', Mine, Mine Two, sans-serif\">a</text>"
    clean = scrubbed(svg(text), "svg").decode()
    assert 'font-family="Arial,Open Sans,f1,f2,sans-serif"' in clean
    short = '<text style="font: italic 700 9px/1.2 Mine, Roboto">a</text>'
    assert "font:italic 700 9px/1.2 f1,Roboto" in scrubbed(svg(short), "svg").decode()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("fill", "#F00", "#F00"),
        ("fill", "rgb(1 2 3 / 50%)", "rgb(1 2 3 / 50%)"),
        ("fill", "url( '#a' ) currentColor", "url( '#a' ) currentColor"),
        ("fill", "var(--x, rgb(1,2,3))", "var(--x, rgb(1,2,3))"),
        ("fill", "#ff", None),
        ("fill", "rgb(1,2", None),
        ("fill", "5", None),
        ("stroke-width", "calc(1px + 2em)", "calc(1px + 2em)"),
        ("filter", "drop-shadow(1px 2px 3px red) url(#a)", "drop-shadow(1px 2px 3px red) url(#a)"),
        ("transform", "translate(1px, 2px) rotateZ(3deg)", "translate(1px, 2px) rotateZ(3deg)"),
        ("font-variation-settings", '"wght" 400, "words" 1', None),
        ("clip-path", "polygon(0 0, 5% 5px)", "polygon(0 0, 5% 5px)"),
        ("d", 'path("M0 0h5")', 'path("M0 0h5")'),
        ("animation", "1s ease-in infinite", "1s ease-in infinite"),
        ("unheard-of", "1", None),
    ],
)
def test_properties_have_their_form(name: str, value: str, expected: str | None) -> None:
    assert property_value(name, value) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("preserveAspectRatio", "xMidYMin slice", "xMidYMin slice"),
        ("viewBox", "0 0 1e3 .5", "0 0 1e3 .5"),
        ("orient", "auto-start-reverse", "auto-start-reverse"),
        ("keySplines", "0 .5 1 1; 0 0 1 1", "0 .5 1 1; 0 0 1 1"),
        ("begin", "a.b.click + 2.5s; 00:01:02; later", "a.b.click + 2.5s;00:01:02"),
        ("begin", "later", "indefinite"),
        ("d", "M0,0 l1-1.5.5a1 1 0 01.5.5z words", "M0,0 l1-1.5.5a1 1 0 01.5.5z"),
        ("d", "words", None),
        ("type", "hueRotate", "hueRotate"),
        ("version", "1.1", None),
    ],
)
def test_attributes_have_their_form(name: str, value: str, expected: str | None) -> None:
    assert attribute_value("g", None, name, value) == expected


def test_selectors_are_read_as_parts() -> None:
    read = list(selectors_of("a > #b.c:not(.d, e), *, [fill] , rect:nth-child(2n + 1)"))
    assert [sorted(one.needs) for one in read] == [["#b", ".c", "a"], [], [], ["rect"]]
    assert [one.is_structural for one in read] == [False, False, False, True]
    assert selectors_of("a:has(b)") == []


def test_escaped_names_and_selected_attributes_are_names_too() -> None:
    sheet = "#a\\.b{fill:red}[class~=c],[class='c d']{stroke:lime}[id='e']{opacity:.5}"
    shapes = '<rect id="a.b" class="c"/><g id="e"/>'
    clean = scrubbed(svg(f"<style>{sheet}</style>{shapes}"), "svg").decode()
    assert "#p1{fill:red}[class~='c1']{stroke:lime}[id='p2']{opacity:.5}" in clean
    assert '<rect id="p1" class="c1"/><g id="p2"/>' in clean


def test_abilities_are_asked_for_by_known_properties() -> None:
    for asked in ("(display:grid) and (not (fill:red))", "(x-y:1)", "selector(a)", ""):
        sheet = f"@supports {asked}{{rect{{fill:red}}}}"
        clean = scrubbed(svg(f"<style>{sheet}</style>{RED}"), "svg").decode()
        assert (sheet in clean) == asked.startswith("(display")


@pytest.mark.uncounted
@pytest.mark.parametrize(
    "inside",
    [
        '<defs><text id="t">'
        + "<tspan>a</tspan>" * 20_000
        + "</text></defs>"
        + '<g opacity="0">'
        + '<use href="#t"/>' * 20_000
        + "</g>",
        "".join(f'<g id="a{n}" opacity="{n % 2}">' for n in range(400))
        + "<text>a</text>" * 5_000
        + "</g>" * 400
        + "".join(f'<use href="#a{n}"/>' for n in range(400)),
        "<style>" + ".a{fill:red}" * 20_000 + "</style>" + '<g class="a"/>' * 9_000,
        '<g style="fill:' + "var(--a," * 100_000 + '"/>',
        '<set begin="' + "a." * 200_000 + '"/>',
        '<set begin="click' + " " * 300_000 + 'x"/>',
        "<style>" + "a," * 100_000 + "a{fill:red}</style>",
        '<text style="font:' + " 1" * 200_000 + '">a</text>',
    ],
    ids=["one text", "nested", "rules", "variables", "parts", "spaces", "selectors", "sizes"],
)
def test_work_grows_with_the_size_alone(inside: str) -> None:
    clean = scrubbed(svg(inside), "svg")
    assert scrubbed(clean, "svg") == clean
