"""Which form an answer has, and how long somebody waits for it."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from safelight.errors import AnswerUnknown, UsageError
from safelight.server.front.negotiation import MOST_WAIT_S, Form, form_of, preference

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "picture"),
        ("*/*", "picture"),
        ("image/*", "picture"),
        ("image/webp", "picture"),
        ("application/octet-stream", "picture"),
        (BROWSER, "picture"),
        ("application/json", "json"),
        ("application/*", "json"),
        ("application/json; charset=utf-8", "json"),
        ("image/*;q=0.4, application/json;q=0.6", "json"),
        ("image/*;q=0, */*;q=0.1", "json"),
        ("application/json;q=0.5, */*", "picture"),
        ("multipart/mixed", "both"),
        ("multipart/*, image/*;q=0.9", "both"),
        ("nonsense, application/json", "json"),
    ],
)
def test_the_form_that_is_wanted_most_is_given(accept: str, form: Form) -> None:
    headers = Headers({"accept": accept} if accept else {})
    assert form_of(headers, gives_image=True) == form


@pytest.mark.parametrize("accept", ["text/html", "image/*;q=0", "*/*;q=0", "nonsense"])
def test_what_there_is_not_is_said(accept: str) -> None:
    with pytest.raises(AnswerUnknown):
        form_of(Headers({"accept": accept}), gives_image=True)


def test_where_no_picture_comes_of_it_there_are_facts_alone() -> None:
    assert form_of(Headers({}), gives_image=False) == "json"
    with pytest.raises(AnswerUnknown, match="accepted") as caught:
        form_of(Headers({"accept": "image/png"}), gives_image=False)
    assert "application/json" in caught.value.hint


@pytest.mark.parametrize(
    ("prefer", "wait_s", "applied"),
    [
        (None, 30, ""),
        ("handling=lenient", 30, ""),
        ("wait=5", 5, "wait=5"),
        ('handling=strict, wait = "7"', 7, "wait=7"),
        ("wait=999999", MOST_WAIT_S, f"wait={MOST_WAIT_S}"),
        ("respond-async", 0, "respond-async"),
        ("Respond-Async, wait=10", 0, "respond-async"),
    ],
)
def test_how_long_somebody_waits(prefer: str | None, wait_s: int, applied: str) -> None:
    found = preference(Headers({"prefer": prefer} if prefer else {}))
    assert (found.wait_s, found.applied) == (wait_s, applied)


@pytest.mark.parametrize("prefer", ["wait", "wait=", "wait=-1", "wait=1.5", "wait=9999999999"])
def test_a_time_that_is_none_is_refused(prefer: str) -> None:
    with pytest.raises(UsageError):
        preference(Headers({"prefer": prefer}))
