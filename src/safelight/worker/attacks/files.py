"""The file system: read, look, make, change, take away, and turn it upside down."""

from __future__ import annotations

import ctypes
import struct
from errno import EACCES, EINVAL, ENOENT, EPERM

from safelight.worker.attacks.attack import (
    AT_FDCWD,
    AttackTarget,
    attack,
    closed,
    met,
    open_path,
    packed,
    text,
)
from safelight.worker.syscalls import Buffer, call

O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_DIRECTORY = 0, 1, 0o100, 0o200, 0o200000
REMOVE_FOLDER = 0x200
AT_EMPTY_PATH = 0x1000
S_IFIFO = 0o010000
OPEN_TREE_CLONE = 1
MNT_DETACH = 2
MS_NODEV_NOSUID_NOEXEC = 14
IN_ACCESS = 1
FAN_CLASS_NOTIF, FAN_REPORT_FID = 0, 0x200
PASSWORDS = text(b"/etc/passwd")
FOLDER = text(b"/etc")
ROOT = text(b"/")
OWN_PROGRAM = text(b"/proc/self/exe")


@attack("openat", landlock=EACCES, namespaces=ENOENT)
def read_file(target: AttackTarget) -> int:
    """open a file to read"""
    return closed(open_path(PASSWORDS, O_RDONLY))


@attack("openat2", landlock=EACCES, namespaces=ENOENT)
def read_file_anew(target: AttackTarget) -> int:
    """open a file by the newer call"""
    how = (ctypes.c_uint64 * 3)()
    return closed(call("openat2", AT_FDCWD, PASSWORDS, how, 24))


@attack("openat", "getdents64", landlock=EACCES, namespaces=ENOENT)
def list_folder(target: AttackTarget) -> int:
    """list a folder"""
    fd = open_path(FOLDER, O_RDONLY | O_DIRECTORY)
    names = ctypes.create_string_buffer(512)
    result = call("getdents64", fd, names, 512)
    return met(result) if fd >= 0 and call("close", fd) == 0 else -fd


@attack("statx", namespaces=ENOENT)
def look_at_file(target: AttackTarget) -> int:
    """ask for a file's size and times"""
    facts = ctypes.create_string_buffer(256)
    return met(call("statx", AT_FDCWD, PASSWORDS, 0, 0x7FF, facts))


@attack("newfstatat", namespaces=ENOENT)
def look_at_file_old(target: AttackTarget) -> int:
    """ask for a file's size by the older call"""
    facts = ctypes.create_string_buffer(256)
    return met(call("newfstatat", AT_FDCWD, PASSWORDS, facts, 0))


@attack("faccessat", namespaces=ENOENT)
def test_file(target: AttackTarget) -> int:
    """ask whether a file may be read"""
    return met(call("faccessat", AT_FDCWD, PASSWORDS, 4))


@attack("readlinkat", namespaces=ENOENT)
def read_link(target: AttackTarget) -> int:
    """ask where a link leads"""
    place = ctypes.create_string_buffer(256)
    return met(call("readlinkat", AT_FDCWD, OWN_PROGRAM, place, 256))


