"""Every word of the Studio stands in a catalogue, in each language, and is used."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.errors import SafelightError
from tests.studio.in_node import called

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
# How one speaks to friends; the Studio says "Sie" to everybody.
CLOSE = re.compile(r"\b(?:du|dein\w*|dir|dich|mach|nimm|sieh|lass) ", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]{2,}")
# The same in every language: names of the program, of a digest, and of nobody.
NAMES = {"Safelight", "SHA", "Anna", "Müller"}

CODE_OF = re.compile(r"(?:\bcode: |\bours\()'([a-z-]+)'")
# Of the server, the command line and its batches: no tab raises them.
ELSEWHERE = {
    "answer-unknown", "body-too-large", "busy", "caller-unknown", "digest-wrong", "disk-full",
    "gone", "host-foreign", "input-missing", "key-reused", "level-too-low", "media-unknown",
    "method-unknown", "model-faulty", "model-unknown", "not-allowed", "origin-foreign",
    "output-clash", "output-exists", "path-unknown", "runtime-missing", "setting-invalid",
    "still-running", "unavailable", "usage", "vault-locked", "wire-broken",
}  # fmt: skip
# Told by the tool that raises them, in words of its own; what was cancelled is not told at all.
SAID = {"cancelled", "many-no-json", "many-no-steps", "upscale-failed"}

Catalogues = dict[str, dict[str, str | dict[str, str]]]


@pytest.fixture(scope="module")
def web(root: Path) -> Path:
    return root / "web"


@pytest.fixture(scope="module")
def languages(web: Path) -> list[str]:
    """English first; each folder is one."""
    found = {folder.name for folder in (web / "text").iterdir()}
    return ["en", *sorted(found - {"en"})]


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


def test_every_language_has_every_key(web: Path, languages: list[str]) -> None:
    english = keys(catalogues(web, "en"))
    assert english
    for language in languages:
        assert keys(catalogues(web, language)) == english, language


def test_values_are_filled_in_alike_in_every_language(web: Path, languages: list[str]) -> None:
    english = catalogues(web, "en")
    for language in languages[1:]:
        other = catalogues(web, language)
        for area, all_words in english.items():
            for key, words in all_words.items():
                theirs = other[area][key]
                wanted = {name for one in forms(words) for name in PLACEHOLDER.findall(one)}
                given = {name for one in forms(theirs) for name in PLACEHOLDER.findall(one)}
                assert given == wanted, f"{language} {area}.{key}"


def test_every_text_says_something_and_plurals_are_whole(web: Path, languages: list[str]) -> None:
    of_each = called("languages", [("formsOf", [language]) for language in languages])
    for language, wanted in zip(languages, of_each, strict=True):
        for area, all_words in catalogues(web, language).items():
            for key, words in all_words.items():
                whole = isinstance(words, str) or set(words) == set(wanted)
                assert whole, f"{language} {area}.{key}"
                assert all(one.strip() for one in forms(words)), f"{language} {area}.{key}"


def test_german_speaks_to_a_reader_in_one_way(web: Path) -> None:
    words = [*(web / "text" / "de").rglob("*.json")]
    close = {file.name: CLOSE.findall(file.read_text(encoding="utf-8")) for file in words}
    assert {name: found for name, found in close.items() if found} == {}


def test_a_language_that_nobody_named_has_its_forms_its_name_and_its_direction() -> None:
    words = {"one": "plik", "few": "pliki", "many": "plików", "other": "pliku"}
    calls = [("inForm", [words, n, "pl"]) for n in (1, 3, 12, 1.5)]
    calls += [("inForm", [{"one": "file", "other": "files"}, 2, "pl"])]  # a form that is not there
    calls += [
        ("nameOf", ["pl"]),
        ("nameOf", ["de"]),
        ("directionOf", ["he"]),
        ("directionOf", ["pl"]),
    ]
    found = ["plik", "pliki", "plików", "pliku", "files", "Polski", "Deutsch", "rtl", "ltr"]
    assert called("languages", calls) == found


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


def test_every_problem_of_the_tab_has_words(web: Path) -> None:
    """Those that the engine may raise there, and those of the frame's own scripts."""
    known = {one.code for one in family(SafelightError)}
    assert known >= ELSEWHERE
    files = (web / "tab").rglob("*.ts")
    own = {code for file in files for code in CODE_OF.findall(file.read_text(encoding="utf-8"))}
    wanted = {f"problem_{code.replace('-', '_')}" for code in (known | own) - ELSEWHERE - SAID}
    assert wanted - set(catalogues(web, "en")["frame"]) == set()


def family(kind: type[SafelightError]) -> Iterator[type[SafelightError]]:
    yield kind
    for heir in kind.__subclasses__():
        yield from family(heir)


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
