"""Process: work on a copy of an original, by the engine, with its receipt; and what a run that died
in the middle of it left.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from safelight.audit.blocks import CODE, AssignmentFact, CustodyFact
from safelight.audit.canonical import canonical, parse_canonical
from safelight.audit.facts import ReceiptFacts
from safelight.audit.operation import WITHHELD
from safelight.audit.receipt import Receipt, path_for
from safelight.codecs.routing import route
from safelight.engine.book import Door
from safelight.engine.engine import Engine
from safelight.engine.kept import WORK
from safelight.engine.source import first_bytes
from safelight.engine.stating import Manner
from safelight.errors import (
    FormatUnknown,
    InputMissing,
    PolicyRefused,
    SafelightError,
    UsageError,
    VerificationFailed,
)
from safelight.formats import EXTENSIONS, TABLE, Format, is_picture
from safelight.limits import MAX_RECIPE_BYTES
from safelight.ops.convert import Convert
from safelight.ops.resize import Resize
from safelight.proof.cases import facts as f
from safelight.proof.cases.acquire import Digests
from safelight.proof.cases.chain import Chain, Result
from safelight.proof.cases.event import Person
from safelight.proof.cases.folder import CaseFolder
from safelight.proof.cases.profile import LEAST_MARKED, Effect, admitted
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.vault.private import open_regular
from safelight.vault.stream import is_encrypted_name

PREVIEW = "480x480"
MOST_REASON = 500
INTERRUPTED = "interrupted"
Side = Literal["before", "after"]


@dataclass(frozen=True)
class Task:
    """A recipe as a case admits it, with what it makes of pixels."""

    recipe: Recipe
    effect: Effect
    is_illustrative: bool

    @classmethod
    def of(cls, recipe: Recipe, engine: Engine, *, is_illustrative: bool) -> Task:
        """Raises what admitted raises."""
        device = engine.devices.device
        steps, effect = admitted(recipe, device, is_illustrative=is_illustrative)
        return cls(steps, effect, is_illustrative)


def engine_for(
    settings: Settings, chain: Chain, *, who: Person, why: str, door: Door = "command line"
) -> Engine:
    """An engine whose receipts say what a case needs: plain digests, also of decoded pixels, the
    case, and the step in its custody.
    """
    role = who.role if re.fullmatch(CODE, who.role) else None
    assignment = AssignmentFact(role=role, purpose=settings.purpose or None, case=chain.id)
    custody = CustodyFact(event="processed", from_role=who.role or None, reason=why[:MOST_REASON])
    usual = Manner.of(settings)
    manner = replace(
        usual, pixels=True, plain=True, is_sensitive=False, assignment=assignment, custody=custody
    )
    return Engine(settings, jobs=1, door=door, manner=manner)


@dataclass(frozen=True)
class Act:
    """Work on a copy of this item, by whom, and why."""

    item: str
    who: Person
    why: str


def process(
    case: CaseFolder, chain: Chain, engine: Engine, task: Task, *, act: Act
) -> tuple[Chain, Result, bool]:
    """The chain with the work done on a copy of the item; True if it was done, False if the same
    was done before. To be called while the case is held.

    Raises InputMissing for an unknown item, VerificationFailed if the original is not what was
    acquired, and what the engine raises; then the log has the error's code.
    """
    original = _original(case, chain, act.item)
    known = _done_before(chain, act.item, task)
    if known is not None:
        return chain, known, False
    format = _format_of(case.folder / original.file.place, task.recipe)
    began = f.Began(
        result=f"R{len(chain.results) + 1:04}",
        item=act.item,
        verbs=task.recipe.verbs,
        recipe=parse_canonical(task.recipe.canonical, MAX_RECIPE_BYTES),
        recipe_sha256=task.recipe.digest,
        effect=task.effect,
        is_illustrative=task.is_illustrative,
    )
    target = target_of(case, began, task.recipe.target_of(format))
    if os.path.lexists(target.parent):
        raise PolicyRefused(f"something that is none of ours lies in the place of {began.result}")
    chain = case.append(chain, "began", began, who=act.who, why=act.why)
    try:
        engine.run(case.folder / original.file.place, task.recipe, output=target, existing="fail")
        facts = _facts(case, chain, began, target)
        facts = facts.model_copy(update={"previews": _previews(case, engine, original, facts)})
    except SafelightError as error:
        failed = f.Failed(result=began.result, code=error.code)
        case.append(chain, "failed", failed, who=act.who, why="")
        raise
    chain = case.append(chain, "processed", facts, who=act.who, why="")
    return chain, chain.results[began.result], True


def settle(case: CaseFolder, chain: Chain, engine: Engine) -> Chain:
    """The chain with an outcome for all that a run which died had begun. To be called while it is
    held. An output that stands there with its receipt counts; else there is none.
    """
    for left in chain.unfinished:
        folder = case.work / left.began.result
        found = sorted(folder.glob(f"{left.began.item}.*")) if folder.is_dir() else []
        engine.sweep(folder)
        try:
            if len(found) != 1:
                raise VerificationFailed("nothing was finished")
            facts = _facts(case, chain, left.began, found[0])
            engine.book.complete(found[0])
            original = chain.originals[left.began.item]
            previews = _previews(case, engine, original, facts)
            facts = facts.model_copy(update={"is_settled": True, "previews": previews})
            chain = case.append(chain, "processed", facts, who=left.event.who, why="")
        except (VerificationFailed, InputMissing, PolicyRefused):
            failed = f.Failed(result=left.began.result, code=INTERRUPTED)
            chain = case.append(chain, "failed", failed, who=left.event.who, why="")
    return chain


def target_of(case: CaseFolder, began: f.Began, format: Format) -> Path:
    """Where the result goes: a folder of its own, called after the item."""
    return case.work / began.result / f"{began.item}.{EXTENSIONS[format]}"


def check_receipt(receipt: Receipt, output: f.File, began: f.Began) -> None:
    """Raises VerificationFailed unless the receipt speaks of this output and this work."""
    facts = receipt.predicate
    is_it = [(one.sha256, one.bytes) for one in facts.outputs] == [(output.sha256, output.bytes)]
    operation = facts.operation
    if not is_it or operation.recipe_sha256 != _told_digest(began.recipe, operation.withheld or ()):
        raise VerificationFailed(f"{began.result}: the receipt speaks of other work")


def _told_digest(recipe: dict[str, JsonValue], withheld: tuple[str, ...]) -> str:
    """Digest of a recipe as a receipt tells it, which withholds where something was covered; the
    log of a case has all of it.
    """
    told = parse_canonical(canonical(recipe), MAX_RECIPE_BYTES)
    for step in told["steps"] if withheld else ():
        for name, value in step["parameters"].items():
            if value and f"{step['op']}.{name}" in withheld:
                step["parameters"][name] = WITHHELD
    return hashlib.sha256(canonical(told)).hexdigest()


def _original(case: CaseFolder, chain: Chain, item: str) -> f.Acquired:
    original = chain.originals.get(item)
    if original is None:
        raise InputMissing(f"there is no item {item} in this case", hint="safelight case show CASE")
    try:
        digests = Digests.at(case.folder / original.file.place)
    except OSError as error:
        raise VerificationFailed(f"the original {item} cannot be read") from error
    if not digests.fits(original.file):
        raise VerificationFailed(f"the original {item} is not what was acquired")
    return original


def _done_before(chain: Chain, item: str, task: Task) -> Result | None:
    wanted = (item, task.recipe.digest, task.is_illustrative)
    for result, _outcome in chain.done():
        began = result.began
        if (began.item, began.recipe_sha256, began.is_illustrative) == wanted:
            return result
    return None


def _format_of(path: Path, recipe: Recipe) -> Format:
    """Raises FormatUnknown, UsageError before anything is written down."""
    if is_encrypted_name(path):
        raise UsageError(
            "the original is encrypted, and results and previews in a case are not",
            hint="safelight vault decrypt FILE, then case add",
        )
    format = route(first_bytes(path))
    if format is None:
        raise FormatUnknown
    refused = recipe.refusal(format)
    if refused is not None:
        raise refused
    return format


def _facts(case: CaseFolder, chain: Chain, began: f.Began, target: Path) -> f.Processed:
    """What the files say of the work. Raises VerificationFailed, InputMissing, PolicyRefused."""
    place = path_for(target)
    try:
        output, slip = Digests.at(target), Digests.at(place)
        with open(open_regular(place), "rb") as file:
            receipt = Receipt.parse(file.read())
    except OSError as error:
        raise InputMissing("the result is not there") from error
    facts = f.Processed(
        result=began.result,
        file=output.at_place(place_of(case, target)),
        receipt=f.Slip(id=receipt.id, file=slip.at_place(place_of(case, place))),
        models=tuple(f"{one.name} {one.sha256}" for one in receipt.predicate.models),
        pixels=_pixels(receipt.predicate),
    )
    check_receipt(receipt, facts.file, began)
    if not receipt.is_signed_by(case.keys.receipts.public_bytes):
        raise VerificationFailed(f"{began.result}: the receipt is not ours")
    if began.is_illustrative:
        _refuse_unreadable(receipt.predicate, (target, place))
    return facts


def _refuse_unreadable(facts: ReceiptFacts, files: tuple[Path, Path]) -> None:
    """Remove an illustration on which the mark cannot be read. Raises PolicyRefused."""
    width, height = LEAST_MARKED
    if any(one.width < width or one.height < height for one in facts.outputs):
        for file in files:
            file.unlink(missing_ok=True)
        raise PolicyRefused(
            "an illustration this small cannot say on itself that it is no evidence",
            hint=f"as the last step a resize, with enlarge: {width} by {height} pixels or more",
        )


def _pixels(facts: ReceiptFacts) -> tuple[str | None, str | None]:
    before, after = facts.inputs[0].pixel_sha256, [one.pixel_sha256 for one in facts.outputs]
    return before, after[0] if after else None


def place_of(case: CaseFolder, path: Path) -> str:
    """A file's place in the case, as the log names it."""
    return path.relative_to(case.folder).as_posix()


def _previews(
    case: CaseFolder, engine: Engine, original: f.Acquired, facts: f.Processed
) -> tuple[f.File, ...]:
    """Small pictures of original and result side by side; none where one has no pixels."""
    made = []
    sides: tuple[tuple[Side, f.File], ...] = (("before", original.file), ("after", facts.file))
    for side, file in sides:
        path = case.folder / file.place
        format = route(first_bytes(path))
        if format is None or not is_picture(format) or not TABLE[format].reads:
            return ()
        target = case.work / facts.result / f"{side}.jpg"
        small = Recipe((Resize(fit=PREVIEW), Convert(to="jpeg", quality=80)))
        engine.run(path, small, output=target, existing="verify")
        os.chmod(target, 0o600)
        made.append(Digests.at(target).at_place(f"{WORK}/{facts.result}/{target.name}"))
    return tuple(made)
