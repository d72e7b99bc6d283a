"""The kernel's system calls: their numbers as data for both processors, and one way to make one.

Every layer and every attack goes through `call`, straight to the kernel: no C library function in
between that could fail for reasons of its own. tests/worker/test_syscalls.py compares the numbers
with the kernel's headers.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Any

from safelight.errors import SomethingMissing

# name, number on x86_64, number on aarch64; "-" where the processor does not have it.
_TABLE = """
accept 43 202 | accept4 288 242 | acct 163 89 | add_key 248 217 | adjtimex 159 171
bind 49 200 | bpf 321 280 | brk 12 214 | capset 126 91 | chdir 80 49 | chroot 161 51
clock_getres 229 114 | clock_gettime 228 113 | clock_nanosleep 230 115 | clone 56 220
clone3 435 435 | close 3 57 | close_range 436 436 | connect 42 203 | creat 85 - | dup 32 23
dup2 33 - | dup3 292 24 | epoll_create1 291 20 | epoll_ctl 233 21 | epoll_pwait 281 22
epoll_wait 232 - | eventfd2 290 19 | execve 59 221 | execveat 322 281 | exit 60 93
exit_group 231 94 | faccessat 269 48 | fallocate 285 47 | fanotify_init 300 262
fchmodat 268 53 | fchownat 260 54 | fcntl 72 25 | fsopen 430 430 | fstat 5 80 | ftruncate 77 46
futex 202 98 | getcwd 79 17 | getdents64 217 61 | getegid 108 177 | geteuid 107 175
getgid 104 176 | getpeername 52 205 | getpid 39 172 | getppid 110 173 | getrandom 318 278
getrlimit 97 163 | getrusage 98 165 | getsockname 51 204 | getsockopt 55 209 | gettid 186 178
gettimeofday 96 169 | getuid 102 174 | inotify_add_watch 254 27 | inotify_init1 294 26
io_destroy 207 1 | io_setup 206 0 | io_uring_setup 425 425 | ioctl 16 29 | ioprio_set 251 30
kcmp 312 272 | keyctl 250 219 | kill 62 129 | landlock_add_rule 445 445
landlock_create_ruleset 444 444 | landlock_restrict_self 446 446 | link 86 - | linkat 265 37
listen 50 201 | lseek 8 62 | lstat 6 - | madvise 28 233 | memfd_create 319 279
memfd_secret 447 447 | mkdir 83 - | mkdirat 258 34 | mknodat 259 33 | mlock 149 228
mmap 9 222 | modify_ldt 154 - | mount 165 40 | move_pages 279 239 | mprotect 10 226
mq_open 240 180 | mq_unlink 241 181 | mremap 25 216 | msgctl 71 187 | msgget 68 186
munmap 11 215 | name_to_handle_at 303 264 | nanosleep 35 101 | newfstatat 262 79 | open 2 -
open_by_handle_at 304 265 | open_tree 428 428 | openat 257 56 | openat2 437 437
perf_event_open 298 241 | personality 135 92 | pidfd_getfd 438 438 | pidfd_open 434 434
pidfd_send_signal 424 424 | pivot_root 155 41 | pkey_mprotect 329 288 | poll 7 - | ppoll 271 73
prctl 157 167 | pread64 17 67 | preadv 295 69 | preadv2 327 286 | prlimit64 302 261
process_vm_readv 310 270 | process_vm_writev 311 271 | pselect6 270 72 | ptrace 101 117
pwrite64 18 68 | pwritev 296 70 | pwritev2 328 287 | read 0 63 | readlinkat 267 78
readv 19 65 | reboot 169 142 | recvfrom 45 207 | recvmsg 47 212 | remap_file_pages 216 234
renameat2 316 276 | restart_syscall 219 128 | rseq 334 293 | rt_sigaction 13 134
rt_sigprocmask 14 135 | rt_sigqueueinfo 129 138 | rt_sigreturn 15 139
sched_getaffinity 204 123 | sched_setaffinity 203 122 | sched_setscheduler 144 119
sched_yield 24 124 | seccomp 317 277 | select 23 - | semctl 66 191 | semget 64 190
sendmmsg 307 269 | sendmsg 46 211 | sendto 44 206 | set_robust_list 273 99
set_tid_address 218 96 | setgroups 116 159 | sethostname 170 161 | setns 308 268
setpriority 141 140 | setresgid 119 149 | setresuid 117 147 | setrlimit 160 164
setsid 112 157 | setsockopt 54 208 | setxattr 188 5 | shmctl 31 195 | shmget 29 194
shutdown 48 210 | sigaltstack 131 132 | socket 41 198 | socketpair 53 199 | stat 4 -
statfs 137 43 | statx 332 291 | swapon 167 224 | symlink 88 - | symlinkat 266 36
sysinfo 99 179 | syslog 103 116 | tgkill 234 131 | timer_create 222 107 | timer_delete 226 111
truncate 76 45 | umount2 166 39 | uname 63 160 | unlinkat 263 35 | unshare 272 97
userfaultfd 323 282 | utimensat 280 88 | wait4 61 260 | waitid 247 95 | write 1 64
writev 20 66
"""
ARCHITECTURES = ("x86_64", "aarch64")

Buffer = ctypes.Array[ctypes.c_char]
Word = int | ctypes.Array[Any] | ctypes.Structure | ctypes.c_int

_ZEROS = (0, 0, 0, 0, 0, 0)
_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long
_syscall.argtypes = [ctypes.c_long] * 7


@cache
def numbers(architecture: str) -> dict[str, int]:
    """System call numbers by name for "x86_64" or "aarch64"; names it does not have are absent."""
    column = 1 + ARCHITECTURES.index(architecture)
    rows = [row.split() for row in _TABLE.replace("\n", " | ").split(" | ") if row.strip()]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


@cache
def architecture() -> str:
    """This processor's name as the tables have it; raises SomethingMissing for any other."""
    name = os.uname().machine
    if name not in ARCHITECTURES:
        raise SomethingMissing(f"there is no table of system calls for {name}")
    return name


def number(name: str) -> int:
    """Of this system call, here; raises KeyError where this processor does not have it."""
    return numbers(architecture())[name]


def has(name: str) -> bool:
    return name in numbers(architecture())


def raw(number: int, *arguments: Word) -> int:
    """Make the system call: its result, or minus the errno.

    A buffer is passed by its address and kept alive until the kernel is done with it.
    """
    words = [word if isinstance(word, int) else ctypes.addressof(word) for word in arguments]
    result: int = _syscall(number, *words, *_ZEROS[len(words) :])
    return -ctypes.get_errno() if result == -1 else result


def call(name: str, *arguments: Word) -> int:
    """As raw, by name."""
    return raw(number(name), *arguments)


def checked(name: str, *arguments: Word) -> int:
    """As call, for a step that must work: raises OSError with the errno and the call's name."""
    result = call(name, *arguments)
    if result < 0:
        raise OSError(-result, f"{name}: {os.strerror(-result)}")
    return result