@attack("openat", landlock=EACCES, namespaces=ENOENT)
def create_file(target: AttackTarget) -> int:
    """create a file"""
    path = target.path(b"created")
    result = open_path(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    if result >= 0:
        call("unlinkat", AT_FDCWD, path, 0)
    return closed(result)


@attack("openat", landlock=EACCES, namespaces=ENOENT)
def write_file(target: AttackTarget) -> int:
    """open a file to write"""
    return closed(open_path(target.path(b"file"), O_WRONLY))


@attack("truncate", landlock=EACCES, namespaces=ENOENT)
def truncate_file(target: AttackTarget) -> int:
    """empty a file"""
    return met(call("truncate", target.path(b"file"), 0))


@attack("unlinkat", landlock=EACCES, namespaces=ENOENT)
def delete_file(target: AttackTarget) -> int:
    """delete a file"""
    return met(call("unlinkat", AT_FDCWD, target.path(b"doomed"), 0))


@attack("renameat2", landlock=EACCES, namespaces=ENOENT)
def rename_file(target: AttackTarget) -> int:
    """rename a file"""
    here, there = target.path(b"file"), target.path(b"renamed")
    result = call("renameat2", AT_FDCWD, here, AT_FDCWD, there, 0)
    if result == 0:
        call("renameat2", AT_FDCWD, there, AT_FDCWD, here, 0)
    return met(result)


@attack("linkat", landlock=EACCES, namespaces=ENOENT)
def link_file(target: AttackTarget) -> int:
    """give a file a second name"""
    there = target.path(b"linked")
    result = call("linkat", AT_FDCWD, target.path(b"file"), AT_FDCWD, there, 0)
    return _undone(result, there)


@attack("symlinkat", landlock=EACCES, namespaces=ENOENT)
def make_link(target: AttackTarget) -> int:
    """make a symbolic link"""
    there = target.path(b"pointer")
    return _undone(call("symlinkat", PASSWORDS, AT_FDCWD, there), there)


@attack("mkdirat", landlock=EACCES, namespaces=ENOENT)
def make_folder(target: AttackTarget) -> int:
    """make a folder"""
    there = target.path(b"made")
    return _undone(call("mkdirat", AT_FDCWD, there, 0o700), there, REMOVE_FOLDER)


@attack("mknodat", landlock=EACCES, namespaces=ENOENT)
def make_pipe(target: AttackTarget) -> int:
    """make a pipe with a name"""
    there = target.path(b"pipe")
    return _undone(call("mknodat", AT_FDCWD, there, S_IFIFO | 0o600, 0), there)


def _undone(result: int, path: Buffer, flags: int = 0) -> int:
    if result == 0:
        call("unlinkat", AT_FDCWD, path, flags)
    return met(result)


@attack("fchmodat", namespaces=ENOENT)
def change_mode(target: AttackTarget) -> int:
    """change who may read a file"""
    return met(call("fchmodat", AT_FDCWD, target.path(b"file"), 0o600))


@attack("fchownat", namespaces=ENOENT, privileged=EPERM)
def change_owner(target: AttackTarget) -> int:
    """give a file to another user"""
    path = target.path(b"file")
    result = call("fchownat", AT_FDCWD, path, 1, 1, 0)
    if result == 0:
        call("fchownat", AT_FDCWD, path, 0, 0, 0)
    return met(result)


@attack("utimensat", namespaces=ENOENT)
def change_times(target: AttackTarget) -> int:
    """change a file's times"""
    return met(call("utimensat", AT_FDCWD, target.path(b"file"), 0, 0))


@attack("setxattr", namespaces=ENOENT)
def set_attribute(target: AttackTarget) -> int:
    """hide bytes in a file's attributes"""
    name, value = text(b"user.safelight"), text(b"pixels")
    return met(call("setxattr", target.path(b"file"), name, value, 6, 0))


@attack("statfs")
def look_at_file_system(target: AttackTarget) -> int:
    """ask what the file system is"""
    return met(call("statfs", ROOT, ctypes.create_string_buffer(256)))


@attack("chdir", namespaces=ENOENT)
def change_folder(target: AttackTarget) -> int:
    """move to another folder"""
    result = call("chdir", FOLDER)
    if result == 0:
        call("chdir", ROOT)
    return met(result)


@attack("chroot", namespaces=EPERM, privileged=EPERM)
def change_root(target: AttackTarget) -> int:
    """take another root"""
    return met(call("chroot", ROOT))


@attack("mount", landlock=EPERM, namespaces=ENOENT, privileged=EPERM)
def mount(target: AttackTarget) -> int:
    """mount a file system"""
    folder, kind = target.path(b"."), text(b"tmpfs")
    result = call("mount", kind, folder, kind, MS_NODEV_NOSUID_NOEXEC, 0)
    if result == 0:
        call("umount2", folder, MNT_DETACH)
    return met(result)


@attack("fsopen", namespaces=EPERM, privileged=EPERM)
def mount_anew(target: AttackTarget) -> int:
    """make a file system by the newer call"""
    return closed(call("fsopen", text(b"tmpfs"), 1))


@attack("open_tree", namespaces=EPERM, privileged=EPERM)
def copy_tree(target: AttackTarget) -> int:
    """take a private copy of the root"""
    return closed(call("open_tree", AT_FDCWD, ROOT, OPEN_TREE_CLONE))


@attack(
    "name_to_handle_at", "open_by_handle_at", landlock=EACCES, namespaces=EPERM, privileged=EPERM
)
def open_by_handle(target: AttackTarget) -> int:
    """open a file by its number, past every folder"""
    handle = packed(struct.pack("=Ii128x", 128, 0))
    place = ctypes.c_int()
    root = open_path(ROOT, O_RDONLY | O_DIRECTORY)
    named = call("name_to_handle_at", AT_FDCWD, PASSWORDS, handle, place, 0)
    result = call("open_by_handle_at", root if root >= 0 else AT_FDCWD, handle, O_RDONLY)
    if root >= 0:
        call("close", root)
    return closed(result) if named == 0 or result != -EINVAL else -named


@attack("inotify_init1", "inotify_add_watch")
def watch_folder(target: AttackTarget) -> int:
    """watch what others do with files"""
    fd = call("inotify_init1", 0)
    result = call("inotify_add_watch", fd, ROOT, IN_ACCESS)
    return met(result) if fd >= 0 and call("close", fd) == 0 else -fd


@attack("fanotify_init")
def watch_all(target: AttackTarget) -> int:
    """watch whole file systems"""
    return closed(call("fanotify_init", FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY))
