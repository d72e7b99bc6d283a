"""Filing: what `vault encrypt` and `vault decrypt` share: several files, each to a name of its own,
a bad one never stopping the others.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.cli.face import SCHEMA, Face, problem_document
from safelight.cli.printable import printable
from safelight.errors import OutputClash, SafelightError, VaultLocked

if TYPE_CHECKING:
    from safelight.vault.files import Made

Work = Callable[[Path, Path, bytearray], "Made"]


def each(
    face: Face, kind: str, files: Sequence[str], *, name: Callable[[Path], Path], work: Work
) -> int:
    """Do the work on each file, from its path to the one that name gives it; the exit code, which
    is that of a batch.

    kind is the type of its document. Raises VaultLocked.
    """
    from safelight.batch.tally import code_of
    from safelight.engine.kept import refuse_kept
    from safelight.engine.sealing import key_of, taken

    key, failed = key_of(face.settings), Counter[int]()
    for one in files:
        try:
            target = name(Path(one))
            refuse_kept(target, replaces=False)
            with taken(key) as secret:
                made = work(Path(one), target, secret)
        except VaultLocked:
            raise
        except SafelightError as error:
            failed[error.exit_code] += 1
            if face.is_json:
                face.document(problem_document(error, f"{one}: {error.message}"))
            else:
                face.failure(one, error.message, error.hint)
            continue
        if face.is_json:
            facts = {"bytes": made.size_bytes, "sha256": made.sha256}
            document = {"type": kind, "schema": SCHEMA, "input": one, "output": str(target)}
            face.document(document | facts)
        elif face.verbosity >= 0:
            face.out(f"{printable(one)} → {printable(str(target))}")
    return code_of(failed, ended=len(files))


def place(output: str | None, usual: Path, *, several: bool) -> Path:
    """Where one file goes: the usual path, in another folder or under another name where -o says
    so. Raises OutputClash for one name and several files.
    """
    if output is None:
        return usual
    is_folder = output.endswith(os.sep) or os.path.isdir(output)
    if several and not is_folder:
        raise OutputClash("several files do not go to one name", hint="-o FOLDER/")
    if is_folder:
        return Path(output) / usual.name
    return Path(output)
