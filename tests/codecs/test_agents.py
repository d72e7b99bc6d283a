"""Histories in XMP: programs and steps however a packet writes them, up to so many."""

from __future__ import annotations

import pytest

from safelight.codecs.agents import MOST, MOST_STEPS, agents_of, steps_of
from safelight.codecs.xmp import Property, read_xmp
from tests.codecs.making import xmp

MM = "http://ns.adobe.com/xap/1.0/mm/"
EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
ATTRIBUTES = "<rdf:li s:action='saved' s:softwareAgent='Tool 1' s:when='2020-01-02T03:04:05Z'/>"
ELEMENTS = (
    "<rdf:li rdf:parseType='Resource'><s:action>saved</s:action>"
    "<s:softwareAgent>Tool 1</s:softwareAgent><s:when>2020-01-02T03:04:05Z</s:when></rdf:li>"
)
DESCRIBED = (
    "<rdf:li><rdf:Description s:action='saved' s:softwareAgent='Tool 1'>"
    "<s:when>2020-01-02T03:04:05Z</s:when></rdf:Description></rdf:li>"
)


def history(steps: str, name: str = "History") -> Property:
    packet = xmp(f"<m:{name}><rdf:Seq>{steps}</rdf:Seq></m:{name}>", m=MM, s=EVENT)
    return read_xmp(memoryview(packet))[0]


@pytest.mark.parametrize("steps", [ATTRIBUTES, ELEMENTS, DESCRIBED])
def test_a_step_is_told_however_it_is_written(steps: str) -> None:
    item = history(steps)
    assert steps_of(item) == ["saved; Tool 1; 2020-01-02T03:04:05Z"]
    assert agents_of(item) == ["Tool 1"]


def test_what_a_step_does_not_tell_is_left_out() -> None:
    assert steps_of(history("<rdf:li s:action='derived'/><rdf:li s:when='2020'/>")) == ["derived"]
    assert agents_of(history("<rdf:li s:action='derived' s:softwareAgent=''/>")) == []


def test_only_a_history_has_steps() -> None:
    assert steps_of(history(ATTRIBUTES, "Versions")) == []
    assert agents_of(history(ATTRIBUTES, "Versions")) == ["Tool 1"]


def test_a_long_history_is_cut() -> None:
    many = "".join(
        f"<rdf:li s:action='saved' s:softwareAgent='Tool {at}'/>" for at in range(MOST_STEPS + 9)
    )
    assert len(steps_of(history(many))) == MOST_STEPS
    assert len(agents_of(history(many))) == MOST
