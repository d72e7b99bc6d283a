"""Moments: times as people ask for them, in the form in which journal and receipts write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from safelight.errors import ParameterInvalid

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
FORM = "%Y-%m-%dT%H:%M:%SZ"
HINT = "24h, 7d, 2026-11-21, or 2026-11-21T09:30:00Z, in UTC"


def moment(text: str, now: datetime | None = None) -> str:
    """The time that is meant, as the journal writes times. Raises ParameterInvalid."""
    match re.fullmatch(r"(\d{1,6})([mhdw])", text, re.ASCII):
        case re.Match() as found:
            ago = timedelta(**{UNITS[found[2]]: int(found[1])})
            try:
                return _written((now or datetime.now(UTC)) - ago)
            except OverflowError:
                return ""
    for form in ("%Y-%m-%d", FORM):
        try:
            return _written(datetime.strptime(text, form))
        except ValueError:
            continue
    raise ParameterInvalid(f"--since: {text} is no time", hint=HINT)


def _written(time: datetime) -> str:
    """With four digits of the year, which strftime does not give to each."""
    return f"{time.replace(tzinfo=None, microsecond=0).isoformat()}Z"
