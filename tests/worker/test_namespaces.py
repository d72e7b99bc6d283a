"""A world of its own: entered as root and as a user, refused without harm; what is given up."""

from __future__ import annotations

import errno
import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from safelight.worker import namespaces, seccomp, syscalls
from safelight.worker.namespaces import NAMESPACES, NOBODY
from safelight.worker.syscalls import call
from tests.worker.children import become_nobody, fork, in_child, refuse_namespaces, refusing

IS_ROOT = os.geteuid() == 0
WHO = pytest.mark.parametrize("is_nobody", [False, True], ids=["self", "nobody"])


def inodes() -> dict[str, str]:
    return {name: os.readlink(f"/proc/self/ns/{name}") for name in NAMESPACES}


@WHO
def test_every_namespace_is_left(is_nobody: bool) -> None:
    def work() -> Any:
        if is_nobody:
            become_nobody()
        left = namespaces.unshare_all()
        os.waitpid(_leaving_child(), 0)  # the PID namespace is there from the first child on
        found = inodes() | {"pid": os.readlink("/proc/self/ns/pid_for_children")}
        return [sorted(left), found]

    left, found = in_child(work)
    assert left == sorted(NAMESPACES)
    assert not set(found.values()) & set(inodes().values())


def _leaving_child() -> int:
    child = fork()
    if child == 0:
        os._exit(0)
    return child


@WHO
def test_the_first_process_has_number_one_and_its_status_comes_through(is_nobody: bool) -> None:
    def work() -> Any:
        if is_nobody:
            become_nobody()
        child = fork()
        if child == 0:
            namespaces.unshare_all()
            namespaces.become_first()
            os._exit(40 + os.getpid())
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert in_child(work) == 41


@WHO
def test_the_root_is_empty_and_nothing_can_be_made_in_it(is_nobody: bool) -> None:
    def work() -> Any:
        if is_nobody:
            become_nobody()
        namespaces.unshare_all()
        namespaces.empty_root()
        try:
            os.mkdir("/made")
        except OSError as error:
            return [os.listdir("/"), os.listdir(".."), error.errno, os.path.exists("/proc/self")]
        return None

    assert in_child(work) == [[], [], errno.EROFS, False]


def test_after_leaving_root_still_reads_what_root_could_read(tmp_path: Path) -> None:
    """The packages may lie in the closed home of another user; warm imports must find them."""
    place = tmp_path / "home" / "module.py"
    place.parent.mkdir()
    place.write_text("warm")
    if IS_ROOT:
        os.chown(place, 4242, 4242)
        os.chown(place.parent, 4242, 4242)
    place.parent.chmod(0o700)

    def work() -> Any:
        return [bool(namespaces.unshare_all()), place.read_text()]

    assert in_child(work) == [True, "warm"]


@WHO
def test_user_groups_and_capabilities_are_given_up(is_nobody: bool) -> None:
    def work() -> Any:
        if is_nobody:
            become_nobody()
        namespaces.unshare_all()
        is_dropped = namespaces.drop_capabilities()
        lines = Path("/proc/self/status").read_text().splitlines()
        words = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        try:
            os.setresuid(0, 0, 0)
        except OSError as error:
            return [is_dropped, os.getresuid(), words["CapEff"], words["CapBnd"], error.errno]
        return None

    is_dropped, uids, effective, bounding, refused = in_child(work)
    assert is_dropped
    assert uids == [NOBODY] * 3
    assert int(effective, 16) == int(bounding, 16) == 0
    assert refused in (errno.EPERM, errno.EINVAL)


def test_without_namespaces_root_becomes_nobody_too() -> None:
    def work() -> Any:
        namespaces.drop_capabilities()
        return [os.getresuid(), os.getresgid(), os.getgroups()]

    uids, gids, groups = in_child(work)
    if IS_ROOT:
        assert (uids, gids, groups) == ([NOBODY] * 3, [NOBODY] * 3, [])
    else:
        assert uids == list(os.getresuid())


