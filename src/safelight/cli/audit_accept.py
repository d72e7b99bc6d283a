"""audit accept: a risk is taken on, by whom, why and until when; or given back."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import click

from safelight.cli.face import SCHEMA, Face
from safelight.cli.options import setting, speaking
from safelight.cli.printable import printable
from safelight.errors import ParameterInvalid, UsageError

DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@click.command(name="accept", add_help_option=False)
@click.argument("finding", metavar="FINDING")
@click.option("--reason", metavar="TEXT", help="Why the risk is taken on; at most 500 characters.")
@click.option("--owner", metavar="WHO", default="", help="Who takes it on: a role or a name.")
@click.option("--until", metavar="DAY", default="", help="The last day of it, as 2027-01-31.")
@click.option("--withdraw", is_flag=True, help="Take it on no more.")
@setting("state_dir")
@setting("passphrase_file")
@speaking
@click.pass_obj
def command(face: Face, *, finding: str, reason: str | None, owner: str, until: str,
            withdraw: bool) -> int:  # fmt: skip
    """Take a risk on that `audit` found, with the reason and the day on which that ends.

    \b
    Examples:
      safelight audit accept memory-plain --reason "a laptop that nobody else touches"
      safelight audit accept swap-plain --reason "new disk" --owner CISO --until 2027-03-31
      safelight audit accept swap-plain --withdraw

    The finding stays in every report, with this note, but --fail-on passes it over. The notes are
    signed, and each follows the one before: none can be changed or taken out unseen.
    """
    from safelight.engine.book import Book
    from safelight.proof.posture import accepted
    from safelight.proof.posture.finding import kinds
    from safelight.proof.reports.page import Accepted

    if finding not in kinds():
        raise UsageError(f"there is no finding {finding!r}", hint="safelight audit lists them")
    if (reason is None) != withdraw:
        raise UsageError("give either --reason or --withdraw")
    state_dir = face.settings.state_dir
    keys = Book.of(face.settings).keys
    if withdraw:
        accepted.withdraw(state_dir, keys, finding)
    else:
        note = Accepted(
            reason=_short(reason or "", "--reason", accepted.MAX_REASON),
            owner=_short(owner, "--owner", accepted.MAX_OWNER, may_be_empty=True),
            since=datetime.now(UTC).strftime("%Y-%m-%d"),
            until=_day(until),
        )
        accepted.take(state_dir, keys, finding, note)
    if face.is_json:
        said = {"finding": finding, "reason": reason, "owner": owner, "until": until}
        face.document({"type": "accepted", "schema": SCHEMA, "withdrawn": withdraw, **said})
    else:
        words = "taken on no more" if withdraw else "taken on"
        face.out(f"{finding}: {words}{printable(f' until {until}' if until else '')}")
    return 0


def _short(text: str, option: str, longest: int, *, may_be_empty: bool = False) -> str:
    text = text.strip()
    if (not text and not may_be_empty) or len(text) > longest:
        raise ParameterInvalid(f"{option} takes 1 to {longest} characters")
    return text


def _day(text: str) -> str:
    if not text:
        return ""
    try:
        is_day = DAY.fullmatch(text) is not None and date.fromisoformat(text).isoformat() == text
    except ValueError:
        is_day = False
    if not is_day:
        raise ParameterInvalid("--until takes a day as 2027-01-31")
    if text < datetime.now(UTC).strftime("%Y-%m-%d"):
        raise ParameterInvalid(f"--until: {text} is over", hint="name a day that is still to come")
    return text
