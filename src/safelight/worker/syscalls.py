"""The kernel's system calls: their numbers as data for both processors, and one way to make one.

Every layer and every attack goes through `call`, straight to the kernel: no C library function in between
that could fail for reasons of its own. tests/worker/test_syscalls.py compares the numbers with the kernel's headers.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache

# name, number on x86_64, number on aarch64; "-" where the processor does not have it.
_TABLE = """
accept4 288 242 | access 21 - | acct 163 89 | add_key 248 217 | adjtimex 159 171
arch_prctl 158 - | bind 49 200 | bpf 321 280 | brk 12 214 | capget 125 90 | capset 126 91
chdir 80 49 | chmod 90 - | chown 92 - | chroot 161 51 | clock_adjtime 305 266
clock_getres 229 114 | clock_gettime 228 113 | clock_nanosleep 230 115 | clock_settime 227 112
clone 56 220 | clone3 435 435 | close 3 57 | connect 42 203 | copy_file_range 326 285
delete_module 176 106 | dup 32 23 | dup2 33 - | dup3 292 24 | epoll_create1 291 20
eventfd2 290 19 | execve 59 221 | execveat 322 281 | exit 60 93 | exit_group 231 94
faccessat 269 48 | faccessat2 439 439 | fallocate 285 47 | fanotify_init 300 262 | fchdir 81 50
fchmodat 268 53 | fchownat 260 54 | fcntl 72 25 | finit_module 313 273 | fork 57 -
fsopen 430 430 | fstat 5 80 | ftruncate 77 46 | futex 202 98 | getcpu 309 168 | getcwd 79 17
getdents64 217 61 | getpid 39 172 | getppid 110 173 | getrandom 318 278 | getrlimit 97 163
getrusage 98 165 | gettid 186 178 | gettimeofday 96 169 | init_module 175 105
inotify_add_watch 254 27 | inotify_init1 294 26 | io_destroy 207 1 | io_setup 206 0
io_uring_setup 425 425 | ioctl 16 29 | ioperm 173 - | iopl 172 - | ioprio_set 251 30
kcmp 312 272 | kexec_file_load 320 294 | kexec_load 246 104 | keyctl 250 219 | kill 62 129
landlock_add_rule 445 445 | landlock_create_ruleset 444 444 | landlock_restrict_self 446 446
link 86 - | linkat 265 37 | listen 50 201 | lookup_dcookie 212 18 | lseek 8 62 | madvise 28 233
membarrier 324 283 | memfd_create 319 279 | memfd_secret 447 447 | migrate_pages 256 238
mkdir 83 - | mkdirat 258 34 | mknod 133 - | mknodat 259 33 | mlock 149 228 | mlock2 325 284
mlockall 151 230 | mmap 9 222 | modify_ldt 154 - | mount 165 40 | move_mount 429 429
move_pages 279 239 | mprotect 10 226 | mq_open 240 180 | mq_unlink 241 181 | mremap 25 216
msgctl 71 187 | msgget 68 186 | msync 26 227 | munmap 11 215 | name_to_handle_at 303 264
nanosleep 35 101 | newfstatat 262 - | open 2 - | open_by_handle_at 304 265 | open_tree 428 428
openat 257 56 | openat2 437 437 | perf_event_open 298 241 | personality 135 92
pidfd_getfd 438 438 | pidfd_open 434 434 | pidfd_send_signal 424 424 | pipe 22 - | pipe2 293 59
pivot_root 155 41 | pkey_alloc 330 289 | pkey_free 331 290 | pkey_mprotect 329 288 | poll 7 -
ppoll 271 73 | prctl 157 167 | pread64 17 67 | prlimit64 302 261 | process_madvise 440 440
process_mrelease 448 448 | process_vm_readv 310 270 | process_vm_writev 311 271 | ptrace 101 117
quotactl 179 60 | read 0 63 | readlink 89 - | readlinkat 267 78 | reboot 169 142
recvfrom 45 207 | recvmsg 47 212 | remap_file_pages 216 234 | rename 82 - | renameat 264 38
renameat2 316 276 | request_key 249 218 | restart_syscall 219 128 | rmdir 84 - | rseq 334 293
rt_sigaction 13 134 | rt_sigprocmask 14 135 | rt_sigqueueinfo 129 138 | rt_sigreturn 15 139
rt_tgsigqueueinfo 297 240 | sched_getaffinity 204 123 | sched_setaffinity 203 122
sched_setscheduler 144 119 | sched_yield 24 124 | seccomp 317 277 | semctl 66 191
semget 64 190 | sendfile 40 71 | sendmsg 46 211 | sendto 44 206 | set_mempolicy 238 237
set_robust_list 273 99 | set_tid_address 218 96 | setdomainname 171 162 | setgid 106 144
setgroups 116 159 | sethostname 170 161 | setns 308 268 | setpgid 109 154 | setpriority 141 140
setresgid 119 149 | setresuid 117 147 | setrlimit 160 164 | setsid 112 157
settimeofday 164 170 | setuid 105 146 | setxattr 188 5 | shmat 30 196 | shmctl 31 195
shmget 29 194 | sigaltstack 131 132 | signalfd4 289 74 | socket 41 198 | socketpair 53 199
splice 275 76 | stat 4 - | statfs 137 43 | statx 332 291 | swapoff 168 225 | swapon 167 224
symlink 88 - | symlinkat 266 36 | sync 162 81 | syncfs 306 267 | sysinfo 99 179 | syslog 103 116
tee 276 77 | tgkill 234 131 | time 201 - | timer_create 222 107 | timer_delete 226 111
timerfd_create 283 85 | times 100 153 | tkill 200 130 | truncate 76 45 | umount2 166 39
uname 63 160 | unlink 87 - | unlinkat 263 35 | unshare 272 97 | userfaultfd 323 282
utimensat 280 88 | vfork 58 - | vhangup 153 58 | vmsplice 278 75 | wait4 61 260 | waitid 247 95
write 1 64 | writev 20 66
"""
ARCHITECTURES = ("x86_64", "aarch64")

_ZEROS = (0, 0, 0, 0, 0, 0)
_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long
_syscall.argtypes = [ctypes.c_long] * 7


@cache
def numbers(architecture: str) -> dict[str, int]:
    """System call numbers by name for "x86_64" or "aarch64"; names that it does not have are absent."""
    column = 1 + ARCHITECTURES.index(architecture)
    rows = [row.split() for row in _TABLE.replace("\n", " | ").split(" | ") if row.strip()]
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


@cache
def architecture() -> str:
    """This processor's name as the tables have it; raises NotImplementedError for any other."""
    name = os.uname().machine
    if name not in ARCHITECTURES:
        raise NotImplementedError(f"no table of system calls for {name}")
    return name


def number(name: str) -> int:
    """The number of this system call here; raises KeyError where this processor does not have it."""
    return numbers(architecture())[name]


def has(name: str) -> bool:
    return name in numbers(architecture())


def raw(number: int, *arguments: int) -> int:
    """Make the system call; its result, or minus the errno. Buffers are given by address, see address_of."""
    result: int = _syscall(number, *arguments, *_ZEROS[len(arguments) :])
    return -ctypes.get_errno() if result == -1 else result


def call(name: str, *arguments: int) -> int:
    """As raw, by name."""
    return raw(number(name), *arguments)


def checked(name: str, *arguments: int) -> int:
    """As call, for a step that must work: raises OSError with the errno and the system call's name."""
    result = call(name, *arguments)
    if result < 0:
        raise OSError(-result, f"{name}: {os.strerror(-result)}")
    return result


def address_of(buffer: ctypes.Array[ctypes.c_char] | ctypes.Structure) -> int:
    """Where the buffer lies. The caller keeps it alive."""
    return ctypes.addressof(buffer)
