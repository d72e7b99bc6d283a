"""Text in XML is escaped as the standard library does it."""

from __future__ import annotations

from xml.sax import saxutils

from hypothesis import given
from hypothesis import strategies as st

from safelight.codecs.xml_escapes import escape, quoteattr


@given(st.text(alphabet=st.sampled_from("ab&<>\"'\n\r\té;")))
def test_it_is_that_of_the_standard_library(text: str) -> None:
    assert escape(text) == saxutils.escape(text)
    assert quoteattr(text) == saxutils.quoteattr(text)
