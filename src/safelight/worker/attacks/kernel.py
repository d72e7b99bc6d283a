"""The kernel itself: the doors behind which most of its past holes lay."""

from __future__ import annotations

import ctypes
import os
import struct
from errno import EACCES, EINVAL, ENOENT, EPERM

from safelight.worker.attacks.attack import AttackTarget, attack, closed, met, packed, reached, text
from safelight.worker.syscalls import call

KEYCTL_GET_KEYRING_ID, KEYCTL_UNLINK, PROCESS_KEYRING, SESSION_KEYRING = 0, 9, -2, -3
BPF_MAP_CREATE, BPF_ARRAY = 0, 2
PERF_SOFTWARE, ANY_PROCESS, PROCESSOR = 1, -1, 0
SYSLOG_BUFFER_SIZE = 10
REBOOT_MAGIC, NO_MAGIC = 0xFEE1DEAD, 1
ADJUST_ESTIMATE = 0x0008
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_SET_MODE_FILTER, RETURN, ALLOW = 1, 0x06, 0x7FFF0000
IOPRIO_REAL_TIME, IOPRIO_OWN = 1 << 13, 1
HOST_NAME = text(os.uname().nodename.encode())


@attack("add_key", "keyctl")
def add_key(target: AttackTarget) -> int:
    """keep a secret with the kernel"""
    kind, name, value = text(b"user"), text(b"safelight"), text(b"pixels")
    result = call("add_key", kind, name, value, 6, PROCESS_KEYRING)
    if result > 0:
        call("keyctl", KEYCTL_UNLINK, result, PROCESS_KEYRING)
    return met(result)


@attack("keyctl")
def open_keyring(target: AttackTarget) -> int:
    """open the user's ring of keys"""
    return met(call("keyctl", KEYCTL_GET_KEYRING_ID, SESSION_KEYRING, 0))


@attack("bpf", namespaces=EPERM, privileged=EPERM)
def load_program(target: AttackTarget) -> int:
    """put something of its own into the kernel"""
    wish = packed(struct.pack("=IIII", BPF_ARRAY, 4, 4, 1) + bytes(112))
    return closed(call("bpf", BPF_MAP_CREATE, wish, len(wish)))


@attack("perf_event_open", namespaces=(EACCES, EPERM), privileged=(EACCES, EPERM))
def count_events(target: AttackTarget) -> int:
    """watch what every process does, event by event"""
    wish = packed(struct.pack("=IIQ", PERF_SOFTWARE, 112, 0) + bytes(96))
    return closed(call("perf_event_open", wish, ANY_PROCESS, PROCESSOR, -1, 0))


@attack("modify_ldt")
def change_segments(target: AttackTarget) -> int:
    """look at the processor's segment table"""
    return met(call("modify_ldt", 0, packed(bytes(16)), 16))


@attack("swapon", landlock=EACCES, namespaces=EPERM, privileged=EPERM)
def swap_on(target: AttackTarget) -> int:
    """have memory written to a file of its own"""
    # The file is none to swap to: to be told so is to get through.
    return reached(call("swapon", target.path(b"file"), 0), EINVAL)


@attack("reboot", namespaces=EPERM, privileged=EPERM)
def reboot(target: AttackTarget) -> int:
    """restart the machine"""
    # The magic number is wrong: to be told so is to get through.
    return reached(call("reboot", REBOOT_MAGIC, NO_MAGIC, 0, 0), EINVAL)


@attack("sethostname", namespaces=EPERM, privileged=EPERM)
def rename_machine(target: AttackTarget) -> int:
    """rename the machine, to the name it has"""
    return met(call("sethostname", HOST_NAME, len(HOST_NAME) - 1))


@attack("syslog", namespaces=EPERM, privileged=EPERM)
def read_kernel_log(target: AttackTarget) -> int:
    """look at the kernel's log"""
    return met(call("syslog", SYSLOG_BUFFER_SIZE, 0, 0))


@attack("adjtimex", namespaces=EPERM, privileged=EPERM)
def adjust_clock(target: AttackTarget) -> int:
    """adjust the clock, to what it is"""
    state = (ctypes.c_uint64 * 32)()
    call("adjtimex", state)
    ctypes.memmove(state, ctypes.byref(ctypes.c_uint32(ADJUST_ESTIMATE)), 4)
    return met(call("adjtimex", state))


@attack("acct", namespaces=EPERM, privileged=EPERM)
def write_accounts(target: AttackTarget) -> int:
    """have the kernel write a file about every process"""
    # The file is missing: to be told so is to get through.
    return reached(call("acct", target.path(b"missing")), ENOENT)


@attack("ioprio_set", namespaces=EPERM, privileged=EPERM)
def read_first(target: AttackTarget) -> int:
    """take the disk for itself"""
    return met(call("ioprio_set", IOPRIO_OWN, 0, IOPRIO_REAL_TIME))


@attack("seccomp")
def add_filter(target: AttackTarget) -> int:
    """put a filter of its own over itself"""
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    rule = packed(struct.pack("=HBBI", RETURN, 0, 0, ALLOW))
    program = packed(struct.pack("=H6xQ", 1, ctypes.addressof(rule)))
    return met(call("seccomp", SECCOMP_SET_MODE_FILTER, 0, program))