def test_where_only_one_id_exists_the_user_stays_and_the_powers_go() -> None:
    """As in a container that maps a single id."""

    def work() -> Any:
        uid, gid = os.geteuid(), os.getegid()
        call("unshare", NAMESPACES["user"])
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
        left = namespaces.unshare_all()
        is_dropped = namespaces.drop_capabilities()
        return [sorted(left), is_dropped, os.getuid(), _effective()]

    assert in_child(work) == [sorted(NAMESPACES), False, 0, 0]


def _effective() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff"))


@WHO
def test_a_filter_that_refuses_namespaces_leaves_the_process_as_it_was(is_nobody: bool) -> None:
    def work() -> Any:
        if is_nobody:
            become_nobody()
        refuse_namespaces()
        before = inodes()
        left = namespaces.unshare_all()
        return [sorted(left), before == inodes(), os.listdir("/") != []]

    assert in_child(work) == [[], True, True]


def test_a_kernel_set_to_no_user_namespaces_leaves_the_process_as_it_was() -> None:
    def work() -> Any:
        namespaces.unshare_all()
        namespaces.become_first()
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
        before = inodes()
        return [sorted(namespaces.unshare_all()), before == inodes()]

    assert in_child(work) == [[], True]


def test_half_a_refusal_counts_as_a_whole_one() -> None:
    """Some systems grant a user namespace and then refuse to mount in it."""

    def work() -> Any:
        seccomp.install(refusing("mount", "pivot_root"))
        before = inodes()
        return [sorted(namespaces.unshare_all()), before == inodes()]

    assert in_child(work) == [[], True]


def test_limits_hold_and_only_shrink() -> None:
    def work() -> Any:
        namespaces.set_rlimits(max_files=40, memory_bytes=1 << 33, cpu_s=50)
        namespaces.set_rlimits(max_files=400, memory_bytes=1 << 34, cpu_s=500)
        names = ("CORE", "FSIZE", "MSGQUEUE", "MEMLOCK", "NOFILE", "AS", "CPU")
        return [resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names]

    assert in_child(work) == [*[[0, 0]] * 4, [40, 40], [1 << 33, 1 << 33], [50, 51]]


def test_a_file_cannot_take_bytes_and_a_descriptor_too_many_is_refused() -> None:
    def work() -> Any:
        sheet = os.memfd_create("sheet")
        namespaces.set_rlimits(max_files=sheet + 4)
        met = []
        for attempt in (lambda: os.write(sheet, b"x"), lambda: [os.dup(0) for _ in range(20)]):
            try:
                attempt()
            except OSError as error:
                met.append(error.errno)
        return met

    assert in_child(work) == [errno.EFBIG, errno.EMFILE]


# linux/prctl.h
PR_SET_DUMPABLE = 4


@pytest.mark.parametrize("is_dumpable", [False, True], ids=["closed", "control"])
def test_an_undumpable_process_leaves_no_core(tmp_path: Path, is_dumpable: bool) -> None:
    """The control, the same crash without it, would leave one."""

    def work() -> None:
        os.chdir(tmp_path)
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        if is_dumpable:  # a command that ran in this process may have forbidden it
            syscalls.checked("prctl", PR_SET_DUMPABLE, 1)
        else:
            namespaces.undumpable()
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # a shell's background job ignores it
        os.kill(os.getpid(), signal.SIGQUIT)

    status = in_child(work)["died"]
    assert os.WTERMSIG(status) == signal.SIGQUIT
    may_dump = is_dumpable and resource.getrlimit(resource.RLIMIT_CORE)[1] != 0
    assert os.WCOREDUMP(status) == may_dump


def test_a_child_dies_with_its_parent() -> None:
    def work() -> Any:
        child = fork()
        if child == 0:
            namespaces.die_with_parent(os.getppid())
            signal.pause()
            os._exit(0)
        time.sleep(0.05)  # let it ask before its parent leaves
        return child

    grandchild = in_child(work)
    for _ in range(200):
        if _is_gone(grandchild):
            return
        time.sleep(0.02)
    pytest.fail("the child outlived its parent")


def _is_gone(pid: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_a_child_whose_parent_is_gone_already_leaves() -> None:
    assert in_child(lambda: namespaces.die_with_parent(os.getppid() + 1))["died"] == 1 << 8
