"""Database: SQLite whose every page is AES-256 with a digest, by SQLCipher; migrations recorded.

The key is derived from the data key and the database's name, and handed over raw: no passphrase is
stretched. Migrations are functions in a fixed order; each runs once, and the database keeps their
names, so that an older program refuses what a newer one made. Temporary tables stay in memory; what
is deleted is overwritten; the write-ahead log is encrypted like the rest.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from safelight.errors import (
    DiskFull,
    OutputFailed,
    PolicyRefused,
    SomethingMissing,
    Unavailable,
    VerificationFailed,
)
from safelight.vault.private import FILE_MODE, failed_write, open_private, private_folder

if TYPE_CHECKING:
    from sqlite3 import Connection

EXTRA = "pip install 'safelight[vault]'"
KEY_BYTES = 32
WAIT_S = 10.0
INFO = b"safelight/database/1/"
# What a database is told before anything is read. The log would go to the error stream.
SETTINGS = (
    "cipher_log_level = NONE",
    "cipher_memory_security = ON",
    "journal_mode = WAL",
    "synchronous = FULL",
    "secure_delete = ON",
    "temp_store = MEMORY",
    "foreign_keys = ON",
    "trusted_schema = OFF",
)
MADE = (
    "CREATE TABLE IF NOT EXISTS migrations (place INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT"
)

Migration = Callable[["Connection"], None]


def database_key(data: bytes, name: str) -> bytes:
    """The key of the database of this name, derived from the data key by HKDF-SHA256."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), KEY_BYTES, salt=None, info=INFO + name.encode()).derive(data)


def open_database(path: Path, key: bytes, migrations: Sequence[Migration]) -> Connection:
    """Open the database, make it if it is missing, and run the migrations that it has not had.

    The connection commits by itself outside of `transaction`. Raises SomethingMissing without the
    extra, VerificationFailed for another key or a changed file, PolicyRefused for a file that is
    not private or that a newer version made, Unavailable, DiskFull, OutputFailed. A migration
    that fails leaves the database as it was.
    """
    if len(key) != KEY_BYTES:
        raise ValueError("the key of a database has 32 bytes")
    library = _library()
    private_folder(path.parent)
    _make_private(path)
    with translated():
        connection = cast(
            # the module has no types of its own, and the interface of the standard library's
            "Connection",
            library.connect(str(path), timeout=WAIT_S, isolation_level=None),
        )
        try:
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            for one in SETTINGS:
                connection.execute(f"PRAGMA {one}")
            with transaction(connection):
                _migrate(connection, migrations)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All that is done within is kept, or after an exception nothing. Raises Unavailable."""
    with translated():
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


@contextmanager
def translated() -> Iterator[None]:
    """The library's errors as ours; for who reads and writes through a connection."""
    library = _library()
    try:
        yield
    except library.DatabaseError as error:
        raise _ours(error, library) from error


def require_whole(connection: Connection) -> None:
    """Check the digest of every page and the order within. Raises VerificationFailed."""
    with translated():
        faults = [*connection.execute("PRAGMA cipher_integrity_check")]
        order = [row[0] for row in connection.execute("PRAGMA quick_check")]
    if faults or order != ["ok"]:
        raise _changed()


def _migrate(connection: Connection, migrations: Sequence[Migration]) -> None:
    connection.execute(MADE)
    had = [row[0] for row in connection.execute("SELECT name FROM migrations ORDER BY place")]
    names = [migration.__name__ for migration in migrations]
    if had != names[: len(had)]:
        raise PolicyRefused(
            "the database was made by another version", hint="install the newest version"
        )
    for place, migration in enumerate(migrations[len(had) :], len(had)):
        migration(connection)
        connection.execute("INSERT INTO migrations VALUES (?, ?)", (place, migration.__name__))


def _library() -> Any:
    try:
        return importlib.import_module("sqlcipher3.dbapi2")
    except ImportError as error:
        raise SomethingMissing("an encrypted database needs the extra vault", hint=EXTRA) from error


def _make_private(path: Path) -> None:
    """Make the file with mode 0600 before the library would; check one that is there."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    with suppress(FileExistsError):
        try:
            os.close(os.open(path, flags, FILE_MODE))
        except FileExistsError:
            raise
        except OSError as error:
            raise failed_write(error) from error
    os.close(open_private(path, os.O_RDONLY))


def _ours(error: Exception, library: Any) -> Exception:
    text = str(error)
    if isinstance(error, library.OperationalError):
        if "full" in text:
            return DiskFull()
        if "locked" in text or "busy" in text:
            return Unavailable("another run holds the database")
        if "readonly" in text or "I/O" in text or "unable to open" in text:
            return OutputFailed("the database cannot be written")
    is_changed = any(word in text for word in ("not a database", "malformed", "corrupt"))
    return _changed() if is_changed else error


def _changed() -> VerificationFailed:
    return VerificationFailed("the database does not open with this key, or was changed")
