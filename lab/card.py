"""Write the measured figures and the facts of training into the model card of a recipe.

    python -m lab.card upscale-x4

A card is docs/models/NAME.md; several recipes may share one. In it are two blocks for this file:

    <!-- training -->                    a column for each recipe of the card
    <!-- quality by bench.restore.tables: noise|JPEG -->
                                         tables of that function of bench/ whose title matches

Runs in the project's environment, without torch. What cannot be said here (no checkpoint kept, no
benchmark pictures) stays as it is, and is named.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from lab.folder import facts_file
from lab.pool import CACHE
from lab.recipe import Recipe, load_recipe, recipe_names

ROOT = Path(__file__).resolve().parents[1]
CARDS, ENTRIES = ROOT / "docs/models", ROOT / "src/safelight/models/catalogue"
QUALITY = re.compile(
    r"<!-- quality by (?P<measure>bench\.\w+\.\w+)(?:: (?P<title>.+?))? -->\n"
    r".*?<!-- end of quality -->",
    re.DOTALL,
)
TRAINING = re.compile(r"<!-- training -->\n.*?<!-- end of training -->", re.DOTALL)
Facts = dict[str, Any]


def recipes_of(card: str) -> list[Recipe]:
    """The recipes that a card describes and the catalogue holds."""
    recipes = [load_recipe(name) for name in recipe_names() if (ENTRIES / f"{name}.toml").exists()]
    return [each for each in recipes if each.contract is not None and each.contract.card == card]


def training_table(facts: dict[str, Facts]) -> list[str]:
    """The facts of the runs of one card, a column each, as Markdown."""
    columns = [column(each) for each in facts.values()]
    names = list(dict.fromkeys(row for each in columns for row in each))
    lines = ["| | " + " | ".join(facts) + " |", "| --- " * (len(facts) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(c.get(name, '') for c in columns)} |" for name in names]
    return lines


def column(facts: Facts) -> dict[str, str]:
    """The facts of one run, by what they are called on the card."""
    rows = {
        "parameters": f"{facts['export']['parameters']:,}",
        "steps of the schedule, done": f"{facts['steps']:,}, {facts['done']:,}",
        "batch, peak rate": f"{facts['batch']}, {facts['peak_rate']:g}",
        "seed of the run": str(facts["seed"]),
    }
    for name, pool in facts["pools"].items():
        rows[f"pool `{name}`: seed, pictures"] = f"{pool['seed']}, {pool['count']:,}"
        rows[f"pool `{name}`: SHA-256, first half"] = f"`{pool['sha256'][:32]}`"
    if "settled_steps" in facts:
        rows["settling steps of the 8-bit file"] = f"{facts['settled_steps']:,}"
    if "calibrated_on" in facts["export"]:
        rows["drawn inputs that set the 8-bit ranges"] = str(facts["export"]["calibrated_on"])
    rows |= {
        "wall clock, shared machine": f"{facts['seconds'] / 60:.0f} min",
        "processor": f"{facts['machine']}, {facts['threads']} thread",
        "torch": facts["torch"],
        "data files opened under the lock": str(len(facts["opened"])),
    }
    return rows


def quality_tables(measure: str, title: str | None) -> list[str]:
    """What a measurement of bench/ says now, as Markdown; none where it has no pictures."""
    module, _, function = measure.rpartition(".")
    made = getattr(importlib.import_module(module), function)(False)
    chosen = [table for table in made if re.search(title or "", table.title)]
    if any(note.startswith("missing:") for table in chosen for note in table.notes):
        return []
    return "\n\n".join(table.as_markdown() for table in chosen).splitlines()


def with_training(text: str, card: str, folder: Path) -> str:
    """The card with its table of runs, where the facts of all of them are kept here."""
    files = {each.name: facts_file(folder, each.name) for each in recipes_of(card)}
    facts = {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}
    unfinished = [name for name in files if "export" not in facts.get(name, {})]
    if unfinished:
        print(f"{card}: training table left alone, not exported here: {', '.join(unfinished)}")
        return text
    block = ["<!-- training -->", *training_table(facts), "<!-- end of training -->"]
    return TRAINING.sub(lambda _: "\n".join(block), text, count=1)


def with_quality(text: str) -> str:
    """The card with every measured block measured now."""

    def measured(found: re.Match[str]) -> str:
        lines = quality_tables(found["measure"], found["title"])
        if not lines:
            print(f"{found['measure']}: nothing to measure with here, the block is left alone")
            return found[0]
        return "\n".join([found[0].partition("\n")[0], *lines, "<!-- end of quality -->"])

    return QUALITY.sub(measured, text)


def main() -> None:
    """Bring the card of one recipe up to date."""
    if len(sys.argv) != 2:
        raise SystemExit("python -m lab.card NAME")
    contract = load_recipe(sys.argv[1]).contract
    if contract is None:
        raise SystemExit(f"{sys.argv[1]} has no contract: it was made to measure, not to ship")
    path = CARDS / f"{contract.card}.md"
    path.write_text(with_quality(with_training(path.read_text(), contract.card, CACHE)))
    print(path.name)


if __name__ == "__main__":
    main()
