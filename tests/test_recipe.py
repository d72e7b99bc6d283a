"""A recipe: read from TOML or JSON, one canonical form, one digest, one clear error."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import InputMissing, RecipeInvalid
from safelight.formats import Format
from safelight.image import Image
from safelight.limits import MAX_RECIPE_BYTES, MAX_STEPS
from safelight.operation import Context, ModelNeed, Operation
from safelight.ops.convert import Convert
from safelight.ops.inspect import Inspect
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from safelight.ops.upscale import Upscale
from safelight.recipe import Recipe, operation_named, operations

WEB = """
name = "web"
[[steps]]
op = "scrub"
profile = "strict"
[[steps]]
op = "resize"
fit = "640x480"
"""
VECTORS = Path(__file__).parent / "vectors" / "recipe-v1"


def test_toml_json_and_python_give_the_same_recipe() -> None:
    steps = [{"op": "scrub", "profile": "strict"}, {"op": "resize", "fit": "640x480"}]
    from_json = Recipe.parse(json.dumps({"name": "web", "steps": steps}), is_json=True)
    in_python = Recipe((Scrub(profile="strict"), Resize(fit="640x480")), "web")
    assert Recipe.parse(WEB) == from_json == in_python
    assert in_python.verbs == ("scrub", "resize")


def test_the_digest_is_of_what_is_done_not_of_its_name_or_spelling() -> None:
    plain = Recipe((Scrub(),))
    assert plain.digest == Recipe((Scrub(profile="share"),), "named").digest
    assert plain.digest != Recipe((Scrub(profile="strict"),)).digest
    assert plain.digest != Recipe((Scrub(), Scrub())).digest


def vectors(*, current: bool) -> list[Any]:
    """The vectors whose operations all have today's versions, or those where one was raised."""
    found = []
    for path in sorted(VECTORS.glob("*.json")):
        vector = json.loads(path.read_text())
        steps = json.loads(vector["canonical"])["steps"]
        same = all(operation_named(step["op"]).version == step["version"] for step in steps)
        if same is current:
            found.append(pytest.param(vector, id=path.stem))
    return found


@pytest.mark.parametrize("vector", vectors(current=True))
def test_canonical_form_and_digest_never_change(vector: dict[str, Any]) -> None:
    recipe = Recipe.parse(json.dumps(vector["recipe"]), is_json=True)
    assert recipe.canonical.decode() == vector["canonical"]
    assert recipe.digest == vector["sha256"]


@pytest.mark.parametrize("vector", vectors(current=False))
def test_a_recipe_of_an_older_version_is_never_taken_for_todays(vector: dict[str, Any]) -> None:
    canonical = vector["canonical"].encode()
    assert hashlib.sha256(canonical).hexdigest() == vector["sha256"]
    today = Recipe.parse(json.dumps(vector["recipe"]), is_json=True)
    assert today.digest != vector["sha256"]
    with pytest.raises(RecipeInvalid, match="no longer version"):
        Recipe.from_canonical(canonical)


def test_a_later_parameter_leaves_older_recipes_as_they_were() -> None:
    assert b"drop_marks" not in Recipe((Scrub(),)).canonical
    told = Recipe((Scrub(drop_marks="a test"),))
    assert b'"drop_marks":"a test"' in told.canonical
    assert Recipe.from_canonical(told.canonical) == told


@given(scale=st.sampled_from([2, 3, 4]), quality=st.integers(1, 100))
def test_the_canonical_form_makes_the_round_trip(scale: Any, quality: int) -> None:
    recipe = Recipe((Upscale(scale=scale), Convert(to="webp", quality=quality)))
    assert Recipe.from_canonical(recipe.canonical) == recipe


def test_a_recipe_says_what_it_needs_and_gives() -> None:
    recipe = Recipe((Upscale(scale=3), Upscale(scale=4), Convert(to="png"), Convert(quality=9)))
    assert recipe.needs == (ModelNeed("upscale", "fast", 3), ModelNeed("upscale", "fast", 4))
    assert recipe.wished_format == "png"
    assert recipe.touches_pixels
    assert recipe.gives_image
    assert not Recipe((Scrub(),)).touches_pixels
    assert not Recipe((Inspect(),)).gives_image
    assert Recipe((Scrub(),)).wished_format is None


