"""The map as plain text: each place with how many pictures, what ties it, and one evidence."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.proof.dataflow.parts import KINDS, TITLES, Arrow, Map, Place

MOST_DETAILS, MOST_STEPS, MOST_UNREAD, LONGEST = 6, 12, 8, 78
LEGEND = (
    "claimed: written in the files; observed: seen on this machine; configured: in the settings of"
    " a program; possible: not shut, nothing seen"
)


def lines(found: Map) -> Iterator[str]:
    """The whole map, most telling first. Names from files are still to be made printable."""
    yield from _heads(found)
    for kind in KINDS:
        places = found.of_kind(kind)
        yield ""
        yield f"{TITLES[kind]}: {len(places) or 'none found'}"
        for place in places:
            yield from _place(found, place)
    yield from _steps(found)
    yield ""
    yield LEGEND
    yield "What the map does not show:"
    for sentence in found.limits:
        yield f"  {sentence}"


def counted(number: int, noun: str) -> str:
    """1 picture, 2 pictures."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _heads(found: Map) -> Iterator[str]:
    for root in found.roots:
        facts = [f"{counted(root.read, 'picture')} read"]
        facts += [f"{counted(root.searched, 'further file')} by marks"] * bool(root.searched)
        facts += [f"{len(root.unread)} not read"] * bool(root.unread)
        yield f"{root.place.name}: {', '.join(facts)}"
        for at, (file, why) in enumerate(root.unread.items()):
            if at == MOST_UNREAD:
                yield f"  and {len(root.unread) - MOST_UNREAD} more; --json lists all"
                break
            yield f"  not read: {file}: {why}"


def _place(found: Map, place: Place) -> Iterator[str]:
    arrows = list(found.at(place))
    count = f"{len(place.pictures):>5}" if place.pictures else "    -"
    when = _span(place)
    yield f"{count}  {place.label}{when}"
    details = list(place.details)
    if details:
        more = f" and {len(details) - MOST_DETAILS} more" * (len(details) > MOST_DETAILS)
        yield f"       {'; '.join(details[:MOST_DETAILS])}{more}"
    for arrow in arrows:
        yield f"       {_evidence(arrow)}"


def _span(place: Place) -> str:
    times = sorted(place.times)
    if not times:
        return ""
    first, last = times[0][:10], times[-1][:10]
    return f"  ({first})" if first == last else f"  ({first} to {last})"


def _evidence(arrow: Arrow) -> str:
    one = next(iter(arrow.evidence))
    value = one.value if len(one.value) <= LONGEST else one.value[: LONGEST - 1] + "…"
    told = f"{one.tag}: {value}" if value else one.tag
    more = len(arrow.evidence) - 1
    rest = f", and {more} more" if more else ""
    return f"{arrow.what} [{arrow.strength}] {one.file}: {told}{rest}"


def _steps(found: Map) -> Iterator[str]:
    timed = [step for step in found.steps if step.when]
    if not timed:
        return
    yield ""
    yield f"Steps that histories list: {len(found.steps)}, {len(timed)} with a time"
    for step in timed[:MOST_STEPS]:
        yield f"  {step.when:<25}  {step.what}  {step.file}"
    if len(timed) > MOST_STEPS:
        yield f"  and {len(timed) - MOST_STEPS} more; --json lists all"
