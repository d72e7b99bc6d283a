"""Settings: who wins, what is refused, what a stranger's folder may not do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import PolicyRefused, SettingInvalid
from safelight.limits import MAX_INPUT_PIXELS, Limits
from safelight.settings import Places, Settings, load, rules
from safelight.settings.rules import quantity


@pytest.fixture
def places(tmp_path: Path) -> Places:
    for name in ("etc", "user", "system", "project"):
        (tmp_path / name).mkdir()
    return Places(
        policy=tmp_path / "etc" / "policy.toml",
        user=tmp_path / "user" / "config.toml",
        system=tmp_path / "system" / "config.toml",
        policy_owner=os.getuid(),
    )


def settled(
    places: Places,
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    project: str = "",
) -> Settings:
    folder = places.policy.parent.parent / "project"
    if project:
        (folder / "safelight.toml").write_text(project)
    return load(flags or {}, environ or {}, folder, places=places)


def test_without_a_word_the_defaults_hold(places: Places) -> None:
    settings = settled(places)
    assert settings == Settings()
    assert {origin.source for origin in settings.origins.values()} == {"default"}
    assert set(settings.origins) == set(rules())
    assert settings.limits() == Limits()


def test_each_source_wins_over_the_one_below(places: Places) -> None:
    places.system.write_text('timeout = "10s"')
    assert settled(places).timeout_s == 10
    places.user.write_text('timeout = "20s"')
    assert settled(places).timeout_s == 20
    assert settled(places, project='timeout = "15s"').timeout_s == 15
    environ = {"SAFELIGHT_TIMEOUT": "30"}
    assert settled(places, environ=environ).timeout_s == 30
    settings = settled(places, {"timeout": "1m"}, environ)
    assert settings.timeout_s == 60
    assert settings.origins["timeout"].source == "flag"
    places.policy.write_text('timeout = "60s"')
    settings = settled(places, {"timeout": "1m"}, environ)
    assert settings.origins["timeout"].source == "policy"
    assert settings.origins["timeout"].is_locked


def test_every_key_can_be_set_in_every_way(places: Places) -> None:
    for key in rules():
        shown = Settings().shown(key) or "place"
        environ = {f"SAFELIGHT_{key.upper()}": shown}
        assert settled(places, environ=environ).origins[key].source == "environment"
        assert settled(places, {key: shown}).origins[key].source == "flag"


@pytest.mark.parametrize(
    ("project", "key"),
    [
        ("require_level = 1", "require_level"),
        ('timeout = "200s"', "timeout"),
        ("jobs = 256", "jobs"),
        ('profile = "none"', "profile"),
        ('profile = "minimal"', "profile"),
        ('keep = ["place"]', "keep"),
        ('existing = "overwrite"', "existing"),
        ("log_names = true", "log_names"),
        ('state_dir = "/elsewhere"', "state_dir"),
        ('data_dir = "/elsewhere"', "data_dir"),
        ('device = "cpu"', "device"),
        ('color = "always"', "color"),
    ],
)
def test_a_project_may_not_loosen(places: Places, project: str, key: str) -> None:
    places.user.write_text("jobs = 2")
    settings = settled(places, project=project)
    assert settings.origins[key].source != "project"
    assert settings == settled(places)
    assert "may only tighten" in settings.warnings[0]


@pytest.mark.parametrize(
    ("project", "key"),
    [
        ("require_level = 3", "require_level"),
        ('timeout = "5s"', "timeout"),
        ("jobs = 1", "jobs"),
        ('max_pixels = "1MP"', "max_pixels"),
        ('max_bytes = "1MB"', "max_bytes"),
        ('profile = "strict"', "profile"),
        ('existing = "fail"', "existing"),
    ],
)
def test_a_project_may_tighten(places: Places, project: str, key: str) -> None:
    settings = settled(places, project=project)
    assert settings.origins[key].source == "project"
    assert settings.warnings == ()


def test_a_project_is_measured_against_what_the_user_set(places: Places) -> None:
    places.user.write_text('timeout = "10s"')
    assert settled(places, project='timeout = "11s"').timeout_s == 10


def test_an_unknown_word_of_a_project_is_told_and_left_alone(places: Places) -> None:
    settings = settled(places, project='elephant = "on"')
    assert "'elephant' is no setting" in settings.warnings[0]


def test_a_project_may_close_the_network_and_not_open_it(places: Places) -> None:
    assert settled(places, project='network = "none"').network == "none"
    places.user.write_text('network = "none"')
    settings = settled(places, project='network = "pull"')
    assert settings.network == "none"
    assert "a project may only tighten" in settings.warnings[0]


def test_a_flag_against_a_locked_key_is_refused(places: Places) -> None:
    places.policy.write_text("require_level = 3")
    with pytest.raises(PolicyRefused, match="--require-level is locked"):
        settled(places, {"require_level": "0"})
    assert settled(places, {"require_level": "3"}).require_level == 3


def test_the_environment_against_a_locked_key_is_told_and_loses(places: Places) -> None:
    places.policy.write_text("require_level = 3")
    settings = settled(places, environ={"SAFELIGHT_REQUIRE_LEVEL": "0"})
    assert settings.require_level == 3
    assert "the policy locks it" in settings.warnings[0]


@pytest.mark.parametrize("mode", [0o666, 0o664, 0o646])
def test_a_policy_that_others_may_write_is_refused(places: Places, mode: int) -> None:
    places.policy.write_text("require_level = 3")
    places.policy.chmod(mode)
    with pytest.raises(PolicyRefused, match="changed by others"):
        settled(places)


def test_a_policy_of_another_owner_is_refused(places: Places) -> None:
    places.policy.write_text("require_level = 0")
    others = Places(places.policy, places.user, places.system, policy_owner=os.getuid() + 1)
    with pytest.raises(PolicyRefused, match="changed by others"):
        settled(others)


@pytest.mark.parametrize("source", ["user", "system", "policy"])
@pytest.mark.parametrize(
    "text", ["timeout = ", "nonsense = 1", 'timeout = "soon"', "\x00", "a" * 70_000]
)
def test_a_broken_file_is_named_and_stops_the_run(places: Places, source: str, text: str) -> None:
    path: Path = getattr(places, source)
    path.write_text(text)
    with pytest.raises(SettingInvalid, match="toml"):
        settled(places)


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("require_level", "4"),
        ("require_level", "-1"),
        ("jobs", "0"),
        ("jobs", "many"),
        ("timeout", "0"),
        ("timeout", "2h"),
        ("timeout", "1.5s"),
        ("max_bytes", "257MB"),
        ("max_pixels", "201MP"),
        ("max_pixels", "10MB"),
        ("max_pixels", "1e9"),
        ("profile", "all"),
        ("keep", "gps"),
        ("existing", "force"),
        ("log_names", "perhaps"),
        ("state_dir", "here"),
        ("data_dir", ""),
    ],
)
def test_what_is_out_of_range_is_refused_by_the_flags_name(
    places: Places, key: str, wrong: str
) -> None:
    with pytest.raises(SettingInvalid, match="^--" + key.replace("_", "-")):
        settled(places, {key: wrong})


@pytest.mark.parametrize(
    ("text", "number"),
    [("200MP", 200_000_000), ("0.5 MP", 500_000), ("200mp", 200_000_000), (12, 12), ("12", 12)],
)
def test_pixels_are_written_as_people_write_them(text: object, number: int) -> None:
    assert quantity(text, {"mp": 1_000_000}, "200MP") == number


@given(st.integers(min_value=1, max_value=MAX_INPUT_PIXELS))
def test_what_is_shown_can_be_typed_again(pixels: int) -> None:
    rule = rules()["max_pixels"]
    assert rule.parse(rule.show(pixels)) == pixels


@given(st.text(max_size=40) | st.integers() | st.floats() | st.booleans() | st.none())
def test_no_value_breaks_a_parser(value: object) -> None:
    for rule in rules().values():
        try:
            rule.parse(value)
        except ValueError:
            continue


def test_an_unknown_variable_is_told(places: Places) -> None:
    settings = settled(places, environ={"SAFELIGHT_REQUIRE_LVL": "3"})
    assert settings.warnings == ("SAFELIGHT_REQUIRE_LVL is no setting; ignored",)


def test_auto_jobs_are_the_cores_this_process_may_use(places: Places) -> None:
    assert settled(places, {"jobs": "auto"}).jobs == len(os.sched_getaffinity(0))


def test_the_home_of_nobody_is_no_folder() -> None:
    with pytest.raises(ValueError, match="home folder of nobody"):
        rules()["state_dir"].parse("~nobody-is-here/x")
