"""Libraries in C that talk to the terminal, and how they are kept from it."""

import ctypes
import os
import platform


def silence_c() -> None:
    """Point C's `stderr` at nowhere, in this process, for good.

    ALSA and PortAudio print through it, from threads of their own and at any time. Python, its tracebacks and its
    fault handler write to the descriptor instead and are still seen. Only glibc lets the variable be set.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    ctypes.c_void_p.in_dll(libc, "stderr").value = libc.fopen(os.devnull.encode(), b"w")
