"""Say which models the laboratory makes, and about how long each takes.

python -m lab.menu [NAME]
"""

from __future__ import annotations

import sys

from lab.recipe import Recipe, Schedule, load_recipe, recipe_names


def line(recipe: Recipe) -> str:
    """One model: its times on two cores and on a graphics card, and what it begins from."""
    begun = f", after {recipe.begun_from}" if recipe.begun_from else ""
    gpu = recipe.on_gpu or recipe.schedule
    there = lasting(gpu) if recipe.on_gpu else "the same steps"
    return f"{recipe.name:20} {lasting(recipe.schedule):>22}   {there:>22}{begun}"


def lasting(schedule: Schedule) -> str:
    """Steps and minutes."""
    minutes = f"{schedule.minutes:.0f} min" if schedule.minutes else "time not known"
    return f"{schedule.steps:,} steps, {minutes}"


def main() -> None:
    """Print one line a model, or the line of one."""
    names = recipe_names()
    if len(sys.argv) > 1:
        asked = sys.argv[1]
        if asked not in names:
            raise SystemExit(f"lab/make: there is no recipe {asked}; one of: {', '.join(names)}")
        print(line(load_recipe(asked)))
        return
    print(f"{'lab/make NAME':20} {'on two cores':>22}   {'on a GPU, expected':>22}")
    for name in names:
        print(line(load_recipe(name)))


if __name__ == "__main__":
    main()
