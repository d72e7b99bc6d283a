"""The command line with a server in the place of this machine: the same words, the same ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from safelight.cli.main import run as safelight
from tests.client.served import Near
from tests.client.test_client import jpeg


@pytest.fixture
def there(near: Near, tmp_path: Path) -> list[str]:
    """The options that name the server."""
    token = tmp_path / "token"
    token.write_text(near.token + "\n")
    token.chmod(0o600)
    return ["--server", near.url, "--server-token-file", str(token)]


def test_an_inspection_is_as_it_is_here(
    there: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photo.jpg").write_bytes(jpeg())
    assert safelight(["inspect", str(tmp_path / "photo.jpg"), "--json", *there]) == 0
    found = capsys.readouterr().out
    assert safelight(["inspect", str(tmp_path / "photo.jpg"), "--json"]) == 0
    here = capsys.readouterr().out

    def facts(lines: str) -> list[object]:
        documents = [json.loads(line) for line in lines.splitlines()]
        return [one for one in documents if one["type"] in ("finding", "meaning")]

    assert facts(found) == facts(here)
