"""The tree of an SVG: who points to what, who is shown what, and what is surely hidden."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from safelight.codecs.svg_languages import extensions, languages
from safelight.errors import LimitExceeded
from tests.codecs.making import png, scrubbed
from tests.codecs.test_canaries import pass_through
from tests.codecs.test_svg_clean import RED, WORD, data_address, painted, reveals, svg

SECRET = f"<text>{WORD}</text>"
PICTURE = data_address(png(), "image/png")
FILLED = '<linearGradient id="{}"><stop stop-color="lime"/></linearGradient>'
PLANTS = {
    "foreign quote": f"<rect fill=\"url('#{WORD}&quot;x')\" mask='url(\"#{WORD}&apos;x\")'/>",
    "in a style": f"<rect style=\"fill:url('#{WORD}&quot;x')\"/>",
    "words of a tref": f"<text><tref>{WORD}</tref></text>",
    "ability": f'<g requiredExtensions="http://{WORD}/">{SECRET}</g>',
    "ability of a shape": f'<defs><g id="n" requiredExtensions="{WORD}">{SECRET}</g></defs>'
    '<use href="#n"/>',
    "nobody's language": f'<g systemLanguage="">{SECRET}</g>',
    "words for a language": f'<g systemLanguage="de-{WORD}">{SECRET}</g>'
    f'<switch><g systemLanguage="x-{WORD}">{SECRET}</g>{RED}</switch>',
    "animated language": f'<set attributeName="systemLanguage" to="{WORD[:3]}-{WORD[3:7]}"/>',
}


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_no_word_is_left_in_the_tree(place: str) -> None:
    data = svg(RED + PLANTS[place])
    clean = scrubbed(data, "svg", profile="strict")
    assert WORD[:3].lower() not in clean.decode().lower(), clean
    assert scrubbed(clean, "svg", profile="strict") == clean


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_same_check_finds_what_is_left(place: str) -> None:
    left = pass_through(svg(RED + PLANTS[place]), "strict")
    assert WORD[:3].lower() in left.decode().lower()


@pytest.mark.parametrize(
    "element",
    "a use filter linearGradient pattern textPath tref mpath animate set hatch".split(),
)
def test_a_picture_is_kept_only_where_one_is_shown(element: str) -> None:
    data = svg(f'{RED}<text><{element} id="n" href="{PICTURE}"/></text><use href="#n"/>')
    assert b"base64" not in scrubbed(data, "svg", profile="strict")
    lone = svg(f'{RED}<feImage href="{PICTURE}"/>')
    assert b"base64" not in scrubbed(lone, "svg")
    shown = svg(f'<image width="9" height="9" href="{PICTURE}"/>')
    assert scrubbed(shown, "svg").count(b"base64") == 1


def test_keys_that_start_an_animation_spell_nothing() -> None:
    keys = ";".join(f"accessKey({letter})" for letter in WORD)
    clean = scrubbed(svg(f'<rect><set attributeName="x" to="1" begin="{keys}"/></rect>'), "svg")
    assert b"accessKey" not in clean
    assert b'begin="indefinite"' in clean


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("é", "url(#%C3%A9)"),
        ("é", "url( '#é' )"),
        ("my grad", "url(#my%20grad)"),
        ("my grad", "url('#my grad')"),
        ("a(1)", "url('#a(1)')"),
        ("a(1)", "url(#a\\(1\\))"),
        ("a;b}", "url('#a;b}')"),
    ],
)
def test_a_part_is_found_however_its_name_is_spelled(name: str, spelled: str) -> None:
    shape = '<rect width="9" height="9" {}/>'
    for filled in (f'fill="{spelled}"', f'style="fill:{spelled}"', 'class="c"'):
        sheet = f"<style>.c{{fill:{spelled}}}</style>" if "class" in filled else ""
        clean = scrubbed(svg(FILLED.format(name) + sheet + shape.format(filled)), "svg").decode()
        assert '<linearGradient id="p1">' in clean
        assert "url(#p1)" in clean


@pytest.mark.parametrize("address", ["#%E5%9B%B3", "#図"])
def test_a_use_finds_a_part_by_its_letters_or_their_numbers(address: str) -> None:
    clean = scrubbed(svg(f'<defs><g id="図">{RED}</g></defs><use href="{address}"/>'), "svg")
    assert b'<g id="p1">' in clean
    assert b'<use href="#p1"/>' in clean


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("be-tarask", "be-tarask"),
        ("zh-classical", "zh-classical"),
        ("ZH-hant-tw, en", "en,zh-Hant-TW"),
        ("en, en,EN-gb", "en,en-GB"),
        ("de fr", None),
        ("de-posixx", None),
        ("be-fo-re", None),
        ("x-klingonish", None),
        ("qqq, de", "de"),
        ("", None),
    ],
)
def test_languages_are_known_ones_in_one_order(asked: str, kept: str | None) -> None:
    assert languages(asked) == kept


def test_abilities_are_known_ones_or_nobodys() -> None:
    assert extensions("http://www.w3.org/1999/xhtml") == "http://www.w3.org/1999/xhtml"
    assert extensions("http://www.w3.org/1999/xhtml urn:y") == extensions("x") == "x"
    assert extensions("") == ""


def test_what_is_not_shown_in_a_browser_is_not_written() -> None:
    shape = '<rect width="9" height="9" {}/>'
    for asked in ('requiredExtensions="http://ns.adobe.com/x"', 'systemLanguage=""'):
        assert b"<rect" not in scrubbed(svg(shape.format(asked)), "svg")
    used = svg(shape.format('id="n" requiredExtensions="urn:y"') + '<use href="#n" x="10"/>')
    assert b'requiredExtensions="x"' in scrubbed(used, "svg")
    kept = svg(shape.format('requiredExtensions="http://www.w3.org/1999/xhtml"'))
    assert b'Extensions="http://www.w3.org/1999/xhtml"' in scrubbed(kept, "svg")


def test_a_switch_still_shows_everybody_the_same() -> None:
    asked = ("be-tarask", "zh-classical", "de-posixx", "", "en")
    parts = "".join(
        f'<rect width="9" height="9" fill="#{n}{n}0" systemLanguage="{one}"/>'
        for n, one in enumerate(asked)
    )
    data = svg(f"<switch>{parts}{RED}</switch>")
    assert painted(data) == painted(scrubbed(data, "svg"))
    assert not reveals(scrubbed(data, "svg"))


SURELY_HIDDEN = {
    "type and class": f'<style>text.n{{display:none}}</style><text class="n">{WORD}</text>',
    "within a class": "<style>.l .n{display:none}</style>"
    f'<g class="l"><g><text class="n">{WORD}</text></g></g>',
    "name and class": "<style>#a.b{visibility:hidden}</style>"
    f'<text id="a" class="b">{WORD}</text>',
    "child of any kind": "<style>g>*.z{display:none}</style>"
    f'<g><text class="z">{WORD}</text></g>',
    "urgent rule": "<style>.h{display:none!important}</style>"
    f'<text class="h" style="display:inline">{WORD}</text>',
    "urgent style": f'<text style="display:none !important;display:inline">{WORD}</text>',
    "heavier rule": "<style>#a{display:none}.b{display:inline}</style>"
    f'<text id="a" class="b">{WORD}</text>',
    "later rule": "<style>.a{display:inline}.b{display:none}</style>"
    f'<text class="b a">{WORD}</text>',
    "zeros": f'<text opacity="0.00">{WORD}</text><text style="opacity:0e0">{WORD}</text>'
    f'<text opacity="-1">{WORD}</text><text font-size="0.0px">{WORD}</text>'
    f'<text style="font:0px serif">{WORD}</text><text transform="scale(0)">{WORD}</text>',
    "clear colours": f'<text fill="#0000">{WORD}</text><text fill="#11223300">{WORD}</text>'
    f'<text fill="rgba(0,0,0,0)">{WORD}</text>',
    "no line to stand on": f'<text><textPath href="#gone">{WORD}</textPath></text>'
    f"<text><textPath>{WORD}</textPath></text>",
}


@pytest.mark.parametrize("place", sorted(SURELY_HIDDEN))
def test_what_is_surely_hidden_goes(place: str) -> None:
    data = svg(RED + SURELY_HIDDEN[place])
    clean = scrubbed(data, "svg", profile="strict")
    assert WORD not in clean.decode(), clean
    assert WORD in pass_through(data, "strict").decode()


@pytest.mark.parametrize(
    "inside",
    [
        '<style>text.n{display:none}text.n:hover{display:inline}</style><text class="n">ab</text>',
        '<style>.l .n{display:none}</style><text class="n">ab</text>',
        '<style>.l>.n{display:none}</style><g class="l"><g><text class="n">ab</text></g></g>',
        "<style>@media print{.n{display:none}}</style><text class='n'>ab</text>",
        '<style>.n:hover{display:none}</style><text class="n">ab</text>',
        "<style>.h{display:none}</style><text class='h' style='display:inline'>ab</text>",
        '<style>.b{display:none}#a{display:inline}</style><text id="a" class="b">ab</text>',
        '<style>.l .n{display:none}</style><g class="l"><defs><text id="t" class="n">ab</text>'
        '</defs></g><use href="#t"/>',
        '<text opacity="0.01">ab</text>',
        '<text fill="rgb(1,2,0)">ab</text>',
        '<text fill="none" stroke="red">ab</text>',
        '<text transform="scale(0,0,0)">ab</text>',
        '<text><tspan opacity="0">ab</tspan></text>',
        '<path id="p" d="M0 9h9"/><text><textPath href="#p">ab</textPath></text>',
        '<text transform="scale(0)">ab<animateTransform attributeName="transform" type="scale" '
        'to="1"/></text>',
        "<style>@keyframes k{to{opacity:1}}</style><text opacity='0' style='animation:k 1s'>ab"
        "</text>",
    ],
)
def test_what_somebody_may_see_stays(inside: str) -> None:
    assert b"ab<" in scrubbed(svg(inside), "svg")


def test_work_has_an_end() -> None:
    classes = " ".join(f"c{number}" for number in range(10_001))
    with pytest.raises(LimitExceeded):
        scrubbed(svg(f'<rect class="{classes}"/>'), "svg")
    deep = "<text>" + "<a>" * 450 + "<tspan>a</tspan>" * 9_000 + "</a>" * 450 + "</text>"
    assert b"<tspan>a</tspan>" in scrubbed(svg(deep), "svg")


def test_pictures_in_other_spellings_are_scrubbed_too() -> None:
    inner = svg(RED + SECRET.replace("<text>", '<text display="none">'))
    for address in (data_address(inner, "image/svg+xml"), f"data:image/svg+xml,{quote(inner)}"):
        clean = scrubbed(svg(f'<image width="9" height="9" href="{address}"/>'), "svg").decode()
        packed = clean.partition("data:image/svg+xml;base64,")[2].partition('"')[0]
        assert b"<rect" in base64.b64decode(packed)
        assert WORD.encode() not in base64.b64decode(packed)
    spelled = f'<image href="data:image/png,{quote(png())}"/><image href="{PICTURE}%20"/>'
    assert scrubbed(svg(spelled), "svg").count(b"data:image/png;base64,") == 2
    outer = data_address(
        svg(f'<image href="{data_address(inner, "image/svg+xml")}"/>'), "image/svg+xml"
    )
    assert b"base64" not in scrubbed(svg(f'<image href="{outer}"/>'), "svg")
