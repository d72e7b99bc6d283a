"""The small print of the house, held over every tracked file; each rule has a planted break."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.style import code_violations, text_violations

pytestmark = pytest.mark.uncounted  # a sweep: to count its lines takes longer than to run them

CODE_FOLDERS = ("src", "tests", "scripts", "bench", "lab")
# What the rules are quoted in, and what others wrote.
NOT_OURS = frozenset({"LICENSE"})


def tracked(root: Path) -> list[Path]:
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode()
    return [root / name for name in listed.split("\0") if name and (root / name).is_file()]


def tracked_texts(root: Path) -> dict[Path, str]:
    texts = {}
    for path in tracked(root):
        data = path.read_bytes()
        if path.name not in NOT_OURS and b"\0" not in data:
            texts[path.relative_to(root)] = data.decode("utf-8", "replace")
    return texts


def test_files_functions_and_names_keep_their_measure(root: Path) -> None:
    found = [
        f"{path.relative_to(root)}:{line}"
        for path in tracked(root)
        if path.suffix == ".py" and path.relative_to(root).parts[0] in CODE_FOLDERS
        for line in code_violations(path)
    ]
    assert found == []


def test_no_text_holds_unfinished_work_or_foreign_paths(root: Path) -> None:
    found = [
        f"{path}:{line}"
        for path, text in tracked_texts(root).items()
        for line in text_violations(text)
    ]
    assert found == []


def test_no_text_names_a_host_of_the_packages(root: Path) -> None:
    """The hosts that this machine's pip is set to are facts of this machine, not of the project."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    configured = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    hosts = {
        word.split("/")[2].split("@")[-1].strip("'")
        for word in configured.split()
        if word.count("/") > 2 and "//" in word and "." in word.split("/")[2]
    }
    found = [
        f"{path}: {host}"
        for path, text in tracked_texts(root).items()
        for host in hosts
        if host in text
    ]
    assert found == []


def test_everything_public_states_its_contract(root: Path) -> None:
    """Every file of the package opens with a sentence."""
    import ast

    silent = [
        str(path.relative_to(root))
        for path in tracked(root)
        if path.suffix == ".py" and path.relative_to(root).parts[0] == "src"
        if ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert silent == []


def plant(folder: Path, name: str, text: str) -> list[str]:
    file = folder / name
    file.write_text(text)
    return code_violations(file)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("long.py", "x = 1\n" * 401, "the file has 401 lines"),
        ("tall.py", "def f():\n" + "    x = 1\n" * 40, "f has 41 lines"),
        ("wide.py", "def f(a, b, c, d, e): ...\n", "5 positional"),
        ("wide_method.py", "class A:\n    def f(self, a, b, c, d, e): ...\n", "5 positional"),
        ("image_utils.py", "x = 1\n", "says nothing"),
        ("jobs.py", "class JobManager: ...\n", "says nothing"),
    ],
)
def test_a_planted_break_of_measure_is_seen(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    found = plant(tmp_path, name, text)
    assert len(found) == 1
    assert sentence in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n" * 400,
        "def f():\n" + "    x = 1\n" * 39,
        'def f():\n    """One.\n' + "    more\n" * 60 + '    """\n',
        "def f(a, b, c, d, *, e, g): ...\n",
        "class Score: ...\n",
    ],
)
def test_what_keeps_its_measure_is_left_alone(tmp_path: Path, text: str) -> None:
    assert plant(tmp_path, "fine.py", text) == []


@pytest.mark.parametrize(
    "line",
    [
        "# TO" + "DO: later",
        "raise Not" + "ImplementedError",
        'open("/ho' + 'me/anna/photo.jpg")',
        "cd /wo" + "rk/main",
        "--index-url https://registry.example/sim" + "ple/",
        "x = f()  # type: ig" + "nore",
        "x = f()  # no" + "qa",
        "x = f()  # no" + "qa: BLE001",
        "@pytest.mark.sk" + "ip",
        "@pytest.mark.xf" + "ail(reason='hard')",
    ],
)
def test_a_planted_word_is_seen(line: str) -> None:
    assert len(list(text_violations(f"fine\n{line}\n"))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "the root of the tree",
        "https://example.org/a/homework/1",
        "x = f()  # type: ig" + "nore[no-untyped-call]",
        "x = f()  # no" + "qa: BLE001 - the last wall",
        "hackney",
        "docs/ro" + "ot/page.md",
    ],
)
def test_an_innocent_line_is_left_alone(line: str) -> None:
    assert list(text_violations(line)) == []
