"""The database: nothing of it can be read without its key, and its form is moved forward once."""

from __future__ import annotations

import hashlib
import hmac
import importlib
import secrets
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

import pytest

from safelight.errors import (
    DiskFull,
    OutputFailed,
    PolicyRefused,
    SomethingMissing,
    Unavailable,
    VerificationFailed,
)
from safelight.vault import database
from safelight.vault.database import (
    database_key,
    open_database,
    require_whole,
    transaction,
    translated,
)

KEY = bytes(range(32))
CANARY = "a canary in the reeds " + secrets.token_hex(16)


def first(connection: Connection) -> None:
    connection.execute("CREATE TABLE pictures (name TEXT NOT NULL)")


def second(connection: Connection) -> None:
    connection.execute("ALTER TABLE pictures ADD COLUMN year INTEGER")
    connection.execute("UPDATE pictures SET year = 1999")


def broken(connection: Connection) -> None:
    connection.execute("CREATE TABLE half (name TEXT)")
    connection.execute("INSERT INTO nowhere VALUES (1)")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library" / "library.db"


def filled(path: Path, key: bytes = KEY) -> Path:
    with closing(open_database(path, key, [first])) as connection:
        connection.executemany("INSERT INTO pictures VALUES (?)", [(CANARY,)] * 500)
    return path


