"""A case as tests need one: led once with real work in it, then copied for whoever breaks it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from safelight.engine.book import Book
from safelight.ops.resize import Resize
from safelight.ops.upscale import Upscale
from safelight.proof.cases.acquire import acquire
from safelight.proof.cases.alone import verify_case
from safelight.proof.cases.bundle import examine_bundle
from safelight.proof.cases.chain import Chain
from safelight.proof.cases.checking import Here, examine
from safelight.proof.cases.folder import CaseFolder
from safelight.proof.cases.process import Act, Task, engine_for, process
from safelight.proof.cases.proofs import keep_proofs
from safelight.proof.cases.registry import Registry
from safelight.proof.cases.seal import seal, write_bundle
from safelight.proof.cases.shelf import FolderShelf, bundle_at
from safelight.recipe import Recipe
from safelight.settings import Settings
from tests.cli.pictures import draw

SMALLER = Recipe((Resize(percent=50),))
LARGER = Recipe((Upscale(scale=2),))
WHY = "to be seen"
States = dict[str, str]


@dataclass(frozen=True)
class Desk:
    """A machine with its keys, journal and registry."""

    state: Path

    @property
    def book(self) -> Book:
        return Book(self.state)

    @property
    def registry(self) -> Registry:
        return Registry(self.state / "cases")

    def case(self, folder: Path) -> CaseFolder:
        return CaseFolder(folder, self.book.keys, self.registry)

    def here(self, *keys: str) -> Here:
        """What this machine knows, with further keys that its user trusts."""
        own = self.book.keys.receipts.fingerprint
        return Here(frozenset({own, *keys}), self.registry, self.book.journal)

    def states(self, folder: Path, *keys: str) -> States:
        """How each line stands for a case in its folder."""
        lines, _chain = examine(FolderShelf(folder), self.here(*keys))
        return {line.name: line.state for line in lines}

    def settings(self) -> Settings:
        return Settings(state_dir=self.state, jobs=1)


@dataclass(frozen=True)
class Led:
    """A case that was led to its seal: its folder, its bundle, and the machine."""

    desk: Desk
    folder: Path
    bundle: Path
    key: str

    def copied(self, place: Path) -> Path:
        """The folder once more, writable."""
        shutil.copytree(self.folder, place)
        (place / "originals").chmod(0o700)
        return place


def add(case: CaseFolder, *files: Path) -> Chain:
    with case.held() as chain:
        for file in files:
            chain, _facts, _is_new = acquire(
                case, chain, file, who=case.person(chain, None, None), why=WHY
            )
        return chain


def work(desk: Desk, case: CaseFolder, recipe: Recipe, item: str, *, drawn: bool = False) -> Chain:
    """Work on a copy of the item; drawn: as an illustration."""
    with case.held() as chain:
        who = case.person(chain, None, None)
        with engine_for(desk.settings(), chain, who=who, why=WHY) as engine:
            task = Task.of(recipe, engine, is_illustrative=drawn)
            chain, _result, _new = process(case, chain, engine, task, act=Act(item, who, WHY))
        return chain


def close(desk: Desk, case: CaseFolder, target: Path) -> Chain:
    """Seal the case and write its bundle."""
    shelf = FolderShelf(case.folder)
    with case.held() as chain:
        keep_proofs(case, chain, shelf, desk.book.journal)
        chain = seal(case, chain, case.person(chain, None, None), "done")
        write_bundle(case, chain, shelf, target)
        return chain


def begun(desk: Desk, folder: Path) -> CaseFolder:
    case = desk.case(folder)
    case.create("Harbour", case.person(None, "A. Weber", "examiner"), "")
    return case


def led(base: Path) -> Led:
    """Two originals, one result by arithmetic and one illustration, sealed."""
    desk = Desk(base / "state")
    case = begun(desk, base / "case")
    draw(base / "one.jpg", "128x96")
    draw(base / "two.png")
    add(case, base / "one.jpg", base / "two.png")
    work(desk, case, SMALLER, "E0001")
    work(desk, case, LARGER, "E0001", drawn=True)
    close(desk, case, base / "case.tar")
    return Led(desk, case.folder, base / "case.tar", desk.book.keys.receipts.fingerprint)


def ours(bundle: Path, here: Here) -> States:
    """How each line stands for a bundle, by the product's own check."""
    with bundle_at(bundle) as shelf:
        lines, _chain = examine_bundle(shelf, here)
    return {line.name: line.state for line in lines}


def alone(bundle: Path, keys: Iterable[str]) -> States:
    """The same by the script that goes with every bundle."""
    return {name: state for name, state, _text in verify_case.verify(str(bundle), set(keys))}
