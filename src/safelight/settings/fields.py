"""The settings themselves: one field each, with its default and its rule."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from safelight.limits import MAX_INPUT_BYTES, MAX_INPUT_PIXELS, MAX_TIMEOUT_S, MEGA, Limits
from safelight.settings import rules as r
from safelight.settings.rules import Origin, Rule

USUAL_BUDGET_BYTES = 512 * MEGA
MAX_BUDGET_BYTES = 1_000_000 * MEGA
PROFILES = ("none", "minimal", "share", "strict")
EXISTING = ("overwrite", "skip", "rename", "verify", "fail")
PROGRESS = ("auto", "bar", "plain", "json", "none")
COLOR = ("auto", "always", "never")
# From what may open a connection to what opens none.
NETWORK = ("pull", "none")
RECEIPT_PROFILES = ("usual", "sensitive")
CODE = "1 to 64 letters, digits and . _ : / - or blanks"
# From what tells most of the original to what tells nothing.
FILE_TIMES = ("input", "now", "none")


def _setting(default: Any, rule: Rule) -> Any:
    if callable(default):
        return field(default_factory=default, metadata={"rule": rule})
    return field(default=default, metadata={"rule": rule})


def _words(words: tuple[str, ...], sentence: str, *, is_ordered: bool = False) -> Rule:
    tighter = r.later_in(words) if is_ordered else None
    return Rule(r.one_of(*words), ", ".join(words), sentence, is_tighter=tighter)


def _state_dir() -> Path:
    from platformdirs import user_state_path

    return user_state_path("safelight", appauthor=False)


def _data_dir() -> Path:
    from platformdirs import user_data_path

    return user_data_path("safelight", appauthor=False)


LEVEL = Rule(
    r.whole(0, 3, "2"), "0 to 3", "refuse to work in a cage weaker than this", is_tighter=r.higher
)
JOBS = Rule(
    r.jobs,
    "1 to 256, auto",
    "pictures worked on side by side; auto is one per core",
    is_tighter=r.lower,
)
TIMEOUT = Rule(
    r.whole(1, MAX_TIMEOUT_S, "90s", r.SECONDS),
    f"1s to {MAX_TIMEOUT_S}s",
    "longest time for one picture",
    show=lambda seconds: f"{seconds}s",
    is_tighter=r.lower,
)
MAX_BYTES = Rule(
    r.whole(1, MAX_INPUT_BYTES, "200MB", r.BYTES),
    f"1 to {MAX_INPUT_BYTES // MEGA}MB",
    "largest input file",
    show=r.mega("MB"),
    is_tighter=r.lower,
)
MAX_PIXELS = Rule(
    r.whole(1, MAX_INPUT_PIXELS, "200MP", r.PIXELS),
    f"1 to {MAX_INPUT_PIXELS // MEGA}MP",
    "largest input picture, width times height",
    show=r.mega("MP"),
    is_tighter=r.lower,
)
MEMORY_BUDGET = Rule(
    r.whole(0, MAX_BUDGET_BYTES, "512MB", r.BYTES),
    f"0 to {MAX_BUDGET_BYTES // MEGA}MB",
    "held in memory beside what is worked on; more goes to an encrypted file for that time",
    show=r.mega("MB"),
    is_tighter=r.lower,
)
DEVICE = Rule(r.device, ", ".join(r.DEVICES), "what runs models")
KEEP = Rule(
    r.groups,
    ", ".join(r.GROUPS),
    "groups of metadata kept besides those of the profile",
    show=",".join,
    is_tighter=r.fewer,
)
RECEIPT_NAMES = Rule(
    r.switch,
    "true, false",
    "file names in receipts, never paths",
    show=lambda is_on: str(is_on).lower(),
    is_tighter=r.lower,
)
RECEIPT_PIXELS = Rule(
    r.switch,
    "true, false",
    "digests of the decoded pixels in receipts, of input and output",
    show=lambda is_on: str(is_on).lower(),
    is_tighter=r.lower,
)
LOG_NAMES = Rule(
    r.switch,
    "true, false",
    "file names in progress and log lines",
    show=lambda is_on: str(is_on).lower(),
    is_tighter=r.lower,
)
HIDE_VALUES = Rule(
    r.switch,
    "true, false",
    "inspect shows what kinds of metadata are there, not what they say",
    show=lambda is_on: str(is_on).lower(),
    is_tighter=r.higher,
)
PASSPHRASE_FILE = Rule(
    r.file,
    "a path",
    "file whose first line opens a vault that a passphrase keeps",
    show=lambda path: "" if path is None else str(path),
)
SERVER = Rule(
    r.server,
    "https://HOST:PORT, unix:PATH, local, none",
    "server that works on the pictures in place of this machine; local: the one that runs here",
    show=lambda address: address or "none",
)
SERVER_TOKEN_FILE = Rule(
    r.file,
    "a path",
    "file with the token for the server, in place of what connect stored",
    show=lambda path: "" if path is None else str(path),
)


@dataclass(frozen=True)
class Settings:
    """Every setting. Its key in files, flags and variables is the field's name without the unit.

    timeout_s in seconds, max_bytes and memory_budget in bytes, max_pixels in pixels; folders are
    absolute.
    """

    require_level: int = _setting(2 if sys.platform == "linux" else 0, LEVEL)
    jobs: int = _setting(r.usable_cores, JOBS)
    timeout_s: int = _setting(120, TIMEOUT)
    max_bytes: int = _setting(MAX_INPUT_BYTES, MAX_BYTES)
    max_pixels: int = _setting(MAX_INPUT_PIXELS, MAX_PIXELS)
    memory_budget: int = _setting(USUAL_BUDGET_BYTES, MEMORY_BUDGET)
    profile: str = _setting("share", _words(PROFILES, "what a scrub leaves", is_ordered=True))
    keep: tuple[str, ...] = _setting((), KEEP)
    existing: str = _setting(
        "verify",
        _words(EXISTING, "what to do with an output that is there", is_ordered=True),
    )
    file_time: str = _setting(
        "now",
        _words(
            FILE_TIMES,
            "time of change that outputs get: that of the input, of the work, or 1980 for all",
            is_ordered=True,
        ),
    )
    network: str = _setting(
        "pull",
        _words(
            NETWORK,
            "what may open a connection: models pull and --server, or nothing",
            is_ordered=True,
        ),
    )
    device: str = _setting("auto", DEVICE)
    progress: str = _setting("auto", _words(PROGRESS, "how progress is shown, on the error stream"))
    color: str = _setting("auto", _words(COLOR, "colour in what is printed"))
    hide_values: bool = _setting(False, HIDE_VALUES)
    log_names: bool = _setting(False, LOG_NAMES)
    receipt_profile: str = _setting(
        "usual",
        _words(
            RECEIPT_PROFILES,
            "what receipts tell; sensitive: no plain digest, no free words, no places",
            is_ordered=True,
        ),
    )
    receipt_names: bool = _setting(False, RECEIPT_NAMES)
    receipt_pixels: bool = _setting(False, RECEIPT_PIXELS)
    role: str = _setting("", Rule(r.code, CODE, "role of who works here, in receipts"))
    purpose: str = _setting(
        "", Rule(r.code, CODE, "purpose of the work, as your record of processing calls it")
    )
    state_dir: Path = _setting(
        _state_dir, Rule(r.folder, "an absolute path", "folder of the keys and the journal")
    )
    data_dir: Path = _setting(
        _data_dir,
        Rule(
            r.folder, "an absolute path", "folder of the models that were pulled, imported or added"
        ),
    )
    passphrase_file: Path | None = _setting(None, PASSPHRASE_FILE)
    server: str = _setting("", SERVER)
    server_token_file: Path | None = _setting(None, SERVER_TOKEN_FILE)
    origins: Mapping[str, Origin] = field(default_factory=dict, compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    def limits(self) -> Limits:
        """The limits of one job under these settings."""
        return Limits(
            input_bytes=self.max_bytes, input_pixels=self.max_pixels, timeout_s=self.timeout_s
        )

    def shown(self, key: str) -> str:
        """The value of a key as one would write it in a flag."""
        return rules()[key].show(getattr(self, field_named(key)))


@cache
def rules() -> dict[str, Rule]:
    """Every key with its rule, in the order of the fields."""
    return {
        one.name.removesuffix("_s"): one.metadata["rule"]
        for one in fields(Settings)
        if "rule" in one.metadata
    }


def field_named(key: str) -> str:
    """The name of the field behind a key."""
    return f"{key}_s" if key == "timeout" else key
