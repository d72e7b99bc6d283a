"""What a batch is made of: forms from schemas, recipes, tables, frames. Asked without a browser."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import safelight
from safelight.recipe import operations
from safelight.server.description.schemas import inline
from safelight.server.front.routes.capabilities import gives
from tests.studio.in_node import called

SCHEMAS = {name: inline(cls) for name, cls in operations().items()}
# Of all steps and parameters, those that must be said in each language.
ENOUGH = 0.9
CAPABLE = [
    {"name": name, "parameters": schema, "gives": gives(operations()[name])}
    for name, schema in SCHEMAS.items()
]
TOLD = [
    {"name": name, "parameters": schema, "gives": "picture"} for name, schema in SCHEMAS.items()
]


@cache
def forms() -> dict[str, Any]:
    """The fields of every operation; Node is started once for all of them."""
    found = called("schema", [("fieldsOf", [schema]) for schema in SCHEMAS.values()])
    return dict(zip(SCHEMAS, found, strict=True))


def field(op: str, name: str) -> Any:
    return next(one for one in forms()[op] if one["name"] == name)


def test_every_operation_has_a_form_that_changes_nothing_by_itself() -> None:
    for op, schema in SCHEMAS.items():
        fields = forms()[op]
        assert [one["name"] for one in fields] == list(schema.get("properties", ()))
    begun = called("schema", [("usualValues", [fields]) for fields in forms().values()])
    sent = called(
        "schema",
        [
            ("parametersOf", [fields, values])
            for fields, values in zip(forms().values(), begun, strict=True)
        ],
    )
    assert sent == [{}] * len(SCHEMAS)


def test_values_are_checked_as_the_schema_says() -> None:
    quality, fit, noise = (
        field("convert", "quality"),
        field("resize", "fit"),
        field("restore", "denoise"),
    )
    asked = [
        (quality, 101, "too_large"), (quality, 0, "too_small"), (quality, "many", "no_number"),
        (quality, None, None), (quality, 80, None), (fit, "large", "no_match"),
        (fit, "20x30", None), (noise, "auto", None), (noise, "40", None),
        (noise, "101", "too_large"),
        (noise, "much", "no_number"), (field("rotate", "angle"), None, "missing"),
    ]  # fmt: skip
    found = called("schema", [("wrongIn", [one, value]) for one, value, _ in asked])
    assert found == [wrong for _, _, wrong in asked]


def test_a_recipe_makes_the_round_trip_and_the_engine_reads_it() -> None:
    steps = [{"op": "restore", "denoise": 40}, {"op": "crop", "box": [1, 2, 30, 40]}]
    [[edited, name]] = called(
        "steps", [("stepsOf", [json.dumps({"name": "both", "steps": steps}), TOLD])]
    )
    assert name == "both"
    first, second = (one["id"] for one in edited)
    document, [crop, restore], clamped = called(
        "steps",
        [
            ("documentOf", [edited, TOLD, name]),
            ("moved", [edited, second, -1]),
            ("moved", [edited, first, -5]),
        ],
    )
    assert document == {"name": "both", "steps": steps}
    assert (crop["op"], restore["op"], clamped) == ("crop", "restore", edited)
    assert safelight.Recipe.parse(json.dumps(document), is_json=True).verbs == ("restore", "crop")


def test_what_is_no_recipe_is_refused() -> None:
    texts = ["no json", "[]", '{"steps": []}', '{"steps": [{"op": "explode"}]}']
    found = called("steps", [("stepsOf", [text, TOLD]) for text in texts])
    assert all("failed" in one for one in found)


def row(number: int, **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": number, "name": f"a{number}.jpg", "bytesBefore": 1, "state": "done", "share": 1,
        "reason": "", "hint": "", "code": "", "output": "", "bytesAfter": None, "width": None,
        "height": None, "seconds": None, "receipt": "",
    }  # fmt: skip
    return plain | more


def test_the_table_is_sorted_and_no_cell_is_a_formula() -> None:
    rows = [
        row(1),
        row(2, state="failed", reason='damaged, "cut off"'),
        row(3, name="=HYPERLINK(1)"),
        row(10, state="waiting"),
    ]
    by_state, by_name, text = called(
        "rows",
        [("sorted", [rows, "state"]), ("sorted", [rows, "name", True]), ("csvOf", [rows])],
    )
    assert [one["id"] for one in by_state] == [2, 10, 1, 3]
    assert [one["id"] for one in by_name] == [10, 2, 1, 3]
    table = list(csv.DictReader(io.StringIO(text)))
    assert [one["file"] for one in table] == ["a1.jpg", "a2.jpg", "'=HYPERLINK(1)", "a10.jpg"]
    assert table[1]["reason"] == 'damaged, "cut off"'


def test_a_subject_is_framed() -> None:
    box = {"left": 10, "top": 20, "width": 40, "height": 20}
    frames = [("whole", 0), ("subject", 10), ("square", 10), ("portrait", 5)]
    whole, subject, square, portrait = called(
        "placing",
        [("placed", [100, 80, box, {"kind": kind, "margin": room}]) for kind, room in frames],
    )
    assert whole == {"width": 100, "height": 80, "left": 0, "top": 0}
    assert subject == {"width": 48, "height": 28, "left": -6, "top": -16}
    assert square == {"width": 50, "height": 50, "left": -5, "top": -5}
    assert (portrait["width"], portrait["height"]) == (45, 57)


def test_models_are_told_by_what_they_do() -> None:
    def model(name: str, **more: Any) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "name": name, "title": name, "task": "upscale", "aliases": [], "caveat": "",
            "state": "pulled", "exact": None, "input": {"kind": "rgb"}, "seconds": None,
            "seconds_per": None,
        }  # fmt: skip
        return plain | more

    luma = {"aliases": ["fast"], "state": "built-in", "input": {"kind": "luma"}}
    models = [
        model("two", exact="two-exact", **luma),
        model("four", **luma),
        model("two-exact"),
        model("dreamer", caveat="invents detail", seconds=2.5, seconds_per="megapixel"),
        model("mine", state="own"),
        model("other", task="cutout"),
    ]
    [found] = called("choosing", [("choicesOf", [models, "upscale"])])
    assert [(one["value"], one["nature"], one["seconds"]) for one in found] == [
        ("fast", "faithful", None), ("dreamer", "invents", 2.5), ("mine", "own", None),
    ]  # fmt: skip


def test_steps_are_said_in_every_language_and_a_new_one_may_come_first_in_english(
    root: Path,
) -> None:
    """An operation is one file: one that has no words of another language yet breaks nothing."""
    [steps] = called("steps", [("usable", [CAPABLE])])
    parameters = {
        f"{step['name']}.{name}"
        for step in steps
        for name in step["parameters"].get("properties", ())
    }
    wanted = parameters | {step["name"] for step in steps}
    others = [one for one in (root / "web/text").iterdir() if one.name != "en"]
    assert others
    for folder in others:
        sentences, names = (
            json.loads((folder / f"server/{name}.json").read_text())
            for name in ("operations", "parameters")
        )
        called_so = {one for one in parameters if {one, one.partition(".")[2]} & set(names)}
        assert set(sentences) <= wanted, "said of what is no step any more"
        assert set(names) <= {*parameters, *(one.partition(".")[2] for one in parameters)}
        assert len(set(sentences)) >= ENOUGH * len(wanted)
        assert len(called_so) >= ENOUGH * len(parameters)