def traces(folder: Path, needle: str) -> int:
    found = (path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return sum(data.count(needle.encode()) for data in found)


def test_what_is_written_is_read_again(path: Path) -> None:
    with closing(open_database(filled(path), KEY, [first])) as connection:
        assert connection.execute("SELECT count(*) FROM pictures").fetchone() == (500,)
        require_whole(connection)


def test_no_word_of_it_lies_on_the_disk(path: Path) -> None:
    """Not in the file, nor in its log while it is open."""
    with closing(open_database(filled(path), KEY, [first])) as connection:
        connection.execute("INSERT INTO pictures VALUES (?)", (CANARY,))
        assert {found.name for found in path.parent.iterdir()} > {"library.db-wal"}
        assert traces(path.parent, CANARY) == 0
        assert traces(path.parent, "pictures") == 0
    assert traces(path.parent, CANARY) == 0
    assert not path.read_bytes().startswith(b"SQLite")


def test_control_a_plain_database_shows_it(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE pictures (name TEXT)")
        connection.execute("INSERT INTO pictures VALUES (?)", (CANARY,))
        connection.commit()
    assert traces(path.parent, CANARY) > 0


def test_the_files_are_private(path: Path) -> None:
    with closing(open_database(path, KEY, [first])) as connection:
        connection.execute("INSERT INTO pictures VALUES ('x')")
        assert {found.stat().st_mode & 0o777 for found in path.parent.iterdir()} == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o644)
    with pytest.raises(PolicyRefused, match="open to others"):
        open_database(path, KEY, [first])


def test_another_key_opens_nothing_and_says_nothing(
    path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(VerificationFailed, match="does not open with this key"):
        open_database(filled(path), KEY[::-1], [first])
    assert capfd.readouterr() == ("", "")
    with closing(open_database(path, KEY, [first])):
        pass


def test_a_plain_program_of_sqlite_cannot_open_it(path: Path) -> None:
    with (
        closing(sqlite3.connect(filled(path))) as connection,
        pytest.raises(sqlite3.DatabaseError, match="not a database"),
    ):
        connection.execute("SELECT * FROM sqlite_master")


@pytest.mark.parametrize("place", [3, 20, 4_090, 4_100, 9_000, -1])
def test_a_flipped_bit_anywhere_is_noticed(path: Path, place: int) -> None:
    data = bytearray(filled(path).read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(VerificationFailed):  # noqa: SIM117 - opening may be refused already
        with closing(open_database(path, KEY, [first])) as connection:
            require_whole(connection)


def test_a_key_of_a_wrong_length_is_a_mistake_of_ours(path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        open_database(path, b"short", [])


def test_keys_differ_by_database_and_by_data_key() -> None:
    keys = {database_key(data, name) for data in (KEY, KEY[::-1]) for name in ("a", "b")}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    extracted = hmac.digest(bytes(32), KEY, hashlib.sha256)
    expanded = hmac.digest(extracted, b"safelight/database/1/library\x01", hashlib.sha256)
    assert database_key(KEY, "library") == expanded


def test_each_migration_runs_once_in_order(path: Path) -> None:
    filled(path)
    for _ in range(2):
        with closing(open_database(path, KEY, [first, second])) as connection:
            assert connection.execute("SELECT DISTINCT year FROM pictures").fetchall() == [(1999,)]
            names = connection.execute("SELECT name FROM migrations ORDER BY place").fetchall()
            assert names == [("first",), ("second",)]


def test_an_older_version_refuses_what_a_newer_one_made(path: Path) -> None:
    with closing(open_database(path, KEY, [first, second])):
        pass
    with pytest.raises(PolicyRefused, match="another version"):
        open_database(path, KEY, [first])


def test_a_migration_that_fails_leaves_all_as_it_was(path: Path) -> None:
    filled(path)
    with pytest.raises(Exception, match="nowhere"):
        open_database(path, KEY, [first, broken])
    with closing(open_database(path, KEY, [first])) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        assert ("half",) not in tables


def test_killed_in_the_middle_of_a_migration_the_database_is_whole(path: Path) -> None:
    """The child dies inside the second migration, after its first statement."""
    filled(path)
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from safelight.vault.database import open_database\n"
        "from tests.vault.test_database import KEY, first\n"
        "def second(connection):\n"
        "    connection.execute('DROP TABLE pictures')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "open_database(Path(sys.argv[1]), KEY, [first, second])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert ran.returncode == -9
    with closing(open_database(path, KEY, [first, second])) as connection:
        assert connection.execute("SELECT count(*) FROM pictures").fetchone() == (500,)


def test_an_exception_undoes_what_a_transaction_began(path: Path) -> None:
    def half(connection: Connection) -> None:
        with transaction(connection):
            connection.execute("DELETE FROM pictures")
            raise LookupError

    with closing(open_database(filled(path), KEY, [first])) as connection:
        with pytest.raises(LookupError):
            half(connection)
        assert connection.execute("SELECT count(*) FROM pictures").fetchone() == (500,)


def test_a_database_that_is_held_is_not_available(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_S", 0.01)
    with (
        closing(open_database(path, KEY, [first])) as one,
        closing(open_database(path, KEY, [first])) as other,
        transaction(one),
        pytest.raises(Unavailable, match="another run"),
        transaction(other),
    ):
        pass


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("database or disk is full", DiskFull),
        ("attempt to write a readonly database", OutputFailed),
        ("disk I/O error", OutputFailed),
    ],
)
def test_a_disk_that_refuses_is_one_clear_error(sentence: str, wanted: type[Exception]) -> None:
    dbapi2 = importlib.import_module("sqlcipher3.dbapi2")

    with pytest.raises(wanted), translated():
        raise dbapi2.OperationalError(sentence)


def test_a_mistake_in_a_query_stays_what_it_is(path: Path) -> None:
    dbapi2 = importlib.import_module("sqlcipher3.dbapi2")

    with (
        closing(open_database(path, KEY, [first])) as connection,
        pytest.raises(dbapi2.OperationalError, match="no such table"),
        translated(),
    ):
        connection.execute("SELECT * FROM elephants")


def test_without_the_extra_the_line_that_installs_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sqlcipher3.dbapi2", None)
    with pytest.raises(SomethingMissing, match="extra vault") as caught:
        open_database(path, KEY, [])
    assert caught.value.exit_code == 7
    assert caught.value.hint == "pip install 'safelight[vault]'"


def test_a_file_that_cannot_be_made_is_one_clear_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    path.parent.mkdir(mode=0o700)
    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(DiskFull):
        open_database(path, KEY, [])
