"""Every word of the Studio stands in a catalogue, in each language, and is used."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

LANGUAGES = ("en", "de")
FORMS = {"one", "other"}
PLACEHOLDER = re.compile(r"\{(\w+)\}")
# t('edit.saved'), or the beginning of t(`edit.saved_${…}`).
KEY = r"['\"`]([a-z]+)\.([a-z0-9_]*)"
CALL = re.compile(r"\bt\(([^()]*)")
WHOLE, BEGUN = re.compile(KEY + r"['\"`]"), re.compile(KEY + r"\$\{")
# What stands in a template besides words: scripts, styles, remarks, then tags.
APART = re.compile(r"<script.*?</script>|<style.*?</style>|<!--.*?-->", re.DOTALL)
TAG = re.compile(r"<[^>]*>", re.DOTALL)
CODE = re.compile(r"<(code|kbd)[ >].*?</\1>", re.DOTALL)
SPOKEN = re.compile(r"\b(?:title|aria-label|alt|placeholder|label|text|hint)=\"([^\"]*)\"")
COMMAND = "safelight "
WORD = re.compile(r"[^\W\d_]{2,}")
# The same in every language: names of the program, of a digest, and of nobody.
NAMES = {"Safelight", "SHA", "Anna", "Müller"}

Catalogues = dict[str, dict[str, str | dict[str, str]]]


@pytest.fixture(scope="module")
def web(root: Path) -> Path:
    return root / "web"


def catalogues(web: Path, language: str) -> Catalogues:
    files = sorted((web / "text" / language).glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def keys(found: Catalogues) -> set[str]:
    return {f"{area}.{key}" for area, words in found.items() for key in words}


def forms(words: str | dict[str, str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words.values())


def sources(web: Path) -> Iterator[Path]:
    for folder in ("core", "app", "tab", "widgets"):
        for file in sorted((web / folder).rglob("*")):
            if file.suffix in {".ts", ".svelte"}:
                yield file


def test_every_language_has_every_key(web: Path) -> None:
    english = keys(catalogues(web, "en"))
    assert english
    for language in LANGUAGES:
        assert keys(catalogues(web, language)) == english, language


def test_values_are_filled_in_alike_in_every_language(web: Path) -> None:
    english = catalogues(web, "en")
    for language in LANGUAGES[1:]:
        other = catalogues(web, language)
        for area, all_words in english.items():
            for key, words in all_words.items():
                theirs = other[area][key]
                wanted = {name for one in forms(words) for name in PLACEHOLDER.findall(one)}
                given = {name for one in forms(theirs) for name in PLACEHOLDER.findall(one)}
                assert given == wanted, f"{language} {area}.{key}"


def test_every_text_says_something_and_plurals_are_whole(web: Path) -> None:
    for language in LANGUAGES:
        for area, all_words in catalogues(web, language).items():
            for key, words in all_words.items():
                assert isinstance(words, str) or set(words) == FORMS, f"{language} {area}.{key}"
                assert all(one.strip() for one in forms(words)), f"{language} {area}.{key}"


def test_every_key_is_used_and_every_used_key_is_there(web: Path) -> None:
    written = catalogues(web, "en")
    there, used, begun, unknown = keys(written), set[str](), set[str](), set[str]()
    for file in sources(web):
        text = file.read_text(encoding="utf-8")
        used |= {f"{area}.{key}" for area, key in WHOLE.findall(text) if area in written and key}
        called = {
            f"{area}.{key}" for call in CALL.findall(text) for area, key in WHOLE.findall(call)
        }
        unknown |= {
            f"{file.name}: {key}" for key in called - there if file.name != "text.svelte.ts"
        }
        begun |= {f"{area}.{key}" for area, key in BEGUN.findall(text) if area in written}
    assert unknown == set(), "used, and in no catalogue"
    unused = {key for key in there - used if not any(key.startswith(one) for one in begun)}
    assert unused == set(), "in the catalogues, and used nowhere"


def test_no_component_has_words_of_its_own(web: Path) -> None:
    loose = {
        f"{file.relative_to(web)}: {words}"
        for file in sources(web)
        if file.suffix == ".svelte"
        for words in loose_words(file.read_text(encoding="utf-8"))
    }
    assert loose == set()


def test_loose_words_are_found() -> None:
    said = "<p title=\"Move it\">{t('a.b')} and {#if x > 1}<b>more</b>{/if}<code>serve</code></p>"
    assert loose_words(said) == ["Move", "it", "and", "more"]


def loose_words(component: str) -> list[str]:
    markup = without_expressions(APART.sub("", component))
    spoken = [one for one in SPOKEN.findall(markup) if not one.startswith(COMMAND)]
    text = " ".join([*spoken, TAG.sub(" ", CODE.sub(" ", markup))])
    return [word for word in WORD.findall(text) if word not in NAMES]


def without_expressions(markup: str) -> str:
    """The same without what stands in braces, those inside of braces too."""
    kept, depth = [], 0
    for letter in markup:
        depth += letter == "{"
        if depth == 0:
            kept.append(letter)
        depth -= letter == "}"
    return "".join(kept)
