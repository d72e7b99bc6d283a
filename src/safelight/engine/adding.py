"""Adding: a user's own model, from a file that nobody vouches for to an entry that is tried out.

Outside the cage the bytes are hashed and copied, and nothing else: its shapes are read, its answers
looked at and its memory measured in the cage.
"""

from __future__ import annotations

import hashlib
import io
import math
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from safelight.engine.selftest import usable_cores
from safelight.engine.shelving import Shelving, Told
from safelight.engine.source import open_source
from safelight.engine.trial import Trial, step_for
from safelight.engine.tuning import drawn
from safelight.errors import InputMissing, InputRefused, UsageError
from safelight.image import Finding
from safelight.limits import MAX_MODEL_BYTES, MEGA
from safelight.models.entry import Entry, Form
from safelight.models.nature import Nature, nature_of, peak_of
from safelight.models.plain import NotPlain, open_plain
from safelight.models.proposing import blank
from safelight.models.sealed import load
from safelight.models.staging import READ_BYTES, Wanted, refuse_full_disk, written
from safelight.models.store import Store
from safelight.recipe import Recipe
from safelight.settings import Settings
from safelight.worker.host import open_host
from safelight.worker.job import LOOKED_AT, MEASURED, Job, Plan, exam_file

# What a file is, by the end of its name; and of those that come as two, the end of the other.
FORMS: dict[str, Form] = {
    ".onnx": "onnx",
    ".tflite": "tflite",
    ".pth": "torch",
    ".pt": "torch",
    ".param": "ncnn",
    ".pb": "tensorflow",
    ".json": "keras",
    ".prototxt": "caffe",
}
OTHERS = {".param": ".bin", ".prototxt": ".caffemodel"}
MAX_FILES = 5
# What a session may take while it is looked at: so many bytes, and so many times its own files.
ROOM_BYTES, ROOM_TIMES = 2_000 * MEGA, 6
# What a picture may add to the measured peak.
MARGIN, MEBIBYTE = 1.15, 1_048_576
LARGEST_PROBE = 16


@dataclass(frozen=True, slots=True)
class Draft:
    """Files that were looked at in the cage, and what they are."""

    files: tuple[tuple[Wanted, Path], ...]
    form: Form
    nature: Nature


class Adding:
    """Takes a user's own models in. Nothing is kept before the last step, nor after a failure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.shelving = Shelving(settings)

    def look(self, paths: Sequence[Path], form: Form | None = None) -> Draft:
        """Hash the files and have them examined in the cage.

        Raises InputMissing, InputRefused for what is too large or no file, UsageError for a form
        that cannot be told, and what the examination raises.
        """
        every = _complete(paths)
        kind = form or _form(every[0])
        files = tuple((_hashed(path), path) for path in every)
        entry = blank(kind, [one for one, _path in files])
        nature = nature_of(self._asked(LOOKED_AT, entry, files))
        return Draft(files, kind, nature)

    def require_free(self, name: str) -> None:
        """Raises UsageError for a name that the catalogue has, or one that stands for a model."""
        taken = {word for entry in Store().catalogue() for word in (entry.name, *entry.aliases)}
        if name in taken:
            raise UsageError(
                f"{name} is what the catalogue calls a model: another needs another name",
                hint=f"--name my-{name}",
            )

    def measured(self, entry: Entry, draft: Draft) -> Entry:
        """The entry, with the memory that one answer takes here.

        Raises UsageError for one that no verb could use, and what opening and asking it raise.
        """
        if step_for(entry) is None:
            raise UsageError(
                f"no verb takes a model for {entry.task} of this kind",
                hint="--task classify, detect, pose, cutout, upscale or embed",
            )
        peak = peak_of(self._asked(MEASURED, entry, draft.files))
        return entry.model_copy(
            update={"peak_bytes": math.ceil(peak * MARGIN / MEBIBYTE + 1) * MEBIBYTE}
        )

    def take(self, entry: Entry, draft: Draft, told: Told) -> Trial | None:
        """Copy, check, try out, take into use. Raises as admit does; then nothing is left."""
        self.require_free(entry.name)
        refuse_full_disk(self.shelving.shelf.folder, entry.total_bytes)
        with self.shelving.alone():
            return self._take(entry, draft, told)

    def _take(self, entry: Entry, draft: Draft, told: Told) -> Trial | None:
        staged = self.shelving.shelf.staged(entry)
        try:
            for one, (_wanted, path) in zip(staged, draft.files, strict=True):
                one.start("")
                with _opened(path) as source, one.appending() as target:
                    while chunk := source.read(READ_BYTES):
                        written(target, chunk)
                one.check()
            return self.shelving.admit(entry, told)
        finally:
            for one in staged:
                one.drop()

    def _asked(
        self, what: str, entry: Entry, files: tuple[tuple[Wanted, Path], ...]
    ) -> tuple[Finding, ...]:
        """What a worker that does nothing else says of the model."""
        limits = self._settings.limits()
        room = max(ROOM_BYTES, ROOM_TIMES * entry.total_bytes) + entry.peak_bytes
        plan = Plan(
            needs_pixels=False,
            runtimes=frozenset({entry.runtime}),
            limits=replace(limits, memory_bytes=limits.memory_bytes + room),
            threads=usable_cores(),
            required_level=self._settings.require_level,
        )
        picture = drawn(LARGEST_PROBE)
        recipe = Recipe.from_steps([{"op": "inspect"}]).canonical
        with ExitStack() as stack:
            model = stack.enter_context(load(entry, files))
            source = stack.enter_context(open_source(picture, len(picture), hashlib.sha256()))
            host = stack.enter_context(open_host(plan, portable=sys.platform != "linux"))
            exam = exam_file(what, entry.to_json(), model.fd, model.size_bytes)
            job = Job(source.fd, source.size_bytes, recipe, (exam,), wants_image=False)
            return stack.enter_context(host.run(job)).findings


def _complete(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The files, with the other one of a pair where it lies beside."""
    first = paths[0]
    other = OTHERS.get(first.suffix.lower())
    every = tuple(paths)
    if other is not None and len(paths) == 1:
        every = (first, first.with_suffix(other))
    if len(every) > MAX_FILES:
        raise UsageError(f"a model has at most {MAX_FILES} files")
    return every


def _form(path: Path) -> Form:
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise UsageError(
            f"what {path.name} is cannot be told by its name",
            hint=f"--form, or a name that ends in one of: {' '.join(FORMS)}",
        )
    return form


def _opened(path: Path) -> io.FileIO:
    """The file, if it is a regular one of a model's size; a pipe is not waited for."""
    refused = InputRefused(
        f"{path} is no file of 1 to {MAX_MODEL_BYTES} bytes, as a model is",
        hint="models come as a file, or a few",
    )
    try:
        file = open_plain(path)
    except NotPlain as error:
        raise refused from error
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "no such name").lower()
        raise InputMissing(f"{path} cannot be read: {reason}") from error
    if not 1 <= os.fstat(file.fileno()).st_size <= MAX_MODEL_BYTES:
        file.close()
        raise refused
    return file


def _hashed(path: Path) -> Wanted:
    digest = hashlib.sha256()
    size_bytes = 0
    with _opened(path) as file:
        while chunk := file.read(READ_BYTES):
            digest.update(chunk)
            size_bytes += len(chunk)
            if size_bytes > MAX_MODEL_BYTES:
                raise InputRefused(f"{path} grew while it was read")
    return Wanted(path.name, digest.hexdigest(), size_bytes)
