"""What a process gives up before it touches a model that nobody has tried: network, files, rights, size. For good.

1. Network: a namespace of its own, where the kernel allows that, and in any case no new socket of any kind (a seccomp
   filter). With it goes what else no model needs: debugging other processes, keys, mounts, programs in the kernel.
2. Files (Landlock): it reads Python, the system's libraries, `/proc`, `/sys` and the folders that it is told, and
   writes nothing. Programs outside can't be signalled, nor looked into.
3. No privileges, no new ones, no core dump, bounds on memory and on what could be written.
4. No privilege is needed for any of it, and whoever is started inherits it. It holds for the thread that calls it and
   its children, so it is to be called before there is another.
5. A kernel without one of these leaves it out; what holds is returned. Standard library only, x86-64 and aarch64.
"""

import ctypes
import os
import platform
import resource
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_FILE_BYTES_MAX = 16 << 20
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SIGKILL = 9
_CAPABILITIES = 0x20080522
"""The version of the kernel's table of them: three words of 32 bits, twice."""


_ARCHES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""What the kernel calls an architecture in filters, and its column in the table below."""

_FORBIDDEN = {
    "socket": (41, 198),  # `socketpair` stays: both ends are ours
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "io_uring_setup": (425, 425),  # opens sockets without `socket`
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setns": (308, 268),
}
"""Numbers of system calls on x86-64 and aarch64."""

_X32 = 0x40000000
"""Bit of the second set of numbers that x86-64 has."""

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM

_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""Landlock's system calls, the same everywhere."""

_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read a file, list a folder
_READ_FILE, _WRITE_FILE = 1 << 2, 1 << 1
_ALL_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Everything that Landlock can forbid about files, from that version of it on."""

_SCOPED_SINCE, _SCOPED = 6, 3  # abstract sockets and signals


def lock_down(limit_mb: int, readable: Iterable[Path]) -> list[str]:
    """Give up all of it but reading `readable`, and data of `limit_mb`; return what this kernel knows how to forbid."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # An ordinary user may do it inside a user namespace of its own; some sandboxes allow neither.
    own = libc.unshare(_CLONE_NEWNET) == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0
    # A superuser may look into any process and write anywhere, a cage or not.
    libc.capset(struct.pack("=Ii", _CAPABILITIES, 0), bytes(24))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES_MAX, _FILE_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_DATA, (limit_mb << 20, limit_mb << 20))
    held = {"namespace": own, "files": _only_read(libc, [*_needed(), *readable]), "calls": _filter(libc)}
    return [name for name, holds in held.items() if holds]


def _needed() -> list[Path]:
    """Where Python and native libraries look for what they are made of."""
    system = ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/proc", "/sys", "/dev/urandom"]
    return [Path(path) for path in (*system, sys.prefix, sys.base_prefix, *sys.path) if path]


def _only_read(libc: ctypes.CDLL, readable: Iterable[Path]) -> bool:
    """Leave nothing of the disk but these to read, and `/dev/null` to write."""
    version = libc.syscall(_CREATE, None, 0, 1)
    if version < 1:
        return False
    forbidden = _ALL_BY_VERSION[max(known for known in _ALL_BY_VERSION if known <= version)]
    scoped = _SCOPED if version >= _SCOPED_SINCE else 0
    told = struct.pack("=QQQ", forbidden, 0, scoped)
    rules = libc.syscall(_CREATE, told, len(told) if scoped else 8, 0)
    if rules < 0:
        return False
    for path in readable:
        _allow(libc, rules, path, _READ if path.is_dir() else _READ_FILE)
    _allow(libc, rules, Path(os.devnull), _READ_FILE | _WRITE_FILE)
    holds: bool = libc.syscall(_RESTRICT, rules, 0) == 0
    os.close(rules)
    return holds


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # What is not there needs no permission.
    libc.syscall(_ADD, rules, 1, struct.pack("=Qi", rights, handle), 0)
    os.close(handle)


def _filter(libc: ctypes.CDLL) -> bool:
    """Refuse the forbidden system calls, in whatever set of numbers they are asked for."""
    if platform.machine() not in _ARCHES:
        return False
    arch, column = _ARCHES[platform.machine()]
    numbers = [numbers[column] for numbers in _FORBIDDEN.values()]
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 0, len(numbers) + 3, arch), (_LOAD, 0, 0, 0)]
    steps.append((_AT_LEAST, len(numbers) + 1, 0, _X32))
    steps += [(_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    told = struct.pack("@HP", len(steps), ctypes.addressof(program))
    holds: bool = libc.prctl(_PR_SET_SECCOMP, 2, told, 0, 0) == 0
    return holds
