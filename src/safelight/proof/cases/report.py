"""Report: a case as a page that a person reads: what was taken in, what was made of it, who did
what, how to check it, and what it does not show. The same log and files give the same page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import JsonValue

from safelight.errors import VerificationFailed
from safelight.formats import LOSSY, TABLE
from safelight.proof.cases import facts as f
from safelight.proof.cases import page
from safelight.proof.cases.chain import Chain, Result
from safelight.proof.cases.shelf import Shelf
from safelight.proof.cases.telling import sentence

MAX_PREVIEW_BYTES = 2_000_000
EFFECTS = {
    "exact": "exact: every pixel follows from the parameters, or none was touched",
    "bounded": "bounded: pixels mixed by fixed arithmetic, the same again up to rounding",
    "model": "a model made pixels: they may show what was never there",
}
RULES = (
    "evidence: originals are kept as they were; work is on copies, and can be repeated, or is "
    "marked as an illustration"
)
STORED = "in a format that can lose detail: pixels may differ a little from what the recipe gives"
LIMITS = (
    "It does not prove where an original came from, or that what it shows is true.",
    "Who, role, why, from and to are what a person declared; the program did not check them.",
    "Times are those of this computer's clock.",
    "Equal digests prove sameness of bytes, not authenticity.",
    "Whoever holds a signing key could have signed something else before the first event.",
    "Files are kept from change by permissions; a change is noticed, not prevented.",
)
STATEMENT = (
    "Examiner, name and qualification",
    "Means and method by which the originals were obtained",
    "How the computer and its clock were checked",
    "Opinion, and its basis",
    "Place, date, signature",
)


def report(chain: Chain, shelf: Shelf) -> str:
    """The page. Raises VerificationFailed where a preview is not the one that was made."""
    return page.document(f"Case {chain.title}", _parts(chain, shelf))


def _parts(chain: Chain, shelf: Shelf) -> Iterator[str]:
    name, role = chain.custodian
    state = "sealed" if chain.seal is not None else "open"
    away = f", handed to {page.shown(chain.offered)}, who has not confirmed it"
    yield f"<h1>{page.shown(chain.title)}</h1>"
    yield (
        f'<p class="soft">Chain of custody, {state} at event {chain.number}, '
        f"{page.moment(chain.last.event.time)} UTC</p>"
    )
    rows = [
        ("Case", page.code(chain.id)),
        ("Rules", RULES),
        ("Now with", _person(name, role) + (away if chain.offered else "")),
        ("Last event", f"{chain.number}, SHA-256 {page.code(chain.tip)}"),
    ]
    if chain.seal is not None:
        rows.append(("Seal", f"{page.code(chain.seal.seal)} over {chain.seal.files} files"))
    yield page.facts(rows)
    yield from _originals(chain)
    yield from _results(chain, shelf)
    yield from _events(chain)
    yield from _certification(chain)
    yield from _checking(chain)


def _originals(chain: Chain) -> Iterator[str]:
    yield "<h2>Originals</h2>"
    if not chain.originals:
        yield "<p>None was taken in.</p>"
        return
    yield (
        "<p>Each was copied, read back from the disk, compared by two digests, and kept read-only."
        "</p>"
    )
    for one in chain.originals.values():
        yield (
            f'<section class="card"><h3>{one.item} <span class="soft">{page.shown(one.name)}'
            "</span></h3>"
        )
        yield page.facts(
            [
                ("Bytes", f"{one.file.bytes:,}"),
                ("Changed last", f"{page.moment(one.changed)} UTC, as its file system said"),
                ("SHA-256", page.code(one.file.sha256)),
                ("SHA3-256", page.code(one.file.sha3_256)),
                ("Here as", page.code(one.file.place)),
            ]
        )
        yield "</section>"


def _results(chain: Chain, shelf: Shelf) -> Iterator[str]:
    yield "<h2>Work on copies</h2>"
    done = chain.done()
    if not done:
        yield "<p>None was done.</p>"
    for result, outcome in done:
        yield from _result(chain, shelf, result, outcome)
    failed = [one for one in chain.results.values() if isinstance(one.outcome, f.Failed)]
    if failed:
        yield "<p>Tried without a result: " + "; ".join(map(_failure, failed)) + ".</p>"


def _result(chain: Chain, shelf: Shelf, result: Result, done: f.Processed) -> Iterator[str]:
    began = result.began
    kind = "warn" if began.is_illustrative else ""
    badge = '<span class="badge warn">illustration, not evidence</span>' if kind else ""
    yield (
        f'<section class="card {kind}"><h3>{began.result} from {began.item}: '
        f"{page.shown(', '.join(began.verbs))}{badge}</h3>"
    )
    if kind:
        yield (
            '<p class="warn">Made by a model: it may show detail that was never there. '
            "It illustrates; it proves nothing. The original is beside it.</p>"
        )
    if len(done.previews) == 2:
        before, after = (_preview(shelf, file) for file in done.previews)
        yield (
            f'<div class="pair">{page.picture(before, f"{began.item}, original, as a preview")}'
            f"{page.picture(after, f'{began.result}, result, as a preview')}</div>"
        )
    rows = [
        ("Why", page.shown(result.event.why)),
        ("By", _person(result.event.who.name, result.event.who.role)),
        ("Can be repeated", page.shown(EFFECTS[began.effect])),
        *([("Stored", STORED)] if _is_stored_with_loss(done) else []),
        ("Recipe", "<br>".join(map(page.code, _steps(began.recipe)))),
        ("Recipe SHA-256", page.code(began.recipe_sha256)),
        ("Result", f"{page.code(done.file.place)}, {done.file.bytes:,} bytes"),
        ("SHA-256", page.code(done.file.sha256)),
        ("SHA3-256", page.code(done.file.sha3_256)),
        ("Receipt", f"{page.code(done.receipt.id)}, {page.code(done.receipt.file.place)}"),
    ]
    names = ("Pixels of the original", "Pixels of the result")
    rows += [
        (name, f"SHA-256 {page.code(digest)}, decoded")
        for name, digest in zip(names, done.pixels, strict=True)
        if digest is not None
    ]
    rows += [("Model", page.code(model)) for model in done.models]
    yield page.facts(rows) + "</section>"


def _is_stored_with_loss(done: f.Processed) -> bool:
    """Whether pixels were encoded anew, in a format that has a quality."""
    before, after = done.pixels
    endings = {ending for format in LOSSY for ending in TABLE[format].endings}
    is_anew = before is None or after is None or before != after
    return is_anew and done.file.place.rpartition(".")[2] in endings


def _steps(recipe: dict[str, JsonValue]) -> Iterator[str]:
    """Each step with the parameters that say something."""
    steps = recipe.get("steps")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict) and isinstance(parameters := step.get("parameters"), dict):
            said = {k: v for k, v in parameters.items() if v not in (None, [], "")}
            told = ", ".join(f"{key} {json.dumps(value)}" for key, value in said.items())
            name = str(step.get("op"))
            yield f"{name}: {told}" if told else name


def _preview(shelf: Shelf, file: f.File) -> bytes:
    from io import BytesIO

    from safelight.proof.cases.acquire import Digests

    try:
        data = shelf.read(file.place, MAX_PREVIEW_BYTES)
    except OSError as error:
        raise VerificationFailed(f"{file.place} cannot be read") from error
    if not Digests.of(BytesIO(data)).fits(file):
        raise VerificationFailed(f"{file.place} is not what was written")
    return data


def _events(chain: Chain) -> Iterator[str]:
    yield "<h2>Events</h2>"
    rows = []
    for line in chain.lines:
        event = line.event
        told = page.shown(sentence(event))
        if event.why:
            told += f'<br><span class="soft">{page.shown(event.why)}</span>'
        rows.append(
            [
                str(event.number),
                page.moment(event.time),
                _person(event.who.name, event.who.role),
                told,
                page.code(line.digest[:16]),
            ]
        )
    heads = ("No.", "Time (UTC)", "Who", "What, and why", "Digest")
    yield page.table(heads, rows, ("num", "tight", "", "", "tight"))


def _certification(chain: Chain) -> Iterator[str]:
    yield "<h2>For a certification of copies</h2>"
    yield (
        "<p>Facts that a certification of copies by their digests may need are above: the digests "
        "by SHA-256 and SHA3-256, how and when they were made, and the log. They are not the "
        "certification. <strong>The organisation adds:</strong></p>"
    )
    yield page.blanks(STATEMENT)
    accounts = ", ".join(sorted({one.event.who.account for one in chain.lines}))
    yield f'<p class="soft">Accounts that the program ran in, as pseudonyms: {accounts}.</p>'


def _checking(chain: Chain) -> Iterator[str]:
    yield "<h2>How to check it</h2>"
    yield (
        "<p>Compare the fingerprints below with what you were given in another way. Then run, with "
        "<code>--key</code> before each of them, "
        "<code>safelight verify case BUNDLE --key FINGERPRINT</code>, or, without Safelight, the "
        "readable script in the bundle: "
        "<code>python verify_case.py BUNDLE --key FINGERPRINT</code>.</p>"
    )
    yield page.facts(("Key", page.code(fingerprint)) for fingerprint in chain.keys)
    yield "<h2>What this does not show</h2><ul>"
    yield "".join(f"<li>{page.shown(text)}</li>" for text in LIMITS) + "</ul>"


def _failure(result: Result) -> str:
    code = result.outcome.code if isinstance(result.outcome, f.Failed) else ""
    return f"{result.began.result} from {result.began.item} ({page.shown(code)})"


def _person(name: str, role: str) -> str:
    return f"{page.shown(name)}{f' ({page.shown(role)})' if role else ''}"