def test_outputs_are_called_after_the_one_operation_the_name_or_the_digest() -> None:
    assert Recipe((Upscale(scale=2),), "web").suffix == "x2"
    both = (Scrub(), Inspect())
    assert Recipe(both, "web").suffix == "web"
    assert Recipe(both).suffix == Recipe(both).digest[:8]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "steps"),
        ("steps = 3", "must be a list"),
        ('steps = "abc"', "must be a list"),
        ("steps = [3]", "step 1 needs op"),
        ("[[steps]]\nfit = '1x1'", "step 1 needs op"),
        ("[[steps]]\nop = 'frobnicate'", "no operation 'frobnicate'"),
        ("[[steps]]\nop = 'scrub'\n[[steps]]\nop = 'resize'\nfit = 'wide'", "step 2, resize"),
        ("[[steps]]\nop = 'scrub'\ncolour = 1", "step 1, scrub: colour"),
        ("[[steps]]\nop = 'inspect'\n[[steps]]\nop = 'scrub'", "must come last"),
        ("nam = 'x'\n[[steps]]\nop = 'scrub'", "unknown field 'nam'"),
        ("name = 3\n[[steps]]\nop = 'scrub'", "name must be"),
        ("schema = 2\n[[steps]]\nop = 'scrub'", "schema 2"),
        ("[[steps", "TOML is broken"),
        ("a = " + "9" * 5000, "TOML is broken"),
        ("a." * 20 + "b = 1", "a key of too many parts"),
        ("[[a" + ' . "\\\\" . \'b c\' . "\\""' * 6 + "]]", "a key of too many parts"),
        ("[[steps]]\nop = 'scrub'\n" * (MAX_STEPS + 1), f"at most {MAX_STEPS}"),
        ("#" * (MAX_RECIPE_BYTES + 1), "bytes"),
    ],
)
def test_a_wrong_recipe_is_refused_with_the_place(text: str, words: str) -> None:
    with pytest.raises(RecipeInvalid, match=words):
        Recipe.parse(text)


def test_words_with_points_are_no_key_of_many_parts() -> None:
    said = "see www.example.org. And then ... 1.2.3.4, 'a.b', c.d: e.f.g. 1.5"
    recipe = Recipe.parse(f'[[steps]]\nop = "watermark"\ntext = "{said}"\nopacity = 0.5')
    assert recipe.steps[0].name == "watermark"


@pytest.mark.parametrize("text", ["{", "[]", "[" * 50_000, "3"])
def test_broken_json_is_refused(text: str) -> None:
    with pytest.raises(RecipeInvalid):
        Recipe.parse(text, is_json=True)


def test_a_canonical_form_of_another_schema_or_version_is_refused() -> None:
    form = Recipe((Scrub(),)).canonical
    for wrong in (
        form.replace(b'"schema":1', b'"schema":2'),
        form.replace(b'"version":1', b'"version":99'),
        form.replace(b'"scrub"', b'"nothing"'),
    ):
        with pytest.raises(RecipeInvalid):
            Recipe.from_canonical(wrong)


def test_a_file_gives_its_stem_as_name_unless_it_names_itself(tmp_path: Path) -> None:
    (tmp_path / "web.toml").write_text("[[steps]]\nop = 'scrub'\n")
    (tmp_path / "named.toml").write_text(WEB)
    (tmp_path / "j.json").write_text('{"steps": [{"op": "scrub"}]}')
    assert Recipe.load(tmp_path / "web.toml").name == "web"
    assert Recipe.load(tmp_path / "named.toml").name == "web"
    assert Recipe.load(tmp_path / "j.json").name == "j"


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photo.toml").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(InputMissing):
        Recipe.load(tmp_path / "none.toml")
    with pytest.raises(RecipeInvalid):
        Recipe.load(tmp_path / "photo.toml")


def test_every_operation_is_found_by_its_name_alone() -> None:
    assert {"convert", "crop", "inspect", "resize", "scrub", "upscale"} <= set(operations())
    for name, cls in operations().items():
        assert operation_named(name) is cls
    with pytest.raises(RecipeInvalid):
        operation_named("tiling")
    with pytest.raises(RecipeInvalid):
        operation_named("../errors")


def test_an_operation_that_forgot_to_work_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lazy(Operation, name="lazy"):
        """Do nothing."""

    held: Any = object()
    image, ctx = Image(held, held), Context(held, held)
    step = Lazy()
    assert (step.needs(), step.wished_format(), step.suffix()) == ((), None, "lazy")
    with pytest.raises(RecipeInvalid, match="lazy"):
        step.apply(image, ctx)
    ctx.progress(0.5)


def test_formats_are_wished_by_name(tmp_path: Path) -> None:
    wish: Format = "avif"
    assert Convert(to=wish).wished_format() == "avif"
