"""Claims: the file is in order, the pages carry the ids, and each fault of a claim is seen."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from safelight.proof.claims import Avoided, Claims, load, parse

CLAIM = """
[[claim]]
id = "network"
sentence = "nothing leaves"
mechanism = "the kernel"
strength = "enforced by kernel"
tests = ["tests/test_a.py::test_it"]
controls = ["tests/test_a.py::test_control"]
said = ["README.md"]
"""
AVOID = '[[avoid]]\nwords = "military[- ]grade"\nwhy = "nobody can show it"\n'
SHOWN = {"tests/test_a.py::test_it", "tests/test_a.py::test_control"}


@pytest.fixture(scope="module")
def script(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("claims_script", root / "scripts/claims.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["claims_script"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def one() -> Claims:
    return parse(CLAIM + AVOID)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("Nothing [leaves](docs/claims.md#network).\n")
    return tmp_path


def test_every_test_that_a_claim_names_is_there(root: Path) -> None:
    for claim in load().claim:
        for node in (*claim.tests, *claim.controls):
            path, name = node.split("::")
            text = (root / path).read_text()
            assert f"def {name}(" in text, node
            signature = text.split(f"def {name}(", 1)[1].split(")", 1)[0]
            assert "shared_data" not in signature, f"{node} is left out where no data are"


def test_the_pages_carry_what_they_promise_and_use_no_word_to_avoid(script: ModuleType) -> None:
    assert [*script.unsaid(load())] == []
    assert [*script.avoided(load().avoid)] == []


def test_a_claim_is_shown_by_a_test_and_a_control_together(script: ModuleType, one: Claims) -> None:
    assert [*script.unshown(one, SHOWN)] == []
    for missing in SHOWN:
        assert len([*script.unshown(one, SHOWN - {missing})]) == 1
    assert len([*script.unshown(one, set())]) == 2


def test_a_page_without_its_id_is_seen(script: ModuleType, one: Claims, tree: Path) -> None:
    assert [*script.unsaid(one, tree)] == []
    (tree / "README.md").write_text("Nothing leaves.\n")
    assert [*script.unsaid(one, tree)] == ["network: README.md does not carry it"]


def test_an_id_that_no_claim_has_is_seen(script: ModuleType, one: Claims, tree: Path) -> None:
    (tree / "docs" / "more.md").write_text("[x](claims.md#other)\n")
    assert [*script.unsaid(one, tree)] == ["docs/more.md: no claim is called other"]


def test_an_id_in_the_words_of_the_program_is_held_too(
    script: ModuleType, one: Claims, tree: Path
) -> None:
    (tree / "src").mkdir()
    (tree / "src" / "help.py").write_text('PAGE = "docs/claims.md#other"\n')
    assert [*script.unsaid(one, tree)] == ["src/help.py: no claim is called other"]


def test_a_row_of_promises_without_an_id_is_seen(
    script: ModuleType, one: Claims, tree: Path
) -> None:
    table = "| promise | check |\n|---|---|\n| a [x](docs/claims.md#network) | b |\n| bare | c |\n"
    with (tree / "README.md").open("a") as file:
        file.write("\n" + table + "\n| other | table |\n|---|---|\n| is | free |\n")
    assert [*script.unsaid(one, tree)] == ["README.md: a promise without its claim: bare | c"]


@pytest.mark.parametrize("text", ["military grade", "Military-Grade", "military\n  grade"])
@pytest.mark.parametrize("name", ["docs/x.md", "src/x.py", "changes/0001-x.md"])
def test_a_word_to_avoid_is_seen_wherever_it_stands(
    script: ModuleType, one: Claims, tree: Path, name: str, text: str
) -> None:
    place = tree / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"It is fine.\nIt is {text}.\n")
    found = [*script.avoided(one.avoid, tree)]
    assert found == [f"{name}:2: /military[- ]grade/ is not said: nobody can show it"]


@pytest.mark.parametrize(
    "said",
    [
        "cryptographically wiped from memory",
        "it leaves no trace",
        "GDPR compliant",
        "HIPAA inherent",
        "AES-256 with ChaCha20-Poly1305 cipher suites",
        "vectors cannot be reverse-engineered",
        "a checksum proves that nothing left",
    ],
)
def test_the_words_of_the_seeds_are_on_the_list(said: str) -> None:
    assert any(one.found_in(said) for one in load().avoid)


def test_honest_words_are_left_alone() -> None:
    honest = (
        "It makes nobody compliant. AES-256. Memory is overwritten. ChaCha20 is another cipher."
    )
    assert not any(one.found_in(honest) for one in load().avoid)


@pytest.mark.parametrize(
    "wrong",
    [
        CLAIM + CLAIM,
        CLAIM.replace("enforced by kernel", "very strong"),
        CLAIM.replace('controls = ["tests/test_a.py::test_control"]', "controls = []"),
        CLAIM.replace("::test_it", ""),
        CLAIM + 'more = "x"\n',
    ],
)
def test_a_file_out_of_order_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        parse(wrong + AVOID)


def test_the_page_is_held_and_written_by_the_run(
    script: ModuleType, one: Claims, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tree / "run.json"
    run.write_text(json.dumps({"passed": sorted(SHOWN)}))
    monkeypatch.setattr(script, "ROOT", tree)
    monkeypatch.setattr(script, "PAGE", tree / "docs" / "claims.md")
    monkeypatch.setattr(script, "load", lambda: one)
    monkeypatch.setattr(script, "unsaid", lambda _claims: iter(()))
    monkeypatch.setattr(script, "avoided", lambda _words: iter(()))
    assert script.main(["--check", str(run)]) == 1
    assert script.main([str(run)]) == 0
    assert "nothing leaves" in (tree / "docs" / "claims.md").read_text().lower()
    assert script.main(["--check", str(run)]) == 0
    run.write_text(json.dumps({"passed": []}))
    assert script.main(["--check", str(run)]) == 1


def test_the_lines_of_a_word_are_counted() -> None:
    assert Avoided(words="a b", why="x").found_in("a b\n\na\nb") == [1, 3]


def test_a_run_writes_down_what_passed_and_nothing_else(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that fails with one of its parameters, or is skipped, did not pass."""
    (tmp_path / "conftest.py").write_text(
        "from tests.house.claims import watch\n"
        "def pytest_addoption(parser):\n    parser.addoption('--claims')\n"
        "def pytest_configure(config):\n    watch(config)\n"
    )
    (tmp_path / "test_x.py").write_text(
        "import pytest\n"
        "def test_good(): pass\n"
        "def test_bad(): assert False\n"
        "@pytest.mark.parametrize('n', [1, 2])\ndef test_half(n): assert n == 1\n"
        "def test_left_out(): getattr(pytest, 'sk' + 'ip')('x')\n"
        "@pytest.fixture\ndef torn():\n    yield\n    raise ValueError\n"
        "def test_torn(torn): pass\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.setenv("PYTHONPATH", str(root))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    import subprocess

    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--claims", "run.json"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    found = json.loads((tmp_path / "run.json").read_text())["passed"]
    assert found == ["test_x.py::test_good"]
