"""detect, pose, classify, draw and redact as one types them: what is said, drawn and covered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from safelight.annotation import Annotation
from safelight.batch.steps import looks_before
from safelight.cli.seeing import MOST_LINES, MOST_NAMED, MOST_WORDS, Seen, lines
from safelight.ops.redact import Redact
from tests.cli.testscript import Script
from tests.ops.seers import install, red_squares

SCRIPT = r"""
# what was seen, a line each; of several pictures what was seen in all of them
run detect red.png blank.png
stdout '^red\.png \(png, 80 x 80\)$'
stdout '^  square +\d+ %  10 x 10 at 20,10$'
stdout 'network: closed by the kernel'
stdout 'what was seen is personal data where the picture is'
stdout '^blank\.png \(png, 80 x 80\)$'
stdout '^  nothing seen$'
stdout '^  2 files · 2 looked at$'
stdout '^  seen:    square 2$'
stdout '^ +nothing in 1: blank\.png$'
run pose blank.png
stdout '^  person +83 %  4[01] x 2[01] at 20,20, 3 of 4 points$'
run pose red.png --each
exit 2
stderr 'label number 1 is no word that the model knows$'
run classify red.png --top 1
stdout '^  red +\d+ %$'
! stdout green
# for programs
run detect red.png --json
json type=item status=done receipt="" output=None
stdout '"annotations": \[\{"kind": "box", "label": "square", "score": [\d.]+, "box": \[20, 10, 10'
# a picture of it
run detect red.png --draw --format jpeg
exists red.seen.jpg
stdout '^  square '
stdout '^  1 file · 1 looked at$'
stdout 'receipts: \.safelight'
run detect red.png blank.png --draw -o out/
exists out/red.png
stdout '^  seen:    square 2$'
! stdout '^  square +'
run detect red.png -o nothing.png
exit 2
stderr 'there is no picture to write$'
stderr 'with --draw$'
missing nothing.png
run detect red.png --format jpeg
exit 2
stderr 'without --draw'
run draw red.png -o drawn.png
exists drawn.png
# covered
run redact red.png --seen square --grow 0% --model seer-detect -o named.png
! stderr 'nothing was found'
run redact red.png --seen square,triangle -o none.png
exit 2
stderr "would never find 'triangle'"
stderr 'words are: square$'
missing none.png
run redact red.png blank.png --faces -o covered/
stderr 'nothing was found in 1 of 2 pictures'
stdout '^ +nothing in 1: blank\.png$'
run redact red.png --faces -o plan/ --dry-run --json > plan.jsonl
run run plan.jsonl
exists plan/red.png
run redact red.png --faces -o plan/
stdout 'already done'
run redact red.png
exit 2
stderr 'give box, or seen'
# both were looked for, one alone is to be covered, and is not there
text one.json '{"steps":[{"op":"pose"},{"op":"detect"},{"op":"redact","seen":["square"]}]}'
run run one.json blank.png -o one.png
stdout '^  person '
stderr 'nothing was found in the picture, so nothing seen is covered'
# a recipe in which nothing can be where it was seen
text moved.json '{"steps": [{"op":"detect"},{"op":"flip","horizontal":true},{"op":"draw"}]}'
run run moved.json red.png
exit 2
stderr 'flip moves what detect has seen'
run detect red.png --model nobody
exit 7
run detect red.png --least 2
exit 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    red_squares((2, 1), (6, 5)).save(tmp_path / "red.png")
    red_squares().save(tmp_path / "blank.png")
    return tmp_path


def test_as_one_types_it(folder: Path, home: Path) -> None:
    data = home / "data"
    install(data / "models", "detect", "pose", "classify")
    script = Script(folder, home, is_a_process=False)
    script.play(f"env SAFELIGHT_DATA_DIR={data}\n{SCRIPT}")


def test_without_a_model_the_line_that_gets_one_is_told(folder: Path, home: Path) -> None:
    script = Script(folder, home, is_a_process=False)
    script.play(
        f"env SAFELIGHT_DATA_DIR={home}/data\n"
        "run redact red.png --faces\nexit 7\n"
        "stderr '^hint: safelight models pull [a-z0-9-]+$'\n"
        "missing red.redacted.png"
    )


def test_more_than_one_can_read_is_counted() -> None:
    things = [Annotation("box", f"thing {n}", 0.5, (n, 0, 5, 5)) for n in range(MOST_LINES + 3)]
    told = list(lines(things))
    assert len(told) == MOST_LINES + 1
    assert told[-1] == "and 3 more; --json lists all"
    seen = Seen()
    seen.add(things, "a.png")
    assert list(seen.rows()) == []
    for number in range(MOST_NAMED + 2):
        seen.add((), f"{number:03}.png")
    words, nothing = seen.rows()
    assert words.count("·") == MOST_WORDS
    assert words.endswith(f"and {MOST_LINES + 3 - MOST_WORDS} more words")
    assert nothing.startswith(f"nothing in {MOST_NAMED + 2}: 000.png, ")
    assert nothing.endswith("019.png and 2 more")


def test_a_face_is_looked_for_by_what_finds_faces() -> None:
    def looked(**typed: Any) -> list[tuple[str, tuple[str, ...]]]:
        steps = [step.parameters() for step in looks_before(Redact, typed)]
        return [(step["model"], tuple(step["label"])) for step in steps]

    faces, usual = ("faces", ()), ("usual", ("dog",))
    assert looked(seen="Face") == looked(faces=True) == [faces]
    assert looked(seen="face,dog") == looked(seen="dog", faces=True) == [faces, usual]
    assert looked(seen="face", detector="mine") == [("mine", ("face",))]
    assert looked(seen="any") == [("usual", ())]
    assert looked() == []
