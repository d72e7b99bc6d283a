"""The family of errors: drawn as it is, numbered once, each with one sentence and one exit code."""

from __future__ import annotations

import re

import pytest

from safelight import errors
from safelight.errors import PolicyRefused, SafelightError, WorkerDied, by_number, family

# Published: a script may rely on them.
EXIT_CODES = {1, 2, 5, 6, 7, 8, 9, 130}


def drawn() -> dict[str, tuple[str, int, int]]:
    """The tree at the top of the file: name -> parent, exit code, HTTP status."""
    found: dict[str, tuple[str, int, int]] = {}
    branch: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^([│├└─ ]*)([A-Z]\w+) +(\d+) +(\d+) ", line)
        if match:
            depth = len(match[1]) // 4
            branch[depth:] = [match[2]]
            found[match[2]] = (branch[depth - 1] if depth else "", int(match[3]), int(match[4]))
    return found


def test_the_tree_is_drawn_as_it_is() -> None:
    parents = {error.__name__: error.__bases__[0].__name__ for error in family()}
    parents["SafelightError"] = ""
    assert drawn() == {
        error.__name__: (parents[error.__name__], error.exit_code, error.status)
        for error in family()
    }


def test_numbers_and_codes_are_given_once() -> None:
    assert len({error.number for error in family()}) == len(family())
    assert len({error.code for error in family()}) == len(family())


def test_exit_codes_are_the_published_ones() -> None:
    assert {error.exit_code for error in family()} <= EXIT_CODES


@pytest.mark.parametrize("error", family(), ids=lambda error: error.code)
def test_an_error_makes_the_way_through_the_wall(error: type[SafelightError]) -> None:
    assert by_number(error.number) is error
    assert error().message == error.sentence
    assert error.sentence[0].islower()
    assert not error.sentence.endswith(".")
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.code)


def test_a_number_that_nobody_has_is_a_plain_failure() -> None:
    assert by_number(9_999) is SafelightError


def test_an_error_says_its_own_detail_and_hint_if_it_has_them() -> None:
    assert str(PolicyRefused("no", hint="ask")) == "no"
    assert PolicyRefused("no", hint="ask").hint == "ask"
    assert WorkerDied().hint == WorkerDied.usual_hint
