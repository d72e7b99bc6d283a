"""Custody: what the commands of a case share: where it lies, who acts, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import FOLDERS, setting, speaking, stacked
from safelight.cli.printable import printable
from safelight.errors import ParameterInvalid, UsageError, VerificationFailed

if TYPE_CHECKING:
    from safelight.proof.cases.chain import Chain
    from safelight.proof.cases.checking import Here, Line
    from safelight.proof.cases.event import Event, Person
    from safelight.proof.cases.folder import CaseFolder

MOST_LETTERS, MOST_WORDS = 200, 4_000


def _words(most: int) -> Callable[..., str | None]:
    def check(_ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
        if value is None:
            return None
        name = parameter.opts[0]
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ParameterInvalid(f"{name} is no text: it has bytes that are no UTF-8") from error
        if not value.strip():
            raise ParameterInvalid(f"{name} is empty")
        if len(value) > most:
            raise ParameterInvalid(f"{name} has more than {most} letters")
        return value

    return check


def _digest(typed: str) -> str:
    from safelight.cli.checking import FINGERPRINT

    if not FINGERPRINT.fullmatch(typed.lower()):
        raise ParameterInvalid("--event: a digest has 64 hexadecimal digits")
    return typed.lower()


short, long = _words(MOST_LETTERS), _words(MOST_WORDS)

folder = click.argument("folder", metavar="CASE")
acting = stacked(
    click.option("--who", metavar="NAME", callback=short, help="Who does this; who has the case "
                 "if not given."),
    click.option("--role", metavar="ROLE", callback=short, help="In which role, as 'examiner'."),
)  # fmt: skip
why = click.option(
    "--why", metavar="REASON", required=True, callback=long, help="Why; it is written down."
)
trusting = click.option(
    "--key",
    "keys",
    metavar="KEY",
    multiple=True,
    help="Trust this key besides your own: its whole fingerprint, or a PEM file; again for more.",
)
keeping = click.option(
    "--event",
    "kept",
    metavar="DIGEST",
    multiple=True,
    callback=lambda c, p, v: tuple(map(_digest, v)),
    help="An event's digest that you kept: the log must still have it; again for more.",
)
house = stacked(*(setting(key) for key in FOLDERS), speaking)


def case_at(face: Face, folder: str) -> CaseFolder:
    """The case in this folder, which need not be there yet, with our keys."""
    from safelight.engine.book import Book
    from safelight.proof.cases.folder import CaseFolder

    return CaseFolder(Path(folder), Book.of(face.settings).keys, registry_of(face))


def registry_of(face: Face) -> Any:
    """What is remembered of cases here."""
    from safelight.proof.cases.registry import Registry

    return Registry(face.settings.state_dir / "cases")


def here_of(
    face: Face, case: CaseFolder, *, keys: Iterable[str] = (), kept: Iterable[str] = ()
) -> Here:
    """What is known here, to check a case by; with more keys that the user trusts, and digests
    that the user kept.
    """
    from safelight.cli.checking import trusted
    from safelight.engine.book import Book
    from safelight.proof.cases.checking import Here

    known = {case.keys.receipts.fingerprint, *map(trusted, keys)}
    journal = Book.of(face.settings).journal
    return Here(frozenset(known), case.registry, journal, frozenset(kept))


def beside(folder: str, ending: str, output: str | None) -> Path:
    """Where something made of a case goes: as -o says, else beside the case. Raises UsageError."""
    place = Path(folder).absolute()
    if output is None:
        return place.with_name(f"{place.name}{ending}")
    if output in ("", "-") or Path(output).is_dir():
        raise UsageError("-o takes the name of a file", hint=f"-o {place.name}{ending}")
    return Path(output)


def require_sound(face: Face, case: CaseFolder) -> None:
    """Raises VerificationFailed where anything in the case is not what its log says."""
    from safelight.proof.cases.checking import examine
    from safelight.proof.cases.shelf import FolderShelf

    lines, _chain = examine(FolderShelf(case.folder), here_of(face, case))
    for one in lines:
        if one.state == "failed":
            raise VerificationFailed(f"{one.name}: {one.sentence}")


def somebody(case: CaseFolder, chain: Chain | None, who: str | None, role: str | None) -> Person:
    """Who acts. Raises UsageError where nobody was named yet."""
    if who is None and (chain is None or not chain.custodian[0]):
        raise UsageError("nobody is named", hint="--who NAME --role ROLE")
    return case.person(chain, who, role)


def tell(face: Face, case: CaseFolder, chain: Chain, done: str, **more: Any) -> None:
    """Say what a command did, and which event it became: who keeps the digest can tell a log that
    was cut or put back.
    """
    if face.is_json:
        face.document(document(case.folder, chain) | {"done": done, **more})
    elif face.verbosity >= 0:
        face.out(f"event {chain.number}  {chain.tip}")


def document(place: Path, chain: Chain) -> dict[str, Any]:
    """A case as it stands."""
    name, role = chain.custodian
    return {
        "type": "case",
        "schema": SCHEMA,
        "case": chain.id,
        "folder": str(place),
        "title": chain.title,
        "custodian": name,
        "role": role,
        "offered": chain.offered,
        "sealed": chain.seal is not None,
        "events": chain.number,
        "digest": chain.tip,
        "originals": len(chain.originals),
        "results": len(chain.done()),
    }


def event_document(event: Event, digest: str) -> dict[str, Any]:
    """One event, with its facts as the log has them."""
    return {
        "type": "case-event",
        "schema": SCHEMA,
        "case": event.case,
        "number": event.number,
        "time": event.time,
        "event": event.event,
        "who": event.who.name,
        "role": event.who.role,
        "account": event.who.account,
        "why": event.why,
        "from": event.from_,
        "to": event.to,
        "witness": event.witness,
        "facts": dict(event.facts),
        "key": event.fingerprint,
        "digest": digest,
    }


def line(*parts: str) -> str:
    """Parts that others chose as one printable line."""
    return "  ".join(printable(part, 120) for part in parts)


def conclude(face: Face, name: str, lines: Sequence[Line], chain: Chain | None) -> int:
    """Say how each kind of thing stands, and what none of it shows; the exit code."""
    from safelight.cli.checking import PAINTS
    from safelight.engine.verifying import FOREIGN
    from safelight.proof.cases.manifest import LIMITS

    states = {one.name: one.state for one in lines}
    is_failed = "failed" in states.values()
    doubt = FOREIGN if not is_failed and states["keys"] == "unknown" else ""
    if face.is_json:
        told = [{"name": x.name, "state": x.state, "sentence": x.sentence} for x in lines]
        face.document({"type": "case-verification", "schema": SCHEMA, "input": name,
                       "case": chain.id if chain is not None else None,
                       "events": chain.number if chain is not None else None,
                       "failed": is_failed, "hint": doubt, "lines": told,
                       "limits": list(LIMITS)})  # fmt: skip
    else:
        for one in lines:
            if face.verbosity >= 0 or one.state == "failed":
                state = face.paint(f"{one.state:<8}", PAINTS[one.state])
                face.out(f"{one.name:<10} {state} {printable(one.sentence, 300)}")
        if face.verbosity >= 0:
            face.out("\nWhat this cannot prove:")
            for sentence in LIMITS:
                face.out(f"  - {sentence}")
        if doubt:
            face.note(f"hint: {doubt}")
    return VerificationFailed.exit_code if is_failed or doubt else 0
