"""Where pictures could still flow: each fact of the system planted, seen, and gone without it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from safelight.engine.engine import Engine
from safelight.proof.dataflow.ground import Ground, real
from safelight.proof.dataflow.machine import Machine
from safelight.proof.dataflow.mounts import removable
from tests.codecs.making import jpeg
from tests.proof.flows import names, plant, seen, ways


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / "a.jpg").write_bytes(jpeg())
    return folder


def test_on_a_system_that_tells_nothing_there_is_no_way_out(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    assert ways(seen(folder, ground, engine)) == {}


CLIENTS = {
    "Dropbox": (".dropbox/info.json", '{{"personal": {{"path": "{0}", "host": 1}}}}'),
    "Nextcloud": (".config/Nextcloud/nextcloud.cfg", "0\\Folders\\1\\localPath={0}/\n"),
    "ownCloud": (".config/ownCloud/owncloud.cfg", "0\\Folders\\1\\localPath={0}\n"),
    "Syncthing": (
        ".config/syncthing/config.xml",
        '<folder id="x" label="y" path="{0}" type="sendreceive">',
    ),
    "OneDrive": (".config/onedrive/config", 'sync_dir = "{0}"\n'),
    "Insync": (".config/Insync/insync.conf", "base={0}\n"),
    "Seafile": (".ccnet/seafile.ini", "{0}\n"),
    "digiKam": (".config/digikamrc", "Album Path={0}\n"),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_folder_of_a_sync_client_is_seen_and_another_one_is_not(
    folder: Path, ground: Ground, engine: Engine, client: str
) -> None:
    place, form = CLIENTS[client]
    plant(ground.home / place, form.format(folder.parent / "elsewhere"))
    assert ways(seen(folder, ground, engine)) == {}
    for named in (folder, folder.parent, folder / "below"):
        plant(ground.home / place, form.format(named))
        assert ways(seen(folder, ground, engine)) == {client: "configured"}


@pytest.mark.parametrize(
    ("mark", "client"),
    [
        (".dropbox.cache", "Dropbox"), (".stfolder", "Syncthing"), (".sync", "Resilio Sync"),
        ("._sync_1a2b.db", "Nextcloud or ownCloud"), (".tmp.drivedownload", "Google Drive"),
        ("seafile-ignore.txt", "Seafile"), (".IMG_1.jpg.icloud", "iCloud Drive"),
    ],
)  # fmt: skip
def test_the_mark_of_a_sync_client_is_seen_here_and_above(
    folder: Path, ground: Ground, engine: Engine, mark: str, client: str
) -> None:
    plant(folder.parent / "beside" / mark, "")
    assert ways(seen(folder, ground, engine)) == {}
    for place in (folder, folder.parent):
        (place / mark).mkdir()
        assert ways(seen(folder, ground, engine)) == {client: "observed"}
        (place / mark).rmdir()


@pytest.mark.parametrize(
    ("place", "client"),
    [("Library/Mobile Documents/com~apple~CloudDocs", "iCloud Drive"),
     ("Library/CloudStorage/OneDrive-Personal", "OneDrive")],
)  # fmt: skip
def test_a_place_that_a_system_carries_elsewhere(
    tmp_path: Path, ground: Ground, engine: Engine, place: str, client: str
) -> None:
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "a.jpg").write_bytes(jpeg())
    assert ways(seen(tmp_path / place, ground, engine)) == {client: "configured"}


@pytest.mark.parametrize(
    ("address", "host"),
    [("https://code.example/me/p.git", "code.example"), ("git@code.example:me/p", "code.example"),
     ("/srv/backup.git", "another folder")],
)  # fmt: skip
def test_a_repository_can_be_pushed(
    folder: Path, ground: Ground, engine: Engine, address: str, host: str
) -> None:
    plant(folder.parent / ".git" / "config", '[remote "origin"]\n\tfetch = x\n')
    assert ways(seen(folder, ground, engine)) == {}
    plant(folder.parent / ".git" / "config", f'[remote "origin"]\n\turl = {address}\n')
    assert ways(seen(folder, ground, engine)) == {f"git, to {host}": "configured"}


def test_a_share_of_this_machine_is_seen(folder: Path, ground: Ground, engine: Engine) -> None:
    plant(ground.etc / "exports", "/srv/other *(ro)\n# comment\n")
    plant(ground.etc / "samba" / "smb.conf", "[x]\n path = /srv/other\n")
    assert ways(seen(folder, ground, engine)) == {}
    plant(ground.etc / "exports", f"{folder.parent} *(rw)\n")
    plant(ground.samba_shares / "pics", f"path={folder}\n")
    assert ways(seen(folder, ground, engine)) == {
        "other machines, by NFS": "configured",
        "other machines, by SMB": "configured",
    }


def mount(device: str, place: object, kind: str, source: str) -> str:
    return f"36 35 {device} / {place} rw,noatime - {kind} {source} rw\n"


@pytest.mark.parametrize(
    ("kind", "source", "way"),
    [
        ("nfs4", "nas:/photos", "another machine: nas:/photos"),
        ("cifs", "//nas/my\\040photos", "another machine: //nas/my photos"),
        ("fuse.sshfs", "me@host:/p", "another machine: me@host:/p"),
        ("fuse.rclone", "drive:", "another machine: drive:"),
        ("9p", "host", "the host of this virtual machine"),
        ("fuse.unheard", "x", "the program behind fuse.unheard"),
    ],
)
def test_a_mount_that_is_no_disk_of_this_machine_is_seen(
    folder: Path, ground: Ground, engine: Engine, kind: str, source: str, way: str
) -> None:
    table = ground.proc / "self" / "mountinfo"
    root = mount("8:1", "/", "ext4", "/dev/sda1")
    plant(table, root + mount("0:50", folder.parent / "elsewhere", kind, source) + "broken\n")
    assert ways(seen(folder, ground, engine)) == {}
    (folder / "below").mkdir()
    (folder / "below" / "b.jpg").write_bytes(jpeg())
    for place in (folder.parent, folder, folder / "below"):
        plant(table, root + mount("0:50", place, kind, source))
        assert ways(seen(folder, ground, engine)) == {way: "observed"}


@pytest.mark.parametrize("is_there", [True, False])
def test_a_medium_that_can_be_carried_away_is_seen(
    folder: Path, ground: Ground, engine: Engine, *, is_there: bool
) -> None:
    plant(ground.proc / "self" / "mountinfo", mount("8:17", folder, "vfat", "/dev/sdb1"))
    disk = ground.sys / "devices" / "ata1" / "block" / "sdb"
    plant(disk / "sdb1" / "partition", "1")
    plant(disk / "removable", f"{int(is_there)}\n")
    (ground.sys / "dev" / "block").mkdir(parents=True)
    (ground.sys / "dev" / "block" / "8:17").symlink_to(disk / "sdb1")
    expected = {"a medium that can be carried away: /dev/sdb1": "observed"} if is_there else {}
    assert ways(seen(folder, ground, engine)) == expected
    assert not removable(ground, "9:9")


def test_a_disk_on_usb_can_be_carried_away(ground: Ground) -> None:
    disk = ground.sys / "devices" / "usb3" / "block" / "sdc"
    plant(disk / "removable", "0\n")
    (ground.sys / "dev" / "block").mkdir(parents=True)
    (ground.sys / "dev" / "block" / "8:32").symlink_to(disk)
    assert removable(ground, "8:32")


def test_a_download_says_from_where_and_no_more_than_the_host(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    photo = folder / "a.jpg"
    os.setxattr(photo, "user.xdg.origin.url", b"https://files.example/d?key=canary")
    (folder / "b.jpg:Zone.Identifier").write_text(
        "[ZoneTransfer]\nZoneId=3\nHostUrl=https://other.example/canary.jpg\n"
    )
    found = seen(folder, ground, engine)
    assert names(found, "online") == ["files.example", "other.example"]
    assert "canary" not in str(found.document())


def test_an_attribute_of_a_client_is_a_way_out(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    os.setxattr(folder / "a.jpg", "user.other.attributes", b"x")
    assert ways(seen(folder, ground, engine)) == {}
    os.setxattr(folder / "a.jpg", "user.com.dropbox.attributes", b"x")
    assert ways(seen(folder, ground, engine)) == {"Dropbox": "observed"}


def test_what_programs_left_beside_the_pictures_is_named(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    for name in ("a.jpg.pp3", "a.dop", "a.AAE"):
        (folder / name).write_text("x")
    for name in (".picasa.ini", "Thumbs.db"):
        (folder / name).write_text("x")
    (folder / "@eaDir").mkdir()
    takeout = '{"googlePhotosOrigin": {"mobileUpload": {}}}'
    (folder / "a.jpg.json").write_text(takeout)
    found = seen(folder, ground, engine)
    expected = {"RawTherapee", "DxO PhotoLab", "Apple Photos", "Picasa", "Windows Explorer",
                "Synology Photos"}  # fmt: skip
    assert set(names(found, "trace")) == expected
    assert names(found, "online") == ["Google Photos"]


def test_a_small_copy_in_the_cache_is_found(folder: Path, ground: Ground, engine: Engine) -> None:
    cache = ground.home / ".cache" / "thumbnails" / "large"
    plant(cache / "0123.png", "another picture's")
    assert ways(seen(folder, ground, engine)) == {}
    address = f"file://{(folder / 'a.jpg').resolve()}"
    name = hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()
    plant(cache / f"{name}.png", "")
    assert ways(seen(folder, ground, engine)) == {"the cache of small pictures": "observed"}


def test_a_name_that_is_no_text_is_looked_for_too(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    (folder / "a.jpg").rename(folder / os.fsdecode(b"\xff.jpg"))
    address = f"file://{folder.resolve()}/%FF.jpg"
    name = hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()
    plant(ground.home / ".cache" / "thumbnails" / "large" / f"{name}.png", "")
    assert ways(seen(folder, ground, engine)) == {"the cache of small pictures": "observed"}


def test_a_program_that_opened_a_picture_is_named(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    listing = ground.home / ".local" / "share" / "recently-used.xbel"
    form = (
        '<bookmark href="{}" added="2026-01-01T00:00:00Z"><info><metadata>'
        '<bookmark:application name="Viewer" exec="viewer"/></metadata></info></bookmark>'
    )
    plant(listing, form.format("file:///elsewhere/a.jpg"))
    assert names(seen(folder, ground, engine), "trace") == []
    plant(listing, form.format(f"file://{folder.resolve()}/a.jpg"))
    assert names(seen(folder, ground, engine), "trace") == ["Viewer"]


def test_a_second_name_of_a_file_is_a_way_out(
    folder: Path, tmp_path: Path, ground: Ground, engine: Engine
) -> None:
    os.link(folder / "a.jpg", tmp_path / "b.jpg")
    assert ways(seen(folder, ground, engine)) == {"another folder, under a second name": "observed"}


def test_other_accounts_read_only_what_is_open_all_the_way_down(
    folder: Path, ground: Ground, engine: Engine
) -> None:
    def told() -> bool:
        found = seen(folder, ground, engine)
        return "other accounts of this computer" in names(found, "way")

    reach = [folder, *folder.parents]
    before = [place.stat().st_mode for place in reach]
    is_open = all(mode & 1 for mode in before[1:])
    (folder / "a.jpg").chmod(0o644)
    folder.chmod(0o755)
    assert told() == is_open
    folder.chmod(0o700)
    assert not told()
    folder.chmod(0o755)
    (folder / "a.jpg").chmod(0o640)
    assert not told()


def test_settings_that_cannot_be_read_are_said(ground: Ground) -> None:
    ground.home.mkdir(parents=True)
    assert ground.text(ground.home) == ""
    assert ground.unseen == {f"{ground.home} cannot be read"}


@pytest.mark.parametrize("told", ["", "relative", "\0", "x:/y"])
def test_what_is_no_full_path_names_no_folder(told: str, ground: Ground) -> None:
    assert real(told, ground.home) is None


def test_a_home_is_written_short(ground: Ground) -> None:
    assert real('"~/Pics"', ground.home) == ground.home.resolve() / "Pics"


def test_the_machine_itself_can_be_asked() -> None:
    assert Machine.here().ground.proc == Path("/proc")
