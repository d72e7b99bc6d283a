"""The policy of a computer, in its real place: locked keys win over everything, and say so."""

from __future__ import annotations

from pathlib import Path

from tests.cli.mounts import in_own_mounts
from tests.cli.pictures import draw

# An /etc of our own with what a process needs, so that the policy can lie in its real place.
ETC = """
    mkdir etc && cp -r /etc/passwd /etc/group /etc/ld.so.cache etc/ && mkdir etc/safelight
    printf '%s\\n' "$POLICY" > etc/safelight/policy.toml
    chmod "${MODE:-644}" etc/safelight/policy.toml
    mount --bind etc /etc
"""


def under_policy(folder: Path, home: Path, policy: str, command: str) -> tuple[int, str, str]:
    done = in_own_mounts(folder, home, f"POLICY='{policy}'\n{ETC}\n{command}")
    return done.returncode, done.stdout, done.stderr


def test_a_flag_against_a_locked_key_is_refused(tmp_path: Path, home: Path) -> None:
    draw(tmp_path / "photo.jpg")
    code, _, errors = under_policy(
        tmp_path, home, "require_level = 2", "$SAFELIGHT scrub photo.jpg --require-level 0"
    )
    assert code == 6
    assert errors.splitlines() == [
        "safelight: scrub: --require-level is locked by the policy of this computer",
        "hint: safelight config show --origin",
    ]


def test_a_locked_profile_binds_flags_and_recipes(tmp_path: Path, home: Path) -> None:
    draw(tmp_path / "photo.jpg", "gps")
    (tmp_path / "keep.toml").write_text('steps = [{op = "scrub", profile = "none"}]')
    locked = 'profile = "strict"'
    lines = "$SAFELIGHT scrub photo.jpg --profile none; echo $?; $SAFELIGHT run keep.toml photo.jpg"
    code, said, errors = under_policy(tmp_path, home, locked, lines)
    assert (said, code) == ("6\n", 6)
    assert "--profile is locked" in errors
    assert "the scrub of this recipe leaves more than the locked profile allows" in errors


def test_the_origin_says_what_is_locked(tmp_path: Path, home: Path) -> None:
    command = "SAFELIGHT_TIMEOUT=90 $SAFELIGHT config show --origin"
    code, said, errors = under_policy(tmp_path, home, 'timeout = "60s"', command)
    assert code == 0
    assert "policy /etc/safelight/policy.toml, locked" in said
    assert "SAFELIGHT_TIMEOUT: timeout is ignored, the policy locks it" in errors


def test_a_policy_that_others_can_write_stops_everything(tmp_path: Path, home: Path) -> None:
    draw(tmp_path / "photo.jpg")
    command = "MODE=666\n" + ETC + "\n$SAFELIGHT scrub photo.jpg"
    done = in_own_mounts(tmp_path, home, f"POLICY='timeout = 60'\n{command}")
    assert done.returncode == 6
    assert "can be changed by others than its owner" in done.stderr
