"""The pages on problems: every code, what it means, what helps."""

from __future__ import annotations

from html import escape

from safelight.errors import SafelightError, family
from safelight.server.description.problem import URN, over_http
from safelight.server.description.sheet import code, link, page, table

INTRO = (
    "A call that fails is answered with a problem (RFC 9457): its type is the name of its kind, as"
    " they stand here. The hint in the answer says what helps; a command is typed on the machine"
    " that serves."
)
PLACE = "/problems/"
HEADINGS = ("code", "status", "what it means", "what helps")


def problems_page() -> str:
    """All of them, by status."""
    rows = (
        (link(PLACE + one.code, one.code), str(one.status), _meaning(one), _help(one))
        for one in sorted(family(), key=lambda error: (error.status, error.code))
    )
    return page("Problems", INTRO, (table(HEADINGS, rows),))


def problem_page(error: type[SafelightError]) -> str:
    """One kind, with those that it is a kind of and those that are kinds of it."""
    facts = (
        ("type", code(URN + error.code)),
        ("status", str(error.status)),
        ("what it means", _meaning(error)),
        ("what helps", _help(error) or "nothing in general; the answer's hint may say more"),
        ("at the command line", f"exit code {error.exit_code}"),
        ("a kind of", _links([one for one in error.__mro__[1:] if _is_ours(one)])),
        ("kinds of it", _links(error.__subclasses__())),
    )
    rows = "".join(f"<dt>{name}</dt><dd>{told}</dd>" for name, told in facts if told)
    back = f"<p>{link('/problems', 'every problem')} · {link('/reference', 'the interface')}</p>"
    return page(error.code, "A problem that a call can end with.", (f"<dl>{rows}</dl>", back))


def failure_page(error: SafelightError, request_id: str) -> str:
    """This one failure, for somebody who opened an address in a browser."""
    facts = (
        ("what helps", escape(over_http(error.hint))),
        ("kind", f"{link(PLACE + error.code, error.code)}, {error.status}"),
        ("request", code(request_id)),
    )
    rows = "".join(f"<dt>{name}</dt><dd>{told}</dd>" for name, told in facts if told)
    back = f"<p>{link('/', 'what this server is')}</p>"
    return page(error.sentence.capitalize(), error.message, (f"<dl>{rows}</dl>", back))


def _meaning(error: type[SafelightError]) -> str:
    return escape(error.sentence)


def _help(error: type[SafelightError]) -> str:
    return escape(over_http(error.usual_hint))


def _is_ours(cls: type) -> bool:
    return issubclass(cls, SafelightError)


def _links(errors: list[type[SafelightError]]) -> str:
    return ", ".join(link(PLACE + one.code, one.code) for one in errors)
