"""Style sheets of an SVG: what browsers count stays, and no selector or question says a word."""

from __future__ import annotations

import pytest

from safelight.codecs import scrub, svg_conditions, svg_style
from safelight.errors import LimitExceeded
from safelight.image import Wish
from tests.codecs.making import scrubbed
from tests.codecs.test_canaries import pass_through
from tests.codecs.test_svg_clean import RED, WORD, svg
from tests.codecs.test_svg_words import words_left

PLANTS = {
    "type within not": f"rect:not({WORD}){{fill:red}}:is({WORD},rect){{fill:red}}",
    "family selected": f"[font-family='{WORD}'],[font='9px {WORD}']{{fill:red}}",
    "time selected": f"[begin='{WORD}.click'],[end={WORD}],[font-family={WORD} i]{{fill:red}}",
    "family asked for": f"@supports (font-family:{WORD}){{rect{{fill:red}}}}",
    "font asked for": f"@supports (font:12px {WORD}){{rect{{fill:red}}}}",
    "address with a mark": f"rect{{stroke:url('#{WORD}!important')}}",
    "escaped type": f"\\#{WORD}{{fill:red}}\\.{WORD}{{fill:red}}",
    "variable": f":root{{--{WORD}:red;--b:{WORD}}}rect{{fill:var(--{WORD});stroke:var(--b)}}",
    "sum": f"rect{{stroke-width:calc(1px*{WORD});stroke-opacity:({WORD})}}",
    "layer": f"@layer {WORD},b;@layer {WORD}{{rect{{fill:red}}}}",
}


def styled(sheet: str) -> str:
    shape = f'<rect id="{WORD}" class="{WORD}" width="9" height="9"/>'
    return scrubbed(svg(f"<style>{sheet}</style>{shape}"), "svg", profile="strict").decode()


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_no_word_of_a_sheet_is_left(place: str) -> None:
    assert not words_left(styled(PLANTS[place]).encode())
    data = svg(f"<style>{PLANTS[place]}</style>")
    assert words_left(pass_through(data, "strict"))


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        ("@keyframes a{0%,100%{fill:red}}", "@keyframes k1{0%,100%{fill:red}}"),
        ("@keyframes 'a b'{to{fill:red}}", "@keyframes k1{to{fill:red}}"),
        (":root{--c:red}rect{fill:var(--c,lime)}", "rect{fill:var(--v1,lime)}"),
        ("@layer a,b;@layer b{rect{fill:red}}", "@layer l1,l2;@layer l2{rect{fill:red}}"),
        ("rect{all:unset}", "rect{all:unset}"),
        ("svg{fill:red;rect{fill:lime}}", ":is(svg) rect{fill:lime}"),
        ("rect{font-family:'a;b{}';fill:red}", ";fill:red}"),
        ("@supports selector(a>b){rect{fill:red}}", "@supports selector(*){rect{fill:red}}"),
        ("rect{fill:url(http://e.org/#a) lime}", "rect{fill:url(#p0) lime}"),
        ("rect{translate:2px 3px;stroke-width:1lh}", "rect{translate:2px 3px;stroke-width:1lh}"),
        ("rect{stroke-width:calc(1px*4)}", "calc(1px*4)"),
        ("rect{stroke-width:calc(2*(1px + 3px))}", "calc(2*(1px + 3px))"),
        ("rect, rect:hover{fill:red}", "rect,rect:hover{fill:red}"),
    ],
)
def test_what_browsers_paint_by_stays(sheet: str, expected: str) -> None:
    assert expected in styled(sheet)


@pytest.mark.parametrize(
    "style",
    [
        "<style>.h, .k:bogus{display:none}</style>",
        f'<style type="{WORD}">.h{{display:none}}</style>',
        '<style title="A">rect{fill:red}</style><style title="B">.h{display:none}</style>',
    ],
)
def test_a_rule_that_does_not_count_hides_nothing(style: str) -> None:
    clean = scrubbed(svg(f'{style}<text class="h">shown</text>{RED}'), "svg")
    assert b"shown" in clean
    assert b"display" not in clean
    assert not words_left(clean)


def test_too_many_parts_are_refused() -> None:
    assert svg_style.Reading().left == svg_style.MAX_PARTS
    reading = svg_style.Reading(left=1)
    reading.spend()
    with pytest.raises(LimitExceeded, match="style sheets"):
        reading.spend()


def test_what_of_a_sheet_is_gone_is_told_by_name() -> None:
    sheet = '/*note*/@font-face{src:url(a)}rect{--a:my words;content:"a"}'
    _, changes = scrub.rewrite(memoryview(svg(f"<style>{sheet}</style>{RED}")), "svg", Wish())
    assert {"comment in a style sheet", "custom property", "style content"} <= {
        one.finding.name for one in changes
    }


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("(display:grid)", "(display:grid)"),
        ("(user-select:none)", "(user-select:inherit)"),
        (f"(--{WORD}:{WORD})", "(--v0:0)"),
        (f"(animation-name:{WORD})", "(animation-name:none)"),
        (f"(fill:url(#{WORD}))", "(fill:inherit)"),
        (f"(fill:{WORD})", "(u0:0)"),
        (f"(font:12px {WORD})", "(font:12px serif)"),
        (f"selector({WORD}:{WORD})", "(u0:0)"),
        ("not ((fill:red) AND (stroke:red))", "not ((fill:red) and (stroke:red))"),
    ],
)
def test_a_question_for_abilities_is_asked_anew(asked: str, written: str) -> None:
    assert svg_conditions.supports(asked) == written


@pytest.mark.parametrize("asked", [WORD, "(fill:red))", "((fill:red)", f"{WORD}(1)"])
def test_a_question_without_a_form_is_none(asked: str) -> None:
    assert svg_conditions.supports(asked) is None
    assert "@supports" not in styled(f"@supports {asked}{{rect{{fill:red}}}}")


@pytest.mark.parametrize(
    ("sheet", "expected", "gone"),
    [
        ("@namespace s url(http://www.w3.org/2000/svg);s|rect{fill:red}", "{fill:red}", WORD),
        (f"@namespace url({WORD});@media print{{rect{{fill:red}}}}", "", "@namespace"),
        ("g{@media print{rect{fill:red}}}", "@media print", WORD),
        (f"@media {WORD}=1{{rect{{fill:red}}}}rect{{fill:lime}}", "lime", "@media"),
        (f"@{WORD} a;rect{{fill:lime}}", "lime", WORD),
        (f"@font-face{{src:url({WORD})}}rect{{fill:lime", "lime", "@font"),
        ("@media print{}@layer;rect{fill:lime}", "lime", "@"),
        ("rect{fill:lime}circle", "lime", "circle"),
    ],
)
def test_what_stands_between_the_rules(sheet: str, expected: str, gone: str) -> None:
    clean = styled(sheet)
    assert expected in clean
    assert gone not in clean
    assert not words_left(clean.encode())
